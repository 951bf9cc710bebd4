import { KeptDocument, type KeptDocumentOptions } from '../../../src/issuer/documents.ts';
import { type Loaded } from '../../../src/issuer/phases.ts';
import { LoadFailure } from '../../../src/issuer/load-failure.ts';
import { createRunInBackground } from '../../../src/platform/background.ts';
import type { Freshness } from '../../../src/issuer/freshness.ts';

export const START = 1_800_000_000_000;

/** Fresh for 15 s, then stale until 615 s, then late until 3615 s. */
export const FRESHNESS: Freshness = { maxAge: 15, staleWhileRevalidate: 600, staleIfError: 3600 };

export class Clock {
  #now = START;

  readonly now = (): number => this.#now;

  advance(seconds: number): void {
    this.#now += seconds * 1000;
  }
}

interface Load {
  readonly resolve: (loaded: Loaded<string>) => void;
  readonly reject: (error: unknown) => void;
}

/** What a load has fetched itself. */
export const own = (value: string, freshness: Freshness = FRESHNESS): Loaded<string> => ({
  value,
  freshness,
  fetchedAt: START,
  source: 'network',
});

/** Loads that end when a test says so. */
export class Loads {
  readonly #started: Load[] = [];

  readonly load = (): Promise<Loaded<string>> =>
    new Promise((resolve, reject) => {
      this.#started.push({ resolve, reject });
    });

  get count(): number {
    return this.#started.length;
  }

  /** Ends the last load, or the one of that number, counted from 1. */
  succeed(value: string, freshness: Freshness = FRESHNESS, number = this.count): void {
    this.#at(number).resolve(own(value, freshness));
  }

  fail(error: unknown = new LoadFailure('down'), number = this.count): void {
    this.#at(number).reject(error);
  }

  #at(number: number): Load {
    const load = this.#started[number - 1];
    if (load === undefined) throw new Error(`no load ${number}`);
    return load;
  }
}

export function setUp(options: Partial<KeptDocumentOptions<string>> = {}) {
  const clock = new Clock();
  const loads = new Loads();
  const document = new KeptDocument<string>({
    load: loads.load,
    loadLimitSeconds: 5,
    document: 'jwks',
    issuer: 'https://tenant.example.com/',
    emit: undefined,
    runInBackground: createRunInBackground(undefined),
    now: clock.now,
    ...options,
  });
  return { clock, loads, document };
}

/** A document that holds "first", which was loaded at the start. */
export async function setUpLoaded(
  freshness: Freshness = FRESHNESS,
  options: Partial<KeptDocumentOptions<string>> = {},
) {
  const parts = setUp(options);
  const loading = parts.document.get();
  parts.loads.succeed('first', freshness);
  await loading;
  return parts;
}

/** Lets promises that are settled already run what waits for them. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
