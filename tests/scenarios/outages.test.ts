import { describe, expect, it, vi } from 'vitest';
import type { ErrorReason } from '../../src/index.ts';
import type { Failure, FailureTarget, TestTenant } from '../../src/testing/index.ts';
import { expectRefusal, outage, rejectionOf } from '../support/assert-rejects.ts';
import { bearerRequest, setUp } from '../support/scenario.ts';

/** Short where nothing else ends the wait; otherwise the default, so that a slow machine fails no test. */
const timeoutSeconds = (failure: string) => (['hang', 'slow'].includes(failure) ? 0.1 : 10);
const FAILURES: [name: string, how: Failure][] = [
  ...(['network', 'hang', 'html', 'truncated', 'empty', 'redirect', 'endless', 'slow'] as const).map(
    (name): [string, Failure] => [name, name],
  ),
  ...[201, 204, 301, 304, 400, 401, 403, 404, 410, 429, 500, 502, 503, 504].map(
    (status): [string, Failure] => [String(status), status],
  ),
  ['a thrown error', () => Promise.reject(new Error('the socket is gone'))],
  ['an empty body', { body: '' }],
  ['null', { body: 'null' }],
  ['a list', { body: [] }],
  ['a text', { body: '"text"' }],
  ['bytes that are no UTF-8', () => new Response(new Uint8Array([0x7b, 0xff, 0x7d]))],
];
const BY_TARGET: [FailureTarget, string, Failure, 'discovery_unavailable' | 'jwks_unavailable'][] = [
  ...FAILURES.map(
    ([name, how]) => ['discovery', name, how, 'discovery_unavailable'] as (typeof BY_TARGET)[number],
  ),
  ['discovery', 'wrong-issuer', 'wrong-issuer', 'discovery_unavailable'],
  ...FAILURES.map(([name, how]) => ['jwks', name, how, 'jwks_unavailable'] as (typeof BY_TARGET)[number]),
  ['jwks', 'keys that are no list', { body: { keys: { 0: {} } } }, 'jwks_unavailable'],
  ['jwks', 'keys that nobody can use', { body: { keys: [null, 7, {}, { kty: 'oct' }] } }, 'jwks_unavailable'],
];
const sent = (tenant: TestTenant) => tenant.requests.map(({ kind }) => kind);
const DAY = 24 * 60 * 60;

describe('an outage before anything is known', () => {
  it.each(BY_TARGET)(
    'of %s by %s is a 503, and over when the back-off is',
    async (target, name, how, reason) => {
      const { tenant, client, clock } = setUp({ client: { timeoutSeconds: timeoutSeconds(name) } });
      const accessToken = await tenant.issueAccessToken();
      tenant.fail(target, how);
      const error = await expectRefusal(client.verifyRequest(bearerRequest(accessToken)), outage(reason));
      expect(error.retryAfterSeconds).toBe(1);
      expect(error.cause).toBeInstanceOf(Error);

      // Who comes earlier is answered at once, and nothing is sent.
      tenant.clearRequests();
      await expectRefusal(client.verifyAccessToken({ accessToken }), outage(reason));
      expect(sent(tenant)).toEqual([]);
      tenant.recover();
      clock.advance(error.retryAfterSeconds);
      await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
    },
  );

  it('backs off twice as long after each failure, up to 30 s', async () => {
    const { tenant, client, clock } = setUp();
    const accessToken = await tenant.issueAccessToken();
    tenant.fail('discovery', 400);
    const waits: string[] = [];
    for (let failures = 0; failures < 8; failures += 1) {
      const error = await rejectionOf(client.verifyAccessToken({ accessToken }));
      waits.push(error.headers['Retry-After'] ?? '');
      clock.advance(Number(waits.at(-1)) - 0.001);
      const early = await rejectionOf(client.verifyAccessToken({ accessToken }));
      expect(early.headers).toEqual({ 'Retry-After': '1' });
      clock.advance(0.001);
    }
    expect(waits).toEqual(['1', '2', '4', '8', '16', '30', '30', '30']);
    expect(tenant.requests).toHaveLength(8);
  });

  it.each([
    [{ 'retry-after': '120' }, 120],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:02:00 GMT' }, 120],
    [{ 'retry-after': '0' }, 1],
    [{ 'retry-after': 'soon' }, 1],
    [{ 'retry-after': '-5' }, 1],
  ])('waits as long as the server asks: %j', async (headers, seconds) => {
    const { tenant, client } = setUp();
    tenant.fail('jwks', { status: 503, headers });
    const verification = client.verifyAccessToken({ accessToken: await tenant.issueAccessToken() });
    const error = await expectRefusal(verification, outage('jwks_unavailable', seconds));
    expect(error.retryAfterSeconds).toBe(seconds);
  });

  it('that passes within one load is not noticed', async () => {
    const { tenant, client } = setUp();
    tenant.fail('discovery', 500, { times: 1 });
    tenant.fail('jwks', 'network', { times: 1 });
    const accessToken = await tenant.issueAccessToken();
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
    expect(sent(tenant)).toEqual(['discovery', 'discovery', 'jwks', 'jwks']);
  });

  it('fails warmUp and the exchange in the same way', async () => {
    const { tenant, client } = setUp();
    tenant.fail('discovery', 404);
    await expectRefusal(client.warmUp(), outage('discovery_unavailable'));
    const exchange = client.getTokenOnBehalfOf({ accessToken: 'a', audience: 'b' });
    await expectRefusal(exchange, outage('discovery_unavailable'));
    expect(sent(tenant)).toEqual(['discovery']);
  });
});

