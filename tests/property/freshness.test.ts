import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFreshness } from '../../src/issuer/freshness.ts';
import { runs, TIME_LIMIT } from './runs.ts';

const DAY = 86_400;

const name = fc.constantFrom(
  'max-age',
  'Max-Age',
  'stale-while-revalidate',
  'stale-if-error',
  'no-store',
  'no-cache',
  'x',
);
const value = fc.oneof(
  fc.nat({ max: 2 * DAY }).map(String),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
  fc.double().map(String),
  fc.constantFrom('', '"', '""', '"15"', '15"', '0x10', '1e9', 'NaN', 'Infinity', '-0', '٣', '１５'),
  fc.string({ unit: 'binary', maxLength: 10 }),
);
const directive = fc.oneof(
  fc.tuple(name, fc.constantFrom('=', ' = ', '==', ''), value).map((parts) => parts.join('')),
  name,
);
const header = fc.oneof(
  fc.array(directive, { maxLength: 8 }).map((directives) => directives.join(', ')),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constant(null),
);
const ttl = fc.oneof(fc.integer({ min: 0, max: DAY }), fc.double({ min: 0, max: DAY, noNaN: true }));

describe('readFreshness', () => {
  it(
    'gives finite seconds within bounds, whatever the header says',
    () => {
      fc.assert(
        fc.property(header, ttl, (header, ttl) => {
          const { maxAge, staleWhileRevalidate, staleIfError } = readFreshness(header, ttl);
          expect([maxAge, staleWhileRevalidate, staleIfError].every(Number.isFinite)).toBe(true);
          expect(maxAge).toBeGreaterThanOrEqual(0);
          expect(maxAge).toBeLessThanOrEqual(Math.max(ttl, 5));
          expect(staleWhileRevalidate).toBeGreaterThanOrEqual(600);
          expect(staleIfError).toBeGreaterThanOrEqual(0);
          expect(staleIfError).toBeLessThanOrEqual(DAY);
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'lets nothing that is added to a header lengthen an age',
    () => {
      const age = fc.integer({ min: 1, max: 600 });
      fc.assert(
        fc.property(age, fc.array(directive, { maxLength: 5 }), fc.nat(), (age, others, position) => {
          const directives = [...others];
          directives.splice(position % (others.length + 1), 0, `max-age=${age}`);
          expect(readFreshness(directives.join(','), 600).maxAge).toBeLessThanOrEqual(Math.max(age, 5));
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );
});
