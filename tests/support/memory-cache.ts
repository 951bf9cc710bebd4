/**
 * A cache as several processes see it: what goes in comes out as another copy, after a moment.
 */
import type { CacheAdapter } from '../../src/index.ts';

export interface MemoryCache extends CacheAdapter {
  readonly entries: Map<string, unknown>;
  readonly log: string[];
}

/** With `setIfAbsent` unless told otherwise; lifetimes are noted and not enforced. */
export function createMemoryCache({ atomic = true }: { atomic?: boolean } = {}): MemoryCache {
  const entries = new Map<string, unknown>();
  const log: string[] = [];
  const copyOf = (value: unknown): unknown =>
    value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
  const later = <T>(operation: string, act: () => T): Promise<T> => {
    log.push(operation);
    return Promise.resolve().then(act);
  };
  const cache: MemoryCache = {
    entries,
    log,
    get: (key) => later(`get ${key}`, () => copyOf(entries.get(key))),
    set: (key, value, ttlSeconds) =>
      later(`set ${key} ${ttlSeconds}`, () => void entries.set(key, copyOf(value))),
    delete: (key) => later(`delete ${key}`, () => void entries.delete(key)),
    clear: () =>
      later('clear', () => {
        entries.clear();
      }),
  };
  if (!atomic) return cache;
  return {
    ...cache,
    setIfAbsent: (key, value, ttlSeconds) =>
      later(`setIfAbsent ${key} ${ttlSeconds}`, () => {
        if (entries.has(key)) return false;
        entries.set(key, copyOf(value));
        return true;
      }),
  };
}
