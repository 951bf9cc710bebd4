import { describe, expect, it } from 'vitest';
import type { ApiClientEvent } from '../../../src/events.ts';
import { InMemoryReplayStore } from '../../../src/dpop/replay.ts';

const START = 1_800_000_000_000;

/** A text as long as a digest, which begins with the name: as like to one another as digests never are. */
const digestOf = (name: string) => name.replaceAll(' ', '-').padEnd(43, 'A');

function setUp(options: { maxEntries?: number; startAt?: number } = {}) {
  let now = options.startAt ?? START;
  const { maxEntries } = options;
  const events: ApiClientEvent[] = [];
  const store = new InMemoryReplayStore({
    now: () => now,
    emit: (event) => events.push(event),
    ...(maxEntries === undefined ? {} : { maxEntries }),
  });
  return {
    store: {
      add: (name: string, ttlSeconds: number) => store.add(digestOf(name), ttlSeconds),
      get size() {
        return store.size;
      },
    },
    /** What was told since the last look. */
    told: () => events.splice(0),
    advance: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

describe('InMemoryReplayStore', () => {
  it('adds a key once', () => {
    const { store } = setUp();
    expect(store.add('a', 300)).toBe(true);
    expect(store.add('a', 300)).toBe(false);
    expect(store.add('b', 300)).toBe(true);
    expect(store.size).toBe(2);
  });

  it('answers at once, so that two requests of one moment cannot both be the first', () => {
    const { store } = setUp();
    expect([store.add('a', 300), store.add('a', 300), store.add('a', 300)]).toEqual([true, false, false]);
  });

  it.each([0, 0.001, 1, 4.999, 5, 9.999, 10, 150, 299, 300])(
    'knows a key %s s later, when the rest of its life is given anew',
    (later) => {
      for (const offset of [0, 1, 333, 999, 5000, 9999]) {
        const { store, advance } = setUp({ startAt: START + offset });
        // What a verifier computes: whole seconds until a moment that the proof itself fixes.
        const expiresAt = (START + offset) / 1000 + 301;
        const remaining = (seconds: number) => Math.ceil(expiresAt - seconds);
        expect(store.add('a', remaining((START + offset) / 1000))).toBe(true);
        advance(later);
        expect(store.add('a', remaining((START + offset) / 1000 + later))).toBe(false);
      }
    },
  );

  it('keeps a key until its time is over, and not much longer', () => {
    const { store, advance } = setUp();
    store.add('a', 25);
    advance(25);
    expect(store.add('other', 1)).toBe(true);
    expect(store.size).toBe(2);
    advance(20);
    store.add('another', 1);
    expect(store.size).toBe(1);
    expect(store.add('a', 25)).toBe(true);
  });

  it('drops what has expired whenever something is added', () => {
    const { store, advance } = setUp();
    for (let index = 0; index < 1000; index += 1) store.add(`early-${index}`, 60);
    advance(40);
    for (let index = 0; index < 500; index += 1) store.add(`late-${index}`, 60);
    expect(store.size).toBe(1500);
    // A span is kept for ten seconds more, because its neighbours are compared with it.
    advance(51);
    store.add('one more', 60);
    expect(store.size).toBe(501);
  });

  it('holds no more than its bound, however many keys arrive', () => {
    const { store } = setUp({ maxEntries: 100 });
    for (let index = 0; index < 1000; index += 1) {
      expect(store.add(`key-${index}`, 300)).toBe(true);
      expect(store.size).toBeLessThanOrEqual(100);
    }
    expect(store.size).toBe(100);
  });

  it('forgets the oldest keys first when it is full', () => {
    const { store, advance } = setUp({ maxEntries: 3 });
    store.add('first', 300);
    advance(20);
    store.add('second', 300);
    advance(20);
    store.add('third', 300);
    store.add('fourth', 300);
    expect(store.size).toBe(3);
    expect(['fourth', 'third', 'second'].map((key) => store.add(key, key === 'second' ? 280 : 300))).toEqual([
      false,
      false,
      false,
    ]);
    expect(store.add('first', 260)).toBe(true);
  });

  it('forgets in the order of arrival within one span', () => {
    const { store } = setUp({ maxEntries: 2 });
    for (const key of ['first', 'second', 'third']) store.add(key, 300);
    expect(store.add('second', 300)).toBe(false);
    expect(store.add('third', 300)).toBe(false);
  });

  it('has room for a million keys by default', () => {
    const { store } = setUp();
    for (let index = 0; index < 1_000_000; index += 1) store.add(String(index), 300);
    expect(store.size).toBe(1_000_000);
    expect(store.add('0', 300)).toBe(false);
    store.add('one more', 300);
    expect(store.size).toBe(1_000_000);
    expect(store.add('0', 300)).toBe(true);
  });

  it('still knows a key after the clock has jumped back', () => {
    const { store, advance } = setUp();
    store.add('a', 300);
    advance(-60);
    expect(store.add('a', 360)).toBe(false);
    expect(store.add('b', 360)).toBe(true);
  });

  it('refuses what could be a replay after the clock has jumped ahead and back', () => {
    const { store, advance } = setUp();
    store.add('a', 300);
    advance(3600);
    store.add('b', 300);
    advance(-3600);
    expect(store.add('a', 300)).toBe(false);
  });

  it('takes new keys again once they expire after all that was dropped', () => {
    const { store, advance } = setUp();
    store.add('a', 300);
    advance(3600);
    store.add('b', 300);
    advance(-3600);
    advance(20);
    expect(store.add('c', 300)).toBe(true);
    expect(store.add('c', 300)).toBe(false);
  });

  it('keeps a key apart from names that objects inherit', () => {
    const { store } = setUp();
    expect(store.add('__proto__', 300)).toBe(true);
    expect(store.add('constructor', 300)).toBe(true);
    expect(store.add('__proto__', 300)).toBe(false);
  });

  it('tells that it forgot a key within its time, once in ten seconds while it goes on', () => {
    const { store, told, advance } = setUp({ maxEntries: 3 });
    for (const key of ['a', 'b', 'c']) store.add(key, 300);
    expect(told()).toEqual([]);
    for (let index = 0; index < 1000; index += 1) store.add(`flood-${index}`, 300);
    expect(told()).toEqual([{ type: 'replay_store_overflowed', maxEntries: 3 }]);
    advance(9.999);
    store.add('d', 300);
    expect(told()).toEqual([]);
    advance(0.001);
    for (const key of ['e', 'f']) store.add(key, 300);
    expect(told()).toHaveLength(1);
  });

  it('tells nothing where the key that it forgot had expired', () => {
    const { store, told, advance } = setUp({ maxEntries: 2 });
    for (const key of ['a', 'b']) store.add(key, 5);
    advance(10);
    expect(store.size).toBe(2);
    for (const key of ['c', 'd']) expect(store.add(key, 300)).toBe(true);
    expect([store.size, told()]).toEqual([2, []]);
    store.add('e', 300);
    expect(told()).toHaveLength(1);
  });

  it('tells of an overflow again after the clock has jumped back, at most once for each span', () => {
    const { store, told, advance } = setUp({ maxEntries: 1 });
    for (const key of ['a', 'b', 'c']) store.add(key, 300);
    advance(-60);
    for (const key of ['d', 'e', 'f']) store.add(key, 360);
    expect(told()).toHaveLength(2);
  });

  it('stays within its bound through many times its size, and knows the newest', () => {
    const { store, told } = setUp({ maxEntries: 1000 });
    for (let index = 0; index < 50_000; index += 1) store.add(`key-${index}`, 300);
    expect(store.size).toBe(1000);
    for (let index = 49_000; index < 50_000; index += 1) expect(store.add(`key-${index}`, 300)).toBe(false);
    expect(store.add('key-48999', 300)).toBe(true);
    expect(told()).toHaveLength(1);
  });
});
