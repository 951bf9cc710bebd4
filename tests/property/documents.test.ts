import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IssuerUnavailableError } from '../../src/errors/index.ts';
import { KeptDocument } from '../../src/issuer/documents.ts';
import { createRunInBackground } from '../../src/platform/background.ts';
import { type Loaded } from '../../src/issuer/phases.ts';
import { LoadFailure } from '../../src/issuer/load-failure.ts';
import { runs, TIME_LIMIT } from './runs.ts';

const LIMIT_SECONDS = 5;
const FRESHNESS = { maxAge: 15, staleWhileRevalidate: 600, staleIfError: 3600 };

type Step =
  | { readonly kind: 'move'; readonly milliseconds: number }
  | { readonly kind: 'current' | 'get' | 'refresh' }
  | { readonly kind: 'end'; readonly choice: number; readonly how: 'good' | keyof typeof failures };

const failures = {
  bad: () => new LoadFailure('down'),
  gone: () => new LoadFailure('gone', { withdrawn: true }),
  busy: () => new LoadFailure('busy', { retryAfterSeconds: 20 }),
};

const milliseconds = fc.oneof(
  fc.constantFrom(1, 999, 1000, 4999, 5000, 15_000, 20_000, 600_000, 615_000, 3_600_000),
  fc.integer({ min: 0, max: 40_000 }),
  fc.integer({ min: -800_000, max: 4_000_000 }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: milliseconds.map((milliseconds): Step => ({ kind: 'move', milliseconds })) },
  { weight: 4, arbitrary: fc.constantFrom<Step>({ kind: 'current' }, { kind: 'get' }, { kind: 'refresh' }) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.nat(),
        fc.constantFrom('good' as const, 'good' as const, 'bad' as const, 'gone' as const, 'busy' as const),
      )
      .map(([choice, how]): Step => ({ kind: 'end', choice, how })),
  },
);

interface Load {
  readonly number: number;
  readonly startedAt: number;
  readonly resolve: (loaded: Loaded<Load>) => void;
  readonly reject: (error: LoadFailure) => void;
}

/** A document under test, and what an observer who only counts forward time may expect of it. */
class Observed {
  #clock = 1_800_000_000_000;
  /** The time that has gone by, in milliseconds: when the clock jumps back, nobody knows, and nothing is gained. */
  #elapsed = 0;
  #noLoadBefore = 0;
  #started = 0;
  /** Noted and not thrown, because a document would take what is thrown for the failure of a load. */
  readonly #violations: string[] = [];
  readonly #running: Load[] = [];
  readonly #document = new KeptDocument<Load>({
    load: () => this.#load(),
    loadLimitSeconds: LIMIT_SECONDS,
    document: 'jwks',
    issuer: 'https://tenant.example.com/',
    emit: undefined,
    runInBackground: createRunInBackground(undefined),
    now: () => this.#clock,
  });

  #load(): Promise<Loaded<Load>> {
    this.#demand(this.#elapsed >= this.#noLoadBefore, 'a load begins during the back-off');
    const areLost = this.#running.every((load) => this.#isLost(load));
    this.#demand(areLost, 'two loads are under way at a time');
    return new Promise((resolve, reject) => {
      this.#started += 1;
      this.#running.push({ number: this.#started, startedAt: this.#elapsed, resolve, reject });
    });
  }

  #demand(condition: boolean, violation: string): void {
    if (!condition) this.#violations.push(violation);
  }

  #ageOf(load: Load): number {
    return this.#elapsed - load.startedAt;
  }

  #isLost(load: Load): boolean {
    return this.#ageOf(load) >= LIMIT_SECONDS * 1000;
  }

  async perform(step: Step): Promise<void> {
    if (step.kind === 'move') this.#move(step.milliseconds);
    else if (step.kind === 'end') this.#end(step.choice, step.how);
    else if (step.kind === 'current') this.#checkCurrent(this.#document.current());
    else this.#watch(this.#document[step.kind]());
    await settle();
    expect(this.#violations).toEqual([]);
  }

  #move(milliseconds: number): void {
    this.#clock += milliseconds;
    this.#elapsed += Math.max(milliseconds, 0);
    // The document learns of a jump when it looks at the clock, so it is made to look each time.
    const isLoading = this.#running.some((load) => !this.#isLost(load));
    this.#demand(this.#document.isLoading === isLoading, 'it does not know whether it is loading');
  }

  #checkCurrent(load: Load | undefined): void {
    const most = (FRESHNESS.maxAge + FRESHNESS.staleWhileRevalidate) * 1000;
    this.#demand(load === undefined || this.#ageOf(load) < most, 'a document is served for too long');
  }

  #watch(asking: Promise<Load>): void {
    const startedBefore = this.#started;
    const most = (FRESHNESS.maxAge + FRESHNESS.staleIfError) * 1000;
    asking.then(
      (load) => {
        // A load that was under way or began later, or what is kept and may still serve.
        const isNew = load.number >= startedBefore;
        this.#demand(isNew || this.#ageOf(load) < most, 'a failure is covered up for too long');
      },
      (error: unknown) => {
        const isOutage = error instanceof IssuerUnavailableError && error.cause instanceof LoadFailure;
        this.#demand(
          isOutage && error.retryAfterSeconds >= 1,
          `${String(error)} is no outage with its cause`,
        );
      },
    );
  }

  #end(choice: number, how: 'good' | keyof typeof failures): void {
    const [load] = this.#running.splice(choice % Math.max(this.#running.length, 1), 1);
    if (load === undefined) return;
    if (how === 'good')
      load.resolve({ value: load, freshness: FRESHNESS, fetchedAt: load.startedAt, source: 'network' });
    else load.reject(failures[how]());
    const isLatest = load.number === this.#started;
    if (how === 'good') this.#noLoadBefore = this.#elapsed;
    else if (isLatest) this.#noLoadBefore = this.#elapsed + (how === 'busy' ? 20_000 : 1000);
  }

  /** Ends what is still under way, so that nothing waits for it. */
  async finish(): Promise<void> {
    while (this.#running.length > 0) await this.perform({ kind: 'end', choice: 0, how: 'bad' });
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

describe('KeptDocument', () => {
  it(
    'loads one at a time, backs off, and serves nothing for too long, whatever happens when',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'large' }), async (steps) => {
          const observed = new Observed();
          for (const step of steps) await observed.perform(step);
          await observed.finish();
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );
});
