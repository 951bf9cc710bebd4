/**
 * `#signature` on Node, Deno and Bun. node:crypto verifies on the calling thread: for one signature the hop to a
 * thread pool, which WebCrypto always takes, costs several times the verification itself. With many in flight, it is
 * taken here, too.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { constants, createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { signatureBytesOf } from './algorithms.ts';
import type { SignatureModule } from './signature.ts';

export const decodeBase64url: SignatureModule['decodeBase64url'] = (text) => {
  const bytes = Buffer.from(text, 'base64url');
  // Buffer skips what it does not know; writing the bytes back shows whether the text was the one canonical form.
  return bytes.toString('base64url') === text ? bytes : undefined;
};

export const decodeUtf8: SignatureModule['decodeUtf8'] = (bytes) =>
  isUtf8(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8') : undefined;

export const sha256: SignatureModule['sha256'] = (data) =>
  createHash('sha256').update(data).digest('base64url');

export const hmacSha256: SignatureModule['hmacSha256'] = (secret, text) =>
  createHmac('sha256', secret).update(text).digest('base64url');

export const importVerifier: SignatureModule['importVerifier'] = (jwk, algorithm) => {
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  const { scheme } = algorithm;
  const signatureBytes = signatureBytesOf(algorithm, jwk);
  const hash = algorithm.hash ?? null;
  // A key on its own is verified with twice as fast on Node 24 as one with parameters.
  const parameters =
    scheme === 'pss'
      ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.hashBytes }
      : key;
  return (signature, signingInput, isBusy = false) => {
    if (signature.byteLength !== signatureBytes) return false;
    const data = Buffer.from(signingInput, 'latin1');
    const encoded = scheme === 'ecdsa' ? toDer(signature) : signature;
    if (!isBusy) return verify(hash, data, parameters, encoded);
    return new Promise((resolve, reject) => {
      verify(hash, data, parameters, encoded, (error, isValid) => {
        if (error === null) resolve(isValid);
        else reject(error);
      });
    });
  };
};

/**
 * From the two numbers side by side (IEEE P1363), as JWS has them (RFC 7518 §3.4), to the DER that OpenSSL takes
 * (RFC 3279 §2.2.3): `SEQUENCE { r INTEGER, s INTEGER }`. What comes in has one length, so it has one DER.
 */
function toDer(signature: Uint8Array): Uint8Array {
  const half = signature.byteLength / 2;
  const r = significant(signature, 0, half);
  const s = significant(signature, half, half);
  const length = 4 + r.length + s.length;
  // Two numbers of 521 bits take more than the 127 bytes that one byte can tell.
  const head = length > 127 ? [0x30, 0x81, length] : [0x30, length];
  const der = new Uint8Array(head.length + length);
  der.set(head);
  writeInteger(der, head.length, signature, r);
  writeInteger(der, head.length + 2 + r.length, signature, s);
  return der;
}

/** Where a number stands, and how many bytes DER takes for it. */
interface Significant {
  readonly start: number;
  readonly end: number;
  readonly length: number;
}

/** Without leading zeros, but with one before a first bit that would say the number is negative. */
function significant(bytes: Uint8Array, offset: number, size: number): Significant {
  const end = offset + size;
  let start = offset;
  while (start < end - 1 && bytes[start] === 0) start += 1;
  return { start, end, length: end - start + ((bytes[start] ?? 0) > 127 ? 1 : 0) };
}

function writeInteger(der: Uint8Array, at: number, bytes: Uint8Array, number: Significant): void {
  der[at] = 0x02;
  der[at + 1] = number.length;
  der.set(bytes.subarray(number.start, number.end), at + 2 + number.length - (number.end - number.start));
}
