import { inspect } from 'node:util';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { ApiError, ConfigurationError, GetTokenByExchangeProfileError } from '../../../src/errors/index.ts';
import type { Prover, TokenExchangeDependencies } from '../../../src/exchange/token-exchange.ts';
import { createTestTenant } from '../../../src/testing/index.ts';
import {
  byProfile,
  json,
  NOW_MS,
  onBehalfOf,
  rejectionOf,
  setUp as setUpUpstream,
  TOKEN_ENDPOINT,
  type Untyped,
  type Upstream,
} from './support.ts';

const dpopKey = { algorithm: 'ES256', jkt: 'a'.repeat(43) };
const bound: Upstream = () => json({ access_token: 'bound-token', token_type: 'DPoP', expires_in: 600 });

/** With a prover whose proofs say what they were made for. */
function setUp(upstream: Upstream = bound, overrides: Partial<TokenExchangeDependencies> = {}) {
  let proofs = 0;
  const prove: Prover = (key, { httpMethod, httpUrl, nonce }) => {
    proofs += 1;
    const text = JSON.stringify([proofs, key.jkt, httpMethod, httpUrl, nonce ?? null]);
    return Promise.resolve(`proof.${Buffer.from(text).toString('base64url')}`);
  };
  const { exchange, sent } = setUpUpstream(upstream, { prove, ...overrides });
  const proven = () =>
    sent.map(({ headers }) => {
      const [, text = ''] = headers.get('dpop')?.split('.') ?? [];
      return text === '' ? undefined : (JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown);
    });
  return { exchange, sent, proven };
}

/** Answers the first requests with a demand for a nonce. */
function demanding(times: number, nonce: string | undefined, status = 400): Upstream {
  let left = times;
  return (request, init) => {
    if (left-- <= 0) return bound(request, init);
    const headers = nonce === undefined ? {} : { 'DPoP-Nonce': nonce };
    return json({ error: 'use_dpop_nonce', error_description: 'Use it.' }, status, headers);
  };
}

describe('a token that is bound to a key', () => {
  it('is asked for with a proof for the endpoint, on every kind of exchange', async () => {
    const { exchange, proven } = setUp();
    await expect(exchange.onBehalfOf({ ...onBehalfOf, dpopKey })).resolves.toMatchObject({
      accessToken: 'bound-token',
      tokenType: 'DPoP',
    });
    await exchange.byProfile({ ...byProfile, dpopKey });
    await exchange.byClientCredentials({ audience: 'a', dpopKey });
    expect(proven()).toEqual([1, 2, 3].map((count) => [count, dpopKey.jkt, 'POST', TOKEN_ENDPOINT, null]));
  });

  it('is not sent for without a key', async () => {
    const { exchange, proven } = setUp(() => json({ access_token: 'token', token_type: 'Bearer' }));
    await exchange.onBehalfOf(onBehalfOf);
    expect(proven()).toEqual([undefined]);
  });

  it.each([
    ['Bearer', { token_type: 'Bearer' }, 'Bearer'],
    ['absent', {}, 'undefined'],
    ['null', { token_type: null }, 'undefined'],
    ['N_A', { token_type: 'N_A' }, 'N_A'],
    ['of another kind', { token_type: 'x' }, 'another type'],
  ])('is not what comes when token_type is %s', async (_title, members, actual) => {
    const { exchange } = setUp(() => json({ access_token: 'token', ...members }));
    const error = await rejectionOf(exchange.onBehalfOf({ ...onBehalfOf, dpopKey }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      reason: 'upstream_invalid_answer',
      statusCode: 502,
      cause: { name: 'token_type', expected: 'DPoP', actual },
    });
  });

  it('is kept for its key alone', async () => {
    const cache = { maxEntries: 10, maxAgeSeconds: 600, shared: undefined };
    const kinds: Upstream = ({ headers }) =>
      json({ access_token: 'token', token_type: headers.has('dpop') ? 'DPoP' : 'Bearer', expires_in: 600 });
    const { exchange, sent } = setUp(kinds, { cache });
    const other = { algorithm: 'ES256', jkt: 'b'.repeat(43) };
    for (let round = 0; round < 2; round += 1) {
      await exchange.onBehalfOf(onBehalfOf);
      await exchange.onBehalfOf({ ...onBehalfOf, dpopKey });
      await exchange.onBehalfOf({ ...onBehalfOf, dpopKey: other });
      await exchange.onBehalfOf({ ...onBehalfOf, dpopKey: { ...other } });
    }
    expect(sent).toHaveLength(3);
  });
});

