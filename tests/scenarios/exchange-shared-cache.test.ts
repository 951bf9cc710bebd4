import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiClient, ApiClientEvent, CacheAdapter, OnBehalfOfCacheOptions } from '../../src/index.ts';
import { expectToBe, misconfigured, thrownBy } from '../support/assert-rejects.ts';
import { createMemoryCache, type MemoryCache } from '../support/memory-cache.ts';
import { NOW_SECONDS, type Scenario, setUp } from '../support/scenario.ts';

const AUDIENCE = 'https://billing.example.com';
const KEY = randomBytes(32);
const OTHER_KEY = randomBytes(32);

let scenario: Scenario;
let cache: MemoryCache;
let accessToken: string;
let background: Promise<unknown>[];
let events: ApiClientEvent[];
beforeEach(async () => {
  scenario = setUp();
  cache = createMemoryCache();
  accessToken = await scenario.tenant.issueAccessToken();
  background = [];
  events = [];
});

/** One process of several. */
function createProcess(
  adapter: CacheAdapter = cache,
  { encryptionKey = KEY, ...more }: OnBehalfOfCacheOptions = {},
): ApiClient {
  return scenario.createClient({
    onBehalfOfCache: { adapter, encryptionKey, ...more },
    waitUntil: (work) => background.push(work),
    onEvent: (event) => events.push(event),
  });
}

async function exchange(client: ApiClient, scope?: string) {
  const result = await client.getTokenOnBehalfOf({ accessToken, audience: AUDIENCE, scope });
  await Promise.all(background.splice(0));
  return result;
}

const tokenRequests = () => scenario.tenant.requests.filter(({ kind }) => kind === 'token').length;
const failures = () => events.filter(({ type }) => type === 'adapter_failed');

describe('processes with one cache', () => {
  it('send one request between them, and count down together', async () => {
    const first = await exchange(createProcess());
    scenario.clock.advance(90);
    const second = await exchange(createProcess());
    expect(second).toEqual({ ...first, expiresIn: first.expiresIn - 90 });
    expect(Object.isFrozen(second)).toBe(true);
    expect(tokenRequests()).toBe(1);
    expect(failures()).toEqual([]);
  });

  it('keep it ten minutes in all, and not ten minutes each', async () => {
    await exchange(createProcess());
    scenario.clock.advance(599);
    const second = createProcess();
    await exchange(second);
    expect(tokenRequests()).toBe(1);
    scenario.clock.advance(1);
    await exchange(second);
    expect(tokenRequests()).toBe(2);
  });

  it('write ciphertext under a hash, with a lifetime, and nothing else', async () => {
    const { accessToken: issued } = await exchange(createProcess());
    const [[key, value] = ['', undefined], ...others] = cache.entries;
    expect(others).toEqual([]);
    expect(key).toMatch(/^auth0-api-ts:1:token:[\w-]{43}$/);
    expect(value).toMatch(/^[\w-]+$/);
    expect(cache.log.filter((line) => line.startsWith('set'))).toEqual([`set ${key} 600`]);
    const shown = JSON.stringify([key, value, Buffer.from(String(value), 'base64url').toString('latin1')]);
    for (const secret of [issued, accessToken, AUDIENCE, 'access_token']) expect(shown).not.toContain(secret);
  });

  it('never write the same ciphertext twice', async () => {
    await exchange(createProcess());
    const [first] = cache.entries.values();
    cache.entries.clear();
    await exchange(createProcess());
    const [second] = cache.entries.values();
    expect(second).not.toBe(first);
  });

  it('read what was written with an older key, when they are given both', async () => {
    await exchange(createProcess(cache, { encryptionKey: OTHER_KEY }));
    await exchange(createProcess(cache, { encryptionKey: [KEY, OTHER_KEY] }));
    expect(tokenRequests()).toBe(1);
  });

  it('may have their key from a function', async () => {
    await exchange(createProcess(cache, { encryptionKey: () => Promise.resolve(KEY.toString('base64url')) }));
    await exchange(createProcess(cache, { encryptionKey: KEY.toString('hex') }));
    expect(tokenRequests()).toBe(1);
  });

  it('forget a token for all of them that a refresh has ended and not replaced', async () => {
    const first = createProcess();
    scenario.tenant.fail('token', { body: { access_token: 'refused', expires_in: 3600 } });
    await exchange(first);
    scenario.tenant.fail('token', { body: { access_token: 'brief', expires_in: 30 } });
    await first.getTokenOnBehalfOf({ accessToken, audience: AUDIENCE, cache: 'refresh' });
    for (const client of [first, createProcess()]) {
      await expect(exchange(client)).resolves.toMatchObject({ accessToken: 'brief' });
    }
    expect(cache.entries.size).toBe(0);
    expect(failures()).toEqual([]);
  });

  it.each([
    ['bytes', (bytes: Uint8Array) => bytes],
    ['a list of bytes', (bytes: Uint8Array) => [bytes]],
  ])('go on with their key although the program has wiped it: %s', async (_title, encryptionKeyOf) => {
    const bytes = Uint8Array.from(KEY);
    const client = createProcess(cache, { encryptionKey: encryptionKeyOf(bytes) });
    bytes.fill(0);
    await exchange(client);
    await exchange(createProcess(cache, { encryptionKey: KEY }));
    expect(tokenRequests()).toBe(1);
    await exchange(createProcess(cache, { encryptionKey: new Uint8Array(32) }));
    expect(tokenRequests()).toBe(2);
  });

  it('keep nothing there that will not be of use', async () => {
    scenario.tenant.fail('token', { body: { access_token: 'a', expires_in: 60 } });
    await exchange(createProcess());
    expect(cache.entries.size).toBe(0);
  });
});

