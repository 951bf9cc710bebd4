/**
 * `#signature` on Node, Deno and Bun. node:crypto verifies on the calling thread: for one signature the hop to a
 * thread pool, which WebCrypto always takes, costs several times the verification itself.
 */
import { constants, createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import type { SignatureModule } from './signature.ts';

export const decodeBase64url: SignatureModule['decodeBase64url'] = (text) => {
  const bytes = Buffer.from(text, 'base64url');
  // Buffer skips what it does not know; writing the bytes back shows whether the text was the one canonical form.
  return bytes.toString('base64url') === text ? bytes : undefined;
};

export const sha256: SignatureModule['sha256'] = (text) =>
  createHash('sha256').update(text).digest('base64url');

export const hmacSha256: SignatureModule['hmacSha256'] = (secret, text) =>
  createHmac('sha256', secret).update(text).digest('base64url');

export const importVerifier: SignatureModule['importVerifier'] = (jwk, algorithm) => {
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  const { scheme, signatureBytes } = algorithm;
  const hash = algorithm.hash ?? null;
  const parameters =
    scheme === 'pss'
      ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.hashBytes }
      : scheme === 'ecdsa'
        ? { key, dsaEncoding: 'ieee-p1363' as const }
        : key;
  return (signature, signingInput) =>
    (signatureBytes === undefined || signature.byteLength === signatureBytes) &&
    verify(hash, Buffer.from(signingInput, 'latin1'), parameters, signature);
};
