import { describe, expect, it, vi } from 'vitest';
import { DomainsResolverError, VerifyAccessTokenError } from '../../../src/errors/index.ts';
import {
  type AllowedIssuers,
  type DomainsResolver,
  resolveIssuer,
} from '../../../src/issuer/allowed-issuers.ts';
import { causeOf, refusalIn, refusalOf, rejectionOf } from '../platform/refusal.ts';

const TENANT = 'https://tenant.example.com/';
const OTHER = 'https://other.example.com/';
const context = { requestUrl: undefined, requestHeaders: undefined };
const list = new Set([TENANT, OTHER]);

/** Whether it waits or not, a refusal is a rejection here. */
async function resolved(allowed: AllowedIssuers, iss: string) {
  return await resolveIssuer(allowed, iss, context);
}

const notAllowed = {
  type: VerifyAccessTokenError,
  code: 'invalid_token',
  reason: 'issuer_not_allowed',
  statusCode: 401,
};
const resolverFailed = {
  type: DomainsResolverError,
  code: 'domains_resolver_error',
  reason: 'domains_resolver_failed',
  statusCode: 500,
};

describe('resolveIssuer with a list', () => {
  it('finds the issuer that a token names', async () => {
    expect(await resolveIssuer(list, TENANT, context)).toBe(TENANT);
    expect(await resolveIssuer(list, OTHER, context)).toBe(OTHER);
  });

  it('answers in the canonical form, so that spellings do not multiply what is kept', async () => {
    expect(await resolveIssuer(list, 'https://tenant.example.com', context)).toBe(TENANT);
    expect(await resolveIssuer(list, 'HTTPS://Tenant.Example.com/', context)).toBe(TENANT);
  });

  it.each([
    'https://evil.example/',
    'https://tenant.example.com.evil.example/',
    'https://tenant.example.com@evil.example/',
    'http://tenant.example.com/',
    'https://tenant.example.com/other',
    'https://tenant.example.com:8443/',
    'https://tenant.example.com/\u0000',
    'https://evil.example/?https://tenant.example.com/',
    '__proto__',
    'nonsense',
  ])('refuses %j', async (iss) => {
    const error = await rejectionOf(resolved(list, iss));
    expect(refusalIn(error)).toEqual(notAllowed);
    expect(causeOf(error)).toEqual({ name: 'iss', expected: [TENANT, OTHER], actual: iss });
    expect(String(error)).not.toContain('evil');
  });
});

describe('resolveIssuer with a resolver', () => {
  it('asks it with what the request says, once for each call', async () => {
    const resolver = vi.fn<DomainsResolver>(() => ['tenant.example.com']);
    const headers = new Headers({ host: 'api.example.com' });
    const request = { requestUrl: 'https://api.example.com/a', requestHeaders: headers };
    expect(await resolveIssuer(resolver, TENANT, request)).toBe(TENANT);
    expect(await resolveIssuer(resolver, TENANT, request)).toBe(TENANT);
    expect(resolver.mock.calls).toEqual([
      [{ ...request, unverifiedIss: TENANT }],
      [{ ...request, unverifiedIss: TENANT }],
    ]);
    expect(resolver.mock.calls[0]?.[0].requestHeaders).toBe(headers);
  });

  it.each([
    '/books',
    '',
    'api.example.com',
    'http://api.example.com:99999/books',
    'http://1.2.3.4.5/books',
    5 as unknown as string,
  ])(
    'is not asked with %j for a URL, because it would throw over what a stranger wrote',
    async (requestUrl) => {
      const resolver = vi.fn<DomainsResolver>(() => ['tenant.example.com']);
      expect(await resolveIssuer(resolver, TENANT, { ...context, requestUrl })).toBe(TENANT);
      expect(resolver.mock.calls[0]?.[0].requestUrl).toBeUndefined();
    },
  );

  it.each<[string, DomainsResolver]>([
    ['at once', () => ['other.example.com', 'https://Tenant.example.com']],
    ['later', () => Promise.resolve(['other.example.com', 'tenant.example.com/'])],
  ])('takes a list %s', async (_title, resolver) => {
    expect(await resolveIssuer(resolver, TENANT, context)).toBe(TENANT);
  });

  it('refuses an issuer that is not in its list', async () => {
    const resolver = () => ['other.example.com'];
    expect(await refusalOf(resolved(resolver, TENANT))).toEqual(notAllowed);
  });

  it.each<[string, () => never]>([
    [
      'throws',
      () => {
        throw new Error('database is down');
      },
    ],
    [
      'throws no error',
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- programs do
        throw 'database is down';
      },
    ],
  ])('is our failure and not the token\u2019s when it %s', async (_title, resolver) => {
    const error = await rejectionOf(resolved(resolver, TENANT));
    expect(refusalIn(error)).toEqual(resolverFailed);
    expect(causeOf(error)).toMatchObject({ name: 'domains' });
    expect(String(error)).not.toContain('database');
  });

  it('is our failure when its promise is rejected', async () => {
    const resolver = () => Promise.reject(new Error('database is down'));
    const error = await rejectionOf(resolved(resolver, TENANT));
    expect(refusalIn(error)).toEqual(resolverFailed);
    expect(causeOf(error)).toMatchObject({ error: new Error('database is down') });
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'tenant.example.com'],
    ['a set', new Set(['tenant.example.com'])],
    ['an empty list', []],
    ['one bad domain beside a good one', ['tenant.example.com', 'http://evil.example']],
    ['one value that is no string', ['tenant.example.com', 5]],
    ['a list with a hole', Object.assign(['tenant.example.com'], { length: 2 })],
    ['an object', { 0: 'tenant.example.com', length: 1 }],
  ])('is our failure when it returns %s', async (_title, returned) => {
    const resolver = () => returned as unknown as string[];
    const error = await rejectionOf(resolved(resolver, TENANT));
    expect(refusalIn(error)).toEqual(resolverFailed);
    expect(causeOf(error)).toEqual({ name: 'domains', expected: 'a list of domains that is not empty' });
  });
});
