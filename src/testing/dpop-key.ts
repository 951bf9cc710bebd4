/** Keys of DPoP clients and the proofs they make (RFC 9449 §4). */

import { randomUUID } from 'node:crypto';
import { generateSigningKey, sha256, signCompact, thumbprint } from './algorithms.ts';
import { withOverrides } from './members.ts';
import { checkOptions, PROOF_CHECKS } from './options.ts';
import type { SigningAlgorithm, TestDpopKey } from './types.ts';

export function generateDpopKey(algorithm: SigningAlgorithm, now: () => number): TestDpopKey {
  const key = generateSigningKey(algorithm);
  return {
    jkt: thumbprint(key.publicJwk),
    publicJwk: key.publicJwk,
    algorithm,
    createProof: async (options) => {
      const { httpMethod, httpUrl, accessToken, nonce, claims, header } = checkOptions(
        'createProof',
        options,
        PROOF_CHECKS,
      );
      const payload = {
        jti: randomUUID(),
        htm: httpMethod,
        htu: httpUrl.replace(/[?#].*$/su, ''),
        iat: Math.floor(now() / 1000),
        ath: accessToken === undefined ? undefined : sha256(accessToken),
        nonce,
      };
      const proof = signCompact(
        withOverrides({ typ: 'dpop+jwt', alg: algorithm, jwk: key.publicJwk }, header),
        withOverrides(payload, claims),
        key,
      );
      return Promise.resolve(proof);
    },
  };
}
