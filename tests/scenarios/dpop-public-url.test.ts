import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { DpopOptions, PublicUrlRequest, RequestParts } from '../../src/index.ts';
import {
  badProof,
  badRequest,
  expectRefusal,
  expectToBe,
  misconfigured,
  missingArgument,
  rejectionOf,
} from '../support/assert-rejects.ts';
import { bearerRequest, createBoundRequest, dpopRequest, offers, setUp } from '../support/scenario.ts';

type PublicUrl = NonNullable<DpopOptions['publicUrl']>;

const API = 'https://api.example.com';
const { tenant, createClient } = setUp();
const key = tenant.createDpopKey();

/** A proof for `htu`, presented at what the program sees. */
async function verify(publicUrl: PublicUrl, htu: string, parts: Omit<RequestParts, 'headers'>, more = {}) {
  const { accessToken, proof } = await createBoundRequest(tenant, { key, proof: { claims: { htu } } });
  const request = dpopRequest(accessToken, proof, parts);
  const headers = { ...(request.headers as Record<string, string>), ...more };
  return createClient({ dpop: { publicUrl } }).verifyRequest({ ...request, headers });
}

const accepted = { sub: 'auth0|user' };
const mismatch = badProof(
  'dpop_proof_htu_mismatch',
  offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' }),
);
const notAUrl = badRequest('invalid_argument', offers('allowed', 'DPoP', { error: 'invalid_request' }));