describe('an outage after the keys are known', () => {
  it.each(BY_TARGET)('of %s by %s is not noticed by anyone', async (target, name, how) => {
    const { tenant, client, clock } = setUp({ client: { timeoutSeconds: timeoutSeconds(name) } });
    const accessToken = await tenant.issueAccessToken();
    const verify = () => client.verifyAccessToken({ accessToken });
    await verify();
    tenant.fail(target, how);
    // Past the age and the time of background refreshes: this one waits for the refresh, which fails.
    clock.advance(15 + 600 + 1);
    await expect(verify()).resolves.toMatchObject({ sub: 'auth0|user' });
    // During the back-off nothing is waited for.
    await expect(verify()).resolves.toMatchObject({ sub: 'auth0|user' });
    tenant.recover();
    clock.advance(31);
    await expect(verify()).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  const long = { tenant: { tokenLifetimeSeconds: 9 * DAY } };
  it.each<[string, Failure, string | false, number]>([
    ['the server allows a day', 500, 'max-age=15, stale-if-error=86400', 15 + DAY],
    ['the server allows a week', 500, `max-age=15, stale-if-error=${7 * DAY}`, 15 + DAY],
    ['the server says nothing', 500, 'max-age=15', 15 + 3600],
    ['the server sends no Cache-Control', 'network', false, 600 + 3600],
    ['the document is gone', 404, 'max-age=15, stale-if-error=86400', 15 + 3600],
    ['the document is gone for good', 410, 'max-age=15, stale-if-error=86400', 15 + 3600],
    ['the set is empty', 'empty', 'max-age=15, stale-if-error=86400', 15 + 3600],
  ])('ends the service when %s and the time is over', async (_when, how, cacheControl, seconds) => {
    const { tenant, client, clock } = setUp({ tenant: { ...long.tenant, cacheControl } });
    const accessToken = await tenant.issueAccessToken();
    await client.verifyAccessToken({ accessToken });
    tenant.fail('jwks', how);
    clock.advance(seconds - 40);
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
    clock.advance(40 - 0.001);
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
    clock.advance(0.001);
    await expect(client.verifyAccessToken({ accessToken })).rejects.toMatchObject({
      code: 'issuer_unavailable',
      reason: 'jwks_unavailable' satisfies ErrorReason,
      statusCode: 503,
    });
    tenant.recover();
    clock.advance(31);
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it('is a 503 for a kid that could not be looked up, and a 401 for none', async () => {
    const { tenant, client, clock } = setUp();
    const accessToken = await tenant.issueAccessToken();
    await client.verifyAccessToken({ accessToken });
    tenant.rotateKeys({ keepPrevious: true });
    tenant.fail('jwks', 500);
    const rotated = await tenant.issueAccessToken();
    await expectRefusal(client.verifyAccessToken({ accessToken: rotated }), outage('jwks_unavailable'));
    // Nor is it a 401 while no other look is due: nobody has found out yet that the kid is unknown.
    await expect(client.verifyAccessToken({ accessToken: rotated })).rejects.toMatchObject({
      reason: 'jwks_unavailable',
      statusCode: 503,
    });
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
    tenant.recover();
    clock.advance(30);
    await expect(client.verifyAccessToken({ accessToken: rotated })).resolves.toMatchObject({
      sub: 'auth0|user',
    });
  });

  it('never ends in an unhandled rejection when it is met in the background', async () => {
    const { tenant, client, clock } = setUp();
    const accessToken = await tenant.issueAccessToken();
    await client.verifyAccessToken({ accessToken });
    tenant.fail('jwks', 400);
    tenant.fail('discovery', 400);
    tenant.clearRequests();
    clock.advance(16);
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
    await vi.waitFor(() => {
      expect(sent(tenant).toSorted()).toEqual(['discovery', 'jwks']);
    });
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
  });
});

describe('documents that must not be trusted', () => {
  it.each<[string, Record<string, unknown>]>([
    ['a jwks_uri without TLS', { jwks_uri: 'http://tenant.auth0.test/.well-known/jwks.json' }],
    ['a jwks_uri with credentials', { jwks_uri: 'https://user:password@tenant.auth0.test/jwks' }],
    ['a relative jwks_uri', { jwks_uri: '/.well-known/jwks.json' }],
    ['a jwks_uri that is a list', { jwks_uri: ['https://tenant.auth0.test/.well-known/jwks.json'] }],
    ['a jwks_uri of another scheme', { jwks_uri: 'data:application/json,{"keys":[]}' }],
    ['no jwks_uri', { jwks_uri: undefined }],
    ['no issuer', { issuer: undefined }],
    ['an issuer that is a list', { issuer: ['https://tenant.auth0.test/'] }],
    ['another issuer', { issuer: 'https://other.auth0.test/' }],
    ['an issuer with a path', { issuer: 'https://tenant.auth0.test/path/' }],
    ['an issuer without TLS', { issuer: 'http://tenant.auth0.test/' }],
    ['an issuer in another case', { issuer: 'https://TENANT.auth0.test/' }],
  ])('%s in the metadata is an outage, and nothing more is sent', async (_what, discovery) => {
    const { tenant, client } = setUp({ tenant: { discovery } });
    const accessToken = await tenant.issueAccessToken();
    await expectRefusal(client.verifyAccessToken({ accessToken }), outage('discovery_unavailable'));
    expect(sent(tenant)).toEqual(['discovery']);
  });

  it('a token endpoint without TLS gets no secret, and is no reason to refuse a token', async () => {
    for (const token_endpoint of ['http://tenant.auth0.test/oauth/token', '/oauth/token', 7]) {
      const { tenant, client } = setUp({ tenant: { discovery: { token_endpoint } } });
      const accessToken = await tenant.issueAccessToken();
      await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
      await expect(client.getTokenOnBehalfOf({ accessToken, audience: 'b' })).rejects.toMatchObject({
        code: 'get_token_by_exchange_profile_error',
        reason: 'token_endpoint_missing',
        statusCode: 400,
      });
      expect(sent(tenant)).toEqual(['discovery', 'jwks']);
    }
  });

  it('what another host answered is refused although fetch followed the redirect', async () => {
    const { tenant, createClient } = setUp();
    const answer = async (input: string | URL | Request, init?: RequestInit) => {
      const response = await tenant.fetch(input, init);
      return Object.defineProperty(response, 'redirected', { value: true });
    };
    const accessToken = await tenant.issueAccessToken();
    const verification = createClient({ customFetch: answer }).verifyAccessToken({ accessToken });
    await expectRefusal(verification, outage('discovery_unavailable'));
  });

  it('redirects are not followed', async () => {
    for (const target of ['discovery', 'jwks'] as const) {
      const { tenant, client } = setUp();
      const requested: string[] = [];
      tenant.fail(target, (request) => {
        requested.push(request.redirect);
        return new Response(null, { status: 307, headers: { location: 'https://elsewhere.auth0.test/' } });
      });
      const accessToken = await tenant.issueAccessToken();
      await expectRefusal(client.verifyAccessToken({ accessToken }), outage(`${target}_unavailable`));
      expect(requested).toEqual(['manual']);
    }
  });
});
