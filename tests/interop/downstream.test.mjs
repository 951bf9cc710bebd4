/**
 * A chain in which only the middle is ours: oidc-provider issues and exchanges tokens, oauth4webapi protects the API
 * behind, and both demand nonces.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiClient, createDownstreamFetch, createDpopKey } from '../../src/index.ts';
import { AUDIENCE, SECRET, startAuthorizationServer, SUBJECT_TYPE } from './authorization-server.mjs';
import { serveResource } from './resource-server.mjs';

let server;
let api;
beforeAll(async () => {
  server = await startAuthorizationServer([
    { client_id: 'orders', client_secret: SECRET, token_endpoint_auth_method: 'client_secret_basic' },
  ]);
  const as = { issuer: `https://${server.domain}/`, jwks_uri: `https://${server.domain}/jwks` };
  api = await serveResource({ as, audience: AUDIENCE, customFetch: server.customFetch });
  api.nonce = 'nonce-of-the-api';
});
afterAll(async () => {
  await api.close();
  await server.close();
});

it('a call is bound from end to end, and a refused token is replaced', async () => {
  const audience = 'https://orders.example.com';
  const { domain, customFetch } = server;
  const client = new ApiClient({ domain, audience, clientId: 'orders', clientSecret: SECRET, customFetch });
  const { accessToken } = await client.getTokenByExchangeProfile({
    subjectToken: 'user:auth0|ada',
    subjectTokenType: SUBJECT_TYPE,
    audience,
  });
  server.requests.length = 0;
  const dpopKey = await createDpopKey();
  const call = createDownstreamFetch(client, {
    accessToken,
    audience: AUDIENCE,
    scope: 'read:invoices',
    baseUrl: api.url,
    dpopKey,
  });

  const first = await call('/invoices?page=2', { method: 'POST', body: 'again' });
  expect(await first.json()).toMatchObject({
    sub: 'auth0|ada',
    scope: 'read:invoices',
    cnf: { jkt: dpopKey.jkt },
    act: { sub: 'orders' },
  });
  expect((await call('/invoices')).status).toBe(200);
  // The server demanded its nonce once, and so did the API; one token was enough.
  expect(server.requests.map(({ status }) => status)).toEqual([400, 200]);
  expect(api.calls.map(({ status, body }) => [status, body])).toEqual([
    [401, 'again'],
    [200, 'again'],
    [200, ''],
  ]);

  api.revoked.add(api.calls.at(-1).accessToken);
  expect((await call('/invoices')).status).toBe(200);
  expect(server.requests.map(({ status }) => status)).toEqual([400, 200, 200]);
  expect(new Set(api.calls.map((made) => made.accessToken)).size).toBe(2);
});