describe('a text for dpop.publicUrl', () => {
  it.each([
    [API, 'http://10.0.0.7:8080/books', `${API}/books`],
    [API, '/books', `${API}/books`],
    [API, '/books?page=2#top', `${API}/books`],
    [API, '/', API],
    [API, 'http://internal', API],
    [API, 'http://internal?page=2', API],
    [`${API}/`, '/books', `${API}/books`],
    [`${API}/v1`, '/books?x', `${API}/v1/books`],
    [`${API}/v1/`, 'http://internal/books', `${API}/v1/books`],
    [`${API}/v1`, '/', `${API}/v1/`],
    ['HTTPS://API.Example.COM:443/v1', '/books', `${API}/v1/books`],
    [`${API}:8443`, '/books', `${API}:8443/books`],
    [`${API}/a/../v1`, '/%7Eada/a%2fb', `${API}/v1/~ada/a%2Fb`],
    ['http://localhost:3000', '/books', 'http://localhost:3000/books'],
    // A path is a path, whatever it begins with.
    [API, '//evil.example/x', `${API}//evil.example/x`],
    [`${API}/v1`, '///books', `${API}/v1///books`],
    [API, '/@evil.example/', `${API}/@evil.example/`],
    [API, '/http://evil.example/x', `${API}/http://evil.example/x`],
    // An absolute request target names a host of the caller's choice.
    [API, 'http://evil.example/books', `${API}/books`],
    // Dot segments do not climb out of the prefix.
    [`${API}/v1`, '/../admin', `${API}/v1/admin`],
    [`${API}/v1`, '/a/%2e%2e/%2E./admin', `${API}/v1/admin`],
    [`${API}/v1`, 'http://internal/../../admin', `${API}/v1/admin`],
  ])('%s and %s are %s', async (publicUrl, httpUrl, htu) => {
    await expect(verify(publicUrl, htu, { httpUrl })).resolves.toMatchObject(accepted);
  });

  it.each([
    [API, 'http://10.0.0.7:8080/books', 'http://10.0.0.7:8080/books'],
    [API, '/books', `${API}/books/`],
    [`${API}/v1`, '/books', `${API}/books`],
    [`${API}/v1`, '/../admin', `${API}/admin`],
    [`${API}/v1`, '/%2e%2e/admin', `${API}/admin`],
    [API, '//evil.example/x', 'https://evil.example/x'],
    [API, '//evil.example/x', `${API}/x`],
    [API, 'https://evil.example/books', 'https://evil.example/books'],
  ])('%s and %s are not %s', async (publicUrl, httpUrl, htu) => {
    await expectRefusal(verify(publicUrl, htu, { httpUrl }), mismatch);
  });

  it.each([
    '*',
    'books',
    '?x=1',
    '#top',
    'internal:443',
    'http:/books',
    'http:///books',
    'http://user:secret@internal/books',
    'ftp://internal/books',
    '/bo\\oks',
    '/\\evil.example/x',
    '/books\u0000',
    '/books\n',
    '/bo oks',
    '/%zz',
    ' /books',
  ])('leaves no way for %j, which is neither URL nor path', async (httpUrl) => {
    await expectRefusal(verify(API, `${API}/books`, { httpUrl }), notAUrl);
  });

  it('stands a path of a megabyte', async () => {
    await expectRefusal(verify(API, `${API}/books`, { httpUrl: `/${'a/../'.repeat(200_000)}x` }), mismatch);
  });

  it('still needs a method and a path', async () => {
    const challenges = offers('allowed', 'DPoP', { error: 'invalid_request' });
    for (const httpUrl of [undefined, ''])
      await expectRefusal(verify(API, `${API}/`, { httpUrl }), missingArgument('httpUrl', challenges));
    await expectRefusal(
      verify(API, `${API}/`, { httpUrl: '/', httpMethod: undefined }),
      missingArgument('httpMethod', challenges),
    );
  });

  it('counts for a Fetch Request as well, whatever Host has made of its URL', async () => {
    const { headers } = (await createBoundRequest(tenant, { key, proof: { claims: { htu: `${API}/v1/a` } } }))
      .request;
    const request = new Request('http://evil.example/a?b', { headers: headers as Record<string, string> });
    const client = createClient({ dpop: { publicUrl: `${API}/v1` } });
    await expect(client.verifyRequest(request)).resolves.toMatchObject(accepted);
  });

  it('leaves a path alone that comes without it', async () => {
    const { request } = await createBoundRequest(tenant, { key });
    await expectRefusal(createClient().verifyRequest({ ...request, httpUrl: '/orders' }), notAUrl);
  });

  it('reads no forwarded header', async () => {
    const forged = {
      host: 'evil.example',
      forwarded: 'host=evil.example;proto=https',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-prefix': '/evil',
      'x-original-url': '/evil',
    };
    const at = { httpUrl: '/books' };
    await expect(verify(API, `${API}/books`, at, forged)).resolves.toMatchObject(accepted);
    await expectRefusal(verify(API, 'https://evil.example/books', at, forged), mismatch);
    await expectRefusal(verify(API, `${API}/evil`, at, forged), mismatch);
  });

  it('changes nothing for verifyDpopProof, which is told the public URL', async () => {
    const { accessToken, proof } = await createBoundRequest(tenant, {
      key,
      proof: { claims: { htu: `${API}/books` } },
    });
    const client = createClient({ dpop: { publicUrl: `${API}/v1` } });
    const verification = client.verifyDpopProof({
      accessToken,
      proof,
      httpMethod: 'GET',
      httpUrl: `${API}/books`,
    });
    await expect(verification).resolves.toMatchObject({ htu: `${API}/books` });
  });
});

