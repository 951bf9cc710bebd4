/**
 * The algorithms of the table as WebCrypto names them, for keys that sign. Pure.
 */
import type { JwsAlgorithm } from './algorithms.ts';

/** What `generateKey`, `importKey`, `sign` and `verify` take; each looks at the members it knows. */
export interface WebCryptoParameters {
  readonly name: string;
  readonly namedCurve?: string;
  readonly hash?: string;
  readonly saltLength?: number;
}

const NAMES: Readonly<Record<JwsAlgorithm['scheme'], string>> = {
  pkcs1: 'RSASSA-PKCS1-v1_5',
  pss: 'RSA-PSS',
  ecdsa: 'ECDSA',
  eddsa: 'Ed25519',
};

export function webCryptoOf({ scheme, hash, hashBytes, crv }: JwsAlgorithm): WebCryptoParameters {
  return {
    name: NAMES[scheme],
    ...(hash === undefined ? {} : { hash: hash.replace('sha', 'SHA-') }),
    ...(scheme === 'pss' && hashBytes !== undefined ? { saltLength: hashBytes } : {}),
    ...(scheme === 'ecdsa' && crv !== undefined ? { namedCurve: crv } : {}),
  };
}
