import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../src/errors/index.ts';
import type { ApiClientOptions } from '../../../src/options/options.ts';
import { resolveOptions } from '../../../src/options/resolve-options.ts';
import { refusalBy } from '../platform/refusal.ts';

const base = { domain: 'tenant.us.auth0.com', audience: 'https://api.example.com' };
const SECRET = 'a secret of at least thirty-two characters';

const resolve = (members: Partial<ApiClientOptions> = {}) => resolveOptions({ ...base, ...members });

describe('resolveOptions', () => {
  it('fills in every default', () => {
    const { http, ...others } = resolve();
    expect(others).toEqual({
      allowedIssuers: new Set(['https://tenant.us.auth0.com/']),
      clientIssuer: 'https://tenant.us.auth0.com/',
      audiences: ['https://api.example.com'],
      algorithms: new Set(['RS256']),
      clockToleranceSeconds: 0,
      requireAccessTokenType: false,
      requireCertificateBinding: false,
      dpop: {
        mode: 'allowed',
        iatOffsetSeconds: 300,
        iatLeewaySeconds: 30,
        algorithms: new Set(['ES256']),
        replayStore: undefined,
        onStoreError: 'refuse',
        nonce: undefined,
        publicUrl: undefined,
      },
      actors: { allowedActors: undefined, requireActor: undefined },
      client: {
        clientId: undefined,
        clientSecret: undefined,
        clientAssertionSigningKey: undefined,
        clientAssertionSigningAlg: undefined,
        clientAuthMethod: undefined,
      },
      keptTokens: { maxEntries: 1000, maxAgeSeconds: 600, shared: undefined },
      retry: undefined,
      cacheTtlSeconds: 600,
      cacheMaxEntries: 100,
      realm: 'api',
      resourceMetadataUrl: undefined,
      cacheAdapter: undefined,
      maxVerifiedTokens: 1000,
      emit: undefined,
      runInBackground: expect.any(Function) as unknown,
      now: Date.now,
    });
    expect(http.timeoutSeconds).toBe(10);
  });

  it('takes undefined for absent, everywhere', () => {
    const names = ['domains', 'algorithms', 'clockToleranceSeconds', 'requireAccessTokenType', 'dpop'];
    const more = ['clientId', 'clientSecret', 'customFetch', 'timeoutSeconds', 'cacheTtlSeconds'];
    const rest = ['cacheMaxEntries', 'realm', 'resourceMetadataUrl', 'now'];
    const actors = ['allowedActors', 'requireActor'];
    const outside = [
      'cacheAdapter',
      'verifiedTokenCache',
      'onEvent',
      'waitUntil',
      'requireCertificateBinding',
    ];
    const absent = Object.fromEntries(
      [...names, ...more, ...rest, ...actors, ...outside].map((name) => [name, undefined]),
    );
    const functions = { http: undefined, runInBackground: undefined };
    expect({ ...resolve(absent), ...functions }).toEqual({ ...resolve(), ...functions });
    const dpopAbsent = {
      ...{ mode: undefined, iatOffsetSeconds: undefined, iatLeewaySeconds: undefined },
      ...{ algorithms: undefined, replayStore: undefined, nonce: undefined },
      ...{ onStoreError: undefined, publicUrl: undefined },
    };
    expect(resolve({ dpop: dpopAbsent }).dpop).toEqual(resolve().dpop);
  });

  it('takes every option', () => {
    const replayStore = { add: () => true };
    const now = () => 5;
    const resolved = resolve({
      audience: ['a', 'b'],
      algorithms: ['RS256', 'PS512', 'ES384', 'EdDSA', 'Ed25519'],
      clockToleranceSeconds: 60,
      requireAccessTokenType: true,
      requireCertificateBinding: true,
      dpop: {
        mode: 'required',
        onStoreError: 'accept',
        publicUrl: 'HTTPS://API.example.com:443/a/../v1/',
        iatOffsetSeconds: 0.5,
        iatLeewaySeconds: 0,
        algorithms: ['ES256', 'RS256'],
        replayStore,
        nonce: { secret: [SECRET, `${SECRET} 2`], lifetimeSeconds: 10 },
      },
      clientId: 'client',
      clientSecret: 'secret',
      timeoutSeconds: 0.001,
      cacheTtlSeconds: 0,
      cacheMaxEntries: 1,
      realm: 'other',
      resourceMetadataUrl: 'http://localhost:3000/.well-known/oauth-protected-resource',
      now,
    });
    expect(resolved).toMatchObject({
      audiences: ['a', 'b'],
      algorithms: new Set(['RS256', 'PS512', 'ES384', 'EdDSA', 'Ed25519']),
      clockToleranceSeconds: 60,
      requireAccessTokenType: true,
      requireCertificateBinding: true,
      dpop: {
        ...{ onStoreError: 'accept', publicUrl: 'https://api.example.com/v1' },
        ...{ mode: 'required', iatOffsetSeconds: 0.5, iatLeewaySeconds: 0 },
        algorithms: new Set(['ES256', 'RS256']),
        nonce: { secrets: [SECRET, `${SECRET} 2`], lifetimeSeconds: 10 },
      },
      client: { clientId: 'client', clientSecret: 'secret' },
      http: { timeoutSeconds: 0.001 },
      ...{ cacheTtlSeconds: 0, cacheMaxEntries: 1, realm: 'other' },
      resourceMetadataUrl: 'http://localhost:3000/.well-known/oauth-protected-resource',
    });
    expect(resolved.dpop.replayStore).toBe(replayStore);
    expect(resolved.now()).toBe(5);
  });

  it('takes false for no replay store, and one nonce secret for a list of one', () => {
    const { dpop } = resolve({ dpop: { replayStore: false, nonce: { secret: SECRET } } });
    expect(dpop.replayStore).toBe(false);
    expect(dpop.nonce).toEqual({ secrets: [SECRET], lifetimeSeconds: 300 });
  });

  it('takes a function for the public URL as it is', () => {
    const publicUrl = () => 'https://api.example.com';
    expect(resolve({ dpop: { publicUrl } }).dpop.publicUrl).toBe(publicUrl);
  });

  it('takes a replay store whose method is inherited', () => {
    class Store {
      add(): boolean {
        return true;
      }
    }
    const store = new Store();
    expect(resolve({ dpop: { replayStore: store } }).dpop.replayStore).toBe(store);
  });

  it.each([
    'tenant.us.auth0.com',
    ' Tenant.US.auth0.com ',
    'https://tenant.us.auth0.com',
    'https://TENANT.us.auth0.com/',
    'tenant.us.auth0.com/',
    'tenant.us.auth0.com:443',
  ])('makes an issuer of the domain %j', (domain) => {
    const resolved = resolve({ domain });
    expect(resolved.clientIssuer).toBe('https://tenant.us.auth0.com/');
    expect(resolved.allowedIssuers).toEqual(new Set(['https://tenant.us.auth0.com/']));
  });

  it('accepts tokens of `domains` and serves client flows of `domain`, when both are given', () => {
    const resolved = resolve({ domains: ['one.example', 'https://TWO.example/', 'two.example'] });
    expect(resolved.allowedIssuers).toEqual(new Set(['https://one.example/', 'https://two.example/']));
    expect(resolved.clientIssuer).toBe('https://tenant.us.auth0.com/');
  });

  it('does with `domains` alone', () => {
    const resolved = resolveOptions({ domains: ['one.example'], audience: 'api' });
    expect(resolved.allowedIssuers).toEqual(new Set(['https://one.example/']));
    expect(resolved.clientIssuer).toBeUndefined();
  });

  it('keeps a resolver, and limits its time', async () => {
    const context = {
      requestUrl: undefined,
      requestHeaders: undefined,
      unverifiedIss: 'https://one.example/',
    };
    const answered = resolve({ domains: () => ['one.example'] }).allowedIssuers;
    if (typeof answered !== 'function') throw new Error('a resolver was expected');
    expect(await answered(context)).toEqual(['one.example']);
    const hanging = resolve({
      domains: () => new Promise(() => undefined),
      timeoutSeconds: 0.02,
    }).allowedIssuers;
    if (typeof hanging !== 'function') throw new Error('a resolver was expected');
    await expect(hanging(context)).rejects.toMatchObject({ name: 'TimeLimitExceeded' });
  });

  it('does not follow changes that are made to its arguments afterwards', () => {
    const audience = ['a'];
    const domains = ['one.example'];
    const algorithms = ['RS256'];
    const resolved = resolve({ audience, domains, algorithms });
    audience.push('b');
    domains.push('evil.example');
    algorithms.push('ES256');
    expect(resolved.audiences).toEqual(['a']);
    expect(resolved.allowedIssuers).toEqual(new Set(['https://one.example/']));
    expect(resolved.algorithms).toEqual(new Set(['RS256']));
    expect(Object.isFrozen(resolved)).toBe(true);
  });

  it('calls neither fetch nor clock nor resolver', () => {
    const never = (): never => {
      throw new Error('called');
    };
    expect(() => resolve({ customFetch: never, now: never, domains: never })).not.toThrow();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined, '5', 5n])(
    'refuses to go by a clock that says %s',
    (time) => {
      const { now } = resolve({ now: () => time as unknown as number });
      expect(refusalBy(now)).toEqual({
        type: ConfigurationError,
        code: 'invalid_configuration',
        reason: 'invalid_option',
        statusCode: 500,
      });
    },
  );

  it('uses a custom fetch, and otherwise the global one of the moment', async () => {
    const customFetch: typeof fetch = () => Promise.resolve(new Response('custom'));
    expect(await (await resolve({ customFetch }).http.fetch('https://x.example/')).text()).toBe('custom');

    const { http } = resolve();
    const original = globalThis.fetch;
    globalThis.fetch = () => Promise.resolve(new Response('instrumented'));
    try {
      expect(await (await http.fetch('https://x.example/')).text()).toBe('instrumented');
    } finally {
      globalThis.fetch = original;
    }
  });
});
