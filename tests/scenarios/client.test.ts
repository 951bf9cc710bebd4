import { describe, expect, it } from 'vitest';
import { ApiClient } from '../../src/index.ts';
import { createTestTenant, type TestTenant } from '../../src/testing/index.ts';
import {
  expectRefusal,
  expectToBe,
  invalidToken,
  missingArgument,
  outage,
  rejectionOf,
  thrownBy,
} from '../support/assert-rejects.ts';
import { createBoundRequest, createClock, offers, setUp } from '../support/scenario.ts';

const sent = ({ requests }: TestTenant) => requests.map(({ kind }) => kind);

describe('making a client', () => {
  it('sends nothing and calls nothing', async () => {
    const calls: string[] = [];
    const note = (name: string) => () => {
      calls.push(name);
      return Promise.reject(new Error('nobody should call this'));
    };
    const client = new ApiClient({
      domains: note('domains'),
      audience: 'https://api.example.com',
      customFetch: note('customFetch'),
      dpop: { replayStore: { add: note('replayStore') } },
      now: () => calls.push('now'),
    });
    await Promise.resolve();
    expect(client.isDpopRequired()).toBe(false);
    expect(calls).toEqual([]);
  });

  it('uses the fetch and the clock of the runtime as they are at the time of the call', async () => {
    const tenant = createTestTenant({ algorithm: 'ES256' });
    const { domain, audience } = tenant;
    const client = new ApiClient({ domain, audience, algorithms: ['ES256'] });
    const original = globalThis.fetch;
    globalThis.fetch = tenant.fetch;
    try {
      const accessToken = await tenant.issueAccessToken();
      await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
    } finally {
      globalThis.fetch = original;
    }
    expect(sent(tenant)).toEqual(['discovery', 'jwks']);
  });
});

it.each([Number.NaN, Infinity, undefined, null, '0', new Date(0)])(
  'a clock that answers %s stops verification instead of making old tokens good',
  async (answer) => {
    const { tenant, createClient } = setUp();
    const client = createClient({ now: () => answer as number });
    const accessToken = await tenant.issueAccessToken({ expiresInSeconds: -1 });
    const error = await rejectionOf(client.verifyAccessToken({ accessToken }));
    expect(error).toMatchObject({ code: 'invalid_configuration', statusCode: 500 });
    expect(error.message).toContain('`now`');
  },
);

describe('warmUp', () => {
  it('fetches all that later verifications need', async () => {
    const { tenant, client } = setUp();
    await client.warmUp();
    expect(sent(tenant)).toEqual(['discovery', 'jwks']);
    const { request } = await createBoundRequest(tenant);
    await client.verifyRequest(request);
    await client.verifyAccessToken({ accessToken: await tenant.issueAccessToken() });
    expect(sent(tenant)).toEqual(['discovery', 'jwks']);
  });

  it('sends nothing that is known, and shares what is under way', async () => {
    const { tenant, client } = setUp();
    const accessToken = await tenant.issueAccessToken();
    await Promise.all([client.warmUp(), client.verifyAccessToken({ accessToken }), client.warmUp()]);
    await client.warmUp();
    expect(sent(tenant)).toEqual(['discovery', 'jwks']);
  });

  it('asks every configured domain', async () => {
    const { now } = createClock();
    const tenants = ['red', 'blue', 'green'].map((name) =>
      createTestTenant({ domain: `${name}.auth0.test`, algorithm: 'ES256', now }),
    );
    const [red, blue, green] = tenants.map(({ domain }) => domain) as [string, string, string];
    const customFetch: typeof fetch = (input, init) => {
      const url = String(input instanceof Request ? input.url : input);
      const tenant = tenants.find(({ issuer }) => url.startsWith(issuer));
      return tenant === undefined ? Promise.reject(new TypeError('fetch failed')) : tenant.fetch(input, init);
    };
    const common = { audience: 'https://api.example.com', customFetch, now };
    await new ApiClient({ ...common, domains: [red, blue], domain: green }).warmUp();
    expect(tenants.map(sent)).toEqual([
      ['discovery', 'jwks'],
      ['discovery', 'jwks'],
      ['discovery', 'jwks'],
    ]);
    for (const { clearRequests } of tenants) clearRequests();
    await new ApiClient({ ...common, domains: () => [red], domain: blue }).warmUp();
    expect(tenants.map(sent)).toEqual([[], ['discovery', 'jwks'], []]);
    for (const { clearRequests } of tenants) clearRequests();
    await new ApiClient({ ...common, domains: () => [red] }).warmUp();
    expect(tenants.flatMap(sent)).toEqual([]);
  });

  it('may fail, and verification is no worse for it', async () => {
    const { tenant, client, clock } = setUp();
    tenant.fail('jwks', 400);
    await expectRefusal(client.warmUp(), outage('jwks_unavailable'));
    tenant.recover();
    clock.advance(1);
    const accessToken = await tenant.issueAccessToken();
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
  });
});

