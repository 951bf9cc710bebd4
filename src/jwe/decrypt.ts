/**
 * Encrypted access tokens (RFC 7516), down to the signed token inside. Loaded, with jose, when the first one arrives.
 */
import { compactDecrypt } from 'jose';
import { decodeUtf8 } from '#signature';
import { VerifyAccessTokenError } from '../errors/index.ts';
import {
  type DecryptionKey,
  type DecryptionKeyInput,
  keysFor,
  loadDecryptionKeys,
} from './decryption-keys.ts';
import { type JweHeader, readJwe } from './read-jwe.ts';

/** A signed token has this many parts, and what is encrypted must be one. */
const SIGNED_PARTS = 3;

export class Decrypter {
  readonly #inputs: readonly DecryptionKeyInput[];
  #keys: readonly DecryptionKey[] | undefined;

  constructor(inputs: readonly DecryptionKeyInput[]) {
    this.#inputs = inputs;
  }

  /** The keys, imported once. @throws ConfigurationError when one of them cannot be used */
  async keys(): Promise<readonly DecryptionKey[]> {
    // Kept when they are there, not while they are made: a promise of one request may never settle for another.
    return (this.#keys ??= await loadDecryptionKeys(this.#inputs));
  }

  /**
   * The signed token inside an encrypted one. Nothing is known about who encrypted it: anybody can, with the public key.
   *
   * However decrypting fails, the refusal is the same, so that nobody learns from it about a token that is not theirs
   * (RFC 7516 §11.5).
   *
   * @param jwe a text of five parts, no longer than any token
   * @throws VerifyAccessTokenError `decryption_failed`, `unknown_encryption_key`, `unsupported_encryption`,
   *   `unsupported_header`, `malformed_token`
   * @throws ConfigurationError
   */
  async decrypt(jwe: string): Promise<string> {
    const header = readJwe(jwe);
    const keys = keysFor(header, await this.keys());
    if (keys.length === 0)
      throw new VerifyAccessTokenError('unknown_encryption_key', { cause: { name: 'kid' } });
    for (const { key } of keys) {
      const plaintext = await tryKey(jwe, key, header);
      if (plaintext === undefined) continue;
      const token = decodeUtf8(plaintext);
      if (token?.split('.').length === SIGNED_PARTS) return token;
    }
    throw new VerifyAccessTokenError('decryption_failed');
  }
}

/** jose puts a random key in place of one that cannot be unwrapped, so that this takes its time like all others. */
async function tryKey(
  jwe: string,
  key: DecryptionKey['key'],
  { algorithm, encryption }: JweHeader,
): Promise<Uint8Array | undefined> {
  try {
    const { plaintext } = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [algorithm.name],
      contentEncryptionAlgorithms: [encryption],
      maxDecompressedLength: 0,
    });
    return plaintext;
  } catch {
    return undefined;
  }
}
