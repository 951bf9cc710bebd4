import { expect } from 'vitest';
import {
  type AccessTokenClaims,
  ApiClient,
  type DpopProofClaims,
  getDelegationChain,
  type TokenExchangeResult,
} from 'auth0-api-ts';
import { AUDIENCE, CLIENT, DOMAIN, type World } from '../world.ts';
import { createCertificate } from '../../support/certificate.ts';
import { rsaKeys } from '../../support/encryption.ts';
import { createFakeRedis } from '../../support/fake-redis.ts';
import type { Outcomes } from './outcome.ts';
import { callWithBoundToken, fetchForAnotherApi } from './outgoing.ts';

type Handler = (request: Request) => Promise<Response>;

const BOOKS = `${AUDIENCE}/books`;
const MCP = 'https://mcp.example.com';

async function ask(handle: Handler, headers: Record<string, string>, method = 'GET'): Promise<Response> {
  return await handle(new Request(BOOKS, { method, headers }));
}

/** A token that is bound to a key, and how to make a request with it. */
async function bound(world: World) {
  const dpopKey = world.tenant().createDpopKey();
  const accessToken = await world.tenant().issueAccessToken({ sub: 'auth0|ada', dpopKey });
  const target = { httpMethod: 'GET', httpUrl: BOOKS };
  const prove = (nonce?: string) => dpopKey.createProof({ ...target, accessToken, nonce });
  return { accessToken, target, dpopKey, prove, authorization: `DPoP ${accessToken}` };
}

interface Management {
  readonly listConnections: () => Promise<unknown>;
  readonly renameConnection: (id: string, name: string) => Promise<void>;
  readonly verifyConnection: (id: string, name: string) => Promise<boolean>;
}

