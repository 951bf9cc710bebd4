/** Requests that other people's clients make, on a socket, and our verdict on them (RFC 9449 §4.3, §7.1). */
import { ApiClient } from '../../src/index.ts';
import { createTestTenant } from '../../src/testing/index.ts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { serveApi } from '../support/protected-api.ts';
import { parseChallenges } from '../support/challenges.ts';
import { algorithmsOf, callers } from './callers.mjs';

const NONCE = { secret: 'a secret of at least thirty-two characters' };

const tenant = createTestTenant({ algorithm: 'ES256' });
let issuer;
beforeAll(async () => {
  issuer = await tenant.listen();
});
afterAll(async () => {
  await issuer.close();
});

/** An API that takes DPoP and nothing else. */
async function serve(dpop = {}) {
  const client = new ApiClient({
    ...tenant.clientOptions(),
    algorithms: ['ES256'],
    customFetch: issuer.fetch,
    dpop: { mode: 'required', ...dpop },
  });
  const api = await serveApi(client);
  onTestFinished(api.close);
  return api.url;
}

const tokenFor = (caller) => tenant.issueAccessToken({ dpopKey: { jkt: caller.jkt }, sub: 'auth0|ada' });

describe.each(Object.entries(callers))('a request of %s', (name, createCaller) => {
  it.each(algorithmsOf[name])('is accepted with %s', async (alg) => {
    const url = await serve({ algorithms: [alg] });
    const caller = await createCaller(alg);
    const answer = await caller.call(await tokenFor(caller), 'GET', `${url}/orders?page=2`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ sub: 'auth0|ada', cnf: { jkt: caller.jkt } });
  });

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('is accepted with the method %s', async (method) => {
    const url = await serve();
    const caller = await createCaller('ES256');
    const body = method === 'GET' || method === 'DELETE' ? undefined : '{"a":1}';
    expect((await caller.call(await tokenFor(caller), method, `${url}/orders`, body)).status).toBe(200);
  });

  it.each([
    '/',
    '/a/../b',
    '/a%2Fb/%c3%a4?x=%20',
    '/caf\u00e9/%7Euser',
    '/orders/',
    '//double',
    '/a;b=c,d@e:f',
    '/?q=a/b?c#fragment',
  ])('is accepted at %s', async (path) => {
    const url = await serve();
    const caller = await createCaller('ES256');
    expect((await caller.call(await tokenFor(caller), 'GET', `${url}${path}`)).status).toBe(200);
  });

  it('is accepted after the nonce that its client was asked for', async () => {
    const url = await serve({ nonce: NONCE });
    const caller = await createCaller('ES256');
    const accessToken = await tokenFor(caller);
    const demand = await caller.send(accessToken, 'GET', `${url}/orders`);
    expect(demand.status).toBe(401);
    const [challenge] = parseChallenges(demand.headers.get('www-authenticate') ?? '');
    expect(challenge).toMatchObject({ scheme: 'DPoP', params: { error: 'use_dpop_nonce' } });
    // From here on as its makers mean it to be used: it reads the challenge itself and tries once more.
    expect((await caller.call(accessToken, 'GET', `${url}/orders`)).status).toBe(200);
    expect((await caller.call(accessToken, 'GET', `${url}/orders`)).status).toBe(200);
  });

  it('is refused with the token of another key', async () => {
    const url = await serve();
    const [caller, thief] = [await createCaller('ES256'), await createCaller('ES256')];
    const answer = await thief.send(await tokenFor(caller), 'GET', `${url}/orders`);
    expect(answer.status).toBe(401);
    const [challenge] = parseChallenges(answer.headers.get('www-authenticate') ?? '');
    expect(challenge).toMatchObject({ scheme: 'DPoP', params: { error: 'invalid_token' } });
  });

  it('is refused with an algorithm that the API does not take', async () => {
    const url = await serve();
    const caller = await createCaller('Ed25519');
    const answer = await caller.send(await tokenFor(caller), 'GET', `${url}/orders`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'invalid_dpop_proof' });
  });
});
