import { describe, expect, it, vi } from 'vitest';
import type { ApiClient, ApiClientEvent, CacheAdapter } from '../../src/index.ts';
import type { TestTenant } from '../../src/testing/index.ts';
import { expectRefusal, invalidToken, outage } from '../support/assert-rejects.ts';
import { createMemoryCache, type MemoryCache } from '../support/memory-cache.ts';
import { NOW, type Scenario, setUp } from '../support/scenario.ts';

const HOUR = 60 * 60;
const sent = (tenant: TestTenant) => tenant.requests.map(({ kind }) => kind);

interface Fleet extends Scenario {
  readonly cache: MemoryCache;
  readonly events: ApiClientEvent[];
  /** Clients that share nothing but the cache, as processes do. */
  readonly createFleet: (size: number) => ApiClient[];
}

function setUpFleet(cache = createMemoryCache()): Fleet {
  const events: ApiClientEvent[] = [];
  const scenario = setUp({ client: { cacheAdapter: cache, onEvent: (event) => void events.push(event) } });
  const createFleet = (size: number) => Array.from({ length: size }, () => scenario.createClient());
  return { ...scenario, cache, events, createFleet };
}

/** The address of a document, with the entry under it once it is there. */
async function entryOf(cache: MemoryCache, path: string): Promise<[key: string, entry: Entry]> {
  return await vi.waitFor(() => {
    const found = [...cache.entries].find(([key]) => key.endsWith(path));
    if (found === undefined) throw new Error('nothing was written so far');
    return found as [string, Entry];
  });
}

interface Entry {
  fetchedAt: number;
  maxAge: number;
  staleWhileRevalidate: number;
  staleIfError: number;
  document: string;
}

/** What goes on in the background has come to its end. */
async function settled(cache: MemoryCache): Promise<void> {
  await vi.waitFor(() => {
    if ([...cache.entries.keys()].some((key) => key.includes(':lease:'))) throw new Error('a lease is held');
    if (cache.entries.size < 2) throw new Error('nothing was written so far');
  });
}

const verifyAll = async (clients: readonly ApiClient[], accessToken: string) =>
  await Promise.all(clients.map((client) => client.verifyAccessToken({ accessToken })));

describe('a fleet that shares a cache', () => {
  it.each([
    ['with an atomic operation', 50, true],
    ['without', 2, false],
  ])('fetches each document once, %s', async (_name, size, atomic) => {
    const { tenant, createFleet, cache } = setUpFleet(createMemoryCache({ atomic }));
    const accessToken = await tenant.issueAccessToken();
    await verifyAll(createFleet(size), accessToken);
    expect(sent(tenant)).toEqual(['discovery', 'jwks']);
    await settled(cache);
    await verifyAll(createFleet(size), accessToken);
    expect(sent(tenant)).toEqual(['discovery', 'jwks']);
  });

  it('fetches once for each age', async () => {
    const { tenant, createFleet, cache, clock } = setUpFleet();
    const accessToken = await tenant.issueAccessToken({ expiresInSeconds: HOUR });
    const fleet = createFleet(50);
    await verifyAll(fleet, accessToken);
    for (let age = 1; age <= 5; age += 1) {
      await settled(cache);
      clock.advance(16);
      await verifyAll(fleet, accessToken);
      await vi.waitFor(() => {
        expect(sent(tenant)).toHaveLength(2 + 2 * age);
      });
    }
  });

  it('writes under versioned keys, for as long as the documents may serve, and gives the lease back', async () => {
    const { tenant, client, cache } = setUpFleet();
    await client.verifyAccessToken({ accessToken: await tenant.issueAccessToken() });
    await settled(cache);
    const base = `auth0-api-ts:1:https://${tenant.domain}/.well-known`;
    expect([...cache.entries.keys()].sort()).toEqual([`${base}/jwks.json`, `${base}/openid-configuration`]);
    // Fresh for 15 s, and one day more in an outage.
    expect(cache.log).toContain(`set ${base}/jwks.json ${15 + 24 * HOUR}`);
    expect(cache.log).toContain(`setIfAbsent ${base.replace(':1:', ':1:lease:')}/jwks.json 5`);
    expect(cache.log.at(-1)).toBe(`delete ${base.replace(':1:', ':1:lease:')}/jwks.json`);
    const [, entry] = await entryOf(cache, 'jwks.json');
    expect(entry).toMatchObject({
      fetchedAt: NOW,
      maxAge: 15,
      staleWhileRevalidate: 600,
      staleIfError: 24 * HOUR,
    });
  });

  it('ages a copy from when it was fetched, not from when it was read', async () => {
    const { tenant, createFleet, cache, clock, events } = setUpFleet();
    const accessToken = await tenant.issueAccessToken({ expiresInSeconds: HOUR });
    const [first, second] = createFleet(2);
    await first?.verifyAccessToken({ accessToken });
    await settled(cache);
    clock.advance(10);
    await second?.verifyAccessToken({ accessToken });
    expect(sent(tenant)).toEqual(['discovery', 'jwks']);
    expect(events.filter(({ type }) => type === 'document_fetched')).toMatchObject([
      { document: 'discovery', source: 'network' },
      { document: 'jwks', source: 'network' },
      { document: 'discovery', source: 'cache' },
      { document: 'jwks', source: 'cache' },
    ]);
    clock.advance(6);
    await second?.verifyAccessToken({ accessToken });
    await vi.waitFor(() => {
      expect(sent(tenant)).toHaveLength(4);
    });
  });

  it('takes a key that another process has found already, without asking the issuer', async () => {
    const { tenant, createFleet, cache } = setUpFleet();
    const [first, second, third] = createFleet(3);
    await verifyAll(
      [first, second, third].filter((client) => client !== undefined),
      await tenant.issueAccessToken(),
    );
    await settled(cache);
    tenant.rotateKeys();
    const accessToken = await tenant.issueAccessToken();
    await first?.verifyAccessToken({ accessToken });
    await settled(cache);
    tenant.clearRequests();
    await second?.verifyAccessToken({ accessToken });
    await third?.verifyAccessToken({ accessToken });
    expect(sent(tenant)).toEqual([]);
  });

  it('asks the issuer for a key that no copy has, and once only', async () => {
    const { tenant, createFleet, cache } = setUpFleet();
    const fleet = createFleet(20);
    await verifyAll(fleet, await tenant.issueAccessToken());
    await settled(cache);
    tenant.clearRequests();
    tenant.rotateKeys();
    await verifyAll(fleet, await tenant.issueAccessToken());
    expect(sent(tenant)).toEqual(['jwks']);
  });

  it('drops a removed key in every process with the next shared set', async () => {
    const { tenant, createFleet, cache, clock } = setUpFleet();
    const [first, second] = createFleet(2);
    const accessToken = await tenant.issueAccessToken({ expiresInSeconds: HOUR });
    await first?.verifyAccessToken({ accessToken });
    await second?.verifyAccessToken({ accessToken });
    tenant.rotateKeys({ keepPrevious: false });
    clock.advance(16);
    await first?.verifyAccessToken({ accessToken: await tenant.issueAccessToken() });
    await settled(cache);
    tenant.clearRequests();
    await second?.verifyAccessToken({ accessToken });
    await vi.waitFor(async () => {
      await expectRefusal(
        second?.verifyAccessToken({ accessToken }) ?? Promise.resolve(),
        invalidToken('unknown_kid'),
      );
    });
  });
});

