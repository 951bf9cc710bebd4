import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError, IssuerUnavailableError } from '../../../src/errors/index.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  FAILURES,
  ISSUER,
  METHODS,
  NOW_SECONDS,
  TOKEN_ENDPOINT,
  VALID,
  byProfile,
  forConnection,
  json,
  onBehalfOf,
  rejectionOf,
  setUp,
  type Method,
  type Untyped,
} from './support.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';

let upstream: ReturnType<typeof setUp>;
let untyped: Untyped;
beforeEach(() => {
  upstream = setUp();
  untyped = upstream.exchange as Untyped;
});

function call(method: Method, change: object = {}): Promise<unknown> {
  return untyped[method]({ ...VALID[method], ...change });
}

describe('on the wire', () => {
  it('an exchange on behalf of a user has exactly its own fields', async () => {
    await upstream.exchange.onBehalfOf({ ...onBehalfOf, scope: 'read:a write:b' });
    expect(upstream.sent).toHaveLength(1);
    expect(upstream.sent[0]?.fields).toEqual([
      ['grant_type', EXCHANGE_GRANT],
      ['subject_token_type', ACCESS_TOKEN],
      ['requested_token_type', ACCESS_TOKEN],
      ['subject_token', 'subject-token-1'],
      ['audience', 'https://api.example.com'],
      ['scope', 'read:a write:b'],
    ]);
  });

  it('an exchange by profile has only what was given', async () => {
    await upstream.exchange.byProfile(byProfile);
    expect(upstream.sent[0]?.fields).toEqual([
      ['grant_type', EXCHANGE_GRANT],
      ['subject_token', 'subject-token-1'],
      ['subject_token_type', 'urn:example:legacy'],
    ]);
  });

  it('an exchange by profile has every option', async () => {
    await upstream.exchange.byProfile({
      ...byProfile,
      audience: 'a',
      scope: 's t',
      requestedTokenType: ACCESS_TOKEN,
      actorToken: 'actor-token-1',
      actorTokenType: 'urn:example:actor',
      organization: 'org_1',
      extra: { tenant: 'eu', roles: ['x', 'y'], level: 3, strict: true },
    });
    expect(upstream.sent[0]?.fields).toEqual([
      ['grant_type', EXCHANGE_GRANT],
      ['subject_token', 'subject-token-1'],
      ['subject_token_type', 'urn:example:legacy'],
      ['audience', 'a'],
      ['scope', 's t'],
      ['requested_token_type', ACCESS_TOKEN],
      ['actor_token', 'actor-token-1'],
      ['actor_token_type', 'urn:example:actor'],
      ['organization', 'org_1'],
      ['tenant', 'eu'],
      ['roles', 'x'],
      ['roles', 'y'],
      ['level', '3'],
      ['strict', 'true'],
    ]);
  });

  it('a request for a connection has exactly its own fields', async () => {
    await upstream.exchange.forConnection({ ...forConnection, loginHint: 'user@example.com' });
    expect(upstream.sent[0]?.fields).toEqual([
      ['grant_type', 'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token'],
      ['subject_token_type', ACCESS_TOKEN],
      ['requested_token_type', 'http://auth0.com/oauth/token-type/federated-connection-access-token'],
      ['connection', 'google-oauth2'],
      ['subject_token', 'subject-token-1'],
      ['login_hint', 'user@example.com'],
    ]);
  });

  it.each(METHODS)('%s authenticates the client with Basic and nowhere else', async (method) => {
    await call(method);
    const [request] = upstream.sent;
    expect(request).toMatchObject({ url: TOKEN_ENDPOINT, method: 'POST' });
    const encoded = new URLSearchParams([[CLIENT_ID, CLIENT_SECRET]]).toString().replace('=', ':');
    expect(request?.headers.get('authorization')).toBe(`Basic ${btoa(encoded)}`);
    expect(request?.headers.get('content-type')).toBe('application/x-www-form-urlencoded');
    expect(request?.fields.map(([name]) => name)).not.toContain('client_secret');
    expect(upstream.tokenEndpointOf.mock.calls).toEqual([[ISSUER, false]]);
  });

  it('without a cache, two calls are two requests', async () => {
    await Promise.all([call('onBehalfOf'), call('onBehalfOf')]);
    expect(upstream.sent).toHaveLength(2);
  });
});