describe('a function for dpop.publicUrl', () => {
  it('is told headers, method and URL, once, and for DPoP only', async () => {
    const asked: PublicUrlRequest[] = [];
    const publicUrl = (request: PublicUrlRequest) => {
      asked.push(request);
      return API;
    };
    await verify(publicUrl, `${API}/books`, { httpUrl: '/books' }, { 'x-public-host': 'a' });
    expect(asked).toEqual([
      {
        headers: expect.objectContaining({ 'x-public-host': 'a' }) as unknown,
        httpMethod: 'GET',
        httpUrl: '/books',
      },
    ]);
    await createClient({ dpop: { publicUrl } }).verifyRequest(bearerRequest(await tenant.issueAccessToken()));
    expect(asked).toHaveLength(1);
  });

  it('has the path added to an origin', async () => {
    for (const origin of [API, 'HTTPS://api.example.com:443']) {
      const verification = verify(() => origin, `${API}/books`, { httpUrl: 'http://internal/books?x' });
      await expect(verification).resolves.toMatchObject(accepted);
    }
  });

  it('may answer with the complete URL, of which a slash is a path', async () => {
    const at = { httpUrl: '/internal' };
    await expect(verify(() => `${API}/v1/books?x#y`, `${API}/v1/books`, at)).resolves.toMatchObject(accepted);
    await expect(verify(() => `${API}/`, `${API}/`, at)).resolves.toMatchObject(accepted);
    await expectRefusal(
      verify(() => `${API}/`, `${API}/internal`, at),
      mismatch,
    );
    const withoutUrl = verify(() => `${API}/books`, `${API}/books`, { httpUrl: undefined });
    await expect(withoutUrl).resolves.toMatchObject(accepted);
  });

  it('that answers an origin needs a path to go with it', async () => {
    const challenges = offers('allowed', 'DPoP', { error: 'invalid_request' });
    const verification = verify(() => API, `${API}/books`, { httpUrl: undefined });
    await expectRefusal(verification, missingArgument('httpUrl', challenges));
    await expectRefusal(
      verify(() => API, `${API}/books`, { httpUrl: '*' }),
      notAUrl,
    );
  });

  const REJECTS: unknown = {
    then: (_: unknown, reject: (error: Error) => void) => {
      reject(new Error('later'));
    },
  };
  const broken: [string, () => unknown][] = [
    ['nothing', () => undefined],
    ['null', () => null],
    ['an empty text', () => ''],
    ['a number', () => 7],
    ['a URL object', () => new URL(API)],
    ['a path', () => '/books'],
    ['a host', () => 'api.example.com'],
    ['two slashes and a host', () => '//api.example.com'],
    ['another scheme', () => 'ftp://api.example.com'],
    ['credentials', () => 'https://user:hunter2@api.example.com'],
    ['credentials and a path', () => 'https://user:hunter2@api.example.com/books'],
    ['an origin with a line end', () => `${API}\r\n`],
    ['an origin that a header has made', () => 'https://a b'],
    ['a list', () => [API]],
    ['a promise', () => Promise.resolve(API)],
    ['a promise that rejects', () => Promise.reject(new Error('later'))],
    ['something like a promise', () => REJECTS],
  ];
  it.each(broken)('that returns %s is our fault, and nobody is challenged', async (_what, publicUrl) => {
    const verification = verify(publicUrl as () => string, `${API}/books`, { httpUrl: '/books' });
    const error = await rejectionOf(verification);
    await expectToBe(error, { ...misconfigured, message: '`dpop.publicUrl`' });
    expect(error.cause).toMatchObject({ name: 'dpop.publicUrl' });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('hunter2');
  });

  it('that throws is our fault, and what it threw is kept for the operator', async () => {
    const thrown = new RangeError('no such tenant');
    const publicUrl = () => {
      throw thrown;
    };
    const error = await rejectionOf(verify(publicUrl, `${API}/books`, { httpUrl: '/books' }));
    await expectToBe(error, { ...misconfigured, message: '`dpop.publicUrl`' });
    expect(error.message).not.toContain('no such tenant');
    expect(error.cause).toMatchObject({ name: 'dpop.publicUrl', error: thrown });
  });

  it('that is broken has not used the proof up', async () => {
    const { request } = await createBoundRequest(tenant, { key });
    let answer = 'rubbish';
    const client = createClient({ dpop: { publicUrl: () => answer } });
    await expect(client.verifyRequest(request)).rejects.toMatchObject({ statusCode: 500 });
    answer = API;
    await expect(client.verifyRequest(request)).resolves.toMatchObject(accepted);
  });
});
