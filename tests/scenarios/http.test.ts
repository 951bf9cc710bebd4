import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { AccessTokenChecks, ApiClientOptions } from '../../src/index.ts';
import type { Failure, TestServer } from '../../src/testing/index.ts';
import { expectRefusal, outage } from '../support/assert-rejects.ts';
import { parseChallenges } from '../support/challenges.ts';
import { type ProtectedApi, send, serveApi } from '../support/protected-api.ts';
import { createBoundRequest, type DpopSetting, offers, setUp } from '../support/scenario.ts';

const { tenant, createClient, clock } = setUp();
let issuer: TestServer;
beforeAll(async () => {
  issuer = await tenant.listen();
});
afterAll(async () => {
  await issuer.close();
});

const overHttp = (options: Partial<ApiClientOptions> = {}) =>
  createClient({ customFetch: issuer.fetch, ...options });

/** An API on a socket of its own, for one test. */
async function serve(
  options: Partial<ApiClientOptions> = {},
  checks: AccessTokenChecks = {},
): Promise<ProtectedApi> {
  const api = await serveApi(overHttp(options), checks);
  onTestFinished(api.close);
  return api;
}

async function dpopHeaders(
  httpUrl: string,
  { proof, ...setting }: DpopSetting = {},
): Promise<[string, string][]> {
  const made = await createBoundRequest(tenant, { ...setting, proof: { httpUrl, ...proof } });
  return [
    ['Authorization', `DPoP ${made.accessToken}`],
    ['DPoP', made.proof],
  ];
}

describe('a tenant on a socket', () => {
  it('serves metadata and keys once', async () => {
    tenant.clearRequests();
    const client = overHttp();
    const accessToken = await tenant.issueAccessToken();
    await Promise.all(Array.from({ length: 20 }, () => client.verifyAccessToken({ accessToken })));
    expect(tenant.requests.map(({ kind, status }) => [kind, status])).toEqual([
      ['discovery', 200],
      ['jwks', 200],
    ]);
  });

  it('exchanges tokens', async () => {
    const accessToken = await tenant.issueAccessToken({ sub: 'auth0|ada' });
    const result = await overHttp().getTokenOnBehalfOf({ accessToken, audience: 'https://b.example' });
    const downstream = overHttp({ audience: 'https://b.example' });
    await expect(downstream.verifyAccessToken({ accessToken: result.accessToken })).resolves.toMatchObject({
      sub: 'auth0|ada',
      act: { sub: tenant.clientId },
    });
  });

  it.each<Failure>(['network', 'hang', 'html', 'truncated', 'redirect', 'endless', 'slow', 404, 503])(
    'fails by %s as it does without a socket, and recovers',
    async (how) => {
      const client = overHttp({ timeoutSeconds: 0.25 });
      const accessToken = await tenant.issueAccessToken();
      tenant.fail('jwks', how);
      await expectRefusal(client.verifyAccessToken({ accessToken }), outage('jwks_unavailable'));
      tenant.recover();
      clock.advance(1);
      await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
    },
  );

  it('that is gone is an outage', async () => {
    const gone = await tenant.listen();
    const client = createClient({ customFetch: gone.fetch });
    await gone.close();
    const accessToken = await tenant.issueAccessToken();
    await expectRefusal(client.verifyAccessToken({ accessToken }), outage('discovery_unavailable'));
  });
});

describe('an API on a socket', () => {
  it('lets a Bearer token in', async () => {
    const { url } = await serve({}, { requiredScopes: 'read:orders' });
    const accessToken = await tenant.issueAccessToken({ scope: 'read:orders write:orders' });
    const response = await fetch(`${url}/orders?page=2`, {
      headers: { authorization: `bearer ${accessToken}` },
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ sub: 'auth0|user', scope: 'read:orders write:orders' });
  });

  it('asks for credentials', async () => {
    const { url } = await serve();
    const response = await fetch(`${url}/orders`);
    expect(response.status).toBe(401);
    expect(parseChallenges(response.headers.get('www-authenticate') ?? '')).toEqual(offers('allowed'));
    expect(await response.json()).toMatchObject({ error: 'unauthorized' });
  });

  it('refuses a bad token and a lacking scope', async () => {
    const { url } = await serve({}, { requiredScopes: 'read:orders' });
    const ask = async (accessToken: string) => {
      const response = await fetch(url, { headers: { authorization: `Bearer ${accessToken}` } });
      const [bearer] = parseChallenges(response.headers.get('www-authenticate') ?? '');
      return [response.status, bearer?.params.error, bearer?.params.scope];
    };
    expect(await ask('opaque')).toEqual([401, 'invalid_token', undefined]);
    expect(await ask(await tenant.issueAccessToken({ expiresInSeconds: -1 }))).toEqual([
      401,
      'invalid_token',
      undefined,
    ]);
    expect(await ask(await tenant.issueAccessToken())).toEqual([403, 'insufficient_scope', 'read:orders']);
  });

  it('lets a DPoP token in once for each proof', async () => {
    const { url } = await serve();
    const target = `${url}/orders?page=2`;
    const headers = await dpopHeaders(target, { proof: { httpMethod: 'POST' } });
    const first = await send(target, headers, 'POST');
    expect(first).toMatchObject({ status: 200, body: { sub: 'auth0|user' } });
    const again = await send(target, headers, 'POST');
    expect(again).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
    const elsewhere = await send(`${url}/orders/1`, await dpopHeaders(target));
    expect(elsewhere).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
  });

  it('hands out a nonce that works', async () => {
    const nonce = { secret: 'a nonce secret of more than 32 characters' };
    const { url } = await serve({ dpop: { mode: 'required', nonce } });
    const key = tenant.createDpopKey();
    const asked = await send(url, await dpopHeaders(url, { key }));
    expect(asked).toMatchObject({ status: 401, body: { error: 'use_dpop_nonce' } });
    const given = asked.headers.get('dpop-nonce') ?? '';
    const answered = await send(url, await dpopHeaders(url, { key, proof: { nonce: given } }));
    expect(answered.status).toBe(200);
  });

  it('refuses headers that were sent twice', async () => {
    const { url } = await serve();
    const authorization: [string, string] = ['Authorization', `Bearer ${await tenant.issueAccessToken()}`];
    const twoTokens = await send(`${url}/distinct`, [authorization, authorization]);
    expect(twoTokens).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const [token, proof] = await dpopHeaders(`${url}/orders`);
    for (const path of ['/orders', '/distinct']) {
      const twoProofs = await send(
        `${url}${path}`,
        [token, proof, proof].filter((header) => header !== undefined),
      );
      expect(twoProofs).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
    }
  });

  it('is unavailable while its issuer is, and says for how long', async () => {
    const { url } = await serve();
    tenant.fail('discovery', { status: 503, headers: { 'retry-after': '3' } });
    const accessToken = await tenant.issueAccessToken();
    const { status, headers, body } = await send(url, [['Authorization', `Bearer ${accessToken}`]]);
    tenant.recover();
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('3');
    expect(headers.get('www-authenticate')).toBeNull();
    expect(body.error).toBe('issuer_unavailable');
  });

  it('keeps its header whole however hostile its own options are', async () => {
    const { url } = await serve({ realm: 'a "quoted"\r\nX-Injected: \u00e9' });
    const response = await fetch(url);
    expect(response.headers.get('x-injected')).toBeNull();
    expect(parseChallenges(response.headers.get('www-authenticate') ?? '')[0]).toEqual({
      scheme: 'Bearer',
      params: { realm: 'a "quoted"??X-Injected: ?' },
    });
  });
});
