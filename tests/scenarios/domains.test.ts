import { describe, expect, it } from 'vitest';
import { ApiClient, type ApiClientOptions, ConfigurationError, getCurrentActor } from '../../src/index.ts';
import { createTestTenant, type TestTenant } from '../../src/testing/index.ts';
import {
  expectRefusal,
  expectToBe,
  invalidToken,
  misconfigured,
  thrownBy,
} from '../support/assert-rejects.ts';
import { createClock, setUp } from '../support/scenario.ts';

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
    '/tenant.auth0.test',
    '//tenant.auth0.test',
    'https:///tenant.auth0.test',
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

/** The tenant's own key, under another name. */
async function publishAs(tenant: TestTenant, kid: string): Promise<void> {
  const response = await tenant.fetch(`${tenant.issuer}.well-known/jwks.json`);
  const { keys } = (await response.json()) as { keys: object[] };
  tenant.fail('jwks', { body: { keys: keys.map((key) => ({ ...key, kid })) } });
}
