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
import { IssuerUnavailableError } from '../errors/index.ts';
import type { Emit, IssuerDocument } from '../events.ts';
import type { RunInBackground } from '../platform/background.ts';
import { describeError } from '../platform/describe-error.ts';
import { startStopwatch } from '../platform/stopwatch.ts';
import { withTimeLimit } from '../platform/time-limit.ts';
import { type BackOff, backOffAfter } from './back-off.ts';
import { LoadFailure } from './load-failure.ts';
import { hold, type Held, type Loaded, type Phase, phaseOf } from './phases.ts';
import { SteadyClock } from './steady-clock.ts';

/** What a load is asked for. */
export interface LoadRequest<T> {
  /** Whether a copy makes it unnecessary to ask the issuer. */
  readonly accepts: (copy: Loaded<T>) => boolean;
  /** Called when the issuer itself is asked, by us or meanwhile by another process. */
  readonly onAsked?: (() => void) | undefined;
}

/** Why a newer document is wanted although one is kept. */
export interface Search<T> {
  /** What a copy must have. */
  readonly suffices: (value: T) => boolean;
  readonly onAsked: () => void;
}

interface LoadInProgress<T> {
  readonly startedAt: number;
  /** Past this, the load is taken for lost and another may begin: a cancelled request never settles its promises. */
  readonly deadline: number;
  readonly outcome: Promise<T>;
}

export interface KeptDocumentOptions<T> {
  readonly document: IssuerDocument;
  readonly issuer: string;
  /** Has the document, validated; rejects with {@link LoadFailure}. */
  readonly load: (request: LoadRequest<T>) => Promise<Loaded<T>>;
  /** Longer than any load takes that is still alive. */
  readonly loadLimitSeconds: number;
  readonly emit: Emit;
  readonly runInBackground: RunInBackground;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** How long a request waits for a refresh while the last one has failed and there is something to serve. */
const LATE_PATIENCE_SECONDS = 1;
/** How many loads of others a caller joins, should one after the other be lost, before it gives up. */
const MOST_JOINS = 2;

export class KeptDocument<T> {
  readonly #options: KeptDocumentOptions<T>;
  readonly #clock: SteadyClock;
  #held: Held<T> | undefined;
  /** When a load began that found the document gone. */
  #withdrawnAt: number | undefined;
  #backOff: BackOff | undefined;
  #inProgress: LoadInProgress<T> | undefined;
  /** Whether it was told already that the kept document is served past its age. */
  #staleTold = false;

  constructor(options: KeptDocumentOptions<T>) {
    this.#options = options;
    this.#clock = new SteadyClock(options.now);
  }

  /**
   * The document, without waiting, while it is fresh or stale; a stale one is refreshed in the background.
   */
  current(): T | undefined {
    const now = this.#now();
    const phase = this.#phase(now);
    if (phase === 'stale') {
      this.#refreshInBackground(now);
      this.#tellStale(now);
    }
    return phase === 'fresh' || phase === 'stale' ? this.#held?.value : undefined;
  }

  /**
   * The document, after a load where one is needed.
   *
   * @throws IssuerUnavailableError
   */
  async get(): Promise<T> {
    const current = this.current();
    if (current !== undefined) return current;
    // In a long outage, requests should not wait in turn for every attempt.
    const isPatient = this.#held === undefined || this.#backOff === undefined;
    const refreshed = this.refresh();
    try {
      return await (isPatient ? refreshed : withTimeLimit(refreshed, LATE_PATIENCE_SECONDS));
    } catch {
      return this.#lateValue() ?? (await refreshed);
    }
  }

