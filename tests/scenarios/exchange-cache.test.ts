import { beforeEach, describe, expect, it } from 'vitest';
import {
  ApiClient,
  type ApiClientEvent,
  ApiError,
  GetTokenByExchangeProfileError,
  type GetTokenOnBehalfOfOptions,
} from '../../src/index.ts';
import { expectRefusal, rejectionOf } from '../support/assert-rejects.ts';
import { NOW_SECONDS, type Scenario, setUp } from '../support/scenario.ts';

const AUDIENCE = 'https://billing.example.com';

let scenario: Scenario;
let accessToken: string;
beforeEach(async () => {
  scenario = setUp();
  accessToken = await scenario.tenant.issueAccessToken();
});

const tokenRequests = () => scenario.tenant.requests.filter(({ kind }) => kind === 'token').length;
const exchange = (options: Partial<GetTokenOnBehalfOfOptions> = {}, client: ApiClient = scenario.client) =>
  client.getTokenOnBehalfOf({ accessToken, audience: AUDIENCE, ...options });

describe('the very same call', () => {
  it('costs one request, and counts down what is left', async () => {
    const first = await exchange();
    scenario.clock.advance(100.5);
    const second = await exchange();
    expect(second).toEqual({ ...first, expiresIn: first.expiresIn - 100 });
    expect(second.expiresAt).toBe(NOW_SECONDS + 86_400);
    expect(Object.isFrozen(second)).toBe(true);
    expect(tokenRequests()).toBe(1);
  });

  it('costs one request for all who ask at once', async () => {
    const results = await Promise.all(Array.from({ length: 50 }, () => exchange()));
    expect(new Set(results.map((result) => result.accessToken)).size).toBe(1);
    expect(tokenRequests()).toBe(1);
  });

  it('is asked anew after ten minutes, for a blocked user must not live on', async () => {
    await exchange();
    scenario.clock.advance(599);
    await exchange();
    expect(tokenRequests()).toBe(1);
    scenario.clock.advance(1);
    await exchange();
    expect(tokenRequests()).toBe(2);
  });

  it.each([
    ['maxAgeSeconds', { maxAgeSeconds: 30 }, 86_400, 86_400, 30],
    ['a minute before the new token ends', { maxAgeSeconds: 86_400 }, 300, 86_400, 240],
    ['a minute before the subject token ends', { maxAgeSeconds: 86_400 }, 86_400, 200, 140],
  ])('is kept until %s', async (_title, onBehalfOfCache, expires_in, expiresInSeconds, seconds) => {
    const client = scenario.createClient({ onBehalfOfCache });
    accessToken = await scenario.tenant.issueAccessToken({ expiresInSeconds });
    scenario.tenant.fail('token', { body: { access_token: 'downstream', expires_in } });
    await exchange({}, client);
    scenario.clock.advance(seconds - 1);
    await exchange({}, client);
    expect(tokenRequests()).toBe(1);
    scenario.clock.advance(1);
    await exchange({}, client);
    expect(tokenRequests()).toBe(2);
  });

  it.each([0, 1, 60, '0'])('is not kept when the token lives for %j seconds', async (expires_in) => {
    scenario.tenant.fail('token', { body: { access_token: 'downstream', expires_in } });
    await exchange();
    await exchange();
    expect(tokenRequests()).toBe(2);
  });

  it.each([
    ['ends as text', { exp: '1999999999' }],
    ['has ended', { exp: NOW_SECONDS - 1 }],
    ['ends in a minute', { exp: NOW_SECONDS + 60 }],
    ['ends at null', { exp: null }],
  ])('is not kept when the subject token %s', async (_title, claims) => {
    accessToken = await scenario.tenant.issueAccessToken({ claims });
    scenario.tenant.fail('token', { body: { access_token: 'downstream' } });
    await exchange();
    await exchange();
    expect(tokenRequests()).toBe(2);
  });

  it.each(['opaque', 'a.b', 'a.b.c.d.e'])(
    'is kept when the subject token does not say: %s',
    async (token) => {
      accessToken = token;
      scenario.tenant.fail('token', { body: { access_token: 'downstream' } });
      await exchange();
      await exchange();
      expect(tokenRequests()).toBe(1);
    },
  );

  it('is not kept when the subject token looks like a JWT and cannot be read', async () => {
    accessToken = 'a.b.c';
    scenario.tenant.fail('token', { body: { access_token: 'downstream' } });
    await exchange();
    await exchange();
    expect(tokenRequests()).toBe(2);
  });

  it('is kept no longer because the clock was set back', async () => {
    const first = await exchange();
    scenario.clock.advance(-3600);
    const second = await exchange();
    expect(second.expiresIn).toBe(first.expiresIn);
    scenario.clock.advance(599);
    await exchange();
    expect(tokenRequests()).toBe(1);
    scenario.clock.advance(1);
    await exchange();
    expect(tokenRequests()).toBe(2);
  });

  it('is forgotten for others that are used more', async () => {
    const client = scenario.createClient({ onBehalfOfCache: { maxEntries: 2 } });
    for (const scope of ['a', 'b', 'a', 'c', 'a', 'b']) await exchange({ scope }, client);
    expect(tokenRequests()).toBe(4);
  });
});

