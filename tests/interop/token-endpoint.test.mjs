/** What our client sends to a token endpoint, judged by oidc-provider (RFC 6749, 7523, 8693, 8707, 9449). */
import { generateKeyPairSync } from 'node:crypto';
import { URLSearchParams } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiClient, ApiError, createDpopKey, createDpopProof } from '../../src/index.ts';
import {
  ACCESS_TOKEN,
  AUDIENCE,
  SECRET,
  startAuthorizationServer,
  SUBJECT_TYPE,
  TOKEN_EXCHANGE,
} from './authorization-server.mjs';

const keys = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
};

const byKey = Object.entries(keys).map(([alg, { publicKey }]) => ({
  client_id: `by-${alg}`,
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: alg,
  jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', alg }] },
}));
const clients = [
  { client_id: 'basic:client', client_secret: SECRET, token_endpoint_auth_method: 'client_secret_basic' },
  { client_id: 'post client', client_secret: SECRET, token_endpoint_auth_method: 'client_secret_post' },
  ...byKey,
];

let server;
beforeAll(async () => {
  server = await startAuthorizationServer(clients);
});
afterAll(async () => {
  await server.close();
});
beforeEach(() => {
  server.requests.length = 0;
});

function createClient(options) {
  const { domain, customFetch } = server;
  return new ApiClient({ domain, audience: 'https://orders.example.com', customFetch, ...options });
}

const basic = () => createClient({ clientId: 'basic:client', clientSecret: SECRET });
const downstream = (dpop = { mode: 'allowed' }) => createClient({ audience: AUDIENCE, dpop });
const statuses = () => server.requests.map(({ status }) => status);

const WAYS = [
  ['client_secret_basic', () => basic()],
  [
    'client_secret_post',
    () =>
      createClient({ clientId: 'post client', clientSecret: SECRET, clientAuthMethod: 'client_secret_post' }),
  ],
  ...Object.entries(keys).map(([alg, { privateKey }]) => [
    `private_key_jwt with a JWK for ${alg}`,
    () =>
      createClient({
        clientId: `by-${alg}`,
        clientAssertionSigningKey: privateKey.export({ format: 'jwk' }),
        clientAssertionSigningAlg: alg,
      }),
  ]),
  [
    'private_key_jwt with PEM',
    () =>
      createClient({
        clientId: 'by-RS256',
        clientAssertionSigningKey: keys.RS256.privateKey.export({ format: 'pem', type: 'pkcs8' }),
      }),
  ],
];

const byProfile = (client, more = {}) =>
  client.getTokenByExchangeProfile({
    subjectToken: 'user:auth0|ada',
    subjectTokenType: SUBJECT_TYPE,
    audience: AUDIENCE,
    scope: 'read:invoices',
    ...more,
  });

describe.each(WAYS)('a client that proves itself by %s', (_way, make) => {
  it('gets a token by an exchange profile, which another API accepts', async () => {
    const result = await byProfile(make());
    expect(result).toMatchObject({
      tokenType: 'Bearer',
      scope: 'read:invoices',
      issuedTokenType: ACCESS_TOKEN,
    });
    await expect(downstream().verifyAccessToken({ accessToken: result.accessToken })).resolves.toMatchObject({
      sub: 'auth0|ada',
      scope: 'read:invoices',
    });
    expect(server.requests).toMatchObject([{ status: 200, body: { grant_type: TOKEN_EXCHANGE } }]);
  });

  it('gets a bound token, after the nonce that is demanded', async () => {
    const dpopKey = await createDpopKey();
    const result = await byProfile(make(), { dpopKey });
    expect(result.tokenType).toBe('DPoP');
    expect(statuses()).toEqual([400, 200]);
    expect(server.requests[0].answer).toMatchObject({ error: 'use_dpop_nonce' });
    const claims = await downstream().verifyAccessToken({ accessToken: result.accessToken });
    expect(claims.cnf).toEqual({ jkt: dpopKey.jkt });
  });

  it('gets a token of its own, plain and bound', async () => {
    const client = make();
    const dpopKey = await createDpopKey();
    const options = { audience: AUDIENCE, scope: 'write:invoices' };
    const plain = await client.getTokenByClientCredentials(options);
    const bound = await client.getTokenByClientCredentials({ ...options, dpopKey });
    expect([plain.tokenType, bound.tokenType]).toEqual(['Bearer', 'DPoP']);
    for (const { accessToken } of [plain, bound]) {
      const claims = await downstream().verifyAccessToken({ accessToken });
      expect(claims).toMatchObject({ scope: 'write:invoices' });
    }
    expect(statuses()).toEqual([200, 400, 200]);
  });
});

