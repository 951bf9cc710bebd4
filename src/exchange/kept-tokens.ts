/**
 * Tokens that are kept for the same request: for how long, for how many, and one request for all who want one at once.
 * Errors are never kept.
 */

import { BaseAuthError } from '../errors/index.ts';
import { SteadyClock } from '../issuer/steady-clock.ts';
import type { RunInBackground } from '../platform/background.ts';
import { LruMap } from '../platform/lru-map.ts';
import { withTimeLimit } from '../platform/time-limit.ts';
import type { SharedEntry } from './shared-entry.ts';
import { SharedTokens, type SharedTokensOptions } from './shared-tokens.ts';
import type { OnBehalfOfTokenResult } from './types.ts';

/** A token is not handed out when it has less than this to live: it has a way to go, and a clock to meet. */
const MARGIN_SECONDS = 60;
/** How much longer than a request another one is waited for. */
const JOIN_MARGIN_SECONDS = 1;
/** How many lost requests of others a caller waits for in turn. */
const MOST_JOINS = 2;

export interface KeptTokensOptions {
  readonly maxEntries: number;
  readonly maxAgeSeconds: number;
  readonly shared: Omit<SharedTokensOptions, 'time' | 'runInBackground'> | undefined;
  /** How long a request to the token endpoint may take, with all its attempts and the waiting between them. */
  readonly longestSeconds: number;
  readonly runInBackground: RunInBackground;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What a caller wants. */
export interface Wanted {
  /** Stands for every parameter of the request. */
  readonly key: string;
  /** When the token that is exchanged ends, in epoch seconds; `undefined` when there is none, or it does not say. */
  readonly subjectEndsAt: number | undefined;
  /** Whether a kept token will not do. */
  readonly isRefresh: boolean;
  readonly fetch: () => Promise<OnBehalfOfTokenResult>;
  /** The token in an entry of a shared cache, checked like an answer; `undefined` when it cannot be used. */
  readonly parse: (entry: unknown) => SharedEntry | undefined;
  /** The same, the other way round. */
  readonly format: (entry: SharedEntry) => object;
}

/** Where a token came from: `cache` when this call sent no request. */
export type TokenSource = 'network' | 'cache';

export interface Found {
  readonly token: OnBehalfOfTokenResult;
  readonly source: TokenSource;
}

/** Times are those of the steady clock, in milliseconds. */
interface Kept {
  readonly issued: OnBehalfOfTokenResult;
  readonly fetchedAt: number;
  readonly until: number;
  /** Which flight brought it: a later one has the later truth. */
  readonly flight: number;
}

interface Flight {
  readonly isRefresh: boolean;
  /** Past this, it is taken for lost: a cancelled request never settles its promises. */
  readonly deadline: number;
  readonly outcome: Promise<Found>;
}

export class KeptTokens {
  readonly #options: KeptTokensOptions;
  readonly #clock: SteadyClock;
  readonly #kept: LruMap<string, Kept>;
  readonly #flights = new Map<string, Flight>();
  readonly #shared: SharedTokens | undefined;
  #flightCount = 0;

  constructor(options: KeptTokensOptions) {
    const { shared, now, maxEntries, runInBackground } = options;
    this.#options = options;
    this.#clock = new SteadyClock(now);
    this.#kept = new LruMap(maxEntries);
    this.#shared = shared && new SharedTokens({ ...shared, runInBackground, time: () => this.#time() });
  }

  /** A kept token, or that of a request under way, or a new one. Rejects as the request does. */
  async get(wanted: Wanted): Promise<Found> {
    const kept = wanted.isRefresh ? undefined : this.#find(wanted.key);
    if (kept !== undefined) return { token: kept, source: 'cache' };
    for (let joins = 0; joins < MOST_JOINS; joins += 1) {
      const flight = this.#running(wanted.key);
      // A refresh joins its like, whose token nobody can have been refused with yet; others may bring a copy of an old one.
      if (flight === undefined || (wanted.isRefresh && !flight.isRefresh)) break;
      const joined = await this.#join(wanted.key, flight);
      if (joined !== undefined) return { token: joined.token, source: 'cache' };
    }
    return await this.#fly(wanted).outcome;
  }

  #find(key: string): OnBehalfOfTokenResult | undefined {
    const kept = this.#kept.get(key);
    const time = this.#time();
    return kept !== undefined && time < kept.until ? agedAt(kept, time) : undefined;
  }

