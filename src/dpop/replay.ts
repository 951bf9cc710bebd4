/**
 * Which proofs were used already (RFC 9449 §11.1).
 */

/**
 * Remembers used proofs, for one process or for many. Give a shared one when several processes serve the same API.
 */
export interface DpopReplayStore {
  /**
   * Adds a key unless it is there, in one atomic step.
   *
   * @param key a digest of 43 characters; it tells nothing about the proof
   * @param ttlSeconds how long the key must be kept; a whole number
   * @returns `true` when the key was added, `false` when it was there already
   */
  add(key: string, ttlSeconds: number): boolean | Promise<boolean>;
}

export interface InMemoryReplayStoreOptions {
  /** Beyond this many proofs the oldest are forgotten early. */
  readonly maxEntries?: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const DEFAULT_MAX_ENTRIES = 1_000_000;
/** Keys that expire in the same span are kept and dropped together, so that no key needs a timer or a record. */
const SPAN_SECONDS = 10;

/**
 * The store of one process: sets of digests, one for each span of ten seconds in which they expire.
 */
export class InMemoryReplayStore implements DpopReplayStore {
  readonly #spans = new Map<number, Set<string>>();
  readonly #maxEntries: number;
  readonly #now: () => number;
  #size = 0;
  #droppedThrough = Number.NEGATIVE_INFINITY;
  #evicting: { readonly span: number; readonly keys: Iterator<string> } | undefined;

  constructor(options: InMemoryReplayStoreOptions) {
    this.#maxEntries = options.maxEntries ?? DEFAULT_MAX_ENTRIES;
    this.#now = options.now;
  }

  get size(): number {
    return this.#size;
  }

  add(key: string, ttlSeconds: number): boolean {
    const seconds = this.#now() / 1000;
    this.#dropExpired(seconds);
    const span = Math.floor((seconds + ttlSeconds) / SPAN_SECONDS);
    // After the clock has jumped back, a proof of a span that is gone can no longer be told from a replay.
    if (span - 1 <= this.#droppedThrough) return false;
    // The same proof always expires at the same moment, so one span is the only place to look. Its neighbours are
    // looked at too: lifetimes are whole seconds, so the sum may fall on either side of a border.
    for (const near of [span - 1, span, span + 1]) {
      if (this.#spans.get(near)?.has(key) === true) return false;
    }
    this.#spanAt(span).add(key);
    this.#size += 1;
    if (this.#size > this.#maxEntries) this.#dropOldest();
    return true;
  }

  #spanAt(span: number): Set<string> {
    const existing = this.#spans.get(span);
    if (existing !== undefined) return existing;
    const created = new Set<string>();
    this.#spans.set(span, created);
    return created;
  }

  #dropExpired(seconds: number): void {
    const current = Math.floor(seconds / SPAN_SECONDS);
    for (const [span, keys] of this.#spans) {
      // One span longer than needed, because the neighbours of a span are looked at, too.
      if (span >= current - 1) continue;
      this.#spans.delete(span);
      this.#size -= keys.size;
      this.#droppedThrough = Math.max(this.#droppedThrough, span);
    }
  }

  #dropOldest(): void {
    const oldest = Math.min(...this.#spans.keys());
    const keys = this.#spans.get(oldest);
    // One iterator for all evictions from a span: a new one would walk over all that was deleted before.
    if (this.#evicting?.span !== oldest)
      this.#evicting = { span: oldest, keys: (keys ?? new Set()).values() };
    const next = this.#evicting.keys.next();
    if (next.done !== true && keys?.delete(next.value) === true) this.#size -= 1;
    if (keys?.size === 0) {
      this.#spans.delete(oldest);
      this.#evicting = undefined;
    }
  }
}
