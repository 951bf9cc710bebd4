import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { inspect } from 'node:util';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  createDpopFetch,
  createDpopKey,
  createDpopProof,
  InvalidRequestError,
  MissingRequiredArgumentError,
} from '../../src/index.ts';
import { badRequest, expectRefusal, misconfigured, missingArgument } from '../support/assert-rejects.ts';
import { API_URL, dpopRequest, NOW_SECONDS, setUp } from '../support/scenario.ts';

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
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

async function privateJwk(alg = 'ES256'): Promise<Record<string, unknown>> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)) };
}

describe('a key and its proof', () => {
  it.each(ALGORITHMS)('are accepted by a client that accepts %s', async (algorithm) => {
    const { tenant, createClient, clock } = setUp();
    const client = createClient({ dpop: { algorithms: [algorithm] } });
    const key = await createDpopKey({ algorithm });
    const accessToken = await tenant.issueAccessToken({ claims: { cnf: { jkt: key.jkt } } });
    const target = { httpMethod: 'GET', httpUrl: API_URL };
    const proof = await createDpopProof(key, { ...target, accessToken, now: clock.now });

    const claims = await client.verifyRequest(dpopRequest(accessToken, proof));
    expect(claims.cnf).toEqual({ jkt: key.jkt });
    expect(key.algorithm).toBe(algorithm);
    const header = decodeProtectedHeader(proof);
    expect(header).toMatchObject({ typ: 'dpop+jwt', alg: algorithm });
    for (const name of PRIVATE_MEMBERS) expect(header.jwk).not.toHaveProperty(name);
  });

  it('say method, URL without query and fragment, time, token hash and nonce', async () => {
    const { clock } = setUp();
    const key = await createDpopKey();
    const proof = await createDpopProof(key, {
      httpMethod: 'POST',
      httpUrl: 'https://API.example.com:443/a/../b?token=secret#part',
      accessToken: 'token',
      nonce: 'a-nonce',
      now: clock.now,
    });
    expect(decodeJwt(proof)).toEqual({
      jti: expect.stringMatching(/^[\w-]{22}$/) as unknown,
      htm: 'POST',
      htu: 'https://api.example.com/b',
      iat: NOW_SECONDS,
      ath: createHash('sha256').update('token').digest('base64url'),
      nonce: 'a-nonce',
    });
  });

  it('leave out what is not given, as towards a token endpoint', async () => {
    const proof = await createDpopProof(await createDpopKey(), {
      httpMethod: 'POST',
      httpUrl: 'https://tenant.example.com/oauth/token',
    });
    expect(Object.keys(decodeJwt(proof)).sort()).toEqual(['htm', 'htu', 'iat', 'jti']);
  });

  it('never have the same jti twice', async () => {
    const key = await createDpopKey();
    const proofs = await Promise.all(
      Array.from({ length: 200 }, () => createDpopProof(key, { httpMethod: 'GET', httpUrl: API_URL })),
    );
    expect(new Set(proofs.map((proof) => decodeJwt(proof).jti)).size).toBe(200);
  });

  it('are of a new key each time', async () => {
    expect((await createDpopKey()).jkt).not.toBe((await createDpopKey()).jkt);
  });
});

