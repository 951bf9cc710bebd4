import { afterEach, describe, expect, it, vi } from 'vitest';
import { SharedTokens } from '../../../src/exchange/shared-tokens.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const never = () => new Promise<never>(() => undefined);

function createTokens(): SharedTokens {
  return new SharedTokens({
    adapter: { get: never, set: never, delete: never, clear: never },
    encryptionKey: 'ab'.repeat(32),
    runInBackground: () => undefined,
    onFailure: () => undefined,
    time: () => 0,
  });
}

describe('the time limit on an adapter that never answers', () => {
  it.each<[operation: string, keepsProcess: boolean, act: (tokens: SharedTokens) => unknown]>([
    ['get', true, (tokens) => tokens.find('key')],
    ['delete', true, (tokens) => tokens.remove('key')],
    [
      'set',
      false,
      (tokens) => {
        tokens.store('key', {}, 60);
      },
    ],
  ])(
    'of a %s, for which a call waits or not, keeps the process alive: %s',
    (_operation, keepsProcess, act) => {
      const timers = vi.spyOn(globalThis, 'setTimeout');
      act(createTokens());
      const [timer] = timers.mock.results.map(({ value }) => value as NodeJS.Timeout);
      expect(timer?.hasRef()).toBe(keepsProcess);
    },
  );
});
