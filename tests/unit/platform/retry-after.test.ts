import { describe, expect, it } from 'vitest';
import { readRetryAfter } from '../../../src/platform/retry-after.ts';

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);

describe('readRetryAfter', () => {
  it.each([
    ['0', 0],
    ['7', 7],
    [' 7 ', 7],
    ['007', 7],
    ['86400', 86_400],
    ['86401', 86_400],
    ['9999999999', 86_400],
    ['Thu, 01 Jan 2026 12:01:30 GMT', 90],
    ['Thu, 01 Jan 2026 11:59:00 GMT', 0],
    ['Fri, 01 Jan 2027 12:00:00 GMT', 86_400],
  ])('reads %j as %i s', (header, seconds) => {
    expect(readRetryAfter(header, NOW)).toBe(seconds);
  });

  it('rounds a date up, so that nobody comes too early', () => {
    expect(readRetryAfter('Thu, 01 Jan 2026 12:00:01 GMT', NOW + 1)).toBe(1);
  });

  it.each([
    null,
    '',
    '-1',
    '1.5',
    '1e3',
    '0x10',
    'soon',
    '7 s',
    '7, 8',
    'Infinity',
    '2026-01-01T12:01:30Z',
    'Thu, 99 Jan 2026 12:01:30 GMT',
    'Thu, 01 Foo 2026 12:01:30 GMT',
    '1 January 2026',
  ])('cannot read %j', (header) => {
    expect(readRetryAfter(header, NOW)).toBeUndefined();
  });
});
