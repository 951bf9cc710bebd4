import { describe, expect, it, vi } from 'vitest';
import type { ApiClientEvent, ApiClientOptions, CacheAdapter } from '../../src/index.ts';
import { createTestTenant } from '../../src/testing/index.ts';
import { expectRefusal, invalidToken, outage, rejectionOf } from '../support/assert-rejects.ts';
import { createMemoryCache } from '../support/memory-cache.ts';
import { setUp } from '../support/scenario.ts';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

/** A client with a cache, a token of ten days that it has verified, and a cache in which nothing is under way. */
async function setUpShared(client: Partial<ApiClientOptions> = {}) {
  const cache = createMemoryCache();
  const events: ApiClientEvent[] = [];
  const onEvent = (event: ApiClientEvent) => void events.push(event);
  const scenario = setUp({ client: { cacheAdapter: cache, onEvent, ...client } });
  const accessToken = await scenario.tenant.issueAccessToken({ expiresInSeconds: 10 * DAY });
  await scenario.client.verifyAccessToken({ accessToken });
  await idle(cache);
  const change = (path: string, edit: (entry: Record<string, unknown>) => unknown) => {
    for (const [key, entry] of cache.entries) {
      if (key.endsWith(path)) cache.entries.set(key, edit(entry as Record<string, unknown>));
    }
  };
  scenario.tenant.clearRequests();
  events.length = 0;
  return { ...scenario, cache, accessToken, change, events };
}

async function idle({ entries }: { entries: ReadonlyMap<string, unknown> }): Promise<void> {
  await vi.waitFor(() => {
    expect([...entries.keys()].filter((key) => key.includes(':lease:'))).toEqual([]);
    expect(entries.size).toBe(2);
  });
}

describe('an outage with a shared cache', () => {
  it('stays a 503 for the token of a new key, however often it is tried', async () => {
    const { tenant, client } = await setUpShared();
    tenant.rotateKeys();
    tenant.fail('jwks', 'network');
    const accessToken = await tenant.issueAccessToken();
    await expectRefusal(client.verifyAccessToken({ accessToken }), outage('jwks_unavailable'));
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(await rejectionOf(client.verifyAccessToken({ accessToken }))).toMatchObject({
        statusCode: 503,
        reason: 'jwks_unavailable',
      });
    }
  });

  it('is no longer survived because the clock is set back again and again', async () => {
    const { tenant, client, accessToken, clock } = await setUpShared();
    tenant.fail('jwks', 'network');
    tenant.fail('discovery', 'network');
    clock.advance(20 * HOUR);
    await client.verifyAccessToken({ accessToken });
    clock.advance(-20 * HOUR);
    await client.verifyAccessToken({ accessToken });
    clock.advance(20 * HOUR);
    expect((await rejectionOf(client.verifyAccessToken({ accessToken }))).statusCode).toBe(503);
  });

  it('ends for a process that starts later, when the issuer had taken its keys away before', async () => {
    const { tenant, client, createClient, accessToken, clock, cache } = await setUpShared();
    tenant.fail('jwks', 404);
    clock.advance(60);
    await client.verifyAccessToken({ accessToken });
    await vi.waitFor(() => {
      const [, entry] = [...cache.entries].find(([key]) => key.endsWith('jwks.json')) ?? [];
      expect(entry).toMatchObject({ staleIfError: HOUR, staleWhileRevalidate: 600 });
    });
    tenant.fail('jwks', 'network');
    clock.advance(2 * HOUR);
    const restarted = createClient();
    await expectRefusal(restarted.verifyAccessToken({ accessToken }), outage('jwks_unavailable'));
  });
});

describe('a cache that hangs', () => {
  const never = () => new Promise<never>(() => undefined);

  it('leaves the issuer as much time as it has without', async () => {
    const hanging: CacheAdapter = { get: never, set: never, delete: never, clear: never };
    const tenant = createTestTenant({ algorithm: 'ES256' });
    const answer = async (...request: Parameters<typeof fetch>) => {
      const response = await tenant.fetch(...request);
      await new Promise((resolve) => setTimeout(resolve, 800));
      return response;
    };
    const options = { ...tenant.clientOptions(), algorithms: ['ES256'], timeoutSeconds: 1.5 };
    const { client } = setUp({
      client: { ...options, customFetch: answer, cacheAdapter: hanging, now: Date.now },
    });
    const accessToken = await tenant.issueAccessToken();
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
  });
});