describe('a nonce of the token endpoint', () => {
  it.each([400, 401])('is used for a second attempt after %d, and from then on', async (status) => {
    const { exchange, proven } = setUp(demanding(1, 'nonce-1', status));
    await exchange.onBehalfOf({ ...onBehalfOf, dpopKey });
    await exchange.byProfile({ ...byProfile, dpopKey });
    expect(proven()).toMatchObject([
      [1, dpopKey.jkt, 'POST', TOKEN_ENDPOINT, null],
      [2, dpopKey.jkt, 'POST', TOKEN_ENDPOINT, 'nonce-1'],
      [3, dpopKey.jkt, 'POST', TOKEN_ENDPOINT, 'nonce-1'],
    ]);
  });

  it('is taken from a success as well', async () => {
    const fresh: Upstream = () =>
      json({ access_token: 't', token_type: 'DPoP' }, 200, { 'DPoP-Nonce': 'nonce-2' });
    const { exchange, proven } = setUp(fresh);
    await exchange.byProfile({ ...byProfile, dpopKey });
    await exchange.byProfile({ ...byProfile, dpopKey });
    expect(proven()).toMatchObject([{ 4: null }, { 4: 'nonce-2' }]);
  });

  it('is tried once, whatever the server says', async () => {
    let count = 0;
    const { exchange, sent } = setUp(() => {
      count += 1;
      return json({ error: 'use_dpop_nonce' }, 400, { 'DPoP-Nonce': `nonce-${count}` });
    });
    const error = await rejectionOf(exchange.byProfile({ ...byProfile, dpopKey }));
    expect(error).toMatchObject({ error: 'use_dpop_nonce', statusCode: 400 });
    expect(sent).toHaveLength(2);
  });

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['too long', 'n'.repeat(513)],
    ['with a quote', 'a"b'],
    ['with a blank', 'a b'],
    ['twice', 'a, b'],
  ])('is not used when it is %s', async (_title, nonce) => {
    const { exchange, sent } = setUp(demanding(1, nonce));
    expect(await rejectionOf(exchange.byProfile({ ...byProfile, dpopKey }))).toMatchObject({
      error: 'use_dpop_nonce',
    });
    expect(sent).toHaveLength(1);
  });

  it('means nothing to a request without a proof', async () => {
    const { exchange, sent } = setUp(demanding(1, 'nonce-1'));
    expect(await rejectionOf(exchange.byProfile(byProfile))).toMatchObject({ error: 'use_dpop_nonce' });
    expect(sent).toHaveLength(1);
  });
});

describe('a key or a prover that does not do', () => {
  it.each([
    null,
    'key',
    {},
    { jkt: 7 },
    { algorithm: 'ES256', jkt: '' },
    { jkt: 'a'.repeat(42) },
    { jkt: `${'a'.repeat(42)}!` },
    ['a'.repeat(43)],
    () => undefined,
  ])('is refused before anything is sent: %j', async (key) => {
    const { exchange, sent } = setUp();
    for (const [method, options] of [
      ['onBehalfOf', onBehalfOf],
      ['byProfile', byProfile],
    ] as const) {
      const error = await rejectionOf((exchange as Untyped)[method]({ ...options, dpopKey: key }));
      expect(error).toBeInstanceOf(GetTokenByExchangeProfileError);
      expect(error).toMatchObject({ reason: 'invalid_parameter', statusCode: 400 });
    }
    expect(sent).toEqual([]);
  });

  const secret = 'the private half';
  it.each<[string, () => never]>([
    [
      'throws',
      () => {
        throw new Error(secret);
      },
    ],
    ['rejects', () => Promise.reject(new Error(secret)) as never],
    ['gives nothing', () => undefined as never],
    ['gives a line break', () => 'a\r\nX-Evil: b' as never],
    ['gives an empty proof', () => '' as never],
  ])('is refused without a word of its own when it %s', async (_title, prove) => {
    const { exchange, sent } = setUp(bound, { prove });
    const error = await rejectionOf(exchange.onBehalfOf({ ...onBehalfOf, dpopKey }));
    expect(error).toBeInstanceOf(GetTokenByExchangeProfileError);
    expect(error).toMatchObject({ reason: 'invalid_parameter', cause: { name: 'dpopKey' } });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(secret);
    expect(sent).toEqual([]);
  });

  it('is passed on when the error is one of ours', async () => {
    const own = new ConfigurationError('The key cannot sign.');
    const { exchange } = setUp(bound, { prove: () => Promise.reject(own) });
    expect(await rejectionOf(exchange.onBehalfOf({ ...onBehalfOf, dpopKey }))).toBe(own);
  });

  it('is refused where nothing can be proven', async () => {
    const { exchange, sent } = setUp(bound, { prove: undefined });
    expect(await rejectionOf(exchange.onBehalfOf({ ...onBehalfOf, dpopKey }))).toMatchObject({
      reason: 'invalid_parameter',
    });
    expect(sent).toEqual([]);
  });

  it('does not get its proof into an error that echoes the request', async () => {
    const { exchange, sent } = setUp(({ headers }) =>
      json({ error: 'odd', error_description: `got ${headers.get('dpop') ?? ''}` }, 400),
    );
    const error = await rejectionOf(exchange.onBehalfOf({ ...onBehalfOf, dpopKey }));
    const proof = sent[0]?.headers.get('dpop') ?? '';
    expect(proof.length).toBeGreaterThan(20);
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(proof);
  });
});

describe('against a tenant', () => {
  it('a proof with its nonce brings a token that is bound to the key', async () => {
    const tenant = createTestTenant({ algorithm: 'ES256', now: () => NOW_MS, dpopNonce: 'nonce-1' });
    const key = tenant.createDpopKey();
    const { exchange } = setUpUpstream(bound, {
      client: tenant.clientOptions(),
      issuer: tenant.issuer,
      tokenEndpointOf: () => Promise.resolve(`${tenant.issuer}oauth/token`),
      http: { fetch: tenant.fetch, timeoutSeconds: 5 },
      prove: (_key, proven) => key.createProof(proven),
    });
    const accessToken = await tenant.issueAccessToken();
    const result = await exchange.onBehalfOf({ accessToken, audience: 'https://b.example', dpopKey: key });
    expect(result.tokenType).toBe('DPoP');
    expect(decodeJwt(result.accessToken)).toMatchObject({ cnf: { jkt: key.jkt } });
    expect(tenant.requests.map(({ status }) => status)).toEqual([400, 200]);
  });
});
