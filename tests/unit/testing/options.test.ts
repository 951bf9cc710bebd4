import { describe, expect, it } from 'vitest';
import { createTestTenant } from '../../../src/testing/index.ts';
import type { TestTenantOptions } from '../../../src/testing/index.ts';

const tenant = createTestTenant();

describe('createTestTenant', () => {
  it('needs no options', () => {
    expect(tenant).toMatchObject({
      domain: 'tenant.auth0.test',
      issuer: 'https://tenant.auth0.test/',
      audience: 'https://api.example.com',
      clientId: 'test-client',
      clientSecret: 'test-client-secret',
    });
  });

  it('can be awaited', async () => {
    const pending: unknown = createTestTenant();
    expect(await pending).toBe(pending);
  });

  it('takes its names from the options', () => {
    const named = createTestTenant({
      domain: 'acme.auth0.test',
      audience: 'urn:acme:api',
      clients: [
        { clientId: 'one', clientSecret: 's1' },
        { clientId: 'two', clientSecret: 's2' },
      ],
    });
    expect(named).toMatchObject({
      domain: 'acme.auth0.test',
      issuer: 'https://acme.auth0.test/',
      audience: 'urn:acme:api',
      clientId: 'one',
      clientSecret: 's1',
    });
  });

  it('hands out what an ApiClient needs', () => {
    const now = () => 0;
    const subject = createTestTenant({ now });
    expect(subject.clientOptions()).toEqual({
      domain: 'tenant.auth0.test',
      audience: 'https://api.example.com',
      clientId: 'test-client',
      clientSecret: 'test-client-secret',
      customFetch: subject.fetch,
      now,
    });
  });

  const wrong: [string, unknown, string][] = [
    ['an unknown option', { audienc: 'x' }, 'there is no option `audienc`; the options are domain, audience'],
    ['options that are no object', 'tenant.auth0.test', 'the options must be an object'],
    ['a URL as domain', { domain: 'https://tenant.auth0.test/' }, '`domain` must be a lower-case host name'],
    ['a domain in capitals', { domain: 'TENANT.auth0.test' }, '`domain` must be a lower-case host name'],
    ['a domain with a path', { domain: 'tenant.auth0.test/x' }, '`domain` must be a lower-case host name'],
    ['an empty audience', { audience: '' }, '`audience` must be a non-empty string'],
    ['audiences that are no list', { audiences: 'x' }, '`audiences` must be an array'],
    ['no clients', { clients: [] }, '`clients` must be a non-empty array'],
    ['a client without secret', { clients: [{ clientId: 'a' }] }, 'clients[0]: the option `clientSecret`'],
    [
      'a client with a private key',
      { clients: [{ clientId: 'a', clientSecret: 'b', publicJwk: { kty: 'RSA', d: 'x' } }] },
      '`publicJwk` must be a public key',
    ],
    [
      'two clients of one name',
      {
        clients: [
          { clientId: 'a', clientSecret: '1' },
          { clientId: 'a', clientSecret: '2' },
        ],
      },
      "two clients with the clientId 'a'",
    ],
    ['a clock that is no function', { now: 0 }, '`now` must be a function'],
    ['a symmetric algorithm', { algorithm: 'HS256' }, '`algorithm` must be one of RS256'],
    ['an endless lifetime', { tokenLifetimeSeconds: Infinity }, '`tokenLifetimeSeconds` must be a finite'],
    ['cacheControl true', { cacheControl: true }, '`cacheControl` must be a Cache-Control value'],
    ['a profile that is no function', { exchangeProfiles: { a: 'b' } }, '`exchangeProfiles` must be'],
  ];

  it.each(wrong)('refuses %s', (_title, options, message) => {
    const attempt = () => createTestTenant(options as TestTenantOptions);
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(message);
  });

  it('treats undefined as absent', () => {
    expect(createTestTenant({ domain: undefined, clients: undefined }).domain).toBe('tenant.auth0.test');
  });
});

describe('the methods', () => {
  it('refuse options they do not know', async () => {
    // @ts-expect-error -- misspelt
    await expect(tenant.issueAccessToken({ scopes: 'a' })).rejects.toThrow('there is no option `scopes`');
    // @ts-expect-error -- misspelt
    await expect(tenant.issueIdToken({ audience: 'a' })).rejects.toThrow('there is no option `audience`');
    // @ts-expect-error -- misspelt
    expect(() => tenant.createDpopKey({ alg: 'ES256' })).toThrow('there is no option `alg`');
    const rotate = () => {
      // @ts-expect-error -- misspelt
      tenant.rotateKeys({ keep: true });
    };
    expect(rotate).toThrow('there is no option `keep`');
  });

  it('refuse values that make no sense', async () => {
    const failNever = () => {
      tenant.fail('jwks', 'network', { times: 0 });
    };
    expect(failNever).toThrow('`times` must be a positive integer');
    await expect(tenant.issueAccessToken({ expiresInSeconds: NaN })).rejects.toThrow('`expiresInSeconds`');
    await expect(tenant.issueIdToken({ clientSecret: '' })).rejects.toThrow('`clientSecret` must be');
    const encryptFor = { kty: 'EC', crv: 'P-256', x: 'a', y: 'b', d: 'c' } as const;
    await expect(tenant.issueAccessToken({ encryptFor })).rejects.toThrow(
      '`encryptFor` must be a public key',
    );
    await expect(tenant.listen({ port: -1 })).rejects.toThrow('`port` must be a port number');
  });
});
