/** The signing keys of the tenant: the current one, those still published, and the key set made of them. */

import { randomBytes } from 'node:crypto';
import { generateSigningKey } from './algorithms.ts';
import type { SigningKey } from './algorithms.ts';
import type { PublicJwk, SigningAlgorithm } from './types.ts';

export interface TenantKey extends SigningKey {
  readonly kid: string;
}

export interface PublishedJwk extends PublicJwk {
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: SigningAlgorithm;
}

export interface KeyRing {
  readonly current: () => TenantKey;
  readonly rotate: (options: { keepPrevious: boolean; algorithm?: SigningAlgorithm | undefined }) => void;
  /** The key set (RFC 7517 §5), current key first. */
  readonly jwks: () => { keys: PublishedJwk[] };
}

type LazyKey = () => TenantKey;

export function createKeyRing(initialAlgorithm: SigningAlgorithm): KeyRing {
  let algorithm = initialAlgorithm;
  let published: [LazyKey, ...LazyKey[]] = [lazyKey(algorithm)];
  return {
    current: () => published[0](),
    rotate: (options) => {
      algorithm = options.algorithm ?? algorithm;
      published = [lazyKey(algorithm), ...(options.keepPrevious ? published : [])];
    },
    jwks: () => ({
      keys: published.map((key) => {
        const { publicJwk, kid, algorithm: alg } = key();
        return { ...publicJwk, kid, use: 'sig', alg };
      }),
    }),
  };
}

// Making an RSA key takes a tenth of a second, which a test that only looks at failures need not spend.
function lazyKey(algorithm: SigningAlgorithm): LazyKey {
  let key: TenantKey | undefined;
  return () => (key ??= { ...generateSigningKey(algorithm), kid: randomBytes(16).toString('base64url') });
}