  /**
   * A document from a load that ends after this call: the one in progress, or a new one.
   *
   * @param search what it is for, when the kept document is not too old but lacks something
   * @throws IssuerUnavailableError when the load fails, or while backing off from an earlier failure
   */
  async refresh(search?: Search<T>): Promise<T> {
    for (let joins = 0; joins < MOST_JOINS && this.isLoading; joins += 1) {
      const joined = await this.join();
      if (joined !== undefined) return joined;
    }
    try {
      const now = this.#now();
      // Whoever lost one after the other would wait for ever, and if all of them began their own, all would ask.
      if (this.#running(now) !== undefined) throw new LoadFailure('the loads of others did not end');
      const backOff = this.#backOffAt(now);
      if (backOff !== undefined) throw backOff.error;
      const own = await this.#join(this.#load(now, search));
      if (own === 'lost') throw new LoadFailure('the load did not end');
      return own.value;
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  /**
   * The document from the load in progress; `undefined` when there is none, or none any more.
   *
   * @throws IssuerUnavailableError when the load fails
   */
  async join(): Promise<T | undefined> {
    const load = this.#running(this.#now());
    if (load === undefined) return undefined;
    try {
      const joined = await this.#join(load);
      return joined === 'lost' ? undefined : joined.value;
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  /** The time by which documents age, in milliseconds: never set back. */
  get time(): number {
    return this.#now();
  }

  /** When the kept document was asked for, by the same clock. */
  get heldSince(): number | undefined {
    return this.#held?.fetchedAt;
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
    return phaseOf(this.#held, this.#withdrawnAt !== undefined, now);
  }

  #backOffAt(now: number): BackOff | undefined {
    return this.#backOff !== undefined && now < this.#backOff.until ? this.#backOff : undefined;
  }

  #running(now: number): LoadInProgress<T> | undefined {
    return this.#inProgress !== undefined && now < this.#inProgress.deadline ? this.#inProgress : undefined;
  }

  #lateValue(): T | undefined {
    const now = this.#now();
    if (this.#held === undefined || this.#phase(now) === 'expired') return undefined;
    this.#tellStale(now);
    return this.#held.value;
  }

  #refreshInBackground(now: number): void {
    if (this.#running(now) !== undefined || this.#backOffAt(now) !== undefined) return;
    this.#load(now);
  }

  /** A load itself keeps no process alive: whoever waits for it does, by joining. */
  #load(now: number, search?: Search<T>): LoadInProgress<T> {
    const elapsedSeconds = startStopwatch();
    const request: LoadRequest<T> = {
      accepts: (copy) => this.#accepts(copy, search),
      onAsked: search?.onAsked,
    };
    const load: LoadInProgress<T> = {
      startedAt: now,
      deadline: now + this.#options.loadLimitSeconds * 1000,
      outcome: this.#options.load(request).then(
        (loaded) => this.#succeed(load, loaded, elapsedSeconds()),
        (error: unknown) => this.#fail(load, error, elapsedSeconds()),
      ),
    };
    this.#inProgress = load;
    // Others wait for it, too, so it should outlive the request that began it. The back-off remembers a failure.
    this.#options.runInBackground(load.outcome);
    return load;
  }

  /**
   * Whether a copy will do: one that is newer than what is kept, may be served without waiting wherever it is, and has
   * what is searched for.
   */
  #accepts(copy: Loaded<T>, search: Search<T> | undefined): boolean {
    const now = this.#now();
    const fetchedAt = this.#clock.timeOf(copy.fetchedAt);
    const keptSince = this.#held?.fetchedAt ?? Number.NEGATIVE_INFINITY;
    // In a search, one of the same moment is another document, if it has what ours lacks.
    if (search === undefined ? fetchedAt <= keptSince : fetchedAt < keptSince) return false;
    const isWithdrawn = this.#withdrawnAt !== undefined && fetchedAt < this.#withdrawnAt;
    const phase = phaseOf(hold(copy, fetchedAt), isWithdrawn, now);
    const kept = this.#phase(now);
    // While ours is served, only a fresh one is worth taking for its age alone.
    const isWaitedFor = search !== undefined || (kept !== 'fresh' && kept !== 'stale');
    if (phase !== 'fresh' && !(phase === 'stale' && isWaitedFor)) return false;
    return search === undefined || search.suffices(copy.value);
  }

  /** Waits for a load, which the runtime may have dropped together with the request that began it. */
  async #join(load: LoadInProgress<T>): Promise<{ readonly value: T } | 'lost'> {
    const seconds = (load.deadline - this.#now()) / 1000;
    try {
      return { value: await withTimeLimit(load.outcome, Math.max(0, seconds)) };
    } catch (error) {
      // These are the load's own. Anything else is the runtime's word that it dropped the load: Cloudflare Workers let
      // whoever waits for a promise of a request that has ended know at once that it cannot settle.
      if (error instanceof LoadFailure || error instanceof IssuerUnavailableError) throw error;
      if (this.#inProgress === load) this.#inProgress = undefined;
      return 'lost';
    }
  }

  #succeed(load: LoadInProgress<T>, loaded: Loaded<T>, durationSeconds: number): T {
    const isOwn = loaded.source === 'network';
    const time = this.#clock.timeOf(loaded.fetchedAt);
    // What this load has asked for was asked for after it began, whatever the clock did meanwhile.
    const held = hold(loaded, isOwn ? Math.max(time, load.startedAt) : time);
    if (this.#isBetter(held, loaded.failure !== undefined)) {
      this.#held = held;
      if (this.#withdrawnAt !== undefined && held.fetchedAt >= this.#withdrawnAt)
        this.#withdrawnAt = undefined;
    }
    if (loaded.failure !== undefined) return this.#fail(load, loaded.failure, durationSeconds);
    if (this.#inProgress === load) this.#inProgress = undefined;
    this.#backOff = undefined;
    this.#staleTold = false;
    const { issuer, document, emit } = this.#options;
    emit?.({ type: 'document_fetched', issuer, document, source: loaded.source, durationSeconds });
    return this.#held?.value ?? loaded.value;
  }

  /**
   * Whether it takes the place of what is kept. A load that was taken for lost may end after its successor: what was
   * asked for later has the later truth. A copy that was found after a failure must not cost a document that lives
   * longer.
   */
  #isBetter(other: Held<T>, isAfterFailure: boolean): boolean {
    const kept = this.#held;
    if (kept === undefined) return true;
    if (!isAfterFailure) return other.fetchedAt >= kept.fetchedAt;
    return other.fetchedAt > kept.fetchedAt && other.lateUntil >= kept.lateUntil;
  }

  #fail(load: LoadInProgress<T>, error: unknown, durationSeconds: number): never {
    const failure = toLoadFailure(error);
    // One that was taken for lost has a successor, whose outcome counts.
    if (this.#inProgress === load) {
      const now = this.#now();
      this.#inProgress = undefined;
      this.#backOff = backOffAfter(this.#backOff, failure, now);
      this.#staleTold = false;
      if (failure.withdrawn) this.#withdrawnAt = load.startedAt;
      // What another document's failure is called is said by that document.
      if (!(error instanceof IssuerUnavailableError)) this.#tellFailure(failure, now, durationSeconds);
    }
    throw error instanceof IssuerUnavailableError ? error : failure;
  }

  #tellStale(now: number): void {
    if (this.#staleTold || this.#held === undefined) return;
    this.#staleTold = true;
    const { issuer, document, emit } = this.#options;
    const ageSeconds = (now - this.#held.fetchedAt) / 1000;
    emit?.({ type: 'document_served_stale', issuer, document, ageSeconds });
  }

  #tellFailure(failure: LoadFailure, now: number, durationSeconds: number): void {
    const { issuer, document, emit } = this.#options;
    const retryAfterSeconds = ((this.#backOff?.until ?? now) - now) / 1000;
    emit?.({
      type: 'document_failed',
      issuer,
      document,
      durationSeconds,
      retryAfterSeconds,
      detail: describeError(failure),
    });
  }

  #unavailable(error: unknown): IssuerUnavailableError {
    if (error instanceof IssuerUnavailableError) return error;
    const now = this.#now();
    const seconds = ((this.#backOff?.until ?? now) - now) / 1000;
    return new IssuerUnavailableError(`${this.#options.document}_unavailable`, seconds, {
      cause: toLoadFailure(error),
    });
  }

  #now(): number {
    const { time, wasSetBack } = this.#clock.tick();
    // How much time really went by is not known, so what is kept counts as stale.
    if (wasSetBack && this.#held !== undefined) this.#held = { ...this.#held, freshUntil: time };
    return time;
  }
}

function toLoadFailure(error: unknown): LoadFailure {
  if (error instanceof LoadFailure) return error;
  const retryAfterSeconds = error instanceof IssuerUnavailableError ? error.retryAfterSeconds : 0;
  return new LoadFailure('the load failed', { cause: error, retryAfterSeconds });
}
