import { describe, expect, it } from 'vitest';
import { LruMap } from '../../../src/platform/lru-map.ts';

describe('LruMap', () => {
  it('keeps its most recently used entries', () => {
    const map = new LruMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    expect(map.get('a')).toBe(1);
    map.set('c', 3);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3]);
    expect(map.size).toBe(2);
  });

  it('counts a set as a use and keeps the last value', () => {
    const map = new LruMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    map.set('a', 3);
    map.set('c', 4);
    expect([map.get('a'), map.get('b')]).toEqual([3, undefined]);
  });

  it('has room for one', () => {
    const map = new LruMap<string, number>(1);
    map.set('a', 1);
    map.set('b', 2);
    expect([map.get('a'), map.get('b'), map.size]).toEqual([undefined, 2, 1]);
  });
});
