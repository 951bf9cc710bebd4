import { describe, expect, it } from 'vitest';
import {
  ApiError,
  GetTokenByClientCredentialsError,
  type GetTokenByClientCredentialsOptions,
} from '../../src/index.ts';
import { expectRefusal, missingArgument, rejectionOf } from '../support/assert-rejects.ts';
import { NOW_SECONDS, setUp } from '../support/scenario.ts';

const AUDIENCE = 'https://tenant.auth0.test/api/v2/';

function setUpClient(options = {}) {
  const scenario = setUp({ client: options });
  const forms = () => scenario.tenant.requests.filter(({ kind }) => kind === 'token').map(({ form }) => form);
  return { ...scenario, forms };
}

describe("a token of the client's own", () => {
  it('is for no user, and has exactly its own fields', async () => {
    const { client, createClient, forms, tenant } = setUpClient();
    const result = await client.getTokenByClientCredentials({
      audience: AUDIENCE,
      scope: 'read:connections',
    });
    expect(result).toEqual({
      accessToken: expect.any(String) as string,
      expiresIn: 86_400,
      expiresAt: NOW_SECONDS + 86_400,
      scope: 'read:connections',
      tokenType: 'Bearer',
    });
    expect(Object.isFrozen(result)).toBe(true);
    expect(forms().map((form) => ({ ...form }))).toEqual([
      { grant_type: 'client_credentials', audience: AUDIENCE, scope: 'read:connections' },
    ]);
    const { accessToken } = result;
    await expect(
      createClient({ audience: AUDIENCE }).verifyAccessToken({ accessToken }),
    ).resolves.toMatchObject({ sub: `${tenant.clientId}@clients`, gty: 'client-credentials' });
  });

  it('is for an organization when asked', async () => {
    const { client, forms } = setUpClient();
    await client.getTokenByClientCredentials({ audience: AUDIENCE, organization: 'org_1' });
    expect(forms()).toMatchObject([{ organization: 'org_1' }]);
  });

  it('is kept by the same rules, apart for each scope and organization', async () => {
    const { client, forms, clock } = setUpClient();
    const calls: GetTokenByClientCredentialsOptions[] = [
      { audience: AUDIENCE },
      { audience: AUDIENCE, scope: 'a' },
      { audience: AUDIENCE, organization: 'org_1' },
    ];
    for (const call of [...calls, ...calls]) await client.getTokenByClientCredentials(call);
    expect(forms()).toHaveLength(3);
    await client.getTokenByClientCredentials({ audience: AUDIENCE, cache: false });
    expect(forms()).toHaveLength(4);
    clock.advance(600);
    await client.getTokenByClientCredentials({ audience: AUDIENCE });
    expect(forms()).toHaveLength(5);
  });

  it('is kept longer when that is wanted, but never to its end', async () => {
    const { client, forms, clock } = setUpClient({ onBehalfOfCache: { maxAgeSeconds: 86_400 } });
    const ask = () => client.getTokenByClientCredentials({ audience: AUDIENCE });
    await ask();
    clock.advance(86_400 - 61);
    expect(await ask()).toMatchObject({ expiresIn: 61 });
    clock.advance(1);
    await ask();
    expect(forms()).toHaveLength(2);
  });

  it('is never one of a user, whose call looks much alike', async () => {
    const { client, tenant } = setUpClient();
    const accessToken = await tenant.issueAccessToken();
    const own = await client.getTokenByClientCredentials({ audience: AUDIENCE });
    const users = await client.getTokenOnBehalfOf({ accessToken, audience: AUDIENCE });
    expect(users.accessToken).not.toBe(own.accessToken);
  });
});

describe('a call that is wrong', () => {
  const untyped = (options: unknown) => options as GetTokenByClientCredentialsOptions;

  it.each([undefined, null, ''])('misses its audience: %j', async (audience) => {
    const { client, tenant } = setUpClient();
    const call = client.getTokenByClientCredentials(untyped({ audience }));
    await expectRefusal(call, missingArgument('audience'));
    expect(tenant.requests).toEqual([]);
  });

  it('misses everything', async () => {
    const { client } = setUpClient();
    await expectRefusal(client.getTokenByClientCredentials(untyped(undefined)), missingArgument('audience'));
  });

  it.each<[string, object]>([
    ['audience', { audience: 7 }],
    ['audience', { audience: ' ' }],
    ['scope', { scope: '' }],
    ['scope', { scope: ['a'] }],
    ['organization', { organization: 'a\nb' }],
    ['resource', { resource: 'https://a.example/#b' }],
    ['authorizationDetails', { authorizationDetails: [{}] }],
    ['dpopKey', { dpopKey: {} }],
    ['cache', { cache: 'yes' }],
    ['these options', { accessToken: 'token' }],
    ['these options', { extra: { a: 'b' } }],
    ['these options', { verifySubjectToken: true }],
  ])('has something odd in %s', async (name, options) => {
    const { client, tenant } = setUpClient();
    const call = client.getTokenByClientCredentials(untyped({ audience: AUDIENCE, ...options }));
    await expectRefusal(call, {
      type: GetTokenByClientCredentialsError,
      code: 'get_token_by_client_credentials_error',
      reason: 'invalid_parameter',
      statusCode: 400,
      message: name,
    });
    expect(tenant.requests).toEqual([]);
  });

  it('fails as the other token requests do', async () => {
    const { client, tenant } = setUpClient();
    const headers = { 'x-ratelimit-reset': String(NOW_SECONDS + 12) };
    tenant.fail('token', { status: 429, headers, body: { error: 'too_many_requests' } });
    expect(await rejectionOf(client.getTokenByClientCredentials({ audience: AUDIENCE }))).toMatchObject({
      constructor: ApiError,
      code: 'too_many_requests',
      statusCode: 429,
      retryable: true,
      retryAfterSeconds: 12,
      reauthenticationRequired: false,
      headers: { 'Retry-After': '12' },
      responseStatusCode: 503,
    });
  });
});

describe('waiting', () => {
  it.each<[string, number, Record<string, string>, number | undefined]>([
    ['Retry-After wins', 429, { 'retry-after': '3', 'x-ratelimit-reset': String(NOW_SECONDS + 9) }, 3],
    ['a moment that has passed', 429, { 'x-ratelimit-reset': String(NOW_SECONDS - 9) }, 0],
    ['a moment far away', 429, { 'x-ratelimit-reset': '99999999999' }, 86_400],
    ['no number', 429, { 'x-ratelimit-reset': 'soon' }, undefined],
    ['a fraction', 429, { 'x-ratelimit-reset': '1.5' }, undefined],
    ['a negative number', 429, { 'x-ratelimit-reset': '-1' }, undefined],
    ['a number of many digits', 429, { 'x-ratelimit-reset': '9'.repeat(400) }, undefined],
    ['another status', 403, { 'x-ratelimit-reset': String(NOW_SECONDS + 9) }, undefined],
  ])('is read with care: %s', async (_title, status, headers, retryAfterSeconds) => {
    const { client, tenant } = setUpClient();
    tenant.fail('token', { status, headers });
    const error = await rejectionOf(client.getTokenByClientCredentials({ audience: AUDIENCE }));
    expect(error).toMatchObject({ constructor: ApiError, statusCode: status, retryAfterSeconds });
  });
});
