import { describe, expect, it } from 'vitest';
import {
  ApiClient,
  type ApiClientOptions,
  ConfigurationError,
  DomainsResolverError,
  type DomainsResolver,
  type DomainsResolverContext,
  getCurrentActor,
} from '../../src/index.ts';
import { createTestTenant, type TestTenant } from '../../src/testing/index.ts';
import {
  expectRefusal,
  expectToBe,
  invalidToken,
  misconfigured,
  type Refusal,
  thrownBy,
} from '../support/assert-rejects.ts';
import { API_URL, bearerRequest, createBoundRequest, createClock, setUp } from '../support/scenario.ts';

const { now } = createClock();
const AUDIENCE = 'https://api.example.com';
const createTenant = (domain: string) =>
  createTestTenant({ domain, now, algorithm: 'ES256', audience: AUDIENCE });
const red = createTenant('red.auth0.test');
const blue = createTenant('blue.auth0.test');

/** A network of both tenants. */
const customFetch: typeof fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  return (url.host === red.domain ? red : blue).fetch(input, init);
};
const createClient = (options: Partial<ApiClientOptions>) =>
  new ApiClient({ audience: AUDIENCE, algorithms: ['ES256'], customFetch, now, ...options });

describe('a single domain', () => {
  const { tenant, createClient: createOther } = setUp();
  const SPELLINGS = [
    'tenant.auth0.test',
    'TENANT.Auth0.Test',
    '  tenant.auth0.test\n',
    'tenant.auth0.test/',
    'https://tenant.auth0.test',
    'https://tenant.auth0.test/',
    'HTTPS://Tenant.Auth0.Test/',
    'https://tenant.auth0.test:443/',
    'tenant.auth0.test:443',
  ];

  it.each(SPELLINGS)('may be written as %j', async (domain) => {
    const accessToken = await tenant.issueAccessToken();
    await expect(createOther({ domain }).verifyAccessToken({ accessToken })).resolves.toMatchObject({
      iss: 'https://tenant.auth0.test/',
    });
    await expect(createOther({ domains: [domain] }).verifyAccessToken({ accessToken })).resolves.toBeTypeOf(
      'object',
    );
    const resolved = createOther({ domains: () => [domain] });
    await expect(resolved.verifyAccessToken({ accessToken })).resolves.toBeTypeOf('object');
  });

  it('may have a port of its own', async () => {
    const other = setUp({ tenant: { domain: 'tenant.auth0.test:8443' } });
    const accessToken = await other.tenant.issueAccessToken();
    await expect(other.client.verifyAccessToken({ accessToken })).resolves.toMatchObject({
      iss: 'https://tenant.auth0.test:8443/',
    });
  });

  const WRONG = [
    '',
    '  ',
    'https://',
    '/',
    'http://tenant.auth0.test/',
    'HTTP://tenant.auth0.test',
    'ftp://tenant.auth0.test/',
    'https://user:password@tenant.auth0.test/',
    'user@tenant.auth0.test',
    'https://tenant.auth0.test/path',
    'tenant.auth0.test/path',
    'https://tenant.auth0.test/?a=b',
    'tenant.auth0.test?',
    'https://tenant.auth0.test/#a',
    'tenant.auth0.test#',
    'tenant auth0.test',
    'tenant.auth0.test\u0000',
    'tenant.auth0.test\\path',
    'tenant.auth0.test:port',
    'tenant.auth0.test:99999',
    'tenant%2eauth0.test',
    'javascript:alert(1)',
    'https:',
    'https:/tenant.auth0.test',
    `${'a'.repeat(400)}.auth0.test`,
    null,
    7,
    {},
    ['tenant.auth0.test'],
  ];
  it.each(WRONG)('may not be written as %j', async (domain) => {
    const options = { audience: AUDIENCE, domain } as unknown as ApiClientOptions;
    await expectToBe(
      thrownBy(() => new ApiClient(options)),
      { ...misconfigured, message: '`domain`' },
    );
    const list = { audience: AUDIENCE, domains: [domain] } as unknown as ApiClientOptions;
    await expectToBe(
      thrownBy(() => new ApiClient(list)),
      { ...misconfigured, message: '`domains' },
    );
  });

  it.each<[string, object]>([
    ['neither domain nor domains', {}],
    ['an empty list', { domains: [] }],
    ['a text for a list', { domains: 'tenant.auth0.test' }],
    ['an object for a list', { domains: { 0: 'tenant.auth0.test', length: 1 } }],
    ['null', { domains: null }],
    ['one bad domain in a list', { domains: ['tenant.auth0.test', 'http://tenant.auth0.test'] }],
    ['a client without domain', { domains: ['tenant.auth0.test'], clientId: 'a', clientSecret: 'b' }],
  ])('is asked for when there is %s', (_what, options) => {
    const error = thrownBy(() => new ApiClient({ audience: AUDIENCE, ...options }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(/`domains?\b/);
  });
});

describe('a list of domains', () => {
  it('accepts tokens of each, and of no other', async () => {
    const client = createClient({ domains: [red.domain, blue.domain] });
    for (const tenant of [red, blue]) {
      const accessToken = await tenant.issueAccessToken();
      await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ iss: tenant.issuer });
    }
    const onlyRed = createClient({ domains: [red.domain] });
    blue.clearRequests();
    const accessToken = await blue.issueAccessToken();
    await expectRefusal(onlyRed.verifyAccessToken({ accessToken }), invalidToken('issuer_not_allowed'));
    expect(blue.requests).toEqual([]);
  });

  it('never mixes keys, even where two sets name them alike', async () => {
    for (const tenant of [red, blue]) await publishAs(tenant, 'shared');
    const client = createClient({ domains: [red.domain, blue.domain] });
    const issue = (tenant: TestTenant, iss = tenant.issuer) =>
      tenant.issueAccessToken({ header: { kid: 'shared' }, claims: { iss } });
    const verify = async (token: Promise<string>) => client.verifyAccessToken({ accessToken: await token });

    // In both orders: whichever set is known first must not answer for the other.
    for (let round = 0; round < 2; round += 1) {
      await expectRefusal(verify(issue(red, blue.issuer)), invalidToken('signature_invalid'));
      await expectRefusal(verify(issue(blue, red.issuer)), invalidToken('signature_invalid'));
      await expect(verify(issue(red))).resolves.toMatchObject({ iss: red.issuer });
      await expect(verify(issue(blue))).resolves.toMatchObject({ iss: blue.issuer });
    }
    for (const tenant of [red, blue]) tenant.recover();
  });

  it('keeps an outage of one away from the other', async () => {
    const client = createClient({ domains: [red.domain, blue.domain] });
    red.fail('discovery', 503);
    const [ofRed, ofBlue] = await Promise.allSettled([
      client.verifyAccessToken({ accessToken: await red.issueAccessToken() }),
      client.verifyAccessToken({ accessToken: await blue.issueAccessToken() }),
    ]);
    red.recover();
    expect(ofRed).toMatchObject({ status: 'rejected', reason: { reason: 'discovery_unavailable' } });
    expect(ofBlue.status).toBe('fulfilled');
  });

  it('decides whose tokens are accepted, while domain serves the exchange', async () => {
    const { clientId, clientSecret } = blue;
    const client = createClient({ domains: [red.domain], domain: blue.domain, clientId, clientSecret });
    await expect(
      client.verifyAccessToken({ accessToken: await red.issueAccessToken() }),
    ).resolves.toMatchObject({ iss: red.issuer });
    const ofBlue = await blue.issueAccessToken();
    await expectRefusal(
      client.verifyAccessToken({ accessToken: ofBlue }),
      invalidToken('issuer_not_allowed'),
    );

    blue.clearRequests();
    const { accessToken } = await client.getTokenOnBehalfOf({ accessToken: ofBlue, audience: AUDIENCE });
    expect(blue.requests.map(({ kind }) => kind)).toEqual(['discovery', 'token']);
    const claims = await createClient({ domain: blue.domain }).verifyAccessToken({ accessToken });
    expect(getCurrentActor(claims)).toBe(clientId);
  });
});

describe('a resolver of domains', () => {
  const broken: Refusal<DomainsResolverError> = {
    type: DomainsResolverError,
    code: 'domains_resolver_error',
    statusCode: 500,
    reason: 'domains_resolver_failed',
  };

  it.each<[string, DomainsResolver]>([
    ['at once', () => [red.domain]],
    ['later', () => Promise.resolve([`https://${red.domain.toUpperCase()}`])],
    ['by the issuer the token names', ({ unverifiedIss }) => [new URL(unverifiedIss).host]],
  ])('may answer %s', async (_how, domains) => {
    const accessToken = await red.issueAccessToken();
    await expect(createClient({ domains }).verifyAccessToken({ accessToken })).resolves.toBeTypeOf('object');
  });

  it('accepts what it answers and nothing else', async () => {
    const client = createClient({ domains: () => [red.domain] });
    const verification = client.verifyAccessToken({ accessToken: await blue.issueAccessToken() });
    await expectRefusal(verification, invalidToken('issuer_not_allowed'));
  });

  it('is asked for every request, with what is known of it', async () => {
    const seen: DomainsResolverContext[] = [];
    const domains: DomainsResolver = (context) => {
      seen.push(context);
      return [red.domain];
    };
    const client = createClient({ domains });
    const accessToken = await red.issueAccessToken();
    const parts = { ...bearerRequest(accessToken), httpUrl: API_URL };
    const request = new Request(`${API_URL}?a=b`, { headers: { authorization: `Bearer ${accessToken}` } });
    const bound = (await createBoundRequest(red)).request;
    await client.verifyRequest(parts);
    await client.verifyRequest(request);
    await client.verifyRequest(bound);
    await client.verifyAccessToken({ accessToken });
    await client.verifyAccessToken({ accessToken, httpUrl: API_URL, headers: { host: 'a' } });

    expect(seen.map(({ unverifiedIss }) => unverifiedIss)).toEqual(Array(5).fill(red.issuer));
    expect(seen.map(({ requestUrl }) => requestUrl)).toEqual([
      API_URL,
      `${API_URL}?a=b`,
      API_URL,
      undefined,
      API_URL,
    ]);
    expect(seen.map(({ requestHeaders }) => requestHeaders)).toEqual([
      parts.headers,
      request.headers,
      bound.headers,
      undefined,
      { host: 'a' },
    ]);
  });

  it('is told the issuer as the token has it, verified or not', async () => {
    let told = '';
    const domains: DomainsResolver = ({ unverifiedIss }) => {
      told = unverifiedIss;
      return [red.domain];
    };
    const iss = 'https://evil.example/"><script>';
    const accessToken = await red.issueAccessToken({ claims: { iss } });
    await expectRefusal(
      createClient({ domains }).verifyAccessToken({ accessToken }),
      invalidToken('issuer_not_allowed'),
    );
    expect(told).toBe(iss);
  });

  it('is not asked about a token that names no issuer', async () => {
    const domains: DomainsResolver = () => {
      throw new Error('nobody should ask');
    };
    const accessToken = await red.issueAccessToken({ claims: { iss: undefined } });
    await expectRefusal(
      createClient({ domains }).verifyAccessToken({ accessToken }),
      invalidToken('issuer_missing'),
    );
  });

  it('that fails leaves its error to the operator', async () => {
    const thrown = new Error('the table of domains is gone');
    const client = createClient({ domains: () => Promise.reject(thrown) });
    const accessToken = await red.issueAccessToken();
    const error = await expectRefusal(client.verifyAccessToken({ accessToken }), broken);
    expect(error.cause).toEqual({ name: 'domains', error: thrown });
    expect(error.message).not.toContain(thrown.message);
  });

  it('may change its mind from one request to the next', async () => {
    let allowed = [red.domain];
    const client = createClient({ domains: () => allowed });
    const accessToken = await red.issueAccessToken();
    await expect(client.verifyAccessToken({ accessToken })).resolves.toBeTypeOf('object');
    allowed = [blue.domain];
    await expectRefusal(client.verifyAccessToken({ accessToken }), invalidToken('issuer_not_allowed'));
    allowed = [];
    await expectRefusal(client.verifyAccessToken({ accessToken }), broken);
  });
});

/** The tenant's own key, under another name. */
async function publishAs(tenant: TestTenant, kid: string): Promise<void> {
  const response = await tenant.fetch(`${tenant.issuer}.well-known/jwks.json`);
  const { keys } = (await response.json()) as { keys: object[] };
  tenant.fail('jwks', { body: { keys: keys.map((key) => ({ ...key, kid })) } });
}
