/**
 * Exchanged tokens that the processes of a fleet share through a `CacheAdapter`, sealed: who can read that cache must not
 * read tokens, and who can write to it must not choose which one is used. An adapter that fails costs a little time and
 * never an error.
 */

import type { RunInBackground } from '../platform/background.ts';
import type { CacheAdapter } from '../platform/cache-adapter.ts';
import { describeError } from '../platform/describe-error.ts';
import { withTimeLimit } from '../platform/time-limit.ts';
import { readKeys, type EncryptionKeys } from './encryption-key.ts';
import { createSealer, type Sealer } from './sealed-text.ts';

/** The number changes with the form of the entries, so that two versions of the SDK can share one cache. */
const KEY_PREFIX = 'auth0-api-ts:1:token:';
const OPERATION_SECONDS = 1;
/** After a failure the adapter is left alone for this long: it may be about to cost every request a second. */
const REST_SECONDS = 5;
/** Longer entries are none of ours. */
const MOST_CHARACTERS = 512 * 1024;

export type AdapterOperation = 'get' | 'set' | 'delete';

export interface SharedTokensOptions {
  readonly adapter: CacheAdapter;
  /** If it is no function, a copy that nobody changes. */
  readonly encryptionKey: EncryptionKeys | (() => EncryptionKeys | Promise<EncryptionKeys>);
  readonly runInBackground: RunInBackground;
  /** Told of every failure, in words that hold no secret. */
  readonly onFailure: (operation: AdapterOperation, detail: string) => void;
  /** Milliseconds, by a clock that is never set back. */
  readonly time: () => number;
}

export class SharedTokens {
  readonly #options: SharedTokensOptions;
  #restUntil = Number.NEGATIVE_INFINITY;
  #last: { readonly keys: unknown; readonly sealer: Sealer } | undefined;

  constructor(options: SharedTokensOptions) {
    this.#options = options;
  }

  /** What is kept under the key, from JSON; `undefined` when there is nothing that we have sealed. */
  async find(key: string): Promise<unknown> {
    const name = KEY_PREFIX + key;
    return await this.#attempt('get', async (sealer) => {
      const sealed = await this.#options.adapter.get(name);
      if (sealed === undefined || sealed === null) return undefined;
      const isText = typeof sealed === 'string' && sealed.length <= MOST_CHARACTERS;
      const text = isText ? await sealer.open(sealed, name) : undefined;
      if (text !== undefined) return parseJson(text);
      this.#options.onFailure(
        'get',
        'the kept entry cannot be used: it was not sealed with this key and name',
      );
      return undefined;
    });
  }

  /** Keeps a value for others. Nobody waits for it. */
  store(key: string, value: object, seconds: number): void {
    const name = KEY_PREFIX + key;
    const ttlSeconds = Math.max(1, Math.ceil(seconds));
    const stored = this.#attempt('set', async (sealer) => {
      await this.#options.adapter.set(name, await sealer.seal(JSON.stringify(value), name), ttlSeconds);
    });
    this.#options.runInBackground(stored);
  }

  /** Forgets a value. To be waited for: whoever asks next must not find it. */
  async remove(key: string): Promise<void> {
    await this.#attempt('delete', async () => {
      await this.#options.adapter.delete(KEY_PREFIX + key);
    });
  }

  async #attempt<T>(
    operation: AdapterOperation,
    operate: (sealer: Sealer) => Promise<T>,
  ): Promise<T | undefined> {
    const { time, onFailure } = this.#options;
    if (time() < this.#restUntil) return undefined;
    // Whoever waits for an adapter that never answers must not see the process end instead.
    const isBackground = operation === 'set';
    try {
      const outcome = (async () => await operate(await this.#sealer()))();
      return await withTimeLimit(outcome, OPERATION_SECONDS, { isBackground });
    } catch (error) {
      this.#restUntil = time() + REST_SECONDS * 1000;
      onFailure(operation, describeError(error));
      return undefined;
    }
  }

  async #sealer(): Promise<Sealer> {
    const keys = await this.#keys();
    if (this.#last !== undefined && this.#last.keys === keys) return this.#last.sealer;
    const bytes = readKeys(keys);
    if (bytes === undefined) throw new TypeError('the encryption key is not 32 bytes, or their text');
    const sealer = createSealer(bytes);
    // What a function answers may be changed in place, and is taken for the same only where it cannot.
    const isFixed = typeof keys === 'string' || typeof this.#options.encryptionKey !== 'function';
    this.#last = isFixed ? { keys, sealer } : undefined;
    return sealer;
  }

  async #keys(): Promise<unknown> {
    const { encryptionKey } = this.#options;
    if (typeof encryptionKey !== 'function') return encryptionKey;
    try {
      return await encryptionKey();
    } catch {
      // It handles secrets, so nothing of what it says is passed on.
      throw new TypeError('the encryption key could not be had');
    }
  }
}

/** `undefined` for what is not JSON. The parser's own message would quote the text, and the text holds a token. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