  #running(key: string): Flight | undefined {
    const flight = this.#flights.get(key);
    return flight !== undefined && this.#time() < flight.deadline ? flight : undefined;
  }

  /** `undefined` when the flight was lost, which the runtime may tell us, or the clock. */
  async #join(key: string, flight: Flight): Promise<Found | undefined> {
    try {
      return await withTimeLimit(flight.outcome, Math.max(0, flight.deadline - this.#time()) / 1000);
    } catch (error) {
      // These are the request's own. Anything else is said of the promise, not of the token.
      if (error instanceof BaseAuthError) throw error;
      this.#land(key, flight);
      return undefined;
    }
  }

  #fly(wanted: Wanted): Flight {
    const startedAt = this.#time();
    this.#flightCount += 1;
    const patience = this.#options.longestSeconds + JOIN_MARGIN_SECONDS;
    const number = this.#flightCount;
    const flight: Flight = {
      isRefresh: wanted.isRefresh,
      deadline: startedAt + patience * 1000,
      outcome: this.#bring(wanted, number, startedAt).finally(() => {
        this.#land(wanted.key, flight);
      }),
    };
    this.#forgetLost(startedAt);
    // Always at the end, so that they stand in the order of their deadlines.
    this.#flights.delete(wanted.key);
    this.#flights.set(wanted.key, flight);
    // Others wait for it, too, so it should outlive the call that began it.
    this.#options.runInBackground(flight.outcome);
    return flight;
  }

  #land(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }

  #forgetLost(time: number): void {
    for (const [key, { deadline }] of this.#flights) {
      if (deadline > time) return;
      this.#flights.delete(key);
    }
  }

  async #bring(wanted: Wanted, flight: number, startedAt: number): Promise<Found> {
    const copy = wanted.isRefresh ? undefined : await this.#findShared(wanted, flight);
    if (copy !== undefined) return { token: copy, source: 'cache' };
    const fetchedAt = this.#options.now();
    const token = Object.freeze(await wanted.fetch());
    const seconds = this.#secondsToKeep({ issued: token, fetchedAt }, wanted);
    const kept = { issued: token, fetchedAt: startedAt, until: startedAt + seconds * 1000, flight };
    if (this.#keep(wanted.key, kept)) {
      this.#shared?.store(wanted.key, wanted.format({ issued: token, fetchedAt }), seconds);
    } else if (wanted.isRefresh) {
      await this.#forget(wanted.key, flight);
    }
    return { token, source: 'network' };
  }

  async #findShared(wanted: Wanted, flight: number): Promise<OnBehalfOfTokenResult | undefined> {
    const found = await this.#shared?.find(wanted.key);
    const entry = found === undefined ? undefined : wanted.parse(found);
    // One from the future would be good for as long as its writer likes.
    if (entry === undefined || entry.fetchedAt > this.#options.now()) return undefined;
    const fetchedAt = this.#clock.timeOf(entry.fetchedAt);
    const until = fetchedAt + this.#secondsToKeep(entry, wanted) * 1000;
    const kept = { issued: entry.issued, fetchedAt, until, flight };
    return this.#keep(wanted.key, kept) ? agedAt(kept, this.#time()) : undefined;
  }

  /** From when it was asked for; not positive for what is not kept. */
  #secondsToKeep({ issued, fetchedAt }: SharedEntry, { subjectEndsAt }: Wanted): number {
    const subjectSeconds = subjectEndsAt === undefined ? Infinity : subjectEndsAt - fetchedAt / 1000;
    const seconds = Math.min(issued.expiresIn, subjectSeconds) - MARGIN_SECONDS;
    return Math.min(seconds, this.#options.maxAgeSeconds);
  }

  /** Whether it is worth keeping, and no later one is kept. */
  #keep(key: string, kept: Kept): boolean {
    if (!(this.#time() < kept.until)) return false;
    const other = this.#kept.get(key);
    if (other !== undefined && other.flight > kept.flight) return false;
    this.#kept.set(key, kept);
    return true;
  }

  /** What was refused must not be handed out again because its successor lives too short a time to be kept. */
  async #forget(key: string, flight: number): Promise<void> {
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.flight > flight) return;
    if (kept !== undefined) this.#kept.set(key, { ...kept, until: Number.NEGATIVE_INFINITY });
    await this.#shared?.remove(key);
  }

  #time(): number {
    return this.#clock.tick().time;
  }
}

/** The token as it is later: its end stays, what is left until then does not. */
function agedAt({ issued, fetchedAt }: Kept, time: number): OnBehalfOfTokenResult {
  const age = Math.max(0, Math.floor(time / 1000) - Math.floor(fetchedAt / 1000));
  return Object.freeze({ ...issued, expiresIn: Math.max(0, issued.expiresIn - age) });
}
