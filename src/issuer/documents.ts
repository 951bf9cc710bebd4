/**
 * One document of an issuer, kept and refreshed: the whole policy for discovery metadata and for key sets.
 *
 *   cold      nothing kept: callers wait for the first load, together
 *   fresh     served
 *   stale     served at once, refreshed in the background
 *   late      callers join the refresh; when it fails, the kept document goes on serving
 *   expired   callers join the refresh; when it fails, so do they
 *
 * A failed load starts a back-off, cold or warm, during which no load begins. A kept document is replaced whole by
 * the next good one and never by a failure.
 */
import { IssuerUnavailableError } from '../errors.ts';
import type { Freshness } from './freshness.ts';

export interface Loaded<T> {
  readonly value: T;
  readonly freshness: Freshness;
}

/** Why a load failed. The cause is for the operator. */
export class LoadFailure extends Error {
  override readonly name = 'LoadFailure';
  /** The server took the document away on purpose, as far as one can tell: 404, 410, an empty key set. */
  readonly withdrawn: boolean;
  /** The server's `Retry-After`. */
  readonly retryAfterSeconds: number;

  constructor(
    message: string,
    details: { cause?: unknown; withdrawn?: boolean; retryAfterSeconds?: number } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.withdrawn = details.withdrawn ?? false;
    this.retryAfterSeconds = details.retryAfterSeconds ?? 0;
  }
}

/** Points in time, in epoch milliseconds. */
export interface Held<T> {
  readonly value: T;
  readonly loadStartedAt: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly lateUntil: number;
  /** Replaces `lateUntil` once the server has answered that the document is gone. */
  readonly lateUntilWhenWithdrawn: number;
}

export type Phase = 'cold' | 'fresh' | 'stale' | 'late' | 'expired';

const WITHDRAWN_SECONDS = 60 * 60;
const BACK_OFF_SECONDS = { first: 1, most: 30 };
/** A server may ask for more patience than our own back-off, within reason. */
const RETRY_AFTER_MOST_SECONDS = 10 * 60;

/** The phase of a document at a moment. Pure. */
export function phaseOf(held: Held<unknown> | undefined, withdrawn: boolean, now: number): Phase {
  if (held === undefined) return 'cold';
  if (now < held.freshUntil) return 'fresh';
  if (now < held.staleUntil) return 'stale';
  return now < (withdrawn ? held.lateUntilWhenWithdrawn : held.lateUntil) ? 'late' : 'expired';
}

/** The points in time that follow from an answer. Pure. */
export function hold<T>(loaded: Loaded<T>, loadStartedAt: number): Held<T> {
  const { maxAge, staleWhileRevalidate, staleIfError } = loaded.freshness;
  const freshUntil = loadStartedAt + maxAge * 1000;
  const staleUntil = freshUntil + staleWhileRevalidate * 1000;
  return {
    value: loaded.value,
    loadStartedAt,
    freshUntil,
    staleUntil,
    lateUntil: freshUntil + staleIfError * 1000,
    lateUntilWhenWithdrawn: freshUntil + Math.min(staleIfError, WITHDRAWN_SECONDS) * 1000,
  };
}

interface BackOff {
  readonly failures: number;
  readonly until: number;
  readonly error: LoadFailure;
}

interface LoadInProgress<T> {
  readonly outcome: Promise<T>;
  startedAt: number;
  /** Past this, the load is taken for lost and another may begin: a cancelled request never settles its promises. */
  deadline: number;
}

