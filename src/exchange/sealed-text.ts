/** Texts that may be kept where others can read and write: AES-256-GCM (NIST SP 800-38D), bound to the name they have. */

import { fromBase64 } from './encryption-key.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Seals and opens texts with one set of keys. */
export interface Sealer {
  /** @param name bound to the text: under another name it does not open */
  readonly seal: (text: string, name: string) => Promise<string>;
  /** `undefined` when it was not sealed with one of the keys under this name, or is no sealed text at all. */
  readonly open: (sealed: string, name: string) => Promise<string | undefined>;
}

export function createSealer(keys: readonly Uint8Array[]): Sealer {
  const imported = keys.map((key) =>
    crypto.subtle.importKey('raw', Uint8Array.from(key), 'AES-GCM', false, ['encrypt', 'decrypt']),
  );
  // Whoever uses a key learns of a failure; the others must not be unhandled.
  for (const key of imported) key.catch(() => undefined);
  const encoder = new TextEncoder();
  return {
    async seal(text, name) {
      const [key] = imported;
      if (key === undefined) throw new TypeError('there is no key');
      // Random: with one key for 2^32 texts, two of the same nonce are as good as impossible.
      const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const additionalData = encoder.encode(name);
      const parameters = { name: 'AES-GCM', iv, additionalData };
      const sealed = await crypto.subtle.encrypt(parameters, await key, encoder.encode(text));
      const bytes = new Uint8Array(NONCE_BYTES + sealed.byteLength);
      bytes.set(iv);
      bytes.set(new Uint8Array(sealed), NONCE_BYTES);
      return toBase64url(bytes);
    },
    async open(sealed, name) {
      const bytes = fromBase64(sealed);
      if (bytes === undefined || bytes.byteLength < NONCE_BYTES + TAG_BYTES) return undefined;
      const iv = bytes.slice(0, NONCE_BYTES);
      const parameters = { name: 'AES-GCM', iv, additionalData: encoder.encode(name) };
      for (const key of imported) {
        try {
          const opened = await crypto.subtle.decrypt(parameters, await key, bytes.slice(NONCE_BYTES));
          return new TextDecoder('utf-8', { fatal: true }).decode(opened);
        } catch {
          // Sealed with another key, or not at all.
        }
      }
      return undefined;
    },
  };
}

function toBase64url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
