import { describe, expect, it } from 'vitest';
import { createTestTenant } from '../../../src/testing/index.ts';
import type { ExchangeSubject, IssueAccessTokenOptions } from '../../../src/testing/index.ts';
import { ACCESS_TOKEN_TYPE, basic, NOW, requestToken, text, TOKEN_EXCHANGE, verified } from './support.ts';

const BOOKS = 'https://books.example.com';
const API = 'https://api.example.com';

const tenant = createTestTenant({
  now: () => NOW,
  algorithm: 'ES256',
  clients: [
    { clientId: 'api', clientSecret: 'api-secret', audience: API },
    { clientId: 'anything', clientSecret: 'anything-secret' },
  ],
  audiences: [BOOKS],
  exchangeProfiles: {
    'urn:acme:legacy': (token, form) =>
      token === 'good' ? { sub: 'legacy|1', claims: { plan: form.plan, azp: undefined } } : undefined,
    'urn:acme:later': (token) => Promise.resolve({ sub: token }),
  },
  connections: ['google-oauth2', 'github'],
});
const anything = { authorization: basic('anything', 'anything-secret') };

const exchange = (fields: Record<string, string>, headers?: Record<string, string>) =>
  requestToken(
    tenant,
    { grant_type: TOKEN_EXCHANGE, subject_token_type: ACCESS_TOKEN_TYPE, audience: BOOKS, ...fields },
    headers,
  );

