/**
 * `#signature` where there is no node:crypto: Cloudflare Workers, Vercel Edge, browsers. jose does the work.
 */
import { base64url, flattenedVerify, importJWK } from 'jose';
import { signatureBytesOf } from './algorithms.ts';
import type { SignatureModule } from './signature.ts';

const encoder = new TextEncoder();

export const decodeBase64url: SignatureModule['decodeBase64url'] = (text) => {
  try {
    const bytes = base64url.decode(text);
    return base64url.encode(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const decodeUtf8: SignatureModule['decodeUtf8'] = (bytes) => {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
};

export const sha256: SignatureModule['sha256'] = async (data) => {
  const bytes = typeof data === 'string' ? encoder.encode(data) : Uint8Array.from(data);
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
};

export const hmacSha256: SignatureModule['hmacSha256'] = async (secret, text) => {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign']);
  return base64url.encode(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text))));
};

export const importVerifier: SignatureModule['importVerifier'] = async (jwk, algorithm) => {
  const { name } = algorithm;
  const signatureBytes = signatureBytesOf(algorithm, jwk);
  const key = await importJWK({ ...jwk }, name);
  return async (signature, signingInput) => {
    if (signature.byteLength !== signatureBytes) return false;
    const [header = '', payload = ''] = signingInput.split('.');
    try {
      await flattenedVerify({ protected: header, payload, signature: base64url.encode(signature) }, key, {
        algorithms: [name],
      });
      return true;
    } catch {
      return false;
    }
  };
};
