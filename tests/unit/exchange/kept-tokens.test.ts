import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../src/errors/index.ts';
import { KeptTokens, type KeptTokensOptions, type Wanted } from '../../../src/exchange/kept-tokens.ts';
import { formatEntry, parseEntry } from '../../../src/exchange/shared-entry.ts';
import type { OnBehalfOfTokenResult } from '../../../src/exchange/types.ts';
import { NOW_MS, NOW_SECONDS, rejectionOf } from './support.ts';

const failure = new ApiError({ reason: 'upstream_refused', code: 'invalid_grant', statusCode: 403 });

function setUp(overrides: Partial<KeptTokensOptions> = {}) {
  let time = NOW_MS;
  const background: Promise<unknown>[] = [];
  const kept = new KeptTokens({
    maxEntries: 10,
    maxAgeSeconds: 600,
    shared: undefined,
    longestSeconds: 5,
    runInBackground: (work) => {
      background.push(work.catch(() => undefined));
    },
    now: () => time,
    ...overrides,
  });
  const advance = (seconds: number) => {
    time += seconds * 1000;
  };
  return { kept, advance, background };
}

function token(accessToken: string, expiresIn = 3600): OnBehalfOfTokenResult {
  return { accessToken, expiresIn, expiresAt: NOW_SECONDS + expiresIn };
}

function wanted(fetch: Wanted['fetch'], more: Partial<Wanted> = {}): Wanted {
  return {
    key: 'key',
    subjectEndsAt: undefined,
    isRefresh: false,
    fetch,
    parse: (entry) => parseEntry(entry, undefined, false),
    format: formatEntry,
    ...more,
  };
}

const never = () => new Promise<never>(() => undefined);
const brings = (accessToken: string) => () => Promise.resolve(token(accessToken));

/** A request whose end the test decides. */
function pending() {
  let resolve: (found: OnBehalfOfTokenResult) => void = () => undefined;
  let reject: (reason: Error) => void = () => undefined;
  const promise = new Promise<OnBehalfOfTokenResult>((onFound, onFailed) => {
    resolve = onFound;
    reject = onFailed;
  });
  return { fetch: () => promise, resolve, reject };
}

describe('a request that was lost', () => {
  it('is given up by whoever waits, once its time has passed', async () => {
    const { kept } = setUp({ longestSeconds: -0.95 });
    void kept.get(wanted(never));
    await expect(kept.get(wanted(brings('b')))).resolves.toMatchObject({
      token: { accessToken: 'b' },
      source: 'network',
    });
  });

  it('is not waited for by those who come later', async () => {
    const { kept, advance } = setUp();
    void kept.get(wanted(never));
    advance(6);
    await expect(kept.get(wanted(brings('b')))).resolves.toMatchObject({ token: { accessToken: 'b' } });
  });

  it('is given up at once when the runtime says that it cannot end', async () => {
    const { kept } = setUp();
    const flight = pending();
    const first = rejectionOf(kept.get(wanted(flight.fetch)));
    const second = kept.get(wanted(brings('b')));
    flight.reject(new Error('The promise belongs to a request that has ended.'));
    await expect(second).resolves.toMatchObject({ token: { accessToken: 'b' }, source: 'network' });
    expect(await first).toMatchObject({ message: 'The promise belongs to a request that has ended.' });
  });

  it('costs its successors one request in all', async () => {
    const { kept, advance } = setUp();
    void kept.get(wanted(never));
    advance(6);
    let sent = 0;
    const fetch = () => {
      sent += 1;
      return Promise.resolve(token('b'));
    };
    await Promise.all([kept.get(wanted(fetch)), kept.get(wanted(fetch)), kept.get(wanted(fetch))]);
    expect(sent).toBe(1);
  });

  it('does not replace what came after it, should it end after all', async () => {
    const { kept, advance } = setUp();
    const flight = pending();
    const first = kept.get(wanted(flight.fetch));
    advance(6);
    await kept.get(wanted(brings('newer')));
    flight.resolve(token('older'));
    await expect(first).resolves.toMatchObject({ token: { accessToken: 'older' } });
    await expect(kept.get(wanted(never))).resolves.toMatchObject({ token: { accessToken: 'newer' } });
  });

  it('does not stay in memory, however many there are', async () => {
    const { kept, advance } = setUp();
    for (let count = 0; count < 1500; count += 1) void kept.get(wanted(never, { key: String(count) }));
    advance(6);
    for (let count = 0; count < 1500; count += 1) {
      await expect(kept.get(wanted(brings('b'), { key: String(count) }))).resolves.toMatchObject({
        source: 'network',
      });
    }
  });
});

