import { createPrivateKey } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type ApiClient,
  type ApiClientOptions,
  GetTokenByClientCredentialsError,
  GetTokenByExchangeProfileError,
} from '../../src/index.ts';
import { expectRefusal, misconfigured, rejectionOf, thrownBy } from '../support/assert-rejects.ts';
import { AUDIENCE, byKey, keyPair, pem, pemOf, rsa, SECRET, setUpClient } from '../support/proven-client.ts';

describe('functions', () => {
  it('have the secret of the moment', async () => {
    const secrets = [SECRET, 'wrong', SECRET];
    const { ask } = setUpClient({ clientSecret: () => secrets.shift() ?? '' });
    await ask();
    expect(await rejectionOf(ask())).toMatchObject({ error: 'invalid_client' });
    await ask();
    expect(secrets).toEqual([]);
  });

  it('have the key of the moment', async () => {
    const other = pemOf(keyPair('rsa', {}).privateKey);
    const keys = [pem, other, pem];
    const { ask } = setUpClient(byKey(() => Promise.resolve(keys.shift() ?? '')));
    await ask();
    expect(await rejectionOf(ask())).toMatchObject({ error: 'invalid_client' });
    await ask();
  });

  const hostile: [string, () => never][] = [
    ['throw', () => fail()],
    ['reject', () => Promise.reject(new Error(SECRET)) as never],
    ['never answer', () => new Promise(() => undefined) as never],
    ['answer with nothing', () => undefined as never],
    ['answer with blank text', () => '  ' as never],
    ['answer with an object', () => ({ toString: () => SECRET }) as never],
    ['answer with a function', () => (() => SECRET) as never],
  ];
  it.each(hostile)('that %s fail the call, without a word of theirs', async (_title, answer) => {
    for (const options of [{ clientSecret: answer }, byKey(answer)]) {
      const { ask, tenant } = setUpClient({ timeoutSeconds: 0.05, ...options });
      const error = await expectRefusal(ask(), misconfigured);
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain(SECRET);
      expect(tenant.requests.filter(({ kind }) => kind === 'token')).toEqual([]);
    }
  });

  it('are not asked while a token is kept', async () => {
    let asked = 0;
    const secret = () => {
      asked += 1;
      return SECRET;
    };
    const { ask } = setUpClient({ clientSecret: secret, onBehalfOfCache: {} });
    expect(asked).toBe(0);
    await ask();
    await ask();
    expect(asked).toBe(1);
  });

  it('do not put their secret into an error that echoes it', async () => {
    const { ask, tenant } = setUpClient({
      clientSecret: () => SECRET,
      clientAuthMethod: 'client_secret_post',
    });
    tenant.fail('token', async (request) => {
      const echo = await request.text();
      return Response.json({ error: 'odd', error_description: `${echo} ${SECRET}` }, { status: 400 });
    });
    const error = await rejectionOf(ask());
    const shown = inspect(error, { depth: null, showHidden: true });
    expect(shown).toContain('odd');
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain(new URLSearchParams({ s: SECRET }).toString());
  });
});

describe('what is missing', () => {
  it.each<[string, Partial<ApiClientOptions>]>([
    ['clientId', { clientId: undefined }],
    ['clientId', { clientId: undefined, clientAuthMethod: 'tls_client_auth' }],
    ['clientSecret', { clientSecret: undefined }],
    ['clientSecret', byKey(pem, { clientAuthMethod: 'client_secret_basic' })],
    ['clientAssertionSigningKey', { clientAuthMethod: 'private_key_jwt' }],
  ])('is named: %s', async (name, options) => {
    const { client, tenant } = setUpClient(options);
    const refusal = { reason: 'missing_client_credentials', statusCode: 400 } as const;
    const own = await expectRefusal(client.getTokenByClientCredentials({ audience: AUDIENCE }), {
      type: GetTokenByClientCredentialsError,
      code: 'get_token_by_client_credentials_error',
      ...refusal,
    });
    expect(own.cause).toEqual({ name });
    await expectRefusal(client.getTokenOnBehalfOf({ accessToken: 'token', audience: AUDIENCE }), {
      type: GetTokenByExchangeProfileError,
      code: 'get_token_by_exchange_profile_error',
      ...refusal,
    });
    expect(tenant.requests).toEqual([]);
  });
});

