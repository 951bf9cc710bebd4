/**
 * Key pairs of an API whose tokens are encrypted, and tokens no honest issuer would encrypt.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { CompactEncrypt, type CompactJWEHeaderParameters, importJWK, type JWK } from 'jose';

export interface EncryptionKeys {
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
  /** PKCS #8. */
  readonly pem: string;
}

/** As text first: Node 20 can wait for ever when it exports a key while it collects the job that made it. */
const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const;

export function rsaKeys(more: JWK = {}, modulusLength = 2048): EncryptionKeys {
  return describe(generateKeyPairSync('rsa', { modulusLength, publicKeyEncoding, privateKeyEncoding }), more);
}

export function ecKeys(namedCurve = 'P-256', more: JWK = {}): EncryptionKeys {
  return describe(generateKeyPairSync('ec', { namedCurve, publicKeyEncoding, privateKeyEncoding }), more);
}

function describe(made: { publicKey: string; privateKey: string }, more: JWK): EncryptionKeys {
  return {
    publicJwk: { ...createPublicKey(made.publicKey).export({ format: 'jwk' }), ...more },
    privateJwk: { ...createPrivateKey(made.privateKey).export({ format: 'jwk' }), ...more },
    pem: made.privateKey,
  };
}

/** A JWE over any content, with any header that jose would write. */
export async function encrypt(
  content: string | Uint8Array,
  key: JWK | Uint8Array,
  header: CompactJWEHeaderParameters,
): Promise<string> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const imported = key instanceof Uint8Array ? key : await importJWK(key, header.alg);
  return await new CompactEncrypt(bytes).setProtectedHeader(header).encrypt(imported);
}

/** The same token with other parts: 0 is the header, 4 the tag. */
export function withPart(jwe: string, index: number, part: string): string {
  return jwe.split('.').with(index, part).join('.');
}

/** The same token with another header; it was authenticated with the old one. */
export function withHeader(jwe: string, change: (header: Record<string, unknown>) => object): string {
  const [part = ''] = jwe.split('.');
  const header = JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  return withPart(jwe, 0, Buffer.from(JSON.stringify(change(header))).toString('base64url'));
}

/** The same token with one bit of one part changed. */
export function flip(jwe: string, index: number, byte = 0): string {
  const bytes = Buffer.from(jwe.split('.')[index] ?? '', 'base64url');
  bytes[byte] = (bytes[byte] ?? 0) ^ 1;
  return withPart(jwe, index, bytes.toString('base64url'));
}
