import { describe, expect, it } from 'vitest';
import {
  ApiClient,
  GetAccessTokenForConnectionError,
  GetTokenByExchangeProfileError,
  getCurrentActor,
  getDelegationChain,
} from '../../src/index.ts';
import { expectRefusal, missingArgument, type Refusal } from '../support/assert-rejects.ts';
import { bearerRequest, NOW_SECONDS, setUp } from '../support/scenario.ts';

const DOWNSTREAM = 'https://billing.example.com';
const { tenant, client, createClient } = setUp();
const downstream = createClient({ audience: DOWNSTREAM });
const forms = () => tenant.requests.filter(({ kind }) => kind === 'token').map(({ form }) => form);
const TYPE = 'urn:example:subject-token';
const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

describe('a token on behalf of a user', () => {
  it('is for the same user and the other API, and names this one as the actor', async () => {
    const received = await tenant.issueAccessToken({ sub: 'auth0|ada', scope: 'read:orders' });
    const claims = await client.verifyRequest(bearerRequest(received));
    expect(getCurrentActor(claims)).toBeUndefined();
    expect(getDelegationChain(claims)).toEqual([]);

    const result = await client.getTokenOnBehalfOf({ accessToken: received, audience: DOWNSTREAM });
    expect(result).toEqual({
      accessToken: expect.any(String) as string,
      expiresIn: 86_400,
      expiresAt: NOW_SECONDS + 86_400,
      scope: 'read:orders',
      tokenType: 'Bearer',
      issuedTokenType: ACCESS_TOKEN_TYPE,
    });
    expect(Object.isFrozen(result)).toBe(true);

    const delegated = await downstream.verifyRequest(bearerRequest(result.accessToken));
    expect(delegated).toMatchObject({ sub: 'auth0|ada', aud: DOWNSTREAM, act: { sub: tenant.clientId } });
    expect(getCurrentActor(delegated)).toBe(tenant.clientId);
    expect(getDelegationChain(delegated)).toEqual([tenant.clientId]);
    await expect(client.verifyAccessToken({ accessToken: result.accessToken })).rejects.toMatchObject({
      reason: 'audience_mismatch',
    });
  });

  it('puts the newest actor before those of the token it was made from', async () => {
    const accessToken = await tenant.issueAccessToken({ act: ['gateway', 'frontend'] });
    const result = await client.getTokenOnBehalfOf({ accessToken, audience: DOWNSTREAM });
    const claims = await downstream.verifyAccessToken({ accessToken: result.accessToken });
    expect(getCurrentActor(claims)).toBe(tenant.clientId);
    expect(getDelegationChain(claims)).toEqual([tenant.clientId, 'gateway', 'frontend']);
  });

  it('may be exchanged again, one actor after the other', async () => {
    const clients = ['gateway', 'orders', 'billing'].map((clientId) => ({
      clientId,
      clientSecret: `${clientId}!`,
    }));
    const { tenant: several, createClient: createSeveral } = setUp({ tenant: { clients } });
    let accessToken = await several.issueAccessToken({ sub: 'auth0|ada' });
    for (const credentials of clients) {
      const service = createSeveral(credentials);
      accessToken = (await service.getTokenOnBehalfOf({ accessToken, audience: DOWNSTREAM })).accessToken;
    }
    const claims = await createSeveral({ audience: DOWNSTREAM }).verifyAccessToken({ accessToken });
    expect(claims.sub).toBe('auth0|ada');
    expect(getDelegationChain(claims)).toEqual(['billing', 'orders', 'gateway']);
  });

  it('is asked for with the scope that is given', async () => {
    tenant.clearRequests();
    const accessToken = await tenant.issueAccessToken({ scope: 'read write' });
    const result = await client.getTokenOnBehalfOf({ accessToken, audience: DOWNSTREAM, scope: 'read' });
    expect(result.scope).toBe('read');
    expect({ ...forms()[0] }).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: accessToken,
      subject_token_type: ACCESS_TOKEN_TYPE,
      requested_token_type: ACCESS_TOKEN_TYPE,
      audience: DOWNSTREAM,
      scope: 'read',
    });
    expect(tenant.requests.at(-1)?.headers.authorization).toMatch(/^Basic /);
  });

  it('is not asked for with the proof or the key of whoever called', async () => {
    const key = tenant.createDpopKey();
    const accessToken = await tenant.issueAccessToken({ dpopKey: key });
    tenant.clearRequests();
    const result = await client.getTokenOnBehalfOf({ accessToken, audience: DOWNSTREAM });
    expect(tenant.requests.every(({ headers }) => !('dpop' in headers))).toBe(true);
    const claims = await downstream.verifyAccessToken({ accessToken: result.accessToken });
    expect(claims.cnf).toBeUndefined();
  });
});