describe('token exchange on behalf of a user', () => {
  it('issues a token for the same user and another API', async () => {
    const subject_token = await tenant.issueAccessToken({
      sub: 'auth0|ada',
      scope: 'read:books write:books',
      permissions: ['read:books'],
      dpopKey: tenant.createDpopKey(),
      claims: { org_id: 'org_1' },
    });
    const { status, body } = await exchange({ subject_token, scope: 'read:books' });
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.any(String) as unknown,
      issued_token_type: ACCESS_TOKEN_TYPE,
      token_type: 'Bearer',
      expires_in: 86_400,
      scope: 'read:books',
    });
    const { payload } = await verified(tenant, text(body.access_token));
    expect(payload).toMatchObject({
      sub: 'auth0|ada',
      aud: BOOKS,
      azp: 'api',
      scope: 'read:books',
      act: { sub: 'api' },
      org_id: 'org_1',
    });
    expect(payload).not.toHaveProperty('cnf');
    expect(payload).not.toHaveProperty('permissions');
  });

  it('keeps the scope of the subject token when none is asked for', async () => {
    const subject_token = await tenant.issueAccessToken({ scope: 'read:books' });
    expect((await exchange({ subject_token })).body.scope).toBe('read:books');
  });

  it('issues neither ID nor refresh tokens', async () => {
    const subject_token = await tenant.issueAccessToken();
    const { body } = await exchange({ subject_token, scope: 'openid offline_access' });
    expect(body).not.toHaveProperty('id_token');
    expect(body).not.toHaveProperty('refresh_token');
  });

  it('puts the client in front of the actors before it', async () => {
    const subject_token = await tenant.issueAccessToken({ act: ['web', 'app'] });
    const { body } = await exchange({ subject_token });
    const { payload } = await verified(tenant, text(body.access_token));
    expect(payload.act).toEqual({ sub: 'api', act: { sub: 'web', act: { sub: 'app' } } });
  });

  it('nests actors over several exchanges, up to five', async () => {
    let subject_token = await tenant.issueAccessToken();
    for (let level = 1; level <= 5; level += 1) {
      const { body } = await exchange({ subject_token, audience: API });
      subject_token = text(body.access_token);
    }
    const tooLong = await exchange({ subject_token });
    expect(tooLong.status).toBe(400);
    expect(tooLong.body).toEqual({
      error: 'invalid_request',
      error_description: 'A delegation chain has at most 5 actors.',
    });
  });

  it('names the actor of an actor token', async () => {
    const subject_token = await tenant.issueAccessToken();
    const actor_token = await tenant.issueAccessToken({ sub: 'agent', audience: BOOKS });
    const { body } = await exchange({ subject_token, actor_token, actor_token_type: ACCESS_TOKEN_TYPE });
    expect((await verified(tenant, text(body.access_token))).payload.act).toEqual({ sub: 'agent' });
  });

  const other = createTestTenant({ now: () => NOW, algorithm: 'ES256' });
  it.each<[string, () => Promise<string>]>([
    ['that has expired', () => tenant.issueAccessToken({ expiresInSeconds: 0 })],
    ['of another tenant', () => other.issueAccessToken()],
    ['of another issuer', () => tenant.issueAccessToken({ claims: { iss: 'https://evil.test/' } })],
    ['that never expires', () => tenant.issueAccessToken({ claims: { exp: undefined } })],
    ['without a subject', () => tenant.issueAccessToken({ claims: { sub: ' ' } })],
    ['that is an ID token', () => tenant.issueIdToken({ clientId: API })],
    ['whose subject is no string', () => tenant.issueAccessToken({ claims: { sub: 7 } })],
    ['with a malformed act', () => tenant.issueAccessToken({ claims: { act: 'web' } })],
    ['for another API', () => tenant.issueAccessToken({ audience: BOOKS })],
    ['that was tampered with', async () => `${await tenant.issueAccessToken()}A`],
    ['that is opaque', () => Promise.resolve('opaque')],
  ])('refuses a token %s', async (_title, issue) => {
    const response = await exchange({ subject_token: await issue() });
    expect(response.status).toBe(400);
    expect(response.body.error).toBe('invalid_request');
  });

  it('refuses a token signed with a key that is gone', async () => {
    const rotating = createTestTenant({ now: () => NOW, algorithm: 'ES256' });
    const form = {
      grant_type: TOKEN_EXCHANGE,
      subject_token_type: ACCESS_TOKEN_TYPE,
      audience: BOOKS,
      subject_token: await rotating.issueAccessToken(),
    };
    rotating.rotateKeys({ keepPrevious: true });
    expect((await requestToken(rotating, form)).status).toBe(200);
    rotating.rotateKeys();
    expect((await requestToken(rotating, form)).status).toBe(400);
  });

  it('takes tokens for any API from a client that stands for none', async () => {
    const subject_token = await tenant.issueAccessToken({ audience: 'https://whatever.example.com' });
    expect((await exchange({ subject_token }, anything)).status).toBe(200);
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['without an audience', { audience: '' }, 400, 'invalid_request'],
    ['for an unknown API', { audience: 'https://other.example.com' }, 403, 'access_denied'],
    ['without a subject token', { subject_token: '' }, 400, 'invalid_request'],
    ['without a subject token type', { subject_token_type: '' }, 400, 'invalid_request'],
    ['for an ID token', { requested_token_type: 'urn:x:id_token' }, 400, 'invalid_request'],
    ['with half an actor', { actor_token: 'x' }, 400, 'invalid_request'],
    ['with the other half of an actor', { actor_token_type: 'x' }, 400, 'invalid_request'],
    ['with an unknown kind of actor', { actor_token: 'x', actor_token_type: 'y' }, 400, 'invalid_request'],
  ])('refuses a request %s', async (_title, fields, status, error) => {
    const response = await exchange({ subject_token: await tenant.issueAccessToken(), ...fields });
    expect(response.status).toBe(status);
    expect(response.body).toEqual({ error, error_description: expect.any(String) as unknown });
  });

  it('refuses a client that cannot prove who it is', async () => {
    const subject_token = await tenant.issueAccessToken();
    const response = await exchange({ subject_token }, { authorization: basic('api', 'wrong') });
    expect(response.status).toBe(401);
    expect(response.body.error).toBe('invalid_client');
  });
});