describe('what is never shared', () => {
  it('is a token between users, scopes, audiences, organizations, resources and details', async () => {
    const other = await scenario.tenant.issueAccessToken({ sub: 'auth0|other' });
    const calls: Partial<GetTokenOnBehalfOfOptions>[] = [
      {},
      { accessToken: other },
      { audience: `${AUDIENCE}/` },
      { scope: 'a b' },
      { scope: 'b a' },
      { scope: 'a  b' },
      { organization: 'org_1' },
      { resource: 'https://a.example' },
      { resource: ['https://a.example', 'https://b.example'] },
      { resource: ['https://b.example', 'https://a.example'] },
      { authorizationDetails: [{ type: 'a' }] },
      { authorizationDetails: [{ type: 'a', b: 1 }] },
    ];
    scenario.tenant.fail('token', (request) =>
      request.text().then((form) => Response.json({ access_token: btoa(form).slice(0, 9000) })),
    );
    const tokens = [];
    for (const call of calls) tokens.push((await exchange(call)).accessToken);
    expect(new Set(tokens).size).toBe(calls.length);
    const sent = tokenRequests();
    expect(sent).toBe(calls.length);
    for (const [at, call] of calls.entries()) expect((await exchange(call)).accessToken).toBe(tokens[at]);
    expect(tokenRequests()).toBe(sent);
  });

  it('is a failure, whoever waited for it', async () => {
    scenario.tenant.fail('token', 500);
    const outcomes = await Promise.allSettled([exchange(), exchange(), exchange()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    scenario.tenant.recover();
    const sent = tokenRequests();
    await expect(exchange()).resolves.toMatchObject({ tokenType: 'Bearer' });
    expect(tokenRequests()).toBe(sent + 1);
  });

  it('is a token by an exchange profile or of a connection', async () => {
    const { client } = scenario;
    const byProfile = () =>
      client.getTokenByExchangeProfile({
        subjectToken: 'user:ada',
        subjectTokenType: 'urn:example:subject-token',
      });
    const forConnection = () =>
      client.getAccessTokenForConnection({ connection: 'google-oauth2', accessToken });
    await Promise.all([byProfile(), byProfile(), forConnection(), forConnection()]);
    expect(tokenRequests()).toBe(4);
  });

  it('is a request that was not answered in time', async () => {
    const client = scenario.createClient({ timeoutSeconds: 0.05 });
    scenario.tenant.fail('token', 'hang', { times: 1 });
    expect(await rejectionOf(exchange({}, client))).toMatchObject({
      reason: 'upstream_timeout',
      statusCode: 504,
    });
    await expect(exchange({}, client)).resolves.toMatchObject({ tokenType: 'Bearer' });
  });
});

describe('cache', () => {
  it.each([false, 'refresh'] as const)('%j asks although a token is kept', async (cache) => {
    const first = await exchange();
    const second = await exchange({ cache });
    expect(second.accessToken).not.toBe(first.accessToken);
    expect(tokenRequests()).toBe(2);
  });

  it('false leaves what is kept as it was', async () => {
    const first = await exchange();
    await exchange({ cache: false });
    expect((await exchange()).accessToken).toBe(first.accessToken);
    expect(tokenRequests()).toBe(2);
  });

  it('false keeps nothing, and joins nobody', async () => {
    await Promise.all([exchange({ cache: false }), exchange({ cache: false })]);
    await exchange();
    expect(tokenRequests()).toBe(3);
  });

  it("'refresh' puts the new token in place of the old", async () => {
    await exchange();
    const second = await exchange({ cache: 'refresh' });
    expect((await exchange()).accessToken).toBe(second.accessToken);
    expect(tokenRequests()).toBe(2);
  });

  it("'refresh' puts an end to the old token, also when the new one lives too short a time to be kept", async () => {
    scenario.tenant.fail('token', { body: { access_token: 'refused', expires_in: 3600 } });
    await exchange();
    scenario.tenant.fail('token', { body: { access_token: 'brief', expires_in: 30 } });
    await expect(exchange({ cache: 'refresh' })).resolves.toMatchObject({ accessToken: 'brief' });
    await expect(exchange()).resolves.toMatchObject({ accessToken: 'brief' });
    expect(tokenRequests()).toBe(3);
  });

  it("'refresh' costs one request for all whose token was refused at once", async () => {
    const events: ApiClientEvent[] = [];
    const client = scenario.createClient({ onEvent: (event) => events.push(event) });
    const first = await exchange({}, client);
    const refresh = () => exchange({ cache: 'refresh' }, client);
    const tokens = (await Promise.all(Array.from({ length: 50 }, refresh))).map((found) => found.accessToken);
    expect(new Set(tokens).size).toBe(1);
    expect(tokens).not.toContain(first.accessToken);
    expect(tokenRequests()).toBe(2);
    const sources = events.map((event) => (event.type === 'exchange_done' ? event.source : undefined));
    expect(sources.filter((source) => source === 'network')).toHaveLength(2);
    expect((await refresh()).accessToken).not.toBe(tokens[0]);
    expect(tokenRequests()).toBe(3);
  });

  it.each([0, 'false', null, 'no', {}])('refuses %j', async (cache) => {
    const options: object = { accessToken, audience: AUDIENCE, cache };
    await expectRefusal(scenario.client.getTokenOnBehalfOf(options as GetTokenOnBehalfOfOptions), {
      type: GetTokenByExchangeProfileError,
      code: 'get_token_by_exchange_profile_error',
      reason: 'invalid_parameter',
      statusCode: 400,
      message: '`cache`',
    });
    expect(tokenRequests()).toBe(0);
  });

  it('as an option of the client, false asks each time', async () => {
    const client = scenario.createClient({ onBehalfOfCache: false });
    await Promise.all([exchange({}, client), exchange({}, client)]);
    expect(tokenRequests()).toBe(2);
  });
});

describe('events', () => {
  it('say whether a request was sent', async () => {
    const events: ApiClientEvent[] = [];
    const client = scenario.createClient({ onEvent: (event) => events.push(event) });
    await Promise.all([exchange({}, client), exchange({}, client)]);
    await exchange({}, client);
    await exchange({ cache: false }, client);
    const sources = events.map((event) => (event.type === 'exchange_done' ? event.source : undefined));
    expect(sources.filter((source) => source !== undefined).sort()).toEqual([
      'cache',
      'cache',
      'network',
      'network',
    ]);
    expect(JSON.stringify(events)).not.toContain(accessToken);
  });
});

describe('verifySubjectToken', () => {
  it('lets a valid token through, and looks at it each time', async () => {
    await exchange({ verifySubjectToken: true });
    await exchange({ verifySubjectToken: true });
    expect(tokenRequests()).toBe(1);
    scenario.clock.advance(86_400);
    await expect(exchange({ verifySubjectToken: true })).rejects.toMatchObject({
      name: 'VerifyAccessTokenError',
      reason: 'token_expired',
      statusCode: 401,
    });
    expect(tokenRequests()).toBe(1);
  });

  it.each([
    ['another audience', { audience: 'https://other.example' }, 'audience_mismatch'],
    ['a token that has expired', { expiresInSeconds: -5 }, 'token_expired'],
  ])('refuses %s as verification does, and sends nothing', async (_title, token, reason) => {
    accessToken = await scenario.tenant.issueAccessToken(token);
    await expect(exchange({ verifySubjectToken: true })).rejects.toMatchObject({
      name: 'VerifyAccessTokenError',
      code: 'invalid_token',
      reason,
      statusCode: 401,
    });
    expect(tokenRequests()).toBe(0);
  });

  it('is no help for a token that was tampered with, kept or not', async () => {
    await exchange();
    accessToken = `${accessToken.slice(0, -6)}AAAAAA`;
    await expect(exchange({ verifySubjectToken: true })).rejects.toMatchObject({
      reason: 'signature_invalid',
    });
    expect(tokenRequests()).toBe(1);
  });

  it('sees no certificate, and refuses where one is required', async () => {
    const client = scenario.createClient({ requireCertificateBinding: true });
    accessToken = await scenario.tenant.issueAccessToken({ claims: { cnf: { 'x5t#S256': 'A'.repeat(43) } } });
    await expect(exchange({ verifySubjectToken: true }, client)).rejects.toMatchObject({
      name: 'VerifyAccessTokenError',
      reason: 'client_certificate_missing',
      statusCode: 401,
    });
    expect(tokenRequests()).toBe(0);
  });

  it('is off by default', async () => {
    accessToken = await scenario.tenant.issueAccessToken({ audience: 'https://other.example' });
    await expect(exchange()).resolves.toMatchObject({ tokenType: 'Bearer' });
    await expect(exchange({ verifySubjectToken: false })).resolves.toMatchObject({ tokenType: 'Bearer' });
  });

  it.each(['true', 1, null])('refuses %j, which might mean anything', async (verifySubjectToken) => {
    const options: object = { accessToken, audience: AUDIENCE, verifySubjectToken };
    await expect(
      scenario.client.getTokenOnBehalfOf(options as GetTokenOnBehalfOfOptions),
    ).rejects.toMatchObject({ reason: 'invalid_parameter', statusCode: 400 });
    expect(scenario.tenant.requests).toEqual([]);
  });
});

describe('hostile answers', () => {
  const nested = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
  it.each([
    ['a token of 1 MiB', JSON.stringify({ access_token: 'a'.repeat(1024 * 1024 - 100) })],
    ['a line break in the token', JSON.stringify({ access_token: 'a\r\nX: y' })],
    ['a control character in the token', JSON.stringify({ access_token: 'a\u0000' })],
    ['a token of another type', JSON.stringify({ access_token: 'a', token_type: 'mac' })],
    ['something that is no token', JSON.stringify({ access_token: 'a', token_type: 'N_A' })],
    ['a bound token that nobody asked for', JSON.stringify({ access_token: 'a', token_type: 'DPoP' })],
    ['a token inside deep JSON', `{"x":${nested}}`],
    ['a prototype in place of a token', '{"__proto__":{"access_token":"a"}}'],
    ['more than 1 MiB', JSON.stringify({ access_token: 'a', x: 'y'.repeat(1024 * 1024) })],
  ])('are refused and not kept: %s', async (_title, body) => {
    scenario.tenant.fail('token', { body }, { times: 1 });
    expect(await rejectionOf(exchange())).toMatchObject({
      constructor: ApiError,
      reason: 'upstream_invalid_answer',
      statusCode: 502,
      retryable: false,
    });
    await expect(exchange()).resolves.toMatchObject({ tokenType: 'Bearer' });
  });

  it('are refused when they redirect, and nothing follows', async () => {
    scenario.tenant.fail('token', 'redirect', { times: 1 });
    expect(await rejectionOf(exchange())).toMatchObject({ constructor: ApiError, statusCode: 302 });
    expect(scenario.tenant.requests.filter(({ kind }) => kind === 'token')).toHaveLength(1);
  });
});