describe('an imported key', () => {
  it.each(ALGORITHMS.filter((name) => name !== 'Ed25519'))(
    'of %s has the thumbprint of its JWK',
    async (algorithm) => {
      const jwk = await privateJwk(algorithm);
      const key = await createDpopKey({ algorithm, jwk });
      const proof = await createDpopProof(key, { httpMethod: 'GET', httpUrl: API_URL });
      expect((await createDpopKey({ algorithm, jwk })).jkt).toBe(key.jkt);
      const { jwk: published } = decodeProtectedHeader(proof);
      expect(published).toMatchObject({ kty: jwk.kty });
      for (const name of PRIVATE_MEMBERS) expect(published).not.toHaveProperty(name);
    },
  );

  it('is refused when it is none for the algorithm, and nothing of it is repeated', async () => {
    const good = await privateJwk();
    const other = await privateJwk();
    const publicHalf = { ...good, d: undefined };
    const wrong: unknown[] = [
      publicHalf,
      await privateJwk('ES384'),
      await privateJwk('RS256'),
      { kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
      { ...good, d: other.d },
      { ...good, d: 'not a number' },
      { ...good, d: 5 },
      { ...good, x: 'AAAA' },
      { ...good, use: 'enc' },
      { ...good, alg: 'ES384' },
      { ...good, key_ops: ['verify'] },
      Object.create(good),
      [],
      'pem',
      null,
    ];
    for (const jwk of wrong) {
      const error = await expectRefusal(createDpopKey({ jwk } as never), {
        ...misconfigured,
        message: '`jwk` must be a private key for ES256',
      });
      expect(inspect(error, { depth: 9 })).not.toContain(String(good.d));
      expect(error).toBeInstanceOf(ConfigurationError);
    }
  });

  it('of RSA is refused below 2048 bits', async () => {
    const { privateKey } = await crypto.subtle
      .generateKey(
        {
          name: 'RSASSA-PKCS1-v1_5',
          hash: 'SHA-256',
          modulusLength: 1024,
          publicExponent: Uint8Array.from([1, 0, 1]),
        },
        true,
        ['sign', 'verify'],
      )
      .then((pair) => ('privateKey' in pair ? pair : { privateKey: pair }));
    const { kty, n, e, d, p, q, dp, dq, qi } = await crypto.subtle.exportKey('jwk', privateKey);
    const jwk = { kty, n, e, d, p, q, dp, dq, qi };
    await expectRefusal(createDpopKey({ algorithm: 'RS256', jwk }), misconfigured);
  });
});

describe('a key', () => {
  it('shows nothing of its private half', async () => {
    const jwk = await privateJwk();
    const key = await createDpopKey({ jwk });
    const { algorithm, jkt } = key;
    expect(Reflect.ownKeys(key)).toEqual(['algorithm', 'jkt']);
    expect(inspect(key, { depth: 9, showHidden: true })).not.toContain(String(jwk.d));
    expect(JSON.parse(JSON.stringify(key))).toEqual({ algorithm, jkt });
    expect(Object.isFrozen(key)).toBe(true);
  });

  it('is none when it only looks like one', async () => {
    const key = await createDpopKey();
    const request = { httpMethod: 'GET', httpUrl: API_URL };
    for (const look of [{ ...key }, structuredClone(key), Object.create(key), 'key', 7, [key]]) {
      await expectRefusal(createDpopProof(look as never, request), misconfigured);
    }
  });

  it.each([
    ['an unknown algorithm', { algorithm: 'HS256' }],
    ['none', { algorithm: 'none' }],
    ['a prototype name', { algorithm: '__proto__' }],
    ['a number', { algorithm: 5 }],
    ['a misspelt option', { algoritm: 'ES256' }],
  ])('is not made with %s', async (_title, options) => {
    await expectRefusal(createDpopKey(options as never), misconfigured);
  });

  it.each([[null], ['ES256'], [[]]])('is not made from %j', async (options) => {
    await expectRefusal(createDpopKey(options as never), misconfigured);
  });
});

describe('a proof is refused', () => {
  const valid = { httpMethod: 'GET', httpUrl: API_URL };

  it.each(['httpMethod', 'httpUrl'])('without %s', async (name) => {
    const key = await createDpopKey();
    for (const nothing of [undefined, null, '']) {
      await expectRefusal(createDpopProof(key, { ...valid, [name]: nothing }), missingArgument(name));
    }
  });

  it('without a key or options', async () => {
    await expectRefusal(createDpopProof(undefined as never, valid), missingArgument('key'));
    await expectRefusal(
      createDpopProof(await createDpopKey(), undefined as never),
      missingArgument('options'),
    );
  });

  it.each([
    ['httpUrl', '/orders'],
    ['httpUrl', 'ftp://api.example.com/'],
    ['httpUrl', 'https://user:password@api.example.com/'],
    ['httpUrl', 'https://api.example.com/\n'],
    ['httpUrl', 5],
    ['httpMethod', 'GET\r\n'],
    ['httpMethod', 'G T'],
    ['httpMethod', 'X'.repeat(65)],
    ['httpMethod', {}],
    ['accessToken', 'a b'],
    ['accessToken', ''],
    ['accessToken', 5],
    ['nonce', 'a"b'],
    ['nonce', 'a\nb'],
    ['nonce', ''],
    ['nonce', 'n'.repeat(10_240)],
    ['nonce', ['n']],
  ])('with the %s %j', async (name, value) => {
    const key = await createDpopKey();
    const error = await expectRefusal(
      createDpopProof(key, { ...valid, [name]: value }),
      badRequest('invalid_argument'),
    );
    expect(error.cause).toMatchObject({ name });
    expect(error.message).not.toContain('password');
  });
});

describe('createDpopFetch', () => {
  interface Seen {
    readonly method: string;
    readonly url: string;
    readonly authorization: string | null;
    readonly nonce: unknown;
    readonly jti: unknown;
    readonly body: string;
  }

  /** An API that answers as it is told, and what it saw. */
  function api(...answers: readonly (() => Response)[]) {
    const seen: Seen[] = [];
    const send: typeof fetch = async (input, init) => {
      const request = new Request(input, init);
      const { nonce, jti } = decodeJwt(request.headers.get('dpop') ?? '');
      seen.push({
        method: request.method,
        url: request.url,
        authorization: request.headers.get('authorization'),
        ...{ nonce, jti },
        body: await request.text(),
      });
      return answers[seen.length - 1]?.() ?? new Response('ok');
    };
    return { seen, send };
  }

  const demand = (nonce: string) => () =>
    new Response('no', {
      status: 401,
      headers: { 'WWW-Authenticate': 'DPoP algs="ES256", error="use_dpop_nonce"', 'DPoP-Nonce': nonce },
    });

  it('presents the token and a fresh proof with each request', async () => {
    const { tenant, client, clock } = setUp();
    const key = await createDpopKey();
    const accessToken = await tenant.issueAccessToken({ claims: { cnf: { jkt: key.jkt } } });
    const server = createServer((req, res) => {
      const parts = {
        headers: req.headersDistinct,
        httpMethod: req.method,
        httpUrl: `${origin}${req.url ?? ''}`,
      };
      client.verifyRequest(parts).then(
        ({ sub }) => res.end(sub),
        (error: unknown) => res.writeHead(400).end(String(error)),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const origin = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
    try {
      const call = createDpopFetch({ key, accessToken, now: clock.now });
      for (const method of ['get', 'POST', 'PATCH']) {
        const body = method === 'get' ? null : '{}';
        const response = await call(`${origin}/orders?page=2`, { method, body });
        expect(await response.text()).toBe('auth0|user');
      }
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('asks for the token each time, keeps the headers, and takes the place of other credentials', async () => {
    const { seen, send } = api();
    let count = 0;
    const accessToken = () => `token-${++count}`;
    const call = createDpopFetch({ key: await createDpopKey(), accessToken, fetch: send });
    await call(API_URL, { headers: { Authorization: 'Bearer other', 'X-Trace': '1' } });
    await call(new Request(API_URL, { method: 'POST', body: 'text' }));
    expect(seen.map(({ authorization, method, body }) => [authorization, method, body])).toEqual([
      ['DPoP token-1', 'GET', ''],
      ['DPoP token-2', 'POST', 'text'],
    ]);
  });

  it('repeats a request once with the nonce that is demanded, and goes on with it', async () => {
    const { seen, send } = api(demand('one'));
    const call = createDpopFetch({ key: await createDpopKey(), accessToken: 't', fetch: send });
    expect((await call(API_URL, { method: 'POST', body: 'again' })).status).toBe(200);
    await call(API_URL);
    expect(seen.map(({ nonce, body }) => [nonce, body])).toEqual([
      [undefined, 'again'],
      ['one', 'again'],
      ['one', ''],
    ]);
    expect(new Set(seen.map(({ jti }) => jti)).size).toBe(3);
  });

  it('does not repeat it a second time', async () => {
    const { seen, send } = api(demand('one'), demand('two'), demand('three'));
    const call = createDpopFetch({ key: await createDpopKey(), accessToken: 't', fetch: send });
    expect((await call(API_URL)).status).toBe(401);
    expect(seen).toHaveLength(2);
  });

  it('takes the next nonce from any answer, and for one origin only', async () => {
    const { seen, send } = api(() => new Response('ok', { headers: { 'DPoP-Nonce': 'next' } }));
    const call = createDpopFetch({ key: await createDpopKey(), accessToken: 't', fetch: send });
    await call(API_URL);
    await call(API_URL);
    await call('https://other.example.com/');
    expect(seen.map(({ nonce }) => nonce)).toEqual([undefined, 'next', undefined]);
  });

  it.each([
    ['a stream', () => ({ method: 'POST', body: new Blob(['text']).stream(), duplex: 'half' })],
    [
      'an iterable',
      () => ({
        method: 'POST',
        body: (async function* () {
          yield await Promise.resolve(Buffer.from('text'));
        })(),
        duplex: 'half',
      }),
    ],
  ])('returns the 401 when the body was %s', async (_title, init) => {
    const { seen, send } = api(demand('one'));
    const call = createDpopFetch({ key: await createDpopKey(), accessToken: 't', fetch: send });
    expect((await call(API_URL, init() as RequestInit)).status).toBe(401);
    await call(API_URL);
    expect(seen.map(({ nonce }) => nonce)).toEqual([undefined, 'one']);
  });

  it('returns the 401 when the body was that of a Request', async () => {
    const { seen, send } = api(demand('one'));
    const call = createDpopFetch({ key: await createDpopKey(), accessToken: 't', fetch: send });
    expect((await call(new Request(API_URL, { method: 'POST', body: 'text' }))).status).toBe(401);
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['of 10 kB', 'n'.repeat(10_240)],
    ['with a quote', 'a"b'],
    ['with a space', 'a b'],
  ])('passes over a nonce %s', async (_title, nonce) => {
    const { seen, send } = api(demand(nonce));
    const call = createDpopFetch({ key: await createDpopKey(), accessToken: 't', fetch: send });
    expect((await call(API_URL)).status).toBe(401);
    await call(API_URL);
    expect(seen.map((request) => request.nonce)).toEqual([undefined, undefined]);
  });

  it('does not repeat a 401 of another kind', async () => {
    const headers = { 'WWW-Authenticate': 'DPoP error="invalid_token"', 'DPoP-Nonce': 'one' };
    const { seen, send } = api(() => new Response('', { status: 401, headers }));
    const call = createDpopFetch({ key: await createDpopKey(), accessToken: 't', fetch: send });
    expect((await call(API_URL)).status).toBe(401);
    expect(seen).toHaveLength(1);
  });

  it('follows no redirect, whatever it is told', async () => {
    const redirects: unknown[] = [];
    const send: typeof fetch = (_input, init) => {
      redirects.push(init?.redirect);
      return Promise.resolve(
        new Response(null, { status: 302, headers: { location: 'https://evil.example/' } }),
      );
    };
    const call = createDpopFetch({ key: await createDpopKey(), accessToken: 't', fetch: send });
    expect((await call(API_URL, { redirect: 'follow' })).status).toBe(302);
    await call(API_URL, { redirect: 'error' });
    expect(redirects).toEqual(['manual', 'error']);
  });

  it.each(['http://api.example.com/', 'https://user:secret@api.example.com/', 'ftp://api.example.com/'])(
    'sends nothing to %s',
    async (url) => {
      const { seen, send } = api();
      const call = createDpopFetch({ key: await createDpopKey(), accessToken: 't', fetch: send });
      const error = await expectRefusal(call(url), badRequest('invalid_argument'));
      expect(error).toBeInstanceOf(InvalidRequestError);
      expect(inspect(error)).not.toContain('secret');
      expect(seen).toEqual([]);
    },
  );

  it('rejects with what the token function throws, and refuses a token that is none', async () => {
    const { seen, send } = api();
    const key = await createDpopKey();
    const failure = new Error('no token today');
    const failing = createDpopFetch({ key, accessToken: () => Promise.reject(failure), fetch: send });
    await expect(failing(API_URL)).rejects.toBe(failure);
    const wrong = createDpopFetch({ key, accessToken: () => 'a\r\nb', fetch: send });
    await expectRefusal(wrong(API_URL), badRequest('invalid_argument'));
    expect(seen).toEqual([]);
  });

  it.each([
    ['no options', undefined],
    ['no key', { accessToken: 't' }],
    ['a look-alike of a key', { key: { algorithm: 'ES256', jkt: 'x' }, accessToken: 't' }],
    ['an empty token', { accessToken: '' }],
    ['a fetch that is none', { accessToken: 't', fetch: 'fetch' }],
    ['a clock that is none', { accessToken: 't', now: 5 }],
  ])('refuses %s', async (_title, options) => {
    const key = await createDpopKey();
    const given = options === undefined || _title === 'no key' ? options : { key, ...options };
    await expectRefusal(createDpopFetch(given as never)(API_URL), misconfigured);
  });

  it('keeps nonces of a hundred origins at most', async () => {
    const { seen, send } = api(
      ...Array.from(
        { length: 101 },
        (_, index) => () => new Response('', { headers: { 'DPoP-Nonce': `n${index}` } }),
      ),
    );
    const call = createDpopFetch({ key: await createDpopKey(), accessToken: 't', fetch: send });
    for (let index = 0; index < 101; index += 1) await call(`https://h${index}.example.com/`);
    await call('https://h0.example.com/');
    await call('https://h100.example.com/');
    expect(seen.slice(-2).map(({ nonce }) => nonce)).toEqual([undefined, 'n100']);
  });
});

describe('the error classes', () => {
  it('are those of the root, though the code is loaded later', async () => {
    await expect(createDpopProof(undefined as never, undefined as never)).rejects.toBeInstanceOf(
      MissingRequiredArgumentError,
    );
  });
});
