import { describe, expect, it } from 'vitest';
import { excerpt } from '../../../src/platform/excerpt.ts';

describe('excerpt', () => {
  it.each<[unknown, unknown]>([
    ['short', 'short'],
    ['x'.repeat(301), 'x'.repeat(300)],
    [5, 5],
    [true, true],
    [null, null],
    [undefined, 'undefined'],
    [{ secret: 'x' }, 'object'],
    [
      ['a', 5, { secret: 'x' }, ['nested']],
      ['a', 5, 'object', 'array'],
    ],
    [Array.from({ length: 100 }, () => 'y'.repeat(1000)), Array.from({ length: 10 }, () => 'y'.repeat(300))],
  ])('cuts case %# short', (value, cut) => {
    expect(excerpt(value)).toEqual(cut);
  });
});