describe('a token by an exchange profile', () => {
  it('is for the user the other token stands for', async () => {
    const result = await client.getTokenByExchangeProfile({
      subjectToken: 'user:legacy|7',
      subjectTokenType: TYPE,
      audience: DOWNSTREAM,
      scope: 'read',
    });
    expect(result).toMatchObject({ scope: 'read', tokenType: 'Bearer', expiresAt: NOW_SECONDS + 86_400 });
    expect(Object.keys(result)).not.toContain('idToken');
    await expect(downstream.verifyAccessToken({ accessToken: result.accessToken })).resolves.toMatchObject({
      sub: 'legacy|7',
      aud: DOWNSTREAM,
      scope: 'read',
    });
  });

  it('may bring an ID token and a refresh token', async () => {
    const result = await client.getTokenByExchangeProfile({
      subjectToken: 'user:ada',
      subjectTokenType: TYPE,
      scope: 'openid offline_access',
    });
    expect(result.idToken?.split('.')).toHaveLength(3);
    expect(result.refreshToken).toMatch(/^v1\./);
  });

  it('sends what it is given, and nothing that is undefined', async () => {
    tenant.clearRequests();
    await client.getTokenByExchangeProfile({
      subjectToken: 'user:ada',
      subjectTokenType: TYPE,
      audience: undefined,
      scope: undefined,
      actorToken: 'user:bot',
      actorTokenType: TYPE,
      organization: 'org_1',
      extra: { tenant_hint: 'eu', tags: ['a', 'b'], retries: 2, dry_run: false, nothing: undefined },
    });
    expect({ ...forms()[0] }).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      ...{
        subject_token: 'user:ada',
        subject_token_type: TYPE,
        actor_token: 'user:bot',
        actor_token_type: TYPE,
      },
      organization: 'org_1',
      tenant_hint: 'eu',
      tags: ['a', 'b'],
      retries: '2',
      dry_run: 'false',
    });
  });
});

describe('a token of a connection', () => {
  it('is that of the identity provider, with what was asked for', async () => {
    const accessToken = await tenant.issueAccessToken();
    const result = await client.getAccessTokenForConnection({
      connection: 'google-oauth2',
      accessToken,
      loginHint: 'ada@example.com',
    });
    expect(result).toEqual({
      accessToken: expect.stringMatching(/^google-oauth2\./) as string,
      expiresAt: NOW_SECONDS + 3600,
      scope: 'openid email profile',
      connection: 'google-oauth2',
      loginHint: 'ada@example.com',
    });
    expect(Object.isFrozen(result)).toBe(true);
    expect({ ...forms().at(-1) }).toMatchObject({
      subject_token_type: ACCESS_TOKEN_TYPE,
      connection: 'google-oauth2',
      login_hint: 'ada@example.com',
    });
  });

  it('has no login hint when none was given', async () => {
    const accessToken = await tenant.issueAccessToken();
    const result = await client.getAccessTokenForConnection({ connection: 'google-oauth2', accessToken });
    expect(result).not.toHaveProperty('loginHint');
  });
});

