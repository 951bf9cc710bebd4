/** Encrypted access tokens: the signed token inside a JWE (RFC 7516, RFC 7519 §5.2). */

import type { JWK } from 'jose';

/** By the public key's `alg`, or else the usual one for its type. */
export async function encryptToken(token: string, publicJwk: JWK): Promise<string> {
  // Few tests need it, and loading jose takes longer than most tests.
  const { CompactEncrypt, importJWK } = await import('jose');
  const { kid, alg = publicJwk.kty === 'EC' ? 'ECDH-ES' : 'RSA-OAEP-256' } = publicJwk;
  const header = { alg, enc: 'A256GCM', typ: 'JWT', cty: 'JWT', ...(kid === undefined ? {} : { kid }) };
  const key = await importJWK({ ...publicJwk }, alg);
  return await new CompactEncrypt(new TextEncoder().encode(token)).setProtectedHeader(header).encrypt(key);
}
