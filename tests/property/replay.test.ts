import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InMemoryReplayStore } from '../../src/dpop/replay.ts';
import { runs, TIME_LIMIT } from './runs.ts';

const START = 1_800_000_000_000;
const OFFSET_SECONDS = 300;
const LEEWAY_SECONDS = 30;

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

interface Attempt {
  /** How far the clock moves first, in milliseconds; it may jump back. */
  readonly milliseconds: number;
  readonly proof: { readonly id: number; readonly iat: number };
}

const proof = fc.record({
  id: fc.nat({ max: 3 }),
  iat: fc.oneof(fc.integer({ min: -320, max: 700 }), fc.double({ min: -320, max: 700, noNaN: true })),
});
const move = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 400_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -400_000, max: 0 }) },
);
/** A few proofs that are presented again and again. */
const attempts: fc.Arbitrary<Attempt[]> = fc
  .tuple(
    fc.array(proof, { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(move, fc.nat()), { maxLength: 60 }),
  )
  .map(([proofs, moves]) =>
    moves.flatMap(([milliseconds, choice]) => {
      const proof = proofs[choice % proofs.length];
      return proof === undefined ? [] : [{ milliseconds, proof }];
    }),
  );

describe('InMemoryReplayStore', () => {
  it(
    'accepts no proof twice while it is within its time window, wherever the clock goes',
    () => {
      fc.assert(
        fc.property(attempts, (attempts) => {
          let now = START;
          const store = new InMemoryReplayStore({ now: () => now, emit: undefined });
          const accepted = new Set<string>();
          for (const { milliseconds, proof } of attempts) {
            now += milliseconds;
            const seconds = now / 1000;
            const iat = START / 1000 + proof.iat;
            if (iat < seconds - OFFSET_SECONDS || iat > seconds + LEEWAY_SECONDS) continue;
            const key = digestOf(`${proof.id}@${iat}`);
            // The time to live that the verification of a proof asks for.
            const added = store.add(key, Math.ceil(iat + OFFSET_SECONDS + 1 - seconds));
            if (added) expect(accepted).not.toContain(key);
            if (added) accepted.add(key);
          }
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'accepts every proof once while the clock does not jump back',
    () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 100 }), (moves) => {
          let now = START;
          const store = new InMemoryReplayStore({ now: () => now, emit: undefined });
          moves.forEach((milliseconds, index) => {
            now += milliseconds;
            expect(store.add(digestOf(`key-${index}`), (index % 331) + 1)).toBe(true);
          });
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );
});