describe('token exchange by profile', () => {
  const byProfile = (fields: Record<string, string> = {}) =>
    exchange({ subject_token: 'good', subject_token_type: 'urn:acme:legacy', ...fields });

  it('issues a token for the user the profile names', async () => {
    const { status, body } = await byProfile({ scope: 'read:books', plan: 'gold' });
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual([
      'access_token',
      'expires_in',
      'issued_token_type',
      'scope',
      'token_type',
    ]);
    const { payload } = await verified(tenant, text(body.access_token));
    expect(payload).toMatchObject({ sub: 'legacy|1', aud: BOOKS, client_id: 'api', plan: 'gold' });
    expect(payload).not.toHaveProperty('act');
    expect(payload).not.toHaveProperty('azp');
  });

  it('falls back to the default audience', async () => {
    const { body } = await byProfile({ audience: '' });
    expect((await verified(tenant, text(body.access_token))).payload.aud).toBe(API);
  });

  it('adds ID and refresh tokens when their scopes are asked for', async () => {
    const { body } = await byProfile({ scope: 'openid offline_access' });
    const { payload, protectedHeader } = await verified(tenant, text(body.id_token));
    expect(protectedHeader.typ).toBe('JWT');
    expect(payload).toMatchObject({ sub: 'legacy|1', aud: 'api' });
    expect(text(body.refresh_token)).toMatch(/^v1\./u);
  });

  it('honours organization, actor token and an asynchronous profile', async () => {
    const { body } = await byProfile({
      organization: 'org_7',
      actor_token: 'agent',
      actor_token_type: 'urn:acme:later',
    });
    const { payload } = await verified(tenant, text(body.access_token));
    expect(payload).toMatchObject({ org_id: 'org_7', act: { sub: 'agent' } });
  });

  it('refuses a token the profile does not accept, and a profile that does not exist', async () => {
    const unacceptable = await byProfile({ subject_token: 'bad' });
    expect([unacceptable.status, unacceptable.body.error]).toEqual([400, 'invalid_grant']);
    const unknown = await byProfile({ subject_token_type: 'toString' });
    expect([unknown.status, unknown.body.error]).toEqual([400, 'invalid_request']);
  });

  it.each([{}, { sub: '' }, { sub: 7 }, { subject: 'legacy|1' }, { sub: 'legacy|1', claim: {} }, null])(
    'fails when a profile returns %j, rather than issue a token for somebody else',
    async (result) => {
      const subject = createTestTenant({
        algorithm: 'ES256',
        exchangeProfiles: { 'urn:acme:odd': () => result as ExchangeSubject },
      });
      const form = { grant_type: TOKEN_EXCHANGE, subject_token: 'good', subject_token_type: 'urn:acme:odd' };
      await expect(requestToken(subject, form)).rejects.toThrow(
        /^the result of exchangeProfiles\['urn:acme:odd'\]: /,
      );
    },
  );

  it('knows an example profile by default', async () => {
    const plain = createTestTenant({ now: () => NOW, algorithm: 'ES256' });
    const form = { grant_type: TOKEN_EXCHANGE, subject_token_type: 'urn:example:subject-token' };
    const { body } = await requestToken(plain, { ...form, subject_token: 'user:auth0|ada' });
    expect((await verified(plain, text(body.access_token))).payload.sub).toBe('auth0|ada');
    expect((await requestToken(plain, { ...form, subject_token: 'ada' })).status).toBe(400);
  });
});

describe('tokens for connections', () => {
  const CONNECTION_TOKEN_TYPE = 'http://auth0.com/oauth/token-type/federated-connection-access-token';
  const connect = async (fields: Record<string, string> = {}, subject: IssueAccessTokenOptions = {}) =>
    requestToken(tenant, {
      grant_type: 'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token',
      subject_token_type: ACCESS_TOKEN_TYPE,
      subject_token: await tenant.issueAccessToken(subject),
      requested_token_type: CONNECTION_TOKEN_TYPE,
      connection: 'github',
      ...fields,
    });

  it('answers with an opaque token', async () => {
    const { status, body } = await connect({ login_hint: 'ada' });
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^github\.[\w-]+$/u) as unknown,
      issued_token_type: CONNECTION_TOKEN_TYPE,
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'openid email profile',
    });
  });

  it.each<[string, Record<string, string>, IssueAccessTokenOptions?]>([
    ['an unknown connection', { connection: 'myspace' }],
    ['no connection', { connection: '' }],
    ['another requested token type', { requested_token_type: ACCESS_TOKEN_TYPE }],
    ['another subject token type', { subject_token_type: 'urn:acme:legacy' }],
    ['a token that has expired', {}, { expiresInSeconds: -1 }],
    ['a token for another API', {}, { audience: BOOKS }],
  ])('refuses %s', async (_title, fields, subject) => {
    const response = await connect(fields, subject);
    expect(response.status).toBe(400);
    expect(response.body).toEqual({
      error: 'invalid_request',
      error_description: expect.any(String) as unknown,
    });
  });
});
