/**
 * Which proofs were used already (RFC 9449 §11.1).
 */
import type { Emit } from '../events.ts';
import { DigestLog, wordsOf } from './digest-log.ts';

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
  readonly emit: Emit;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const DEFAULT_MAX_ENTRIES = 1_000_000;
/** Keys that expire in the same span are kept and dropped together, so that no key needs a timer or a time. */
const SPAN_SECONDS = 10;

/**
 * The store of one process: logs of digests, one for each span of ten seconds in which they expire.
 */
export class InMemoryReplayStore implements DpopReplayStore {
  readonly #spans = new Map<number, DigestLog>();
  readonly #maxEntries: number;
  readonly #now: () => number;
  readonly #emit: Emit;
  #size = 0;
  #droppedThrough = Number.NEGATIVE_INFINITY;
  #overflowTold = Number.NaN;

  constructor(options: InMemoryReplayStoreOptions) {
    this.#maxEntries = options.maxEntries ?? DEFAULT_MAX_ENTRIES;
    this.#now = options.now;
    this.#emit = options.emit;
  }

  get size(): number {
    return this.#size;
  }

  add(key: string, ttlSeconds: number): boolean {
    const seconds = this.#now() / 1000;
    this.#dropExpired(seconds);
    const words = wordsOf(key);
    const span = Math.floor((seconds + ttlSeconds) / SPAN_SECONDS);
    // After the clock has jumped back, a proof of a span that is gone can no longer be told from a replay.
    if (span - 1 <= this.#droppedThrough) return false;
    // The same proof always expires at the same moment, so one span is the only place to look. Its neighbours are
    // looked at too: lifetimes are whole seconds, so the sum may fall on either side of a border.
    for (const near of [span - 1, span, span + 1]) {
      if (this.#spans.get(near)?.has(words) === true) return false;
    }
    this.#spanAt(span).push(words);
    this.#size += 1;
    if (this.#size > this.#maxEntries) this.#dropOldest(seconds);
    return true;
  }

  #spanAt(span: number): DigestLog {
    const existing = this.#spans.get(span);
    if (existing !== undefined) return existing;
    const created = new DigestLog();
    this.#spans.set(span, created);
    return created;
  }

  #dropExpired(seconds: number): void {
    const current = Math.floor(seconds / SPAN_SECONDS);
    for (const [span, log] of this.#spans) {
      // One span longer than needed, because the neighbours of a span are looked at, too.
      if (span >= current - 1) continue;
      this.#spans.delete(span);
      this.#size -= log.size;
      this.#droppedThrough = Math.max(this.#droppedThrough, span);
    }
  }

  #dropOldest(seconds: number): void {
    const oldest = Math.min(...this.#spans.keys());
    const log = this.#spans.get(oldest);
    log?.shift();
    this.#size -= 1;
    if (log?.size === 0) this.#spans.delete(oldest);
    const current = Math.floor(seconds / SPAN_SECONDS);
    // Once in a span: whoever brings the overflow about must not flood the listener as well. A key whose time is over
    // is none that could be replayed.
    if (oldest < current || current === this.#overflowTold) return;
    this.#overflowTold = current;
    this.#emit?.({ type: 'replay_store_overflowed', maxEntries: this.#maxEntries });
  }
}
