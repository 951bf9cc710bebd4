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
import { TimeLimitExceeded, withTimeLimit } from '../platform/time-limit.ts';
import { type BackOff, backOffAfter } from './back-off.ts';
import { LoadFailure } from './load-failure.ts';
import { hold, type Held, type Loaded, type Phase, phaseOf } from './phases.ts';

interface LoadInProgress<T> {
  readonly startedAt: number;
  /** Past this, the load is taken for lost and another may begin: a cancelled request never settles its promises. */
  readonly deadline: number;
  readonly outcome: Promise<T>;
}

export interface KeptDocumentOptions<T> {
  /** Fetches and validates the document; rejects with {@link LoadFailure}. */
  readonly load: () => Promise<Loaded<T>>;
  /** Longer than any load takes that is still alive. */
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
  /** By how much, in all, the clock was set back. */
  #setBack = 0;

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
    try {
      let now = this.#now();
      for (let load = this.#running(now); load !== undefined; load = this.#running(now)) {
        const joined = await this.#join(load);
        if (joined !== 'lost') return joined.value;
        now = this.#now();
      }
      const backOff = this.#backOffAt(now);
      if (backOff !== undefined) throw backOff.error;
      return await this.#load(now);
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  /** Whether a load is in progress that callers can join. */
  get isLoading(): boolean {
    return this.#running(this.#now()) !== undefined;
  }

  /** Whether no load may begin now. */
  get isBackingOff(): boolean {
    return this.#backOffAt(this.#now()) !== undefined;
  }

  #phase(now: number): Phase {
    return phaseOf(this.#held, this.#withdrawn, now);
  }

  #backOffAt(now: number): BackOff | undefined {
    return this.#backOff !== undefined && now < this.#backOff.until ? this.#backOff : undefined;
  }

  #running(now: number): LoadInProgress<T> | undefined {
    return this.#inProgress !== undefined && now < this.#inProgress.deadline ? this.#inProgress : undefined;
  }

  #lateValue(error: unknown): T {
    if (this.#held === undefined || this.#phase(this.#now()) === 'expired') throw error;
    return this.#held.value;
  }

  #refreshInBackground(now: number): void {
    if (this.#running(now) !== undefined || this.#backOffAt(now) !== undefined) return;
    // Observed here, so that a failure in the background is nobody's unhandled rejection; the back-off remembers it.
    this.#load(now).catch(() => undefined);
  }

  #load(now: number): Promise<T> {
    const load: LoadInProgress<T> = {
      startedAt: now,
      deadline: now + this.#options.loadLimitSeconds * 1000,
      outcome: this.#options.load().then(
        (loaded) => this.#succeed(load, loaded),
        (error: unknown) => this.#fail(load, error),
      ),
    };
    this.#inProgress = load;
    return load.outcome;
  }

  /** Waits for another caller's load, which its runtime may have dropped together with the request that began it. */
  async #join(load: LoadInProgress<T>): Promise<{ readonly value: T } | 'lost'> {
    try {
      return { value: await withTimeLimit(load.outcome, this.#options.loadLimitSeconds) };
    } catch (error) {
      if (!(error instanceof TimeLimitExceeded)) throw error;
      if (this.#inProgress === load) this.#inProgress = undefined;
      return 'lost';
    }
  }

  #succeed(load: LoadInProgress<T>, loaded: Loaded<T>): T {
    if (this.#inProgress === load) this.#inProgress = undefined;
    // A load that was taken for lost may end after its successor; the later start has the later truth.
    if (this.#held !== undefined && load.startedAt < this.#held.fetchedAt) return this.#held.value;
    this.#held = hold(loaded, load.startedAt);
    this.#withdrawn = false;
    this.#backOff = undefined;
    return loaded.value;
  }

  #fail(load: LoadInProgress<T>, error: unknown): never {
    const failure = toLoadFailure(error);
    // One that was taken for lost has a successor, whose outcome counts.
    if (this.#inProgress === load) {
      this.#inProgress = undefined;
      this.#backOff = backOffAfter(this.#backOff, failure, this.#now());
      this.#withdrawn ||= failure.withdrawn;
    }
    // What another document's failure is called is said by that document.
    throw error instanceof IssuerUnavailableError ? error : failure;
  }

  #unavailable(error: unknown): IssuerUnavailableError {
    if (error instanceof IssuerUnavailableError) return error;
    const now = this.#now();
    const seconds = ((this.#backOff?.until ?? now) - now) / 1000;
    return new IssuerUnavailableError(this.#options.reason, seconds, { cause: toLoadFailure(error) });
  }

  /**
   * The time by a clock that is never set back: where the real one was, its time stands still for a moment and runs on
   * from there. So nothing is kept longer for it; and what is kept counts as stale, because how much time really went
   * by is not known.
   */
  #now(): number {
    const now = this.#options.now();
    if (now < this.#lastNow) {
      this.#setBack += this.#lastNow - now;
      if (this.#held !== undefined) this.#held = { ...this.#held, freshUntil: now + this.#setBack };
    }
    this.#lastNow = now;
    return now + this.#setBack;
  }
}

function toLoadFailure(error: unknown): LoadFailure {
  if (error instanceof LoadFailure) return error;
  const retryAfterSeconds = error instanceof IssuerUnavailableError ? error.retryAfterSeconds : 0;
  return new LoadFailure('the load failed', { cause: error, retryAfterSeconds });
}
