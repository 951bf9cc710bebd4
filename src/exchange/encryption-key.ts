/** The keys for what is kept outside this process, as people write them. Pure. */

/** 32 random bytes, or their text in base64url, base64 or hexadecimal digits. */
export type EncryptionKey = string | Uint8Array;

/** One key, or several for rotation: the first encrypts, all decrypt. */
export type EncryptionKeys = EncryptionKey | readonly EncryptionKey[];

const KEY_BYTES = 32;
const MOST_KEYS = 5;
const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[\w+/-]{43}=?$/;

/** The bytes of the keys; `undefined` when one of them is no key, or there is none. */
export function readKeys(keys: unknown): Uint8Array[] | undefined {
  const list: readonly unknown[] = Array.isArray(keys) ? Array.from<unknown>(keys) : [keys];
  const read = list.map(bytesOf).filter((bytes) => bytes !== undefined);
  return read.length === list.length && read.length > 0 && read.length <= MOST_KEYS ? read : undefined;
}

function bytesOf(key: unknown): Uint8Array | undefined {
  if (key instanceof Uint8Array) return key.byteLength === KEY_BYTES ? Uint8Array.from(key) : undefined;
  if (typeof key !== 'string') return undefined;
  if (HEX.test(key))
    return Uint8Array.from({ length: KEY_BYTES }, (_, at) => parseInt(key.slice(2 * at, 2 * at + 2), 16));
  return BASE64.test(key) ? fromBase64(key) : undefined;
}

/** The bytes of base64 or base64url; `undefined` for anything else. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