describe('a process that starts during an outage', () => {
  it('serves from the copy of another, for as long as it may serve in an outage', async () => {
    const { tenant, createFleet, createClient, cache, clock } = setUpFleet();
    const accessToken = await tenant.issueAccessToken({ expiresInSeconds: 30 * HOUR });
    const [first] = createFleet(1);
    await first?.verifyAccessToken({ accessToken });
    await settled(cache);
    tenant.fail('discovery', 500);
    tenant.fail('jwks', 'network');
    clock.advance(8 * HOUR);
    const second = createClient();
    await expect(second.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
    await expect(second.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
    clock.advance(17 * HOUR);
    await expectRefusal(createClient().verifyAccessToken({ accessToken }), outage('discovery_unavailable'));
    await expectRefusal(second.verifyAccessToken({ accessToken }), outage('discovery_unavailable', 2));
  });
});

describe('a cache that cannot be trusted', () => {
  const future = (entry: Entry) => ({ ...entry, fetchedAt: entry.fetchedAt + 1000 });
  const POISON: [string, (entry: Entry) => unknown][] = [
    ['a text', () => 'poison'],
    ['a number', () => 0],
    ['false', () => false],
    ['a list', () => []],
    ['an empty object', () => ({})],
    ['an entry from the future', future],
    ['a fetch time of text', (entry) => ({ ...entry, fetchedAt: '0' })],
    ['no fetch time', (entry) => ({ ...entry, fetchedAt: undefined })],
    ['a negative age', (entry) => ({ ...entry, maxAge: -1 })],
    ['an endless age of null', (entry) => ({ ...entry, staleIfError: null })],
    ['no document', (entry) => ({ ...entry, document: undefined })],
    ['a document that is no text', (entry) => ({ ...entry, document: { keys: [] } })],
    ['a document that is no JSON', (entry) => ({ ...entry, document: entry.document.slice(1) })],
    ['an empty document', (entry) => ({ ...entry, document: '{}' })],
    ['a document of null', (entry) => ({ ...entry, document: 'null' })],
    ['a deep document', (entry) => ({ ...entry, document: '['.repeat(200_000) + ']'.repeat(200_000) })],
    [
      'a document of more than 1 MiB',
      (entry) => ({ ...entry, document: ' '.repeat(1024 * 1024) + entry.document }),
    ],
    ['another prototype', (entry) => ({ ...entry, document: '{"__proto__":{"keys":[],"issuer":"x"}}' })],
  ];

  it.each(POISON)('is passed over where it holds %s, and mended', async (_name, poison) => {
    const { tenant, client, createClient, cache, events } = setUpFleet();
    const accessToken = await tenant.issueAccessToken();
    await client.verifyAccessToken({ accessToken });
    await settled(cache);
    const good = new Map(cache.entries);
    for (const [key, entry] of good) cache.entries.set(key, poison(entry as Entry));
    tenant.clearRequests();
    events.length = 0;

    await createClient().verifyAccessToken({ accessToken });
    expect(sent(tenant)).toEqual(['discovery', 'jwks']);
    const failures = events.filter(({ type }) => type === 'adapter_failed');
    expect(failures.length).toBeGreaterThanOrEqual(2);
    for (const failure of failures) expect(failure).toMatchObject({ operation: 'get' });
    await vi.waitFor(() => {
      expect(cache.entries).toEqual(good);
    });
  });

  it('cannot make another issuer’s metadata ours', async () => {
    const { tenant, client, createClient, cache } = setUpFleet();
    const accessToken = await tenant.issueAccessToken();
    await client.verifyAccessToken({ accessToken });
    await settled(cache);
    const [key, entry] = await entryOf(cache, 'openid-configuration');
    const document = JSON.stringify({
      issuer: 'https://evil.example/',
      jwks_uri: 'https://evil.example/jwks',
    });
    cache.entries.set(key, { ...entry, document });
    tenant.clearRequests();
    await createClient().verifyAccessToken({ accessToken });
    expect(sent(tenant)).toEqual(['discovery']);
  });

  it('cannot make a set serve for longer than our own limits', async () => {
    const { tenant, client, createClient, cache, clock } = setUpFleet();
    const accessToken = await tenant.issueAccessToken({ expiresInSeconds: 200 * HOUR });
    await client.verifyAccessToken({ accessToken });
    await settled(cache);
    for (const [key, entry] of cache.entries) {
      const ages = { maxAge: 1e12, staleWhileRevalidate: 1e12, staleIfError: 1e12 };
      cache.entries.set(key, { ...(entry as Entry), ...ages });
    }
    tenant.fail('discovery', 500);
    tenant.fail('jwks', 500);
    const late = createClient();
    clock.advance(24 * HOUR + 599);
    await expect(late.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
    clock.advance(2);
    await expectRefusal(createClient().verifyAccessToken({ accessToken }), outage('discovery_unavailable'));
  });
});

describe('a cache that fails', () => {
  const never = () => new Promise<never>(() => undefined);
  const thrown = () => {
    throw new Error('ECONNREFUSED 127.0.0.1:6379');
  };
  const rejected = () => Promise.reject(new Error('ECONNREFUSED 127.0.0.1:6379'));
  const broken = (fail: () => unknown): CacheAdapter => ({ get: fail, set: fail, delete: fail, clear: fail });

  it.each([
    ['throws', broken(thrown)],
    ['rejects', broken(rejected)],
    ['never answers', broken(never)],
    ['answers undefined to everything', broken(() => undefined)],
    ['answers null to everything', broken(() => null)],
    ['answers rubbish to everything', broken(() => ({ then: 7, keys: [] }))],
    [
      'has a getter that throws',
      broken(() => ({
        get fetchedAt() {
          return thrown();
        },
      })),
    ],
    ['cannot write', { ...createMemoryCache(), set: rejected, setIfAbsent: rejected }],
    ['never lends', { ...createMemoryCache(), setIfAbsent: () => Promise.resolve(false) }],
    ['lends by rubbish', { ...createMemoryCache(), setIfAbsent: () => 'yes' as unknown as boolean }],
    ['never forgets a lease', { ...createMemoryCache(), delete: rejected }],
  ])('and %s leaves the network', async (_name, cacheAdapter) => {
    const { tenant, client } = setUp({ client: { cacheAdapter, timeoutSeconds: 0.5 } });
    const accessToken = await tenant.issueAccessToken();
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => client.verifyAccessToken({ accessToken })),
    );
    expect(clients).toHaveLength(20);
    expect(sent(tenant)).toEqual(['discovery', 'jwks']);
  });

  it('tells so, in one line without control characters', async () => {
    const events: ApiClientEvent[] = [];
    const { tenant, client } = setUp({
      client: {
        cacheAdapter: broken(() => Promise.reject(new Error(`no\r\nway\u202e${'x'.repeat(1000)}`))),
        onEvent: (event) => void events.push(event),
      },
    });
    await client.verifyAccessToken({ accessToken: await tenant.issueAccessToken() });
    const [failure] = events.filter(({ type }) => type === 'adapter_failed');
    expect(failure).toMatchObject({
      operation: 'get',
      detail: expect.stringMatching(/^Error: no way x{1,200}$/) as string,
    });
  });

  it('is still mended when it comes back', async () => {
    const cache = createMemoryCache();
    let down = true;
    const flaky: CacheAdapter = {
      ...cache,
      get: (key) => (down ? rejected() : cache.get(key)),
      set: (key, value, ttlSeconds) => (down ? rejected() : cache.set(key, value, ttlSeconds)),
    };
    const { tenant, client, clock } = setUp({ client: { cacheAdapter: flaky } });
    const accessToken = await tenant.issueAccessToken({ expiresInSeconds: HOUR });
    await client.verifyAccessToken({ accessToken });
    down = false;
    clock.advance(16);
    await client.verifyAccessToken({ accessToken });
    await settled(cache);
  });
});
