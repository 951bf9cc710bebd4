import { describe, expect, it } from 'vitest';
import { equalInConstantTime } from '../../../src/platform/constant-time.ts';

describe('equalInConstantTime', () => {
  it.each([
    ['', '', true],
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'xbc', false],
    ['abc', 'ab', false],
    ['ab', 'abc', false],
    ['abc', '', false],
    ['', 'abc', false],
    ['abab', 'ab', false],
    ['\u0000', '', false],
    ['', '\u0000', false],
    ['\u0100', '\u0000', false],
    ['abc', 'abc'.repeat(10_000), false],
    ['abc'.repeat(10_000), 'abc', false],
  ])('compares %j and %j: %s', (left, right, equal) => {
    expect(equalInConstantTime(left, right)).toBe(equal);
  });
});
