import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { decodeJwt } from 'jose';
import { expect, vi } from 'vitest';
import { ApiClient, ApiError, getDelegationChain } from 'auth0-api-ts';
import { rsaKeys } from '../../support/encryption.ts';
import { createFakeRedis } from '../../support/fake-redis.ts';
import { AUDIENCE, CLIENT, DOMAIN, type World } from '../world.ts';
import { delegation } from './delegation.ts';
import { frameworks } from './frameworks.ts';
import { boundToCertificate } from './certificates.ts';
import { mcp } from './mcp.ts';
import { observability } from './observability.ts';
import { downstreamCall, outgoingProofs } from './outgoing.ts';
import { publicUrls, refusesLookalikeOrigin } from './public-urls.ts';
import type { Outcomes } from './outcome.ts';
import { transport } from './transport.ts';

type Handler = (request: Request) => Promise<Response>;

/** A request with a Bearer token that the tenant issues as told. */
async function requestWith(world: World, token: Parameters<World['bearer']>[0]): Promise<Request> {
  return new Request(`${AUDIENCE}/`, { headers: await world.bearer(token) });
}

async function expectRefusedScope(handle: Handler, request: Request): Promise<void> {
  const refused = await handle(request);
  expect([refused.status, await refused.json()]).toEqual([
    403,
    expect.objectContaining({ error: 'insufficient_scope' }),
  ]);
}