export const examples: Outcomes = {
  'Call another API on behalf of the user': async (
    world,
    { listEvents }: { listEvents: (request: Request) => Promise<{ user: string; events: unknown }> },
  ) => {
    const calendar = new ApiClient({ domain: DOMAIN, audience: 'https://calendar.example.com' });
    world.answer = async (request) => {
      const claims = await calendar.verifyRequest(request, {
        requiredScopes: 'calendar:read calendar:write',
      });
      return Response.json(getDelegationChain(claims));
    };
    const headers = await world.bearer({ audience: MCP, sub: 'auth0|ada', act: ['agent-1'] });
    const result = await listEvents(new Request(`${MCP}/events`, { headers }));
    expect(result).toEqual({ user: 'auth0|ada', events: [CLIENT.clientId, 'agent-1'] });
    expect(world.apiRequests.map(({ url }) => url)).toEqual(['https://calendar.example.com/events']);

    const stranger = new Request(`${MCP}/events`, { headers: await world.bearer() });
    await expect(listEvents(stranger)).rejects.toMatchObject({ reason: 'audience_mismatch' });
  },

  'A fetch for the other API': fetchForAnotherApi,

  'In a framework': async (world) => {
    const calendar = new ApiClient({ domain: DOMAIN, audience: 'https://calendar.example.com' });
    world.answer = async (request) =>
      Response.json(getDelegationChain(await calendar.verifyRequest(request)));
    const call = async (token: Parameters<World['bearer']>[0]) =>
      await fetch(`${world.serverUrl()}/events`, {
        headers: await world.bearer({ audience: MCP, ...token }),
      });

    const granted = await call({ sub: 'auth0|ada', scope: 'calendar:read', act: ['agent-1'] });
    expect([granted.status, await granted.json()]).toEqual([
      200,
      { user: 'auth0|ada', events: [CLIENT.clientId, 'agent-1'] },
    ]);
    expect((await call({})).status).toBe(403);
    world.tenant().fail('token', 401);
    expect((await call({ scope: 'calendar:read' })).status).toBe(502);
  },

  'Protect an MCP server': async (world) => {
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'next-event' } };
    const post = async (scope: string) =>
      await fetch(`${world.serverUrl()}/mcp`, {
        method: 'POST',
        headers: {
          ...(await world.bearer({ audience: 'https://mcp.example.com/mcp', scope })),
          'content-type': 'application/json',
        },
        body: JSON.stringify(call),
      });
    const refused = await post('mcp:tools');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('scope="mcp:tools calendar:read"') as string,
    ]);
    // It was let through, to no route.
    expect((await post('mcp:tools calendar:read')).status).toBe(404);
  },

  'Answer with a challenge of your own': async (world, { handle }: { handle: Handler }) => {
    const ask = async (headers: Record<string, string>) =>
      await handle(new Request(`${AUDIENCE}/books`, { headers }));
    expect((await ask(await world.bearer())).status).toBe(200);
    const refusals = [{}, await world.bearer({ claims: { gty: 'password' } })];
    for (const headers of refusals) {
      const refused = await ask(headers);
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(/scope="read:books", resource_metadata=".+\/books"/) as string,
      ]);
    }
  },

  'See who acts for whom': async (
    world,
    { readEvents }: { readEvents: (accessToken: string) => Promise<Response> },
  ) => {
    const issue = (act: string[]) =>
      world.tenant().issueAccessToken({ audience: 'https://calendar.example.com', sub: 'auth0|ada', act });

    expect((await readEvents(await issue(['mcp-server-client-id', 'agent-1']))).status).toBe(200);
    const [[line] = [], [record] = []] = world.logged;
    expect(line).toBe('auth0|ada <- mcp-server-client-id <- agent-1');
    expect(JSON.parse(String(record))).toMatchObject({
      event: 'events.read',
      user: 'auth0|ada',
      actor: 'mcp-server-client-id',
      chain: [{ sub: 'mcp-server-client-id' }, { sub: 'agent-1' }],
      outcome: 'allowed',
    });
    const stranger = readEvents(await issue(['agent-1', 'mcp-server-client-id']));
    await expect(stranger).rejects.toMatchObject({ statusCode: 403, reason: 'actor_not_allowed' });
    await expect(readEvents(await issue([]))).rejects.toMatchObject({ reason: 'actor_missing' });
  },

  'Bearer: verify an access token': async (
    world,
    { userOf }: { userOf: (accessToken: string) => Promise<string | undefined> },
  ) => {
    const issue = (claims: object) =>
      world.tenant().issueAccessToken({ sub: 'auth0|ada', claims: { ...claims } });
    expect(await userOf(await issue({ org_id: 'org_1' }))).toBe('auth0|ada');
    expect(await userOf(await issue({}))).toBeUndefined();
    expect(world.logged).toEqual([['claim_missing', { name: 'org_id' }]]);
  },

  verifyRequest: async (
    world,
    {
      authenticate,
    }: {
      authenticate: (headers: object) => Promise<{ status: number; headers: object; body: unknown }>;
    },
  ) => {
    expect(await authenticate(await world.bearer({ sub: 'auth0|ada' }))).toEqual({
      status: 200,
      headers: {},
      body: { user: 'auth0|ada' },
    });
    const { authorization } = await world.bearer({ expiresInSeconds: -1 });
    expect(await authenticate({ AUTHORIZATION: [authorization] })).toEqual({
      status: 401,
      headers: { 'WWW-Authenticate': expect.stringContaining('error="invalid_token"') as string },
      body: { error: 'invalid_token', error_description: 'The access token has expired.' },
    });
    expect(world.logged[0]?.[0]).toBe('token_expired');
  },

  'verifyRequest with Fetch': async (world, exports: { default: { fetch: Handler } }) => {
    expect((await ask(exports.default.fetch, await world.bearer())).status).toBe(200);
    const refused = await ask(exports.default.fetch, {});
    expect([refused.status, await refused.json()]).toEqual([
      401,
      expect.objectContaining({ error: 'unauthorized' }),
    ]);
  },

  'DPoP beside Bearer': async (world, { client }: { client: ApiClient }) => {
    const { accessToken, authorization, target, prove } = await bound(world);
    await client.verifyRequest({ headers: await world.bearer() });
    await client.verifyRequest({ headers: { authorization, dpop: await prove() }, ...target });
    const asBearer = client.verifyRequest({ headers: { authorization: `Bearer ${accessToken}` } });
    await expect(asBearer).rejects.toMatchObject({ reason: 'dpop_bound_token_as_bearer' });
  },

  'DPoP only': async (world, { client }: { client: ApiClient }) => {
    const { authorization, target, prove } = await bound(world);
    expect(client.isDpopRequired()).toBe(true);
    await client.verifyRequest({ headers: { authorization, dpop: await prove() }, ...target });
    await expect(client.verifyRequest({ headers: await world.bearer() })).rejects.toMatchObject({
      statusCode: 401,
      challenges: ['DPoP algs="ES256"'],
    });
  },

  'DPoP: verify a request by its method and URL': async (
    world,
    {
      authenticate,
    }: {
      authenticate: (headers: object, method: string, path: string) => Promise<object>;
    },
  ) => {
    const { authorization, prove } = await bound(world);
    const headers = { authorization, dpop: await prove() };
    expect(await authenticate(headers, 'GET', '/books?page=2')).toEqual({ status: 200, user: 'auth0|ada' });
    expect(await authenticate(headers, 'GET', '/books')).toEqual({
      status: 400,
      reason: 'dpop_proof_replayed',
    });
    expect(await authenticate({ authorization, dpop: await prove() }, 'POST', '/books')).toEqual({
      status: 400,
      reason: 'dpop_proof_htm_mismatch',
    });
  },

  'DPoP: verify a proof alone': async (
    world,
    {
      verify,
    }: {
      verify: (
        ...values: string[]
      ) => Promise<{ tokenClaims: AccessTokenClaims; proofClaims: DpopProofClaims }>;
    },
  ) => {
    const { accessToken, dpopKey, prove } = await bound(world);
    const proof = await prove();
    const { tokenClaims, proofClaims } = await verify(accessToken, proof, 'GET', BOOKS);
    expect([tokenClaims.cnf?.jkt, proofClaims.jkt]).toEqual([dpopKey.jkt, dpopKey.jkt]);
    await expect(verify(accessToken, proof, 'GET', BOOKS)).rejects.toMatchObject({
      reason: 'dpop_proof_replayed',
    });
  },

  'Several processes': async (world, { createClient }: { createClient: (redis: object) => ApiClient }) => {
    const redis = createFakeRedis();
    const [one, other] = [createClient(redis), createClient(redis)];
    const { authorization, target, prove } = await bound(world);
    const request = { headers: { authorization, dpop: await prove() }, ...target };
    world.tenant().clearRequests();
    await one.verifyRequest(request);
    await expect(other.verifyRequest(request)).rejects.toMatchObject({ reason: 'dpop_proof_replayed' });
    expect(world.tenant().requests.map(({ kind }) => kind)).toEqual(['discovery', 'jwks']);
  },

  'DPoP: nonces': async (
    world,
    { authenticate }: { authenticate: (request: Request) => Promise<unknown> },
  ) => {
    const { authorization, prove } = await bound(world);
    const nonce = await authenticate(new Request(BOOKS, { headers: { authorization, dpop: await prove() } }));
    expect(nonce).toBeTypeOf('string');
    const dpop = await prove(nonce as string);
    const claims = await authenticate(new Request(BOOKS, { headers: { authorization, dpop } }));
    expect(claims).toMatchObject({ sub: 'auth0|ada' });
  },

  'DPoP behind a proxy': async (
    world,
    { authenticate }: { authenticate: (headers: object, method: string, path: string) => Promise<string> },
  ) => {
    const dpopKey = world.tenant().createDpopKey();
    const accessToken = await world.tenant().issueAccessToken({ sub: 'auth0|ada', dpopKey });
    const proven = { httpMethod: 'GET', httpUrl: `${AUDIENCE}/v1/books` };
    const dpop = await dpopKey.createProof({ ...proven, accessToken });
    const headers = { authorization: `DPoP ${accessToken}`, dpop, 'x-forwarded-host': 'evil.example' };
    expect(await authenticate(headers, 'GET', '/books')).toBe('auth0|ada');
  },

  'DPoP: call an API with a bound token': callWithBoundToken,

  'A token bound to a client certificate': async (
    world,
    { authenticate }: { authenticate: (request: Request) => Promise<AccessTokenClaims> },
  ) => {
    const { thumbprint, pem } = createCertificate();
    const bearer = await world.bearer({ sub: 'auth0|ada', claims: { cnf: { 'x5t#S256': thumbprint } } });
    const ask = (more: Record<string, string>) =>
      authenticate(new Request(BOOKS, { headers: { ...bearer, ...more } }));
    expect(await ask({ 'x-client-cert': encodeURIComponent(pem) })).toMatchObject({ sub: 'auth0|ada' });
    for (const more of [{}, { 'x-client-cert': '' }])
      await expect(ask(more)).rejects.toMatchObject({ reason: 'client_certificate_missing' });
  },

  'Exchange a token of another kind': async (
    world,
    { signInFromLegacySession }: { signInFromLegacySession: (token: string) => Promise<TokenExchangeResult> },
  ) => {
    const result = await signInFromLegacySession('legacy-session-of-ada');
    expect(Object.keys(result)).toEqual(expect.arrayContaining(['accessToken', 'idToken', 'refreshToken']));
    expect(world.tenant().requests.at(-1)?.form).toMatchObject({
      device_id: 'device-12345',
      region: ['eu', 'us'],
    });
  },

  'Verify an ID token': async (
    _world,
    { whoIs }: { whoIs: (sessionToken: string) => Promise<string | undefined> },
  ) => {
    expect(await whoIs('legacy-1')).toBe('auth0|ada');
  },

  'Encrypted access tokens': async (
    world,
    { createClient }: { createClient: (keys: { current: string; previous?: string }) => ApiClient },
  ) => {
    const [current, previous] = [rsaKeys(), rsaKeys()];
    const client = createClient({ current: current.pem, previous: previous.pem });
    for (const { publicJwk } of [current, previous]) {
      await client.verifyRequest({ headers: await world.bearer({ encryptFor: publicJwk }) });
    }
  },

  "Get the user's token at a connection": async (
    world,
    {
      googleTokenOf,
    }: {
      googleTokenOf: (accessToken: string) => Promise<{ token: string; expires: Date }>;
    },
  ) => {
    const { token, expires } = await googleTokenOf(await world.tenant().issueAccessToken());
    expect(token).toMatch(/^google-oauth2\./);
    expect(expires.getTime()).toBeGreaterThan(Date.now());
  },

  'Call the Management API': async (world, management: Management) => {
    const audience = `https://${DOMAIN}/api/v2/`;
    const guard = new ApiClient({ domain: DOMAIN, audience });
    const connection = { id: 'con_1/2', name: 'orders', display_name: 'Orders' };
    let limited = false;
    world.answerManagement = async (request) => {
      await guard.verifyRequest(request, { requiredScopes: 'read:connections update:connections' });
      if (limited) {
        const reset = String(Math.ceil(Date.now() / 1000) + 30);
        return new Response(null, { status: 429, headers: { 'x-ratelimit-reset': reset } });
      }
      if (request.method === 'PATCH') {
        expect(new URL(request.url).pathname).toBe('/api/v2/connections/con_1%2F2');
        Object.assign(connection, await request.json());
      }
      return Response.json(request.method === 'PATCH' ? connection : [connection]);
    };
    world.tenant().clearRequests();
    expect(await management.listConnections()).toEqual([connection]);
    expect(await management.verifyConnection(connection.id, 'Books')).toBe(false);
    await management.renameConnection(connection.id, 'Books');
    expect(await management.verifyConnection(connection.id, 'Books')).toBe(true);
    expect(world.tenant().requests.filter(({ kind }) => kind === 'token')).toHaveLength(1);
    limited = true;
    const refusal: unknown = await management.listConnections().catch((error: unknown) => error);
    const { retryAfterSeconds } = refusal as { retryAfterSeconds: number };
    expect(retryAfterSeconds).toBeGreaterThan(0);
    expect(retryAfterSeconds).toBeLessThanOrEqual(31);
  },

  'Scopes and permissions': async (world, { handle }: { handle: Handler }) => {
    const reader = await world.bearer({ scope: 'read:books' });
    const granted = { scope: 'read:books delete:books', permissions: ['delete:books'] };
    expect((await ask(handle, reader)).status).toBe(200);
    expect((await ask(handle, await world.bearer(granted), 'DELETE')).status).toBe(200);

    const refused = await ask(handle, reader, 'DELETE');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('scope="read:books delete:books"');
    const unpermitted = await world.bearer({ ...granted, permissions: [] });
    expect((await ask(handle, unpermitted, 'DELETE')).status).toBe(403);
  },

  'Typed claims': async (world, { mayEdit }: { mayEdit: (request: Request) => Promise<boolean> }) => {
    const withRoles = async (roles: unknown) => {
      const headers = await world.bearer({ claims: { org_id: 'org_1', 'https://example.com/roles': roles } });
      return await mayEdit(new Request(BOOKS, { headers }));
    };
    expect(await withRoles(['editor'])).toBe(true);
    expect(await withRoles(['reader'])).toBe(false);
    await expect(withRoles(['king'])).rejects.toMatchObject({ statusCode: 401, reason: 'claim_invalid' });
  },

  'Several domains: a list': async (
    world,
    { issuerOf }: { issuerOf: (accessToken: string) => Promise<string> },
  ) => {
    for (const domain of [DOMAIN, 'login.example.com', 'login.acme.example']) {
      expect(await issuerOf(await world.tenant(domain).issueAccessToken())).toBe(`https://${domain}/`);
    }
    const stranger = await world.tenant('stranger.us.auth0.com').issueAccessToken();
    await expect(issuerOf(stranger)).rejects.toMatchObject({ reason: 'issuer_not_allowed' });
  },

  'Several domains: a resolver': async (
    world,
    { issuerOf }: { issuerOf: (request: Request) => Promise<string> },
  ) => {
    const authorization = `Bearer ${await world.tenant('login.acme.example').issueAccessToken()}`;
    const at = (url: string) => issuerOf(new Request(url, { headers: { authorization } }));
    expect(await at('https://api.acme.example/')).toBe('https://login.acme.example/');
    await expect(at('https://api.example.com/')).rejects.toMatchObject({ reason: 'issuer_not_allowed' });
  },

  'Fetch the keys before the first request': {
    before: (world) => {
      world.tenant().fail('jwks', 503);
    },
    after: async (world, { client }: { client: ApiClient }) => {
      expect(world.logged).toEqual([['Starting without keys, because jwks_unavailable']]);
      const verdict = client.verifyRequest({ headers: await world.bearer() });
      await expect(verdict).rejects.toMatchObject({ statusCode: 503 });
    },
  },

  Errors: async (world, { handle }: { handle: Handler }) => {
    expect((await ask(handle, await world.bearer())).status).toBe(200);
    expect((await ask(handle, {})).status).toBe(401);
    expect(world.logged).toEqual([]);
  },

  'Errors of the token endpoint': async (
    world,
    { tokenForCalendar }: { tokenForCalendar: (accessToken: string) => Promise<unknown> },
  ) => {
    // Another token each time, for the same call would be answered from memory.
    const ask = async () => tokenForCalendar(await world.tenant().issueAccessToken({ audience: MCP }));
    expect(await ask()).toBeTypeOf('string');

    world.tenant().fail('token', { status: 429, headers: { 'retry-after': '7' } });
    expect(await ask()).toEqual({ retryInSeconds: 7 });
    world.tenant().fail('token', { status: 403, body: { error: 'invalid_grant' } });
    expect(await ask()).toEqual({ signInAgain: true });
    world.tenant().fail('token', 403);
    expect(await ask()).toMatchObject({ status: 502 });
    expect(world.logged.map(([status]) => status)).toEqual([429, 403, 403]);
  },
};
