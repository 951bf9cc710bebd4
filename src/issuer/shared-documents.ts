/**
 * Documents that the processes of a fleet share through a {@link CacheAdapter}. A copy tells when it was fetched and
 * how long it may serve, and is validated like an answer from the network. A lease lets one process of many fetch.
 *
 * An adapter that fails costs time, within limits, and never an error: whoever asks goes on to the network.
 */
import type { AdapterFailedEvent, Emit } from '../events.ts';
import { isJsonObject } from '../jws/json.ts';
import type { RunInBackground } from '../platform/background.ts';
import type { CacheAdapter } from '../platform/cache-adapter.ts';
import { describeError } from '../platform/describe-error.ts';
import { MAX_BODY_BYTES } from '../platform/http.ts';
import { startStopwatch } from '../platform/stopwatch.ts';
import { withTimeLimit } from '../platform/time-limit.ts';
import type { DocumentAddress, Fetched } from './fetch-document.ts';
import { boundFreshness, type Freshness, WITHDRAWN_SECONDS } from './freshness.ts';
import type { Loaded } from './phases.ts';

/** The number changes with the form of the entries, so that two versions of the SDK can share one cache. */
const KEY_PREFIX = 'auth0-api-ts:1:';
/** No single operation of an adapter is waited for any longer, nor any longer than a third of the whole wait. */
const MOST_OPERATION_SECONDS = 1;

export interface SharedDocumentsOptions {
  readonly adapter: CacheAdapter;
  readonly cacheTtlSeconds: number;
  readonly emit: Emit;
  readonly runInBackground: RunInBackground;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A copy that another process has fetched. */
export interface SharedCopy<T> extends Loaded<T> {
  readonly source: 'cache';
  /** The document as text. */
  readonly text: string;
}

/** What a load does with the copy of one document. */
export interface SharedAccess<T> extends DocumentAddress<T> {
  /** How long the load may spend on reading, on the lease, and on waiting for another's fetch. */
  readonly waitSeconds: number;
  /** How long a lease lasts whose owner has died: longer than a fetch takes. */
  readonly leaseSeconds: number;
}

/**
 * What is kept under the key of a document. The document is a text: nothing that is shared by reference can change
 * later, and its length is known.
 */
interface Entry extends Freshness {
  /** Whose document it is: an answer that belongs to another key is not taken for ours. */
  readonly url: string;
  /** Epoch milliseconds. */
  readonly fetchedAt: number;
  readonly document: string;
}

export class SharedDocuments {
  readonly #options: SharedDocumentsOptions;

  constructor(options: SharedDocumentsOptions) {
    this.#options = options;
  }

  /** The copy of one document, for one load. */
  open<T>(access: SharedAccess<T>): SharedDocument<T> {
    return new SharedDocument(access, this.#options);
  }
}

export class SharedDocument<T> {
  readonly #access: SharedAccess<T>;
  readonly #options: SharedDocumentsOptions;
  readonly #elapsedSeconds = startStopwatch();
  #isBroken = false;
  #hasToldOfEntry = false;
  #hasLease = false;

  constructor(access: SharedAccess<T>, options: SharedDocumentsOptions) {
    this.#access = access;
    this.#options = options;
  }

  /** Whether to go on alone: time is up, or the adapter has failed. */
  get isOver(): boolean {
    return this.#isBroken || this.#elapsedSeconds() >= this.#access.waitSeconds;
  }

  /** The copy, if there is one that can be used. It may be older than it should be. */
  async look(): Promise<SharedCopy<T> | undefined> {
    if (this.#isBroken) return undefined;
    const entry = await this.#attempt('get', (adapter) => adapter.get(this.#key));
    return entry === undefined || entry === null ? undefined : this.#readEntry(entry);
  }

  /** Whether it is for us to fetch the document. The lease ends by itself when its owner does. */
  async claim(): Promise<boolean> {
    const ttlSeconds = Math.ceil(this.#access.leaseSeconds);
    const claim =
      this.#options.adapter.setIfAbsent === undefined
        ? this.#claimStepwise(ttlSeconds)
        : this.#attempt('setIfAbsent', (adapter) => adapter.setIfAbsent?.(this.#leaseKey, true, ttlSeconds));
    this.#hasLease = (await claim) === true;
    // Where the adapter failed there is nobody to wait for.
    return this.#hasLease || this.#isBroken;
  }

  /** Gives the document to all, and the lease back. Nobody waits for it. */
  publish({ json, fetchedAt, freshness }: Fetched<T>): void {
    this.#options.runInBackground(this.#store(() => JSON.stringify(json), fetchedAt, freshness));
  }

  /**
   * Gives the lease back. Nobody waits for it.
   *
   * @param withdrawn the copy of a document that the issuer has taken away: from now on, it ends for all as it ends here
   */
  release(withdrawn?: SharedCopy<T>): void {
    if (withdrawn === undefined) {
      this.#options.runInBackground(this.#endLease());
      return;
    }
    const { text, fetchedAt, freshness } = withdrawn;
    const { maxAge, staleWhileRevalidate, staleIfError } = freshness;
    const shortened = {
      maxAge,
      staleWhileRevalidate: Math.min(staleWhileRevalidate, WITHDRAWN_SECONDS),
      staleIfError: Math.min(staleIfError, WITHDRAWN_SECONDS),
    };
    this.#options.runInBackground(this.#store(() => text, fetchedAt, shortened));
  }

  get #key(): string {
    return `${KEY_PREFIX}${this.#access.url}`;
  }

  get #leaseKey(): string {
    return `${KEY_PREFIX}lease:${this.#access.url}`;
  }

