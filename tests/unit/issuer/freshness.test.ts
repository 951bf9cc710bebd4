import { describe, expect, it } from 'vitest';
import { readFreshness } from '../../../src/issuer/freshness.ts';

const TTL = 600;
const HOUR = 3600;
const DAY = 86_400;

describe('readFreshness', () => {
  it('reads what Auth0 sends', () => {
    const header = 'public, max-age=15, stale-while-revalidate=15, stale-if-error=86400';
    expect(readFreshness(header, TTL)).toEqual({ maxAge: 15, staleWhileRevalidate: 600, staleIfError: DAY });
  });

  it.each([null, '', '   ', ',,,', 'public', 'private, immutable'])(
    'falls back to the configured age for %j',
    (header) => {
      expect(readFreshness(header, TTL)).toEqual({
        maxAge: 600,
        staleWhileRevalidate: 600,
        staleIfError: HOUR,
      });
    },
  );

  it.each([
    ['max-age=15', 15],
    ['MAX-AGE=15', 15],
    ['  max-age = 15  ', 15],
    ['max-age="15"', 15],
    ['max-age=599', 599],
    ['max-age=601', 600],
    ['max-age=31536000', 600],
    ['max-age=99999999999999999999', 600],
    ['max-age=1', 1],
    ['max-age=30, max-age=15', 15],
    ['max-age=15, max-age=30', 15],
    ['s-maxage=1', 600],
    ['x-max-age=1', 600],
  ])('takes the age from %j: %i s', (header, maxAge) => {
    expect(readFreshness(header, TTL).maxAge).toBe(maxAge);
  });

  it.each([
    'no-store',
    'No-Cache',
    'must-revalidate',
    'max-age=0',
    'max-age=300, no-store',
    'no-cache, max-age=300',
    'max-age=300, must-revalidate',
    'no-cache="set-cookie", max-age=300',
    'max-age',
    'max-age=',
    'max-age=-1',
    'max-age=1.5',
    'max-age=1e3',
    'max-age=0x10',
    'max-age=soon',
    'max-age=Infinity',
    'max-age=15 s',
    'max-age=300, max-age=nonsense',
  ])('asks again after five seconds for %j', (header) => {
    expect(readFreshness(header, TTL).maxAge).toBe(5);
  });

  it('never lets a server shorten the time in which nobody waits below ten minutes', () => {
    expect(readFreshness('max-age=15, stale-while-revalidate=0', TTL).staleWhileRevalidate).toBe(600);
    expect(readFreshness('max-age=15, stale-while-revalidate=601', TTL).staleWhileRevalidate).toBe(601);
  });

  it.each([
    ['max-age=15', HOUR],
    ['max-age=15, stale-if-error=0', 0],
    ['max-age=15, stale-if-error=60', 60],
    ['max-age=15, stale-if-error=86400', DAY],
    ['max-age=15, stale-if-error=86401', DAY],
    ['max-age=15, stale-if-error=999999999999', DAY],
    ['max-age=15, stale-if-error', 0],
    ['max-age=15, stale-if-error=forever', 0],
    ['max-age=15, stale-if-error=86400, stale-if-error=60', 60],
  ])('serves on error as long as %j allows: %i s', (header, staleIfError) => {
    expect(readFreshness(header, TTL).staleIfError).toBe(staleIfError);
  });

  it('keeps to a configured age that is shorter than the stated one', () => {
    expect(readFreshness('max-age=15', 3).maxAge).toBe(3);
    expect(readFreshness(null, 3).maxAge).toBe(3);
  });
});