it.each([
  [undefined, false],
  ['allowed', false],
  ['disabled', false],
  ['required', true],
] as const)('in mode %s, isDpopRequired answers %s', (mode, expected) => {
  const { createClient } = setUp();
  expect(createClient({ dpop: { mode } }).isDpopRequired()).toBe(expected);
});

describe('methods called without what they need', () => {
  const { tenant, client } = setUp();
  /** The methods as programs in JavaScript call them. */
  const untyped = client as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>;

  it.each([
    ['verifyAccessToken', 'accessToken'],
    ['verifyDpopProof', 'accessToken'],
    ['getTokenOnBehalfOf', 'accessToken'],
    ['getTokenByExchangeProfile', 'subjectToken'],
    ['getAccessTokenForConnection', 'connection'],
  ])('%s names the first argument that is missing: %s', async (method, argument) => {
    for (const given of [[], [undefined], [null], [{}]]) {
      await expectRefusal(Promise.resolve(untyped[method]?.apply(client, given)), missingArgument(argument));
    }
    expect(tenant.requests).toEqual([]);
  });

  it.each([
    [[], 'request'],
    [[undefined], 'request'],
    [[null], 'request'],
    [[{}], 'headers'],
    [['Bearer token'], 'headers'],
    [[7], 'headers'],
    [[{ headers: undefined }], 'headers'],
    [[{ headers: null }], 'headers'],
  ])('verifyRequest called with %j names %s', async (given, argument) => {
    const challenges = offers('allowed', 'Bearer', { error: 'invalid_request' });
    await expectRefusal(
      Promise.resolve(untyped.verifyRequest?.apply(client, given)),
      missingArgument(argument, challenges),
    );
  });

  it('authorize names the claims', async () => {
    const error = thrownBy(() => untyped.authorize?.apply(client, []));
    await expectToBe(error, missingArgument('claims'));
  });

  it('reject, and never throw on the spot', async () => {
    for (const method of ['verifyRequest', 'verifyAccessToken', 'verifyDpopProof', 'getTokenOnBehalfOf']) {
      const promise = untyped[method]?.apply(client, []);
      expect(promise).toBeInstanceOf(Promise);
      await expect(promise).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });
});

it('keeps what it was made from, whatever happens to the options later', async () => {
  const { tenant } = setUp();
  const options = {
    ...tenant.clientOptions(),
    domains: [tenant.domain],
    audience: [tenant.audience],
    algorithms: ['ES256'],
    clockToleranceSeconds: 0,
    realm: 'orders',
    dpop: {
      mode: 'allowed' as 'allowed' | 'disabled',
      algorithms: ['ES256'],
      iatOffsetSeconds: 300,
      nonce: { secret: ['a nonce secret of more than 32 characters'], lifetimeSeconds: 300 },
    },
  };
  const client = new ApiClient(options);
  const verifyRequest = async (proof = {}) =>
    client.verifyRequest((await createBoundRequest(tenant, { proof })).request);
  const before = await verifyRequest().catch((error: unknown) => error as { nonce: string });

  options.domains[0] = 'evil.example';
  options.audience.splice(0, 1, 'https://other.example');
  options.algorithms.push('RS256');
  options.algorithms.shift();
  options.clockToleranceSeconds = 60;
  options.realm = 'mine';
  options.clientId = 'other';
  options.dpop.mode = 'disabled';
  options.dpop.algorithms.push('RS256');
  options.dpop.iatOffsetSeconds = 0;
  options.dpop.nonce.secret[0] = 'another nonce secret of more than 32 characters';
  options.dpop.nonce.lifetimeSeconds = 10;

  await expect(verifyRequest()).rejects.toMatchObject({ nonce: before.nonce });
  await expect(verifyRequest({ nonce: before.nonce })).resolves.toMatchObject({ sub: 'auth0|user' });
  const expired = await tenant.issueAccessToken({ expiresInSeconds: -1 });
  await expectRefusal(client.verifyAccessToken({ accessToken: expired }), invalidToken('token_expired'));
  const { headers } = await client
    .verifyRequest({ headers: {} })
    .catch((error: unknown) => error as Response);
  expect(headers).toMatchObject({ 'WWW-Authenticate': 'Bearer realm="orders", DPoP algs="ES256"' });
});