  /** Without an atomic operation. Two may come this far in the same instant; most often, the last to write wins. */
  async #claimStepwise(ttlSeconds: number): Promise<boolean> {
    const readHolder = () => this.#attempt('get', (adapter) => adapter.get(this.#leaseKey));
    const holder = await readHolder();
    if ((holder !== undefined && holder !== null) || this.#isBroken) return false;
    const self = crypto.randomUUID();
    await this.#attempt('set', (adapter) => adapter.set(this.#leaseKey, self, ttlSeconds));
    return (await readHolder()) === self;
  }

  async #store(text: () => string, fetchedAt: number, freshness: Freshness): Promise<void> {
    const { url } = this.#access;
    const { maxAge, staleWhileRevalidate, staleIfError } = freshness;
    const ttlSeconds = Math.ceil(maxAge + Math.max(staleWhileRevalidate, staleIfError));
    const newer = await this.look();
    // A fetch that took longer than a later one must not undo it.
    if (newer === undefined || newer.fetchedAt <= fetchedAt) {
      await this.#attempt('set', (adapter) => {
        const entry: Entry = { url, fetchedAt, maxAge, staleWhileRevalidate, staleIfError, document: text() };
        return adapter.set(this.#key, entry, ttlSeconds);
      });
    }
    await this.#endLease();
  }

  /** Only one's own: that of another is still needed. */
  async #endLease(): Promise<void> {
    if (!this.#hasLease) return;
    this.#hasLease = false;
    await this.#attempt('delete', (adapter) => adapter.delete(this.#leaseKey));
  }

  #readEntry(entry: unknown): SharedCopy<T> | undefined {
    try {
      return this.#parseEntry(entry);
    } catch (error) {
      // Told once, however often the load looks at it.
      if (!this.#hasToldOfEntry) {
        this.#tellFailure('get', `the kept entry cannot be used: ${describeError(error)}`);
      }
      this.#hasToldOfEntry = true;
      return undefined;
    }
  }

  #parseEntry(entry: unknown): SharedCopy<T> {
    const { now, cacheTtlSeconds } = this.#options;
    const { url, parse, parseCopy = parse } = this.#access;
    if (!isEntry(entry)) throw new TypeError('it has another form');
    if (entry.url !== url) throw new RangeError('it is another document');
    // It would be fresh for as long as its writer likes.
    if (entry.fetchedAt > now()) throw new RangeError('it is from the future');
    return {
      value: parseCopy(parseJson(entry.document)),
      source: 'cache',
      text: entry.document,
      fetchedAt: entry.fetchedAt,
      freshness: boundFreshness(entry, cacheTtlSeconds),
    };
  }

  /** The outcome of an operation; `undefined` when it failed. */
  async #attempt(
    operation: AdapterFailedEvent['operation'],
    operate: (adapter: CacheAdapter) => unknown,
  ): Promise<unknown> {
    const seconds = Math.min(MOST_OPERATION_SECONDS, this.#access.waitSeconds / 3);
    try {
      const outcome = (async () => await operate(this.#options.adapter))();
      return await withTimeLimit(outcome, seconds, { isBackground: true });
    } catch (error) {
      this.#isBroken = true;
      this.#tellFailure(operation, describeError(error));
      return undefined;
    }
  }

  #tellFailure(operation: AdapterFailedEvent['operation'], detail: string): void {
    this.#options.emit?.({ type: 'adapter_failed', operation, detail });
  }
}

/** `undefined` for what is not JSON, which no document is. The parser's own message would quote the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is Entry {
  if (!isJsonObject(value)) return false;
  const { url, fetchedAt, maxAge, staleWhileRevalidate, staleIfError, document } = value;
  const numbers = [fetchedAt, maxAge, staleWhileRevalidate, staleIfError];
  const isText = typeof document === 'string' && document.length <= MAX_BODY_BYTES;
  return (
    typeof url === 'string' &&
    isText &&
    numbers.every((number) => Number.isFinite(number) && Number(number) >= 0)
  );
}
