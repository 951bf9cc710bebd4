/** What an API does with tokens that are good: it exchanges, decrypts, records and guards, the same on every runtime. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCertificate } from '../support/certificate.ts';
import type { ParsedChallenge } from '../support/challenges.ts';
import { ecKeys, flip, rsaKeys } from '../support/encryption.ts';
import { RUNTIMES } from './runtimes.ts';
import { createWorld, type World } from './world.ts';

const BEARER: ParsedChallenge = { scheme: 'Bearer', params: { realm: 'api' } };
const DPOP: ParsedChallenge = { scheme: 'DPoP', params: { algs: 'ES256' } };

const ASSERTION_KEYS = { RS256: rsaKeys(), ES256: ecKeys() };
const CLIENTS = [
  { clientId: 'runtimes-api', clientSecret: 'its secret' },
  ...Object.entries(ASSERTION_KEYS).map(([clientId, { publicJwk }]) => ({
    clientId,
    clientSecret: 'a secret that is not used',
    publicJwk,
  })),
];

describe.each(RUNTIMES)('on $name', (runtime) => {
  if (runtime.missing !== undefined) {
    it.skip(`skipped: ${runtime.missing}`, () => undefined);
    console.warn(`skipped: ${runtime.missing}`);
    return;
  }

  let world: World;
  beforeAll(async () => {
    world = await createWorld(runtime, { clients: CLIENTS });
  });
  afterAll(async () => {
    await world.close();
  });

  it('exchanges the token on behalf of the user', async () => {
    const accessToken = await world.tenant.issueAccessToken({ sub: 'auth0|ada' });
    const { status, body } = await world.createClient().bearer(accessToken, { path: '/exchange' });
    expect(status).toBe(200);
    expect(payloadOf(String(body.accessToken))).toMatchObject({
      sub: 'auth0|ada',
      aud: 'https://calendar.example.com',
      act: { sub: world.tenant.clientId },
    });
  });

  it('keeps an exchanged token, for the very same call', async () => {
    const { tenant } = world;
    const client = world.createClient();
    const exchange = async (sub: string) => {
      const accessToken = await tenant.issueAccessToken({ sub });
      const ask = async () => (await client.bearer(accessToken, { path: '/exchange' })).body.accessToken;
      return [await ask(), await ask()];
    };
    tenant.clearRequests();
    const [first, again] = await exchange('auth0|ada');
    expect(first).toBeTypeOf('string');
    expect(again).toBe(first);
    expect(await exchange('auth0|bob')).not.toContain(first);
    expect(tenant.requests.filter(({ kind }) => kind === 'token')).toHaveLength(2);
  });

  it('shares exchanged tokens between clients, encrypted', async () => {
    const { tenant } = world;
    const shares = Buffer.alloc(32, 7).toString('base64url');
    const accessToken = await tenant.issueAccessToken();
    tenant.clearRequests();
    const clients = [{ shares }, { shares }, { shares: Buffer.alloc(32, 8).toString('hex') }].map(
      (settings) => world.createClient({ waits: true, ...settings }),
    );
    const tokens = [];
    for (const client of clients) {
      const { body } = await client.bearer(accessToken, { path: '/exchange' });
      tokens.push(String(body.accessToken));
      // It is kept in the background.
      const shared = await vi.waitUntil(async () => {
        const { texts } = (await client.request({ path: '/shared' })).body;
        return Array.isArray(texts) && texts.length > 0 && JSON.stringify(texts);
      }, 10_000);
      for (const token of tokens) expect(shared).not.toContain(token.split('.')[1]);
    }
    const [one, two, withoutKey] = tokens;
    expect(two).toBe(one);
    expect(withoutKey).not.toBe(one);
    expect(tenant.requests.filter(({ kind }) => kind === 'token')).toHaveLength(2);
  });

  it.each(['RS256', 'ES256'] as const)(
    'proves itself by an assertion that it signs: %s',
    async (algorithm) => {
      const { tenant } = world;
      const signing = {
        clientId: algorithm,
        clientAssertionSigningKey: ASSERTION_KEYS[algorithm].pem,
        clientAssertionSigningAlg: algorithm,
      };
      const client = world.createClient({ options: signing });
      tenant.clearRequests();
      const { body } = await client.bearer(await tenant.issueAccessToken(), { path: '/exchange' });
      expect(payloadOf(String(body.accessToken))).toMatchObject({ act: { sub: algorithm } });
      const sent = tenant.requests.find(({ kind }) => kind === 'token');
      expect(sent?.headers.authorization).toBeUndefined();
      expect(sent?.form?.client_assertion).toBeTypeOf('string');
    },
  );

  it('makes proofs with a key of its own, which it accepts', async () => {
    const { tenant } = world;
    const client = world.createClient({ options: { dpop: { algorithms: ['ES256', 'EdDSA'] } } });
    const prove = async (more: object = {}) =>
      (
        await client.request({
          method: 'POST',
          path: '/proof',
          body: { httpMethod: 'GET', httpUrl: `${world.url}/books`, ...more },
        })
      ).body;
    const { jkt } = await prove();
    expect(jkt).toMatch(/^[\w-]{43}$/);
    const accessToken = await tenant.issueAccessToken({ dpopKey: { jkt: String(jkt) } });
    const { proof } = await prove({ accessToken });
    const headers = { authorization: `DPoP ${accessToken}`, dpop: String(proof) };
    expect(await client.request({ headers })).toMatchObject({ status: 200, body: { cnf: { jkt } } });
    expect(await client.request({ headers })).toMatchObject({ reason: 'dpop_proof_replayed' });

    const exchanged = await client.bearer(await tenant.issueAccessToken(), { path: '/exchange' });
    expect(payloadOf(String(exchanged.body.accessToken))).toMatchObject({ cnf: { jkt } });
  });

  it.each([
    ['RSA-OAEP-256', rsaKeys({ kid: 'rsa' })],
    ['ECDH-ES', ecKeys('P-256', { kid: 'ec' })],
  ])('decrypts a token: %s', async (_, { privateJwk, publicJwk }) => {
    const client = world.createClient({ options: { decryptionKeys: [privateJwk] } });
    const accessToken = await world.tenant.issueAccessToken({ sub: 'auth0|ada', encryptFor: publicJwk });
    expect(await client.bearer(accessToken)).toMatchObject({ status: 200, body: { sub: 'auth0|ada' } });
    expect(await client.bearer(flip(accessToken, 3, 5))).toMatchObject({
      status: 401,
      reason: 'decryption_failed',
    });
  });

  it('records who acted for whom', async () => {
    const accessToken = await world.tenant.issueAccessToken({
      sub: 'auth0|ada',
      act: ['calendar-mcp\u001b[31m', 'agent-1'],
    });
    const { status, body } = await world.createClient().bearer(accessToken, { path: '/audit?token=secret' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      user: 'auth0|ada',
      chain: [{ sub: expect.not.stringContaining('\u001b') as string }, { sub: 'agent-1' }],
      depth: 2,
      request: { method: 'GET', url: `${world.url}/audit` },
      outcome: 'allowed',
    });
  });

  describe('withAuth', () => {
    const guarded = '/guarded';

    it('tells the handler who calls, and answers everybody else', async () => {
      const { tenant } = world;
      const client = world.createClient();
      const token = { sub: 'auth0|ada', scope: 'read:books', act: ['calendar-mcp'] };
      expect(await client.bearer(await tenant.issueAccessToken(token), { path: guarded })).toMatchObject({
        status: 200,
        body: {
          scheme: 'Bearer',
          scopes: ['read:books'],
          sub: 'auth0|ada',
          actor: 'calendar-mcp',
          isKept: true,
        },
      });
      expect(await client.request({ path: guarded })).toMatchObject({
        status: 401,
        challenges: [BEARER, DPOP],
      });
      const lacking = await client.bearer(await tenant.issueAccessToken(), { path: guarded });
      expect(lacking).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
      expect(lacking.challenges[0]?.params).toMatchObject({ scope: 'read:books' });
    });

    it('holds a token against the certificate of its client', async () => {
      const client = world.createClient({ options: { requireCertificateBinding: true } });
      const certificate = createCertificate();
      const accessToken = await world.tenant.issueAccessToken({
        scope: 'read:books',
        claims: { cnf: { 'x5t#S256': certificate.thumbprint } },
      });
      const ask = async (presented: string) =>
        (await client.bearer(accessToken, { path: guarded, headers: { 'x-client-cert': presented } })).status;
      expect(await ask(encodeURIComponent(certificate.pem))).toBe(200);
      expect(await ask(certificate.fingerprint256)).toBe(200);
      expect(await ask(encodeURIComponent(createCertificate().pem))).toBe(401);
      expect(await ask('')).toBe(401);
    });

    it('hands out the nonce with its answer', async () => {
      const { tenant } = world;
      const nonce = { secret: 'a secret of at least 32 characters' };
      const client = world.createClient({ options: { dpop: { nonce } } });
      const dpopKey = tenant.createDpopKey();
      const accessToken = await tenant.issueAccessToken({ dpopKey, scope: 'read:books' });
      const send = async (given?: string) => {
        const httpUrl = `${world.url}${guarded}`;
        const proof = await dpopKey.createProof({ httpMethod: 'GET', httpUrl, accessToken, nonce: given });
        const headers = { authorization: `DPoP ${accessToken}`, dpop: proof };
        return await client.request({ path: guarded, headers });
      };
      const current = (await send()).headers.get('dpop-nonce') ?? '';
      const answer = await send(current);
      expect([answer.status, answer.headers.get('dpop-nonce')]).toEqual([200, current]);
    });
  });
});

function payloadOf(accessToken: string): unknown {
  return JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
}
