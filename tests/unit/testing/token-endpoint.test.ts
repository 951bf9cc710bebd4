import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createTestTenant } from '../../../src/testing/index.ts';
import { basic, NOW, requestToken, text, tokenUrl, verified } from './support.ts';

const CLIENT_ID = 'ä client:1';
const SECRET = 's%c+r&t :2';
const assertionKeys = await generateKeyPair('ES256');

const tenant = createTestTenant({
  now: () => NOW,
  algorithm: 'ES256',
  clients: [
    { clientId: CLIENT_ID, clientSecret: SECRET, publicJwk: await exportJWK(assertionKeys.publicKey) },
    { clientId: 'narrow', clientSecret: 'narrow-secret', grantTypes: ['client_credentials'] },
  ],
  audiences: ['https://books.example.com'],
});

const FORM = { grant_type: 'client_credentials', audience: 'https://books.example.com' };
const POSTED = { client_id: CLIENT_ID, client_secret: SECRET };
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

function assertion(claims: Record<string, unknown> = {}) {
  return new SignJWT({
    iss: CLIENT_ID,
    sub: CLIENT_ID,
    aud: tenant.issuer,
    jti: 'a-1',
    exp: NOW / 1000 + 60,
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(assertionKeys.privateKey);
}

describe('client authentication', () => {
  it('accepts Basic with a form-encoded id and secret', async () => {
    const { status } = await requestToken(tenant, FORM);
    expect(status).toBe(200);
  });

  it('accepts Basic next to the same client_id in the form', async () => {
    expect((await requestToken(tenant, { ...FORM, client_id: CLIENT_ID })).status).toBe(200);
    expect((await requestToken(tenant, { ...FORM, client_id: 'narrow' })).status).toBe(401);
  });

  it('accepts the secret in the form', async () => {
    expect((await requestToken(tenant, { ...FORM, ...POSTED }, {})).status).toBe(200);
  });

  it('accepts a signed assertion', async () => {
    const form = { ...FORM, client_assertion_type: ASSERTION_TYPE, client_assertion: await assertion() };
    expect((await requestToken(tenant, form, {})).status).toBe(200);
  });

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['no credentials', {}, {}],
    ['a wrong secret in the header', { authorization: basic(CLIENT_ID, 'wrong') }, {}],
    ['an unknown client in the header', { authorization: basic('nobody', SECRET) }, {}],
    ['a wrong secret in the form', {}, { ...POSTED, client_secret: 'wrong' }],
    ['an unknown client in the form', {}, { ...POSTED, client_id: 'nobody' }],
    ['a secret without a client', {}, { client_secret: SECRET }],
    ['a client without a secret', {}, { client_id: CLIENT_ID }],
    ['both methods at once', { authorization: basic(CLIENT_ID, SECRET) }, POSTED],
    ['credentials that are not form-encoded', { authorization: `Basic ${btoa('a%zz:b')}` }, {}],
    ['another scheme', { authorization: 'Bearer abc' }, {}],
    ['rubbish as an assertion', {}, { client_assertion_type: ASSERTION_TYPE, client_assertion: 'x.y.z' }],
    ['an assertion type alone', {}, { client_assertion_type: ASSERTION_TYPE }],
  ])('refuses %s', async (_title, headers, fields) => {
    const response = await requestToken(tenant, { ...FORM, ...fields }, headers);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="tenant.auth0.test"');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.body).toEqual({ error: 'invalid_client', error_description: 'Unauthorized' });
  });

  it.each<[string, Record<string, unknown>]>([
    ['for another audience', { aud: 'https://elsewhere.auth0.test/' }],
    ['by another issuer', { iss: 'narrow' }],
    ['for a client without a key', { iss: 'narrow', sub: 'narrow' }],
    ['that has expired', { exp: NOW / 1000 }],
    ['that never expires', { exp: undefined }],
  ])('refuses an assertion %s', async (_title, claims) => {
    const client_assertion = await assertion(claims);
    const form = { ...FORM, client_assertion_type: ASSERTION_TYPE, client_assertion };
    expect((await requestToken(tenant, form, {})).status).toBe(401);
  });
});

describe('/oauth/token', () => {
  it('wants a form', async () => {
    const response = await tenant.fetch(tokenUrl(tenant), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: basic(CLIENT_ID, SECRET) },
      body: JSON.stringify(FORM),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toHaveProperty('error', 'invalid_request');
  });

  it('refuses repeated parameters', async () => {
    const response = await requestToken(tenant, [...Object.entries(FORM), ['audience', 'x']]);
    expect(response.status).toBe(400);
    expect(response.body).toEqual({
      error: 'invalid_request',
      error_description: 'The parameter audience must not be repeated.',
    });
  });

  it('refuses a request without a grant type', async () => {
    const response = await requestToken(tenant, { audience: 'x' });
    expect(response.status).toBe(400);
    expect(response.body.error).toBe('invalid_request');
  });

  it.each(['password', '__proto__', 'authorization_code'])(
    'does not know the grant type %s',
    async (type) => {
      const response = await requestToken(tenant, { ...FORM, grant_type: type });
      expect(response.status).toBe(400);
      expect(response.body.error).toBe('unsupported_grant_type');
    },
  );

  it('refuses a grant type that the client may not use', async () => {
    const credentials = { authorization: basic('narrow', 'narrow-secret') };
    const type = 'urn:ietf:params:oauth:grant-type:token-exchange';
    const response = await requestToken(tenant, { ...FORM, grant_type: type }, credentials);
    expect(response.status).toBe(403);
    expect(response.body.error).toBe('unauthorized_client');
  });
});