describe('what cannot be sent', () => {
  const methods = {
    getTokenOnBehalfOf: { accessToken: 'a.b.c', audience: DOWNSTREAM },
    getTokenByExchangeProfile: { subjectToken: 'user:ada', subjectTokenType: TYPE },
    getAccessTokenForConnection: { connection: 'google-oauth2', accessToken: 'a.b.c' },
  } as const;
  type Method = keyof typeof methods;
  const METHODS = Object.keys(methods) as Method[];
  /** The methods as programs in JavaScript call them. */
  const call = (of: ApiClient, method: Method, options: unknown) =>
    (of as unknown as Record<Method, (given: unknown) => Promise<unknown>>)[method](options);
  const refusal = (method: Method, reason: Refusal['reason']): Refusal =>
    method === 'getAccessTokenForConnection'
      ? {
          type: GetAccessTokenForConnectionError,
          reason,
          statusCode: 400,
          code: 'get_access_token_for_connection_error',
        }
      : {
          type: GetTokenByExchangeProfileError,
          reason,
          statusCode: 400,
          code: 'get_token_by_exchange_profile_error',
        };

  it.each(METHODS.flatMap((method) => Object.keys(methods[method]).map((name) => [method, name] as const)))(
    '%s needs %s',
    async (method, name) => {
      tenant.clearRequests();
      for (const nothing of [undefined, null, '']) {
        const options = { ...methods[method], [name]: nothing };
        await expectRefusal(call(createClient(), method, options), missingArgument(name));
      }
      expect(tenant.requests).toEqual([]);
    },
  );

  it.each(METHODS)('%s needs the credentials of a client', async (method) => {
    const { domain, audience, fetch: customFetch, clientId, clientSecret } = tenant;
    tenant.clearRequests();
    for (const [name, credentials] of [
      ['clientId', { domain }],
      ['clientSecret', { domain, clientId }],
      ['clientId', { domain, clientSecret }],
      ['domain', { domains: [domain], clientSecret }],
    ] as const) {
      const bare = new ApiClient({ audience, customFetch, ...credentials });
      const error = await expectRefusal(
        call(bare, method, methods[method]),
        refusal(method, 'missing_client_credentials'),
      );
      expect(error.cause).toEqual({ name });
    }
    expect(tenant.requests).toEqual([]);
  });

  it.each<[Method, object, Refusal['reason']]>([
    ['getTokenOnBehalfOf', { accessToken: '  ' }, 'subject_token_invalid'],
    ['getTokenOnBehalfOf', { accessToken: 'Bearer a.b.c' }, 'subject_token_invalid'],
    ['getTokenOnBehalfOf', { accessToken: ' a.b.c' }, 'subject_token_invalid'],
    ['getTokenOnBehalfOf', { accessToken: 7 }, 'subject_token_invalid'],
    ['getTokenOnBehalfOf', { scope: '' }, 'invalid_parameter'],
    ['getTokenOnBehalfOf', { audiance: DOWNSTREAM }, 'invalid_parameter'],
    ['getTokenByExchangeProfile', { subjectToken: '\t' }, 'subject_token_invalid'],
    ['getTokenByExchangeProfile', { actorToken: 'user:bot' }, 'invalid_parameter'],
    ['getTokenByExchangeProfile', { actorTokenType: TYPE }, 'invalid_parameter'],
    ['getTokenByExchangeProfile', { extra: { Audience: 'x' } }, 'reserved_parameter'],
    ['getTokenByExchangeProfile', { extra: { client_secret: 'x' } }, 'reserved_parameter'],
    ['getTokenByExchangeProfile', { extra: { list: Array(21).fill('x') } }, 'invalid_parameter'],
    ['getTokenByExchangeProfile', { extra: { number: Number.NaN } }, 'invalid_parameter'],
    ['getTokenByExchangeProfile', { extra: { object: {} } }, 'invalid_parameter'],
    ['getAccessTokenForConnection', { accessToken: 'DPoP a.b.c' }, 'subject_token_invalid'],
    ['getAccessTokenForConnection', { loginHint: 7 }, 'invalid_parameter'],
  ])('%s refuses %j', async (method, options, reason) => {
    tenant.clearRequests();
    const refused = call(createClient(), method, { ...methods[method], ...options });
    await expectRefusal(refused, refusal(method, reason));
    expect(tenant.requests).toEqual([]);
  });

  it.each(METHODS)('%s needs an issuer with a token endpoint', async (method) => {
    const other = setUp({ tenant: { discovery: { token_endpoint: undefined } } });
    await expectRefusal(
      call(other.client, method, methods[method]),
      refusal(method, 'token_endpoint_missing'),
    );
    expect(other.tenant.requests.map(({ kind }) => kind)).toEqual(['discovery']);
  });
});