export interface KeptDocumentOptions<T> {
  /** Fetches and validates the document; rejects with {@link LoadFailure}. */
  readonly load: () => Promise<Loaded<T>>;
  readonly loadLimitSeconds: number;
  readonly reason: 'discovery_unavailable' | 'jwks_unavailable';
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export class KeptDocument<T> {
  readonly #options: KeptDocumentOptions<T>;
  #held: Held<T> | undefined;
  #withdrawn = false;
  #backOff: BackOff | undefined;
  #inProgress: LoadInProgress<T> | undefined;
  #lastNow = Number.NEGATIVE_INFINITY;

  constructor(options: KeptDocumentOptions<T>) {
    this.#options = options;
  }

  /**
   * The document, without waiting, while it is fresh or stale; a stale one is refreshed in the background.
   */
  current(): T | undefined {
    const now = this.#now();
    const phase = this.#phase(now);
    if (phase === 'stale') this.#refreshInBackground(now);
    return phase === 'fresh' || phase === 'stale' ? this.#held?.value : undefined;
  }

  /**
   * The document, after a load where one is needed.
   *
   * @throws IssuerUnavailableError
   */
  async get(): Promise<T> {
    return this.current() ?? (await this.refresh().catch((error: unknown) => this.#lateValue(error)));
  }

  /**
   * A document from a load that ends after this call: the one in progress, or a new one.
   *
   * @throws IssuerUnavailableError when the load fails, or while backing off from an earlier failure
   */
  async refresh(): Promise<T> {
    const now = this.#now();
    const running = this.#running(now);
    if (running === undefined && this.#backOff !== undefined && now < this.#backOff.until) {
      throw this.#unavailable(this.#backOff.error, now);
    }
    try {
      const joined = running === undefined ? undefined : await this.#join(running);
      return joined === undefined ? await this.#load(this.#now()) : joined.value;
    } catch (error) {
      throw this.#unavailable(error, this.#now());
    }
  }

  /** Whether a load is in progress that callers can join. */
  get isLoading(): boolean {
    return this.#running(this.#now()) !== undefined;
  }

  #phase(now: number): Phase {
    return phaseOf(this.#held, this.#withdrawn, now);
  }

  #lateValue(error: unknown): T {
    if (this.#held !== undefined && this.#phase(this.#now()) !== 'expired') return this.#held.value;
    throw error;
  }

  #running(now: number): LoadInProgress<T> | undefined {
    return this.#inProgress !== undefined && now < this.#inProgress.deadline ? this.#inProgress : undefined;
  }

  #refreshInBackground(now: number): void {
    if (this.#running(now) !== undefined) return;
    if (this.#backOff !== undefined && now < this.#backOff.until) return;
    // Observed here, so that a failure in the background is nobody's unhandled rejection; the back-off remembers it.
    this.#load(now).catch(() => undefined);
  }

  #load(startedAt: number): Promise<T> {
    const deadline = startedAt + this.#options.loadLimitSeconds * 1000;
    const started = this.#options.load();
    const load: LoadInProgress<T> = {
      outcome: started.then(
        (loaded) => this.#succeed(load, loaded),
        (error: unknown) => this.#fail(load, toLoadFailure(error)),
      ),
      startedAt,
      deadline,
    };
    this.#inProgress = load;
    return load.outcome;
  }

  /**
   * Waits for another caller's load, but no longer than a load may take, because its runtime may have dropped it
   * together with the request that began it; `undefined` then.
   */
  #join(load: LoadInProgress<T>): Promise<{ value: T } | undefined> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#end(load);
        resolve(undefined);
      }, this.#options.loadLimitSeconds * 1000);
      load.outcome
        .then((value) => {
          resolve({ value });
        }, reject)
        .finally(() => {
          clearTimeout(timer);
        });
    });
  }

  #succeed(load: LoadInProgress<T>, loaded: Loaded<T>): T {
    this.#end(load);
    // A load that was taken for lost may end after its successor; the later start has the later truth.
    if (this.#held === undefined || load.startedAt >= this.#held.loadStartedAt) {
      this.#held = hold(loaded, load.startedAt);
      this.#withdrawn = false;
      this.#backOff = undefined;
    }
    return loaded.value;
  }

  #fail(load: LoadInProgress<T>, error: LoadFailure): never {
    if (this.#inProgress === load) {
      const failures = (this.#backOff?.failures ?? 0) + 1;
      const own = Math.min(BACK_OFF_SECONDS.first * 2 ** (failures - 1), BACK_OFF_SECONDS.most);
      const asked = Math.min(error.retryAfterSeconds, RETRY_AFTER_MOST_SECONDS);
      this.#backOff = { failures, error, until: this.#now() + Math.max(own, asked) * 1000 };
      this.#withdrawn ||= error.withdrawn;
    }
    this.#end(load);
    throw error;
  }

  #end(load: LoadInProgress<T>): void {
    if (this.#inProgress === load) this.#inProgress = undefined;
  }

  #unavailable(cause: unknown, now: number): IssuerUnavailableError {
    const remaining = ((this.#backOff?.until ?? now) - now) / 1000;
    return new IssuerUnavailableError(this.#options.reason, remaining, { cause: toLoadFailure(cause) });
  }

  /**
   * The time; when the clock has jumped back, all that was measured on it moves along, so that nothing is kept longer
   * for it, and what is kept counts as stale, because how much time really went by is not known.
   */
  #now(): number {
    const now = this.#options.now();
    const jump = this.#lastNow - now;
    this.#lastNow = now;
    if (jump > 0) {
      if (this.#held !== undefined) this.#held = { ...shift(this.#held, jump), freshUntil: now };
      if (this.#backOff !== undefined)
        this.#backOff = { ...this.#backOff, until: this.#backOff.until - jump };
      if (this.#inProgress !== undefined) {
        this.#inProgress.startedAt -= jump;
        this.#inProgress.deadline -= jump;
      }
    }
    return now;
  }
}

function shift<T>(held: Held<T>, milliseconds: number): Held<T> {
  return {
    value: held.value,
    loadStartedAt: held.loadStartedAt - milliseconds,
    freshUntil: held.freshUntil - milliseconds,
    staleUntil: held.staleUntil - milliseconds,
    lateUntil: held.lateUntil - milliseconds,
    lateUntilWhenWithdrawn: held.lateUntilWhenWithdrawn - milliseconds,
  };
}

function toLoadFailure(error: unknown): LoadFailure {
  return error instanceof LoadFailure ? error : new LoadFailure('the load failed', { cause: error });
}