describe('client_credentials', () => {
  it('issues a token to the client itself', async () => {
    const { body, headers } = await requestToken(tenant, { ...FORM, scope: 'read:books' });
    expect(body).toEqual({
      access_token: expect.any(String) as unknown,
      token_type: 'Bearer',
      expires_in: 86_400,
      scope: 'read:books',
    });
    expect(headers.get('cache-control')).toBe('no-store');
    const { payload } = await verified(tenant, text(body.access_token));
    expect(payload).toMatchObject({
      sub: `${CLIENT_ID}@clients`,
      azp: CLIENT_ID,
      aud: 'https://books.example.com',
      scope: 'read:books',
      gty: 'client-credentials',
    });
  });

  it('leaves the scope out when none was asked for', async () => {
    const { body } = await requestToken(tenant, FORM);
    expect(body).not.toHaveProperty('scope');
    expect((await verified(tenant, text(body.access_token))).payload).not.toHaveProperty('scope');
  });

  it('issues tokens with the configured lifetime', async () => {
    const brief = createTestTenant({ now: () => NOW, algorithm: 'ES256', tokenLifetimeSeconds: 90 });
    const { body } = await requestToken(brief, { ...FORM });
    expect(body.expires_in).toBe(90);
    expect((await verified(brief, text(body.access_token))).payload.exp).toBe(NOW / 1000 + 90);
  });

  it('refuses an API that the tenant does not know, and none at all', async () => {
    const unknown = await requestToken(tenant, { ...FORM, audience: 'https://other.example.com' });
    expect(unknown.status).toBe(403);
    expect(unknown.body).toEqual({
      error: 'access_denied',
      error_description: 'Service not found: https://other.example.com',
    });
    expect((await requestToken(tenant, { grant_type: FORM.grant_type })).body.error).toBe('access_denied');
    expect((await requestToken(tenant, { ...FORM, audience: tenant.audience })).status).toBe(200);
  });
});

describe('a DPoP proof at the token endpoint', () => {
  const credentials = { authorization: basic(CLIENT_ID, SECRET) };
  const key = tenant.createDpopKey();

  it('binds the token to its key', async () => {
    const dpop = await key.createProof({ httpMethod: 'POST', httpUrl: tokenUrl(tenant) });
    const { body } = await requestToken(tenant, FORM, { ...credentials, dpop });
    expect(body.token_type).toBe('DPoP');
    expect((await verified(tenant, text(body.access_token))).payload.cnf).toEqual({ jkt: key.jkt });
  });

  it.each([
    ['for another URL', { httpMethod: 'POST', httpUrl: 'https://tenant.auth0.test/other' }],
    ['for another method', { httpMethod: 'GET', httpUrl: tokenUrl(tenant) }],
    ['from long ago', { httpMethod: 'POST', httpUrl: tokenUrl(tenant), claims: { iat: 1 } }],
    ['of another type', { httpMethod: 'POST', httpUrl: tokenUrl(tenant), header: { typ: 'JWT' } }],
  ])('is refused when it was made %s', async (_title, options) => {
    const dpop = await key.createProof(options);
    const response = await requestToken(tenant, FORM, { ...credentials, dpop });
    expect(response.status).toBe(400);
    expect(response.body.error).toBe('invalid_dpop_proof');
  });
});

describe('a nonce for proofs', () => {
  const demanding = createTestTenant({ now: () => NOW, algorithm: 'ES256', dpopNonce: 'nonce-1' });
  const form = { grant_type: 'client_credentials', audience: 'https://books.example.com' };
  const authorization = basic(demanding.clientId, demanding.clientSecret);
  const key = demanding.createDpopKey();
  const prove = (nonce?: string) =>
    key.createProof({ httpMethod: 'POST', httpUrl: tokenUrl(demanding), nonce });

  it.each([undefined, 'another'])('is asked for where the proof has %s', async (nonce) => {
    const answer = await requestToken(demanding, form, { authorization, dpop: await prove(nonce) });
    expect(answer).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } });
    expect(answer.headers.get('dpop-nonce')).toBe('nonce-1');
  });

  it('is accepted, and nothing to those who send no proof', async () => {
    const bound = await requestToken(demanding, form, { authorization, dpop: await prove('nonce-1') });
    expect(bound).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    expect(bound.headers.get('dpop-nonce')).toBeNull();
    expect(await requestToken(demanding, form)).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer' },
    });
  });
});
