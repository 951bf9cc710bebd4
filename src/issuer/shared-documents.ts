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
import { boundFreshness, type Freshness } from './freshness.ts';
import type { Loaded } from './phases.ts';

/** The number changes with the form of the entries, so that two versions of the SDK can share one cache. */
const KEY_PREFIX = 'auth0-api-ts:1:';
/** No single operation of an adapter is waited for any longer. */
const OPERATION_SECONDS = 1;

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
  /** Epoch milliseconds. */
  readonly fetchedAt: number;
}

/** What a load does with the copy of one document. */
export interface SharedAccess<T> {
  /** The address of the document. */
  readonly url: string;
  /** Makes the value from the JSON, or throws. */
  readonly parse: (json: unknown) => T;
  /** How long the load may spend on reading, on the lease, and on waiting for another's fetch. */
  readonly waitSeconds: number;
}

/**
 * What is kept under the key of a document. The document is a text: nothing that is shared by reference can change
 * later, and its length is known.
 */
interface Entry extends Freshness {
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
  readonly #key: string;
  readonly #elapsedSeconds = startStopwatch();
  #isBroken = false;

  constructor(access: SharedAccess<T>, options: SharedDocumentsOptions) {
    this.#access = access;
    this.#options = options;
    this.#key = KEY_PREFIX + access.url;
  }

  /** Whether to go on alone: time is up, or the adapter has failed. */
  get isOver(): boolean {
    return this.#isBroken || this.#secondsLeft() <= 0;
  }

  /** The copy, if there is one that can be used. It may be older than it should be. */
  async read(): Promise<SharedCopy<T> | undefined> {
    if (this.isOver) return undefined;
    const entry = await this.#attempt('get', (adapter) => adapter.get(this.#key), this.#secondsLeft());
    return entry === undefined || entry === null ? undefined : this.#readEntry(entry);
  }

  /**
   * Whether it is for us to fetch the document. The lease ends by itself when its owner does.
   *
   * @param leaseSeconds longer than a fetch takes
   */
  async claim(leaseSeconds: number): Promise<boolean> {
    if (this.isOver) return true;
    const ttlSeconds = Math.ceil(leaseSeconds);
    const won =
      this.#options.adapter.setIfAbsent === undefined
        ? await this.#claimStepwise(ttlSeconds)
        : await this.#attempt(
            'setIfAbsent',
            (adapter) => adapter.setIfAbsent?.(this.#leaseKey, true, ttlSeconds),
            this.#secondsLeft(),
          );
    // Where the adapter failed there is nobody to wait for.
    return won === true || this.#isBroken;
  }

  /** Gives the document to all, and the lease back. Nobody waits for it. */
  publish(json: unknown, fetchedAt: number, freshness: Freshness): void {
    const { maxAge, staleWhileRevalidate, staleIfError } = freshness;
    const ttlSeconds = Math.ceil(maxAge + Math.max(staleWhileRevalidate, staleIfError));
    const entry = (): Entry => ({ fetchedAt, ...freshness, document: JSON.stringify(json) });
    this.#options.runInBackground(
      this.#attempt('set', (adapter) => adapter.set(this.#key, entry(), ttlSeconds)).then(() =>
        this.#endLease(),
      ),
    );
  }

  /** Gives the lease back after a fetch that failed. Nobody waits for it. */
  release(): void {
    this.#options.runInBackground(this.#endLease());
  }

  get #leaseKey(): string {
    return `${this.#key}:lease`;
  }

  /** Without an atomic operation. Two may come this far in the same instant; most often, the last to write wins. */
  async #claimStepwise(ttlSeconds: number): Promise<boolean> {
    const readHolder = () =>
      this.#attempt('get', (adapter) => adapter.get(this.#leaseKey), this.#secondsLeft());
    const holder = await readHolder();
    if ((holder !== undefined && holder !== null) || this.isOver) return false;
    const self = crypto.randomUUID();
    await this.#attempt(
      'set',
      (adapter) => adapter.set(this.#leaseKey, self, ttlSeconds),
      this.#secondsLeft(),
    );
    return (await readHolder()) === self;
  }

  #endLease(): Promise<unknown> {
    return this.#attempt('delete', (adapter) => adapter.delete(this.#leaseKey));
  }

  #secondsLeft(): number {
    return this.#access.waitSeconds - this.#elapsedSeconds();
  }

  #readEntry(entry: unknown): SharedCopy<T> | undefined {
    const { now, cacheTtlSeconds } = this.#options;
    try {
      if (!isEntry(entry)) throw new TypeError('it has another form');
      const { fetchedAt, document } = entry;
      // It would be fresh for as long as its writer likes.
      if (fetchedAt > now()) throw new RangeError('it is from the future');
      const value = this.#access.parse(JSON.parse(document));
      return { value, fetchedAt, freshness: boundFreshness(entry, cacheTtlSeconds) };
    } catch (error) {
      this.#tellFailure('get', `the kept entry cannot be used: ${describeError(error)}`);
      return undefined;
    }
  }

  /** The outcome of an operation; `undefined` when it failed. */
  async #attempt(
    operation: AdapterFailedEvent['operation'],
    operate: (adapter: CacheAdapter) => unknown,
    secondsLeft = OPERATION_SECONDS,
  ): Promise<unknown> {
    try {
      const outcome = (async () => await operate(this.#options.adapter))();
      return await withTimeLimit(outcome, Math.min(secondsLeft, OPERATION_SECONDS), { isBackground: true });
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

function isEntry(value: unknown): value is Entry {
  if (!isJsonObject(value)) return false;
  const { fetchedAt, maxAge, staleWhileRevalidate, staleIfError, document } = value;
  const numbers = [fetchedAt, maxAge, staleWhileRevalidate, staleIfError];
  const isText = typeof document === 'string' && document.length <= MAX_BODY_BYTES;
  return isText && numbers.every((number) => Number.isFinite(number) && Number(number) >= 0);
}