describe('a token on behalf of the user', () => {
  it('is issued for the token of the call at hand, and names who acts', async () => {
    const client = basic();
    const incoming = await byProfile(client, { audience: 'https://orders.example.com' });
    await client.verifyAccessToken({ accessToken: incoming.accessToken });
    const { accessToken } = await client.getTokenOnBehalfOf({
      accessToken: incoming.accessToken,
      audience: AUDIENCE,
      verifySubjectToken: true,
    });
    await expect(downstream().verifyAccessToken({ accessToken })).resolves.toMatchObject({
      sub: 'auth0|ada',
      aud: AUDIENCE,
      act: { sub: 'basic:client' },
    });
  });

  it('is bound to a key, and another API takes it with a proof', async () => {
    const client = basic();
    const incoming = await byProfile(client);
    const dpopKey = await createDpopKey();
    const { accessToken } = await client.getTokenOnBehalfOf({
      accessToken: incoming.accessToken,
      audience: AUDIENCE,
      dpopKey,
    });
    const target = { httpMethod: 'GET', httpUrl: 'https://billing.example.com/invoices' };
    const proof = await createDpopProof(dpopKey, { ...target, accessToken });
    const headers = { authorization: `DPoP ${accessToken}`, dpop: proof };
    const claims = await downstream({ mode: 'required' }).verifyRequest({ headers, ...target });
    expect(claims.cnf).toEqual({ jkt: dpopKey.jkt });
  });
});

describe('parameters', () => {
  it('arrive as they were given', async () => {
    await byProfile(basic(), {
      resource: ['https://a.example/?x=1&y=2', 'https://b.example/%C3%A4'],
      organization: 'org_1 & more',
      extra: { custom: 'a+b=c&d%20 \u00e4\u{1f600}' },
    });
    expect(server.requests[0].body).toMatchObject({
      resource: ['https://a.example/?x=1&y=2', 'https://b.example/%C3%A4'],
      organization: 'org_1 & more',
      custom: 'a+b=c&d%20 \u00e4\u{1f600}',
    });
  });

  it('name a resource in the way of RFC 8707', async () => {
    const resource = 'https://ledger.example.com/v2';
    const { accessToken } = await byProfile(basic(), { audience: undefined, resource });
    const api = createClient({ audience: resource });
    await expect(api.verifyAccessToken({ accessToken })).resolves.toMatchObject({ aud: resource });
  });
});

describe('proofs', () => {
  it.each(['ES256', 'EdDSA', 'Ed25519'])('with %s are accepted', async (algorithm) => {
    const dpopKey = await createDpopKey({ algorithm });
    expect((await byProfile(basic(), { dpopKey })).tokenType).toBe('DPoP');
  });

  it('begin with the nonce that was learnt before', async () => {
    const client = basic();
    await byProfile(client, { dpopKey: await createDpopKey() });
    await byProfile(client, { dpopKey: await createDpopKey() });
    expect(statuses()).toEqual([400, 200, 200]);
  });

  it('made by hand are accepted once', async () => {
    const key = await createDpopKey();
    const send = async (proof) =>
      await server.customFetch(server.tokenEndpoint, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', DPoP: proof },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: 'post client',
          client_secret: SECRET,
          resource: AUDIENCE,
        }).toString(),
      });
    const target = { httpMethod: 'POST', httpUrl: server.tokenEndpoint };
    const demand = await send(await createDpopProof(key, target));
    expect(await demand.json()).toMatchObject({ error: 'use_dpop_nonce' });
    const nonce = demand.headers.get('dpop-nonce');
    const proof = await createDpopProof(key, { ...target, nonce });
    const answer = await (await send(proof)).json();
    expect(answer).toMatchObject({ token_type: 'DPoP' });
    const claims = await downstream().verifyAccessToken({ accessToken: answer.access_token });
    expect(claims.cnf).toEqual({ jkt: key.jkt });
    expect((await send(proof)).status).toBe(400);
  });

  it('of an algorithm that the server does not take are an error of the exchange', async () => {
    const dpopKey = await createDpopKey({ algorithm: 'PS256' });
    const error = await byProfile(basic(), { dpopKey }).catch((reason) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'invalid_dpop_proof', statusCode: 400, retryable: false });
  });
});

describe('a refusal', () => {
  it.each([
    [
      'of a wrong secret',
      () => createClient({ clientId: 'basic:client', clientSecret: 'wrong' }),
      {},
      'invalid_client',
    ],
    [
      'of an unknown client',
      () => createClient({ clientId: 'nobody', clientSecret: SECRET }),
      {},
      'invalid_client',
    ],
    [
      'of another way to prove the client',
      () => createClient({ clientId: 'by-RS256', clientSecret: SECRET }),
      {},
      'invalid_client',
    ],
    [
      'of the key of another client',
      () =>
        createClient({
          clientId: 'by-RS256',
          clientAssertionSigningKey: keys.PS256.privateKey.export({ format: 'jwk' }),
          clientAssertionSigningAlg: 'RS256',
        }),
      {},
      'invalid_client',
    ],
    ['of the subject token', () => basic(), { subjectToken: 'nobody' }, 'invalid_grant'],
    ['of what is wanted', () => basic(), { requestedTokenType: 'urn:example:other' }, 'invalid_request'],
  ])('%s keeps what the server says', async (_title, make, more, code) => {
    const error = await byProfile(make(), more).catch((reason) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code, error: code, reason: 'upstream_refused' });
    expect(server.requests).toHaveLength(1);
  });
});
