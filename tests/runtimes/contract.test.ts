/** What the API answers, the same on every runtime. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FailureName, IssueAccessTokenOptions, SigningAlgorithm } from '../../src/testing/index.ts';
import type { ParsedChallenge } from '../support/challenges.ts';
import { RUNTIMES } from './runtimes.ts';
import { createWorld, type World } from './world.ts';

const BEARER: ParsedChallenge = { scheme: 'Bearer', params: { realm: 'api' } };
const DPOP: ParsedChallenge = { scheme: 'DPoP', params: { algs: 'ES256' } };

describe.each(RUNTIMES)('on $name', (runtime) => {
  if (runtime.missing !== undefined) {
    it.skip(`skipped: ${runtime.missing}`, () => undefined);
    console.warn(`skipped: ${runtime.missing}`);
    return;
  }

  let world: World;
  beforeAll(async () => {
    world = await createWorld(runtime);
  });
  afterEach(() => {
    world.tenant.recover();
  });
  afterAll(async () => {
    await world.close();
  });

  const target = () => ({ httpMethod: 'GET', httpUrl: `${world.url}/books` });

  it(`accepts a Bearer token, by signature.${runtime.signature}`, async () => {
    const accessToken = await world.tenant.issueAccessToken({ sub: 'auth0|ada', scope: 'read:books' });
    const answer = await world.createClient().bearer(accessToken);
    expect(answer).toMatchObject({
      status: 200,
      signature: runtime.signature,
      body: { iss: world.tenant.issuer, sub: 'auth0|ada', scope: 'read:books' },
    });
  });

  it.each<SigningAlgorithm>(['RS256', 'PS256', 'ES256', 'ES512', 'EdDSA', 'Ed25519'])(
    'verifies %s, and no signature that was tampered with',
    async (algorithm) => {
      world.tenant.rotateKeys({ algorithm });
      const client = world.createClient({ options: { algorithms: [algorithm] } });
      const accessToken = await world.tenant.issueAccessToken();
      expect(await client.bearer(accessToken)).toMatchObject({ status: 200, signature: runtime.signature });
      expect(await client.bearer(tamperedWith(accessToken))).toMatchObject({
        status: 401,
        reason: 'signature_invalid',
      });
      world.tenant.rotateKeys({ algorithm: 'RS256' });
    },
  );

  it('refuses a request without a token, and says what it offers', async () => {
    expect(await world.createClient().request()).toMatchObject({
      status: 401,
      reason: 'missing_credentials',
      body: { error: 'unauthorized' },
      challenges: [BEARER, DPOP],
    });
  });

  it.each<[reason: string, token: IssueAccessTokenOptions]>([
    ['token_expired', { expiresInSeconds: -60 }],
    ['audience_mismatch', { audience: 'https://another-api.example.com' }],
    ['issuer_not_allowed', { claims: { iss: 'https://evil.example.com/' } }],
    ['unsupported_algorithm', { header: { alg: 'none' } }],
    ['unknown_kid', { header: { kid: 'another' } }],
  ])('refuses a token: %s', async (reason, token) => {
    const accessToken = await world.tenant.issueAccessToken(token);
    const answer = await world.createClient().bearer(accessToken);
    expect(answer).toMatchObject({ status: 401, reason, body: { error: 'invalid_token' } });
    expect(answer.challenges).toMatchObject([
      { scheme: 'Bearer', params: { realm: 'api', error: 'invalid_token' } },
      DPOP,
    ]);
  });

  it('accepts a DPoP proof once', async () => {
    const { tenant } = world;
    const dpopKey = tenant.createDpopKey();
    const accessToken = await tenant.issueAccessToken({ dpopKey });
    const client = world.createClient();
    const proof = await dpopKey.createProof({ ...target(), accessToken });
    const send = () => client.request({ headers: { authorization: `DPoP ${accessToken}`, dpop: proof } });

    expect(await send()).toMatchObject({ status: 200, body: { cnf: { jkt: dpopKey.jkt } } });
    const replayed = await send();
    expect(replayed).toMatchObject({ status: 400, reason: 'dpop_proof_replayed' });
    expect(replayed.challenges).toMatchObject([
      BEARER,
      { scheme: 'DPoP', params: { error: 'invalid_dpop_proof' } },
    ]);
  });

  it('refuses a proof that another key has signed', async () => {
    const { tenant } = world;
    const dpopKey = tenant.createDpopKey();
    const accessToken = await tenant.issueAccessToken({ dpopKey });
    const stolen = await tenant.createDpopKey().createProof({
      ...target(),
      accessToken,
      header: { jwk: dpopKey.publicJwk },
    });
    const headers = { authorization: `DPoP ${accessToken}`, dpop: stolen };
    expect(await world.createClient().request({ headers })).toMatchObject({
      status: 400,
      reason: 'dpop_proof_signature',
    });
  });

  it('asks for a nonce and accepts the one it gave', async () => {
    const { tenant } = world;
    const dpopKey = tenant.createDpopKey();
    const accessToken = await tenant.issueAccessToken({ dpopKey });
    const nonces = { secret: 'a secret of at least 32 characters' };
    const client = world.createClient({ options: { dpop: { nonce: nonces } } });
    const send = async (nonce?: string) => {
      const proof = await dpopKey.createProof({ ...target(), accessToken, nonce });
      return client.request({ headers: { authorization: `DPoP ${accessToken}`, dpop: proof } });
    };

    const asked = await send();
    expect(asked).toMatchObject({ status: 401, reason: 'dpop_nonce_missing' });
    expect(asked.challenges).toMatchObject([BEARER, { scheme: 'DPoP', params: { error: 'use_dpop_nonce' } }]);
    const nonce = asked.headers.get('dpop-nonce') ?? '';
    expect(await send(nonce)).toMatchObject({ status: 200 });
    expect(await send(`${nonce}x`)).toMatchObject({ status: 401, reason: 'dpop_nonce_invalid' });
  });

  it('verifies a token of a new key at first sight', async () => {
    const { tenant } = world;
    const client = world.createClient();
    const before = await tenant.issueAccessToken();
    expect((await client.bearer(before)).status).toBe(200);
    tenant.rotateKeys();
    expect((await client.bearer(await tenant.issueAccessToken())).status).toBe(200);
    expect(await client.bearer(before)).toMatchObject({ status: 401, reason: 'unknown_kid' });
  });

  it('answers 50 first requests at once from one load', async () => {
    const { tenant } = world;
    const client = world.createClient();
    const accessToken = await tenant.issueAccessToken();
    tenant.clearRequests();
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.bearer(accessToken)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(tenant.requests.map(({ kind }) => kind)).toEqual(['discovery', 'jwks']);
  });

  // Each of them leans on something of the runtime's own fetch: its signals, its streams, its redirects.
  it.each<FailureName | number>([
    ...[500, 404, 'network', 'html', 'truncated', 'redirect'],
    ...['hang', 'slow', 'endless'],
  ] as (FailureName | number)[])('answers 503 when the keys cannot be had: %s', async (how) => {
    const { tenant } = world;
    const client = world.createClient({ options: { timeoutSeconds: 0.5 } });
    const accessToken = await tenant.issueAccessToken();
    tenant.fail('jwks', how);
    const answer = await client.bearer(accessToken);
    expect(answer).toMatchObject({ status: 503, reason: 'jwks_unavailable', challenges: [] });
    expect(answer.headers.get('retry-after')).toBe('1');

    tenant.recover();
    client.advance(1);
    expect((await client.bearer(accessToken)).status).toBe(200);
  });

  it('goes on while the issuer is down', async () => {
    const { tenant } = world;
    const client = world.createClient();
    const accessToken = await tenant.issueAccessToken();
    await client.bearer(accessToken);
    tenant.fail('discovery', 'network');
    tenant.fail('jwks', 'network');
    client.advance(60 * 60);
    expect((await client.bearer(accessToken)).status).toBe(200);
  });
});

function tamperedWith(accessToken: string): string {
  const [header = '', payload = '', signature = ''] = accessToken.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[10] = (bytes[10] ?? 0) ^ 1;
  return [header, payload, bytes.toString('base64url')].join('.');
}
