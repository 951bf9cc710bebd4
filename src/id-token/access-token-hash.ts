/**
 * The hash of the access token that came with an ID token (OpenID Connect Core §3.1.3.6).
 */
import { decodeBase64url } from '#signature';
import { VerifyIdTokenError } from '../errors/index.ts';
import { findAlgorithm } from '../jws/algorithms.ts';
import type { JsonObject } from '../jws/json.ts';
import { requireString } from '../jwt/claims.ts';
import type { IdTokenExpectations } from './expectations.ts';

/** As WebCrypto names the hash of an algorithm. HS256 is not in the table; Ed25519 hashes with SHA-512 (RFC 8032). */
const HASHES = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const;

/**
 * Checks `at_hash` when the access token was given: the left half of its hash by the ID token's algorithm.
 *
 * @throws VerifyIdTokenError `id_token_at_hash_mismatch`, `claim_missing`, `claim_invalid`
 */
export async function checkAccessTokenHash(
  payload: JsonObject,
  { accessToken, algorithm }: Pick<IdTokenExpectations, 'accessToken' | 'algorithm'>,
): Promise<void> {
  if (accessToken === undefined) return;
  const actual = decodeBase64url(requireString(payload, 'at_hash', VerifyIdTokenError));
  const bytes = new TextEncoder().encode(accessToken);
  const hash = new Uint8Array(await crypto.subtle.digest(hashOf(algorithm), bytes));
  const half = hash.subarray(0, hash.byteLength / 2);
  const isEqual =
    actual?.byteLength === half.byteLength && half.every((byte, index) => byte === actual[index]);
  if (!isEqual) throw new VerifyIdTokenError('id_token_at_hash_mismatch', { cause: { name: 'at_hash' } });
}

function hashOf(algorithm: string): string {
  const facts = findAlgorithm(algorithm);
  if (facts === undefined) return HASHES.sha256;
  return HASHES[facts.hash ?? 'sha512'];
}