describe('whoever can write to the cache', () => {
  it('cannot have one token used for another', async () => {
    await exchange(createProcess(), 'admin');
    await exchange(createProcess(), 'reader');
    const [admin, reader] = [...cache.entries];
    if (admin === undefined || reader === undefined) throw new Error('there should be two entries');
    cache.entries.set(reader[0], admin[1]);
    const sent = tokenRequests();
    await exchange(createProcess(), 'reader');
    expect(tokenRequests()).toBe(sent + 1);
    expect(failures()).toMatchObject([{ type: 'adapter_failed', operation: 'get' }]);
  });

  it('cannot keep an old one alive', async () => {
    await exchange(createProcess());
    const copy = [...cache.entries];
    scenario.clock.advance(600);
    for (const [key, value] of copy) cache.entries.set(key, value);
    await exchange(createProcess());
    expect(tokenRequests()).toBe(2);
  });

  it('cannot bring one back from the future', async () => {
    scenario.clock.advance(3600);
    await exchange(createProcess());
    scenario.clock.advance(-3600);
    await exchange(createProcess());
    expect(tokenRequests()).toBe(2);
  });

  it.each<[string, unknown]>([
    ['another key', OTHER_KEY.toString('base64url')],
    ['nothing', ''],
    ['no base64', '%%%'],
    ['too little', 'AAAA'],
    ['a megabyte', 'A'.repeat(1024 * 1024)],
    ['an object', { accessToken: 'forged', expiresAt: NOW_SECONDS + 600 }],
    ['a list', [['a']]],
    ['a number', 7],
    ['true', true],
    ['plain JSON', JSON.stringify({ fetchedAt: 0, answer: { access_token: 'forged' } })],
  ])('causes a request and no error by %s', async (_title, value) => {
    await exchange(createProcess());
    for (const key of cache.entries.keys()) cache.entries.set(key, value);
    const result = await exchange(createProcess());
    expect(result.accessToken).not.toBe('forged');
    expect(tokenRequests()).toBe(2);
    expect(failures()).toHaveLength(1);
  });

  it('cannot flip a bit', async () => {
    await exchange(createProcess());
    const [[key, value] = ['', '']] = cache.entries;
    const bytes = Buffer.from(String(value), 'base64url');
    for (const at of [0, 12, 40, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      cache.entries.set(key, changed.toString('base64url'));
      const sent = tokenRequests();
      await exchange(createProcess());
      expect(tokenRequests()).toBe(sent + 1);
    }
  });
});

describe('an adapter that fails', () => {
  const secretText = 'key-material-in-a-message';
  const never = () => new Promise<never>(() => undefined);
  const fails = () => {
    throw new Error('the cache is down');
  };
  const rejects = () => Promise.reject(new Error('the cache is down'));

  it.each<[string, Partial<CacheAdapter>]>([
    ['throws', { get: fails, set: fails }],
    ['rejects', { get: rejects, set: rejects }],
    ['never answers a get', { get: never }],
    ['never answers a set', { set: never }],
    ['answers with a thenable that never ends', { get: () => ({ then: () => undefined }) }],
  ])('and %s costs no exchange', async (_title, methods) => {
    const client = createProcess({ ...createMemoryCache(), ...methods });
    const first = client.getTokenOnBehalfOf({ accessToken, audience: AUDIENCE });
    await expect(first).resolves.toMatchObject({ tokenType: 'Bearer' });
    await Promise.all(background.splice(0));
    expect(failures().length).toBeGreaterThan(0);
    // Memory serves all the same.
    await exchange(client);
    expect(tokenRequests()).toBe(1);
  });

  it('and cannot forget costs no refresh', async () => {
    scenario.tenant.fail('token', { body: { access_token: 'brief', expires_in: 30 } });
    const client = createProcess({ ...createMemoryCache(), delete: never });
    const refreshed = client.getTokenOnBehalfOf({ accessToken, audience: AUDIENCE, cache: 'refresh' });
    await expect(refreshed).resolves.toMatchObject({ accessToken: 'brief' });
    expect(failures()).toMatchObject([{ operation: 'delete' }]);
  });

  it('is left alone for a while', async () => {
    let asked = 0;
    const get = () => {
      asked += 1;
      throw new Error('the cache is down');
    };
    const client = createProcess({ ...createMemoryCache(), get });
    await exchange(client, 'a');
    await exchange(client, 'b');
    expect(asked).toBe(1);
    scenario.clock.advance(5);
    await exchange(client, 'c');
    expect(asked).toBe(2);
  });

  it.each<[string, () => never]>([
    ['throws', () => fail(secretText)],
    ['rejects', () => Promise.reject(new Error(secretText)) as never],
    ['gives no key', () => secretText as never],
    ['gives nothing', () => undefined as never],
  ])('because the function for its key %s is not told what with', async (_title, encryptionKey) => {
    await exchange(createProcess(cache, { encryptionKey }));
    expect(cache.entries.size).toBe(0);
    expect(failures().length).toBeGreaterThan(0);
    expect(inspect(events, { depth: null })).not.toContain(secretText);
  });
});

it('needs a key, and says so when the client is made', async () => {
  await expectToBe(
    thrownBy(() => scenario.createClient({ onBehalfOfCache: { adapter: cache } })),
    { ...misconfigured, message: '`onBehalfOfCache.encryptionKey`' },
  );
});

it('is apart from what the documents of an issuer are shared through', async () => {
  const client = scenario.createClient({
    cacheAdapter: cache,
    onBehalfOfCache: { adapter: cache, encryptionKey: KEY },
    waitUntil: (work) => background.push(work),
  });
  await exchange(client);
  const kinds = [...cache.entries.keys()].map((key) => /^auth0-api-ts:1:(?:token|https)/.exec(key)?.[0]);
  expect(kinds.sort()).toEqual(['auth0-api-ts:1:https', 'auth0-api-ts:1:token']);
});

function fail(message: string): never {
  throw new Error(message);
}