describe('a request that fails', () => {
  it('fails for all who wait, and is not kept', async () => {
    const { kept, background } = setUp();
    const fetch = () => Promise.reject(failure);
    const outcomes = [kept.get(wanted(fetch)), kept.get(wanted(brings('b')))].map(rejectionOf);
    expect(await Promise.all(outcomes)).toEqual([failure, failure]);
    await expect(kept.get(wanted(brings('c')))).resolves.toMatchObject({ token: { accessToken: 'c' } });
    await Promise.all(background);
  });
});

describe('a refresh', () => {
  it('joins no request that began before it, and the later one wins', async () => {
    const { kept } = setUp();
    const flight = pending();
    const first = kept.get(wanted(flight.fetch));
    await expect(kept.get(wanted(brings('newer'), { isRefresh: true }))).resolves.toMatchObject({
      token: { accessToken: 'newer' },
    });
    flight.resolve(token('older'));
    await first;
    await expect(kept.get(wanted(never))).resolves.toMatchObject({ token: { accessToken: 'newer' } });
  });

  it('joins another one, which nobody can have been refused with yet', async () => {
    const { kept } = setUp();
    const flight = pending();
    const first = kept.get(wanted(flight.fetch, { isRefresh: true }));
    const second = kept.get(wanted(never, { isRefresh: true }));
    flight.resolve(token('new'));
    await expect(first).resolves.toMatchObject({ token: { accessToken: 'new' }, source: 'network' });
    await expect(second).resolves.toMatchObject({ token: { accessToken: 'new' }, source: 'cache' });
  });

  it('that comes late with what cannot be kept leaves what a later one brought', async () => {
    const { kept, advance } = setUp();
    const flight = pending();
    const first = kept.get(wanted(flight.fetch, { isRefresh: true }));
    advance(6);
    await kept.get(wanted(brings('newer'), { isRefresh: true }));
    flight.resolve(token('brief', 30));
    await first;
    await expect(kept.get(wanted(never))).resolves.toMatchObject({ token: { accessToken: 'newer' } });
  });

  it('that fails leaves what was kept', async () => {
    const { kept } = setUp();
    await kept.get(wanted(brings('a')));
    await rejectionOf(kept.get(wanted(() => Promise.reject(failure), { isRefresh: true })));
    await expect(kept.get(wanted(never))).resolves.toMatchObject({ token: { accessToken: 'a' } });
  });
});

describe('work', () => {
  it('is handed to the runtime, so that it may outlive its request', async () => {
    const { kept, background } = setUp();
    await kept.get(wanted(brings('a')));
    expect(background).toHaveLength(1);
  });

  it('counts the age from before the request, however long it took', async () => {
    const { kept, advance } = setUp();
    const slow = () => {
      advance(500);
      return Promise.resolve({ accessToken: 'a', expiresIn: 3600, expiresAt: NOW_SECONDS + 4100 });
    };
    await kept.get(wanted(slow));
    advance(99);
    await expect(kept.get(wanted(never))).resolves.toMatchObject({ source: 'cache' });
    advance(1);
    await expect(kept.get(wanted(brings('b')))).resolves.toMatchObject({ source: 'network' });
  });
});
