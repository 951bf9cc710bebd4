import { webcrypto } from 'node:crypto';
import { inspect } from 'node:util';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { type ApiClientOptions, ApiError, GetTokenByClientCredentialsError } from '../../src/index.ts';
import { expectRefusal, misconfigured, rejectionOf } from '../support/assert-rejects.ts';
import { AUDIENCE, byKey, keyPair, pem, pemOf, rsa, SECRET, setUpClient } from '../support/proven-client.ts';
import { NOW_SECONDS, setUp } from '../support/scenario.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

describe('client_secret_basic and client_secret_post', () => {
  it('the first is the default', async () => {
    const { ask, last } = setUpClient({});
    await ask();
    expect(last()?.headers.authorization).toMatch(/^Basic /);
    expect(Object.keys(last()?.form ?? {})).toEqual(['grant_type', 'audience']);
  });

  it('the second sends the secret in the form, and no header', async () => {
    const { ask, last } = setUpClient({ clientAuthMethod: 'client_secret_post' });
    await ask();
    expect(last()?.headers.authorization).toBeUndefined();
    expect(last()?.form).toMatchObject({ client_id: 'orders-api', client_secret: SECRET });
  });
});

describe('private_key_jwt', () => {
  it('signs a statement of who it is, for the issuer and for a minute', async () => {
    const { ask, last, assertion, tenant } = setUpClient(byKey(pem));
    await ask();
    expect(last()?.headers.authorization).toBeUndefined();
    expect(last()?.form).toMatchObject({ client_id: 'orders-api', client_assertion_type: JWT_BEARER });
    expect(last()?.form).not.toHaveProperty('client_secret');
    expect(decodeProtectedHeader(assertion())).toEqual({ alg: 'RS256', typ: 'JWT' });
    expect(decodeJwt(assertion())).toEqual({
      iss: 'orders-api',
      sub: 'orders-api',
      aud: tenant.issuer,
      jti: expect.stringMatching(/^[\da-f-]{36}$/) as string,
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 60,
    });
    await jwtVerify(assertion(), rsa.publicKey, { currentDate: new Date(NOW_SECONDS * 1000) });
  });

  it.each([
    ['blank lines and blanks before it', `\n\n  ${pem}`],
    ['lines that end as on Windows', `\r\n${pem.replaceAll('\n', '\r\n')}`],
    ['no line break at its end', pem.trim()],
    ['indented lines', pem.replaceAll('\n', '\n    ')],
  ])('takes a PEM with %s', async (_title, key) => {
    const { ask, assertion } = setUpClient(byKey(key));
    await ask();
    await jwtVerify(assertion(), rsa.publicKey, { currentDate: new Date(NOW_SECONDS * 1000) });
  });

  it('makes a new statement for each request', async () => {
    const { ask, assertion, clock } = setUpClient(byKey(pem));
    await ask();
    const first = decodeJwt(assertion());
    clock.advance(30);
    await ask();
    const second = decodeJwt(assertion());
    expect(second.jti).not.toBe(first.jti);
    expect(second.iat).toBe(NOW_SECONDS + 30);
  });

  it('wins over a secret, which is not sent', async () => {
    const { ask, last } = setUpClient(byKey(pem, { clientSecret: SECRET }));
    await ask();
    expect(last()?.headers.authorization).toBeUndefined();
    expect(JSON.stringify(last())).not.toContain(JSON.stringify(SECRET).slice(1, -1));
  });

  it('loses to a secret when the method says so', async () => {
    const { ask, last } = setUpClient(
      byKey(pem, { clientSecret: SECRET, clientAuthMethod: 'client_secret_basic' }),
    );
    await ask();
    expect(last()?.headers.authorization).toMatch(/^Basic /);
    expect(last()?.form).not.toHaveProperty('client_assertion');
  });

  it.each([
    ['RS384', 'rsa', {}],
    ['RS512', 'rsa', {}],
    ['PS256', 'rsa', {}],
    ['PS384', 'rsa', {}],
    ['PS512', 'rsa', {}],
    ['ES256', 'ec', { namedCurve: 'P-256' }],
    ['ES384', 'ec', { namedCurve: 'P-384' }],
    ['ES512', 'ec', { namedCurve: 'P-521' }],
    ['EdDSA', 'ed25519', {}],
  ] as const)('signs with %s by a PEM and by a JWK', async (alg, type, options) => {
    const pair = keyPair(type, options);
    const jwk = { ...pair.privateKey.export({ format: 'jwk' }), kid: 'key-1' };
    for (const [key, kid] of [
      [pemOf(pair.privateKey), undefined],
      [jwk, 'key-1'],
    ] as const) {
      const { ask, assertion } = setUpClient(byKey(key, { clientAssertionSigningAlg: alg }), pair.publicKey);
      await expect(ask()).resolves.toMatchObject({ tokenType: 'Bearer' });
      expect(decodeProtectedHeader(assertion())).toMatchObject({
        alg,
        ...(kid === undefined ? {} : { kid }),
      });
    }
  });

  it.each([
    ['RS256', 'rsa', {}],
    ['ES256', 'ec', { namedCurve: 'P-256' }],
    ['ES384', 'ec', { namedCurve: 'P-384' }],
    ['ES512', 'ec', { namedCurve: 'P-521' }],
    ['EdDSA', 'ed25519', {}],
  ] as const)('a JWK says by itself that it is for %s', async (alg, type, options) => {
    const pair = keyPair(type, options);
    const key = pair.privateKey.export({ format: 'jwk' });
    const { ask, assertion } = setUpClient(byKey(key), pair.publicKey);
    await ask();
    expect(decodeProtectedHeader(assertion()).alg).toBe(alg);
  });

  it('a JWK may name its algorithm', async () => {
    const key = { ...rsa.privateKey.export({ format: 'jwk' }), alg: 'PS384' };
    const { ask, assertion } = setUpClient(byKey(key));
    await ask();
    expect(decodeProtectedHeader(assertion()).alg).toBe('PS384');
  });

  it.each([
    ['RS384', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' }, rsa],
    ['PS256', { name: 'RSA-PSS', hash: 'SHA-256' }, rsa],
    ['ES256', { name: 'ECDSA', namedCurve: 'P-256' }, keyPair('ec', { namedCurve: 'P-256' })],
  ])('a CryptoKey says that it is for %s, and need not be extractable', async (alg, algorithm, pair) => {
    const pkcs8 = pair.privateKey.export({ type: 'pkcs8', format: 'der' });
    const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
    const { ask, assertion } = setUpClient(byKey(key), pair.publicKey);
    await ask();
    expect(decodeProtectedHeader(assertion()).alg).toBe(alg);
  });

  it('refuses a key that does not fit the algorithm, and shows nothing of it', async () => {
    const { ask, tenant } = setUpClient(byKey(pem, { clientAssertionSigningAlg: 'ES256' }));
    const error = await expectRefusal(ask(), { ...misconfigured, message: '`clientAssertionSigningKey`' });
    expect(inspect(error, { depth: null })).not.toContain(pem.slice(40, 60));
    expect(tenant.requests.filter(({ kind }) => kind === 'token')).toEqual([]);
  });

  it.each([
    ['a PEM that is none', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'],
    ['a private JWK of no kind', { kty: 'RSA', d: 'x' }],
    ['a JWK for HMAC', { ...rsa.privateKey.export({ format: 'jwk' }), alg: 'HS256' }],
    ['a JWK for no signature', { ...rsa.privateKey.export({ format: 'jwk' }), alg: 'none' }],
    ['something that looks like a CryptoKey', { kty: 'RSA', type: 'private', usages: ['sign'] }],
  ])('refuses %s when it is used', async (_title, key) => {
    const { ask, tenant } = setUpClient(byKey(key));
    for (let call = 0; call < 2; call += 1) await expectRefusal(ask(), misconfigured);
    expect(tenant.requests.filter(({ kind }) => kind === 'token')).toEqual([]);
  });

  it('is refused by the tenant when the key is another', async () => {
    const { ask } = setUpClient(byKey(pemOf(keyPair('rsa', {}).privateKey)));
    expect(await rejectionOf(ask())).toMatchObject({ constructor: ApiError, error: 'invalid_client' });
  });
});

describe('certificates (RFC 8705)', () => {
  const alias = 'https://mtls.tenant.auth0.test/oauth/token';

  /** The network as it looks with a certificate: the alias leads to the tenant. */
  function setUpTls(discovery: Record<string, unknown>, options: Partial<ApiClientOptions> = {}) {
    const { tenant, createClient } = setUp({ tenant: { discovery } });
    const sent: { url: string; headers: Headers; fields: string[][] }[] = [];
    const customFetch: typeof fetch = (input, init) => {
      const url = input instanceof Request ? input.url : input.toString();
      if (url.includes('.well-known')) return tenant.fetch(input, init);
      const body = typeof init?.body === 'string' ? init.body : '';
      sent.push({ url, headers: new Headers(init?.headers), fields: [...new URLSearchParams(body)] });
      return Promise.resolve(Response.json({ access_token: 'bound-to-a-certificate', expires_in: 600 }));
    };
    const more = { clientAuthMethod: 'tls_client_auth', customFetch, ...options } as const;
    return { client: createClient(more), sent };
  }

  it.each(['tls_client_auth', 'self_signed_tls_client_auth'] as const)(
    '%s sends its id to the alias, and nothing secret',
    async (clientAuthMethod) => {
      const { client, sent } = setUpTls(
        { mtls_endpoint_aliases: { token_endpoint: alias } },
        { clientAuthMethod, clientSecret: SECRET, clientAssertionSigningKey: pem },
      );
      await client.getTokenByClientCredentials({ audience: AUDIENCE });
      expect(sent.map(({ url }) => url)).toEqual([alias]);
      expect(sent[0]?.headers.get('authorization')).toBeNull();
      expect(sent[0]?.fields).toEqual([
        ['grant_type', 'client_credentials'],
        ['audience', AUDIENCE],
        ['client_id', 'test-client'],
      ]);
    },
  );

  it('needs no secret, and uses the usual endpoint where there is no alias', async () => {
    const { client, sent } = setUpTls({}, { clientSecret: undefined });
    await client.getTokenByClientCredentials({ audience: AUDIENCE });
    expect(sent.map(({ url }) => url)).toEqual(['https://tenant.auth0.test/oauth/token']);
  });

  it('sends nothing to an alias that is not https', async () => {
    const { client, sent } = setUpTls({
      mtls_endpoint_aliases: { token_endpoint: 'http://mtls.tenant.auth0.test/oauth/token' },
    });
    await expectRefusal(client.getTokenByClientCredentials({ audience: AUDIENCE }), {
      type: GetTokenByClientCredentialsError,
      code: 'get_token_by_client_credentials_error',
      reason: 'token_endpoint_missing',
      statusCode: 400,
    });
    expect(sent).toEqual([]);
  });

  it('leaves the alias to clients with a certificate', async () => {
    const { client, sent } = setUpTls(
      { mtls_endpoint_aliases: { token_endpoint: alias } },
      { clientAuthMethod: undefined },
    );
    await client.getTokenByClientCredentials({ audience: AUDIENCE });
    expect(sent.map(({ url }) => url)).toEqual(['https://tenant.auth0.test/oauth/token']);
  });
});
