/** Our requests, judged by the resource server side of oauth4webapi (RFC 9449 §4.3, RFC 9068 §4). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDpopFetch, createDpopKey, createDpopProof } from '../../src/index.ts';
import { createTestTenant } from '../../src/testing/index.ts';
import { serveResource } from './resource-server.mjs';

const AUDIENCE = 'https://orders.example.com';
const ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
];

const tenant = createTestTenant({ algorithm: 'ES256' });
let issuer;
let api;
let origin;

beforeAll(async () => {
  issuer = await tenant.listen();
  const as = {
    issuer: `https://${tenant.domain}/`,
    jwks_uri: `https://${tenant.domain}/.well-known/jwks.json`,
  };
  api = await serveResource({ as, audience: AUDIENCE, customFetch: issuer.fetch });
  origin = api.url;
});
afterAll(async () => {
  await api.close();
  await issuer.close();
});
beforeEach(() => {
  api.nonce = undefined;
  api.calls.length = 0;
});

const boundToken = (key) =>
  tenant.issueAccessToken({
    audience: AUDIENCE,
    dpopKey: key,
    header: { typ: 'at+jwt' },
    claims: { jti: 'a-token', client_id: 'a-client' },
  });

describe('oauth4webapi accepts', () => {
  it.each(ALGORITHMS)('a request of createDpopFetch with %s', async (algorithm) => {
    const key = await createDpopKey({ algorithm });
    const call = createDpopFetch({ key, accessToken: await boundToken(key) });
    const response = await call(`${origin}/orders?page=2`);
    expect(await response.json()).toMatchObject({ cnf: { jkt: key.jkt } });
  });

  it('a proof of createDpopProof', async () => {
    const key = await createDpopKey();
    const accessToken = await boundToken(key);
    const proof = await createDpopProof(key, {
      httpMethod: 'DELETE',
      httpUrl: `${origin}/a/../b%7E/`,
      accessToken,
    });
    const headers = { Authorization: `DPoP ${accessToken}`, DPoP: proof };
    const response = await fetch(`${origin}/b%7E/`, { method: 'DELETE', headers });
    expect(await response.json()).toMatchObject({ cnf: { jkt: key.jkt } });
  });

  it.each(['GET', 'post', 'PATCH', 'DELETE', 'options'])('the method %s as it is sent', async (method) => {
    const key = await createDpopKey();
    const call = createDpopFetch({ key, accessToken: await boundToken(key) });
    const response = await call(`${origin}/orders`, { method });
    expect([response.status, await response.json()]).toMatchObject([200, { cnf: { jkt: key.jkt } }]);
  });

  it.each(['/', '/a//b', '/a%2Fb/ä?x=%20#part', '/~user/%7Euser', "/a'b(c)!*", '/a|b', '/%'])(
    'the path %s',
    async (path) => {
      const key = await createDpopKey();
      const call = createDpopFetch({ key, accessToken: await boundToken(key) });
      const response = await call(`${origin}${path}`);
      expect([response.status, await response.json()]).toMatchObject([200, { cnf: { jkt: key.jkt } }]);
    },
  );

  it('the second request with the nonce it wanted, and its body again', async () => {
    api.nonce = 'wanted';
    const key = await createDpopKey();
    const call = createDpopFetch({ key, accessToken: await boundToken(key) });
    expect((await call(`${origin}/orders`, { method: 'POST', body: 'again' })).status).toBe(200);
    expect(api.calls.map(({ status, body }) => [status, body])).toEqual([
      [401, 'again'],
      [200, 'again'],
    ]);
  });
});

describe('oauth4webapi refuses', () => {
  it('a proof with another key than that of the token', async () => {
    const key = await createDpopKey();
    const call = createDpopFetch({ key: await createDpopKey(), accessToken: await boundToken(key) });
    const response = await call(`${origin}/orders`);
    expect([response.status, await response.text()]).toEqual([401, expect.stringContaining('confirmation')]);
  });

  it('a proof for another token', async () => {
    const key = await createDpopKey();
    const accessToken = await boundToken(key);
    const proven = { httpMethod: 'GET', httpUrl: `${origin}/orders`, accessToken: await boundToken(key) };
    const headers = { Authorization: `DPoP ${accessToken}`, DPoP: await createDpopProof(key, proven) };
    const response = await fetch(`${origin}/orders`, { headers });
    expect([response.status, await response.text()]).toEqual([401, expect.stringContaining('ath')]);
  });
});