describe('results', () => {
  const answer = {
    access_token: 'new-token',
    expires_in: 600,
    scope: 'a b',
    token_type: 'Bearer',
    issued_token_type: ACCESS_TOKEN,
    id_token: 'new-id-token',
    refresh_token: 'new-refresh-token',
  };
  const issued = {
    accessToken: 'new-token',
    expiresIn: 600,
    expiresAt: NOW_SECONDS + 600,
    scope: 'a b',
    tokenType: 'Bearer',
    issuedTokenType: ACCESS_TOKEN,
  };

  it('of an exchange on behalf of a user hold an access token only', async () => {
    expect(await setUp(() => json(answer)).exchange.onBehalfOf(onBehalfOf)).toEqual(issued);
  });

  it('of a profile hold id and refresh token as well', async () => {
    expect(await setUp(() => json(answer)).exchange.byProfile(byProfile)).toEqual({
      ...issued,
      idToken: 'new-id-token',
      refreshToken: 'new-refresh-token',
    });
  });

  it('of a connection name the connection and the login hint', async () => {
    const { exchange } = setUp(() => json(answer));
    expect(await exchange.forConnection({ ...forConnection, loginHint: 'user@example.com' })).toEqual({
      accessToken: 'new-token',
      expiresAt: NOW_SECONDS + 600,
      scope: 'a b',
      connection: 'google-oauth2',
      loginHint: 'user@example.com',
    });
  });

  it('have no members for what is absent', async () => {
    const { exchange } = setUp(() => json({ access_token: 'new-token' }));
    expect(Object.keys(await exchange.forConnection({ ...forConnection, loginHint: undefined }))).toEqual([
      'accessToken',
      'expiresAt',
      'connection',
    ]);
  });

  it.each(METHODS)('of %s are frozen', async (method) => {
    expect(Object.isFrozen(await call(method))).toBe(true);
  });

  it('accept N_A only where no access token was asked for', async () => {
    const { exchange } = setUp(() => json({ access_token: 'new-token', token_type: 'N_A' }));
    const requestedTokenType = 'urn:ietf:params:oauth:token-type:id_token';
    expect(await exchange.byProfile({ ...byProfile, requestedTokenType })).toMatchObject({
      tokenType: 'N_A',
    });
    expect(await rejectionOf(exchange.byProfile(byProfile))).toBeInstanceOf(ApiError);
    expect(await rejectionOf(exchange.onBehalfOf(onBehalfOf))).toBeInstanceOf(ApiError);
    expect(await rejectionOf(exchange.forConnection(forConnection))).toBeInstanceOf(ApiError);
  });
});

describe('client credentials and metadata', () => {
  it.each([
    ['clientId', { client: {} }],
    ['clientId', { client: { clientSecret: CLIENT_SECRET } }],
    ['clientId', { client: { clientId: '', clientSecret: CLIENT_SECRET } }],
    ['clientSecret', { client: { clientId: CLIENT_ID } }],
    ['clientSecret', { client: { clientId: CLIENT_ID, clientSecret: '' } }],
    ['clientSecret', { client: { clientId: CLIENT_ID, clientSecret: undefined } }],
    ['domain', { issuer: undefined }],
  ])('without %s nothing is sent', async (name, overrides) => {
    const { exchange, sent, tokenEndpointOf } = setUp(undefined, overrides);
    for (const method of METHODS) {
      const error = await rejectionOf((exchange as Untyped)[method](VALID[method]));
      expect(error).toBeInstanceOf(FAILURES[method]);
      expect(error).toMatchObject({ reason: 'missing_client_credentials', statusCode: 400, cause: { name } });
    }
    expect(sent).toEqual([]);
    expect(tokenEndpointOf).not.toHaveBeenCalled();
  });

  it('credentials are looked for after the options', async () => {
    const { exchange } = setUp(undefined, { client: {} });
    expect(await rejectionOf(exchange.onBehalfOf({ ...onBehalfOf, accessToken: ' ' }))).toMatchObject({
      reason: 'subject_token_invalid',
    });
  });

  it.each([
    undefined,
    '',
    'not a url',
    '/oauth/token',
    'http://tenant.example.com/oauth/token',
    'https://user:pass@tenant.example.com/oauth/token',
  ])('a token endpoint of %j is none', async (endpoint) => {
    const { exchange, sent } = setUp(undefined, { tokenEndpointOf: () => Promise.resolve(endpoint) });
    for (const method of METHODS) {
      const error = await rejectionOf((exchange as Untyped)[method](VALID[method]));
      expect(error).toBeInstanceOf(FAILURES[method]);
      expect(error).toMatchObject({ reason: 'token_endpoint_missing', statusCode: 400 });
    }
    expect(sent).toEqual([]);
  });

  it('an issuer that cannot be reached is passed on as it is', async () => {
    const outage = new IssuerUnavailableError('discovery_unavailable', 7);
    const { exchange } = setUp(undefined, { tokenEndpointOf: () => Promise.reject(outage) });
    expect(await rejectionOf(exchange.onBehalfOf(onBehalfOf))).toBe(outage);
  });
});