describe('whoever writes to the cache', () => {
  it('cannot have the keys of one issuer taken for those of another', async () => {
    const { createClient, tenant, cache, accessToken } = await setUpShared();
    const evil = createTestTenant({ algorithm: 'ES256', domain: 'evil.auth0.test' });
    const document = await (await evil.fetch(`${evil.issuer}.well-known/jwks.json`)).text();
    const theirs = { url: `${evil.issuer}.well-known/jwks.json`, document };
    const mixedUp: CacheAdapter = {
      ...cache,
      get: async (key) => {
        const entry = await cache.get(key);
        return key.endsWith('jwks.json') ? { ...(entry as object), ...theirs } : entry;
      },
    };
    await createClient({ cacheAdapter: mixedUp }).verifyAccessToken({ accessToken });
    expect(tenant.requests.map(({ kind }) => kind)).toEqual(['jwks']);
  });

  it('does not learn client secrets and tokens by another token endpoint', async () => {
    const { tenant, createClient, change, accessToken, events } = await setUpShared();
    change('openid-configuration', (entry) => {
      const metadata = JSON.parse(String(entry.document)) as object;
      return {
        ...entry,
        document: JSON.stringify({ ...metadata, token_endpoint: 'https://evil.example/token' }),
      };
    });
    const asked: string[] = [];
    const customFetch: typeof fetch = async (input, init) => {
      asked.push(new URL(input instanceof Request ? input.url : input).host);
      return await tenant.fetch(input, init);
    };
    const client = createClient({ customFetch });
    await client.getTokenOnBehalfOf({ accessToken, audience: 'https://calendar.example' });
    expect(new Set(asked)).toEqual(new Set([tenant.domain]));
    expect(events).toContainEqual({
      type: 'adapter_failed',
      operation: 'get',
      detail: expect.stringContaining('names a token endpoint elsewhere') as string,
    });
  });

  it('has nothing of what was written repeated in an event, nor one event for each look', async () => {
    const { createClient, cache, change, accessToken, events } = await setUpShared();
    change('', (entry) => ({ ...entry, document: 'sk_live_51Secret' }));
    for (const key of [...cache.entries.keys()]) {
      cache.entries.set(key.replace(':1:', ':1:lease:'), 'held by somebody who died');
    }
    await createClient({ timeoutSeconds: 0.5 }).verifyAccessToken({ accessToken });
    const failures = events.filter(({ type }) => type === 'adapter_failed');
    expect(JSON.stringify(failures)).not.toContain('Secret');
    expect(failures).toHaveLength(2);
  });
});

describe('the lease', () => {
  it('is left to its owner by a process whose cache fails once', async () => {
    const { createClient, cache, accessToken, tenant } = await setUpShared();
    const leases = [...cache.entries.keys()].map((key) => key.replace(':1:', ':1:lease:'));
    cache.entries.clear();
    for (const lease of leases) cache.entries.set(lease, true);
    const failing: CacheAdapter = { ...cache, get: () => Promise.reject(new Error('once')) };
    await createClient({ cacheAdapter: failing }).verifyAccessToken({ accessToken });
    await vi.waitFor(() => {
      expect(tenant.requests).toHaveLength(2);
    });
    for (const lease of leases) expect(cache.entries.has(lease)).toBe(true);
  });

  it('is given back by who finds a copy after all', async () => {
    const { createClient, cache, accessToken, tenant } = await setUpShared();
    const kept = new Map(cache.entries);
    cache.entries.clear();
    // The copy appears between the first look and the lease.
    const late: CacheAdapter = {
      ...cache,
      setIfAbsent: async (key, value, ttlSeconds) => {
        const isOurs = (await cache.setIfAbsent?.(key, value, ttlSeconds)) ?? false;
        for (const [known, entry] of kept) cache.entries.set(known, entry);
        return isOurs;
      },
    };
    await createClient({ cacheAdapter: late }).verifyAccessToken({ accessToken });
    expect(tenant.requests).toEqual([]);
    await idle(cache);
  });
});

describe('a flood of invented kids', () => {
  it('is told of as tokens that were refused, and not as searches that were never made', async () => {
    const { tenant, client, events } = await setUpShared();
    tenant.fail('jwks', { status: 503, headers: { 'retry-after': '600' } });
    for (let count = 0; count < 50; count += 1) {
      const accessToken = await tenant.issueAccessToken({ header: { kid: `invented-${count}` } });
      await rejectionOf(client.verifyAccessToken({ accessToken }));
    }
    expect(events.filter(({ type }) => type === 'unknown_kid')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'token_rejected')).toHaveLength(50);
  });

  it('is asked about once while the cache hangs', async () => {
    const never = () => new Promise<never>(() => undefined);
    const { tenant, client } = setUp({
      client: { cacheAdapter: { get: never, set: never, delete: never, clear: never }, timeoutSeconds: 0.3 },
    });
    await client.verifyAccessToken({ accessToken: await tenant.issueAccessToken() });
    tenant.clearRequests();
    const flood = Array.from({ length: 100 }, async (_, count) => {
      const accessToken = await tenant.issueAccessToken({ header: { kid: `invented-${count}` } });
      await expectRefusal(client.verifyAccessToken({ accessToken }), invalidToken('unknown_kid'));
    });
    await Promise.all(flood);
    expect(tenant.requests).toHaveLength(1);
  });
});