describe('wrong options', () => {
  it.each<[string, Record<string, unknown>]>([
    ['clientAssertionSigningKey', { clientAssertionSigningKey: 'text' }],
    ['clientAssertionSigningKey', { clientAssertionSigningKey: rsa.publicKey.export({ format: 'jwk' }) }],
    ['clientAssertionSigningKey', { clientAssertionSigningKey: { kty: 'oct', k: 'AA', d: 'AA' } }],
    [
      'clientAssertionSigningKey',
      { clientAssertionSigningKey: pem.replaceAll('PRIVATE KEY', 'RSA PRIVATE KEY') },
    ],
    ['clientAssertionSigningAlg', { clientAssertionSigningAlg: 'HS256' }],
    ['clientAssertionSigningAlg', { clientAssertionSigningAlg: 'none' }],
    ['clientAuthMethod', { clientAuthMethod: 'none' }],
    ['clientAuthMethod', { clientAuthMethod: 'client_secret_jwt' }],
    ['clientSecret', { clientSecret: [SECRET] }],
    ['retry', { retry: true }],
    ['retry.maxAttempts', { retry: { maxAttempts: 1 } }],
    ['retry.maxAttempts', { retry: { maxAttempts: 2.5 } }],
    ['retry.maxDelaySeconds', { retry: { maxDelaySeconds: -1 } }],
    ['retry.maxDelay', { retry: { maxDelay: 1 } }],
    ['onBehalfOfCache', { onBehalfOfCache: true }],
    ['onBehalfOfCache.maxEntries', { onBehalfOfCache: { maxEntries: 0 } }],
    ['onBehalfOfCache.maxAgeSeconds', { onBehalfOfCache: { maxAgeSeconds: Number.NaN } }],
    ['onBehalfOfCache.ttl', { onBehalfOfCache: { ttl: 5 } }],
    ['onBehalfOfCache.encryptionKey', { onBehalfOfCache: { encryptionKey: 'too short' } }],
    ['onBehalfOfCache.encryptionKey', { onBehalfOfCache: { encryptionKey: [] } }],
    ['onBehalfOfCache.encryptionKey', { onBehalfOfCache: { encryptionKey: new Uint8Array(16) } }],
    ['onBehalfOfCache.encryptionKey', { onBehalfOfCache: { encryptionKey: ['a'.repeat(43), SECRET] } }],
    ['onBehalfOfCache.adapter', { onBehalfOfCache: { adapter: {} } }],
  ])('are refused by name: %s', (name, options) => {
    const error = thrownBy(() => setUpClient(options));
    expect(error).toMatchObject({ name: 'ConfigurationError', statusCode: 500 });
    expect(error.message).toContain(`\`${name}\``);
    expect(error.message).not.toContain(SECRET);
  });
});

it('shows no secret and no key when the client is shown', () => {
  const encryptionKey = 'ab'.repeat(32);
  const key = { ...rsa.privateKey.export({ format: 'jwk' }), kid: 'key-1' };
  const { client } = setUpClient({
    clientSecret: SECRET,
    clientAssertionSigningKey: key,
    onBehalfOfCache: { encryptionKey },
  });
  for (const shown of shownOf(client)) {
    for (const secret of [SECRET, encryptionKey, key.d ?? '', 'key-1']) expect(shown).not.toContain(secret);
  }
});

function shownOf(client: ApiClient): string[] {
  return [inspect(client, { depth: null, showHidden: true, getters: true }), JSON.stringify(client)];
}

function fail(): never {
  throw new Error(`${SECRET} ${createPrivateKey(pem).type}`);
}