export const guides: Readonly<Record<string, Outcomes>> = {
  'docs/frameworks.md': frameworks,
  'docs/mcp.md': mcp,

  'docs/caching.md': {
    'The first request': async (world, { start }: { start: () => Promise<ApiClient> }) => {
      const client = await start();
      world.tenant().fail('discovery', 503);
      world.tenant().fail('jwks', 503);
      await client.verifyRequest({ headers: await world.bearer() });
    },
    'Several processes': async (world, { createClient }: { createClient: (redis: object) => ApiClient }) => {
      const redis = createFakeRedis();
      const processes = Array.from({ length: 10 }, () => createClient(redis));
      world.tenant().clearRequests();
      const headers = await world.bearer();
      await Promise.all(processes.map((client) => client.verifyRequest({ headers })));
      expect(world.tenant().requests.map(({ kind }) => kind)).toEqual(['discovery', 'jwks']);
    },
    'Exchanged tokens': async (
      world,
      { createClient }: { createClient: (redis: object, encryptionKey: string) => ApiClient },
    ) => {
      const redis = createFakeRedis();
      const written = vi.spyOn(redis, 'sendCommand');
      const key = 'ab'.repeat(32);
      const accessToken = await world.tenant().issueAccessToken();
      const exchange = async (client: ApiClient) =>
        (await client.getTokenOnBehalfOf({ accessToken, audience: AUDIENCE })).accessToken;
      const first = await exchange(createClient(redis, key));
      // Nobody waits for the writing, so it may come a moment later.
      await vi.waitFor(() => {
        expect(written.mock.calls.map(([[name]]) => name)).toContain('SET');
      });
      expect(await exchange(createClient(redis, key))).toBe(first);
      expect(await exchange(createClient(redis, 'cd'.repeat(32)))).not.toBe(first);
    },
  },

  'docs/coming-from.md': {
    'From express-oauth2-jwt-bearer': async (world) => {
      const ask = async (token: Parameters<World['bearer']>[0]) =>
        await fetch(`${world.serverUrl()}/messages`, { headers: await world.bearer(token) });
      expect(await (await ask({ sub: 'auth0|ada', scope: 'read:msg' })).json()).toEqual({
        user: 'auth0|ada',
      });
      expect((await ask({})).status).toBe(403);
    },
  },

  'docs/delegation-and-audit.md': delegation,

  'docs/dpop.md': {
    'Replay detection': async (world, { createClient }: { createClient: (redis: object) => ApiClient }) => {
      const redis = createFakeRedis();
      const dpopKey = world.tenant().createDpopKey();
      const accessToken = await world.tenant().issueAccessToken({ dpopKey });
      const target = { httpMethod: 'GET', httpUrl: `${AUDIENCE}/books` };
      const dpop = await dpopKey.createProof({ ...target, accessToken });
      const request = { headers: { authorization: `DPoP ${accessToken}`, dpop }, ...target };
      await createClient(redis).verifyRequest(request);
      const again = createClient(redis).verifyRequest(request);
      await expect(again).rejects.toMatchObject({ reason: 'dpop_proof_replayed' });
    },
    Nonces: async (world, { createClient }: { createClient: (secrets: string[]) => ApiClient }) => {
      const [older, newer] = ['an older secret of enough characters', 'a newer secret of enough characters'];
      const dpopKey = world.tenant().createDpopKey();
      const accessToken = await world.tenant().issueAccessToken({ dpopKey });
      const target = { httpMethod: 'GET', httpUrl: `${AUDIENCE}/books` };
      const ask = async (client: ApiClient, nonce?: string) => {
        const dpop = await dpopKey.createProof({ ...target, accessToken, nonce });
        return await client.verifyRequest({
          headers: { authorization: `DPoP ${accessToken}`, dpop },
          ...target,
        });
      };
      const refusal: unknown = await ask(createClient([older])).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ statusCode: 401, nonce: expect.any(String) as string });
      await ask(createClient([newer, older]), (refusal as { nonce: string }).nonce);
    },
    ...publicUrls,
    ...outgoingProofs,
  },

  'docs/errors.md': {
    Errors: async (world, { answerTo }: { answerTo: (error: unknown) => Response }) => {
      expect(answerTo(new Error('a bug')).status).toBe(500);
      const client = new ApiClient({ domain: DOMAIN, audience: AUDIENCE });
      const refusal: unknown = await client.verifyRequest({ headers: {} }).catch((error: unknown) => error);
      expect(answerTo(refusal).status).toBe(401);
      expect(world.logged.at(-1)).toEqual([
        { error: 'MissingAuthorizationError', reason: 'missing_credentials', cause: undefined },
      ]);
    },
  },

  'docs/id-tokens.md': {
    'ID tokens': async (world, { userOf }: { userOf: (login: object) => Promise<string | undefined> }) => {
      const auth_time = Math.floor(Date.now() / 1000);
      const claims = { auth_time, org_name: 'acme', email: 'ada@example.com' };
      const idToken = await world.tenant().issueIdToken({ nonce: 'n-1', claims });
      expect(await userOf({ idToken, nonce: 'n-1' })).toBe('ada@example.com');
      expect(await userOf({ idToken, nonce: 'n-2' })).toBeUndefined();
      expect(world.logged).toEqual([['id_token_nonce_mismatch', { name: 'nonce' }]]);
    },
  },
  'docs/multiple-custom-domains.md': {
    'A list': async (world, { client }: { client: ApiClient }) => {
      for (const domain of [DOMAIN, 'login.example.com', 'login.example.org']) {
        const { iss } = await client.verifyAccessToken({
          accessToken: await world.tenant(domain).issueAccessToken(),
        });
        expect(iss).toBe(`https://${domain}/`);
      }
    },
    'A resolver': async (world, { client }: { client: ApiClient }) => {
      const accessToken = await world.tenant('login.example.org').issueAccessToken();
      const at = (httpUrl: string) => client.verifyAccessToken({ accessToken, httpUrl });
      await at('https://api.example.org/books');
      await expect(at('https://api.example.com/books')).rejects.toMatchObject({
        reason: 'issuer_not_allowed',
      });
    },
  },

  'docs/observability.md': observability,

  'docs/on-behalf-of.md': {
    'On behalf of a user': async (world, { nextAppointment }: { nextAppointment: Handler }) => {
      const calendar = new ApiClient({ domain: DOMAIN, audience: 'https://calendar.example.com' });
      world.answer = async (request) =>
        Response.json(
          getDelegationChain(await calendar.verifyRequest(request, { requiredScopes: 'read:events' })),
        );
      const response = await nextAppointment(
        await requestWith(world, { scope: 'read:appointments', act: ['assistant'] }),
      );
      expect(await response.json()).toEqual([CLIENT.clientId, 'assistant']);
      await expectRefusedScope(nextAppointment, await requestWith(world, {}));
    },
    'Calling the downstream API': downstreamCall,
    'By exchange profile': async (
      _world,
      { tokenForLegacyUser }: { tokenForLegacyUser: (token: string) => Promise<string> },
    ) => {
      const client = new ApiClient({ domain: DOMAIN, audience: AUDIENCE });
      const accessToken = await tokenForLegacyUser('legacy-token-of-ada');
      expect(await client.verifyAccessToken({ accessToken })).toMatchObject({ sub: 'auth0|ada' });
    },
    'For your client itself': async (world, { sendInvoices }: { sendInvoices: () => Promise<number> }) => {
      const billing = new ApiClient({ domain: DOMAIN, audience: 'https://billing.example.com' });
      world.answer = async (request) =>
        Response.json(await billing.verifyRequest(request, { requiredScopes: 'create:invoices' }));
      expect(await sendInvoices()).toBe(200);
    },
    'For a connection': async (
      world,
      { googleToken }: { googleToken: (accessToken: string) => Promise<string> },
    ) => {
      expect(await googleToken(await world.tenant().issueAccessToken())).toMatch(/^google-oauth2\./);
    },
    'How the client proves who it is': async (
      world,
      { createClient }: { createClient: (readKey: () => Promise<string>) => ApiClient },
    ) => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      const ask = createClient(() => Promise.resolve(pem)).getTokenByClientCredentials({
        audience: AUDIENCE,
      });
      // The tenant does not know this key, but it has got the assertion.
      await expect(ask).rejects.toMatchObject({ name: 'ApiError', error: 'invalid_client' });
      const form = world.tenant().requests.at(-1)?.form;
      expect(decodeJwt(String(form?.client_assertion))).toMatchObject({ aud: `https://${DOMAIN}/` });
    },
    'What to answer your own caller': (_world, { answerTo }: { answerTo: (error: unknown) => Response }) => {
      const failure = { reason: 'upstream_refused', code: 'invalid_grant', statusCode: 400 } as const;
      expect(answerTo(new ApiError({ ...failure, error: 'invalid_grant' })).status).toBe(409);
      expect(answerTo(new ApiError(failure)).status).toBe(502);
      expect(() => answerTo(new TypeError('a bug'))).toThrow(TypeError);
    },
  },

  'docs/runtimes.md': {
    'What it needs': async (world, exports: { default: { fetch: Handler } }) => {
      const response = await exports.default.fetch(await requestWith(world, { sub: 'auth0|ada' }));
      expect(await response.json()).toEqual({ hello: 'auth0|ada' });
      expect((await exports.default.fetch(new Request(AUDIENCE))).status).toBe(401);
    },
  },

  'docs/transport.md': transport,

  'docs/verifying-requests.md': {
    'Verifying requests': async (world, { handle }: { handle: Handler }) => {
      expect((await handle(await requestWith(world, { scope: 'read:books' }))).status).toBe(200);
      await expectRefusedScope(handle, await requestWith(world, {}));
      expect(world.logged[0]?.[0]).toBe('insufficient_scope');
    },
    'What to pass': async (world, { server }: { server: Server }) => {
      await once(server.listen(), 'listening');
      const headers = await world.bearer({ sub: 'auth0|ada' });
      const response = await fetch(`${world.serverUrl()}/books`, { headers });
      expect(await response.json()).toEqual({ hello: 'auth0|ada' });
      expect((await fetch(world.serverUrl())).status).toBe(401);
      await refusesLookalikeOrigin(world);
    },
    'Checks of a single call': async (
      world,
      { deleteBook }: { deleteBook: (request: Request) => Promise<string> },
    ) => {
      const claims = (plan: string) => ({ org_id: 'org_1', 'https://example.com/plan': plan });
      expect(await deleteBook(await requestWith(world, { claims: claims('pro') }))).toBe('org_1');
      const free = deleteBook(await requestWith(world, { claims: claims('free') }));
      await expect(free).rejects.toMatchObject({ reason: 'insufficient_permission' });
      const other = deleteBook(await requestWith(world, { claims: claims('gold') }));
      await expect(other).rejects.toMatchObject({ reason: 'claim_invalid' });
    },
    'Encrypted tokens': async (world, { createClient }: { createClient: (pem: string) => ApiClient }) => {
      const { pem, publicJwk } = rsaKeys();
      const headers = await world.bearer({ sub: 'auth0|ada', encryptFor: publicJwk });
      expect(await createClient(pem).verifyRequest({ headers })).toMatchObject({ sub: 'auth0|ada' });
    },
    'Tokens bound to a client certificate': boundToCertificate,
  },
};
