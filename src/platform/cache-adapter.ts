/**
 * A cache outside this process, shared by all processes that serve the API. Its methods may answer at once or with a
 * promise. What comes back is trusted as little as an answer from the network, but for one thing: who can write to the
 * cache can name keys, and with them sign tokens. Guard it like a key.
 */
export interface CacheAdapter {
  /** The value kept under the key; `undefined` or `null` when there is none. */
  get(key: string): unknown;
  /**
   * Keeps a value, in place of another.
   *
   * @param value plain JSON
   * @param ttlSeconds how long it is of use; a whole number of at least 1
   */
  set(key: string, value: unknown, ttlSeconds: number): unknown;
  /** Forgets a value; nothing happens when there is none. */
  delete(key: string): unknown;
  /** Forgets all values of this cache. The SDK never calls it; it is there for you. */
  clear(): unknown;
  /**
   * Keeps a value unless there is one, in one atomic step, and tells whether it did. With it, exactly one process of
   * many fetches a document; without it, two may when they ask in the same instant.
   */
  setIfAbsent?(key: string, value: unknown, ttlSeconds: number): boolean | Promise<boolean>;
}
