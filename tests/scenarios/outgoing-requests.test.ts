/** What a program or a server may do to a request that carries a bound token. */
import { inspect } from 'node:util';
import { decodeJwt } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createDpopFetch, createDpopKey, createDpopProof } from '../../src/index.ts';
import { badRequest, expectRefusal, misconfigured } from '../support/assert-rejects.ts';
import { API_URL } from '../support/scenario.ts';

interface Seen {
  readonly request: Request;
  readonly init: RequestInit | undefined;
  readonly htm: unknown;
  readonly htu: unknown;
  readonly nonce: unknown;
}

/** A fetch that answers as it is told, and notes what it was given. */
function api(...answers: readonly (() => Response | Promise<Response>)[]) {
  const seen: Seen[] = [];
  const send: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { htm, htu, nonce } = decodeJwt(request.headers.get('dpop') ?? '');
    seen.push({ request, init, htm, htu, nonce });
    return (await answers[seen.length - 1]?.()) ?? new Response('ok');
  };
  return { seen, send };
}

const demand = (nonce: string, body: BodyInit | null = 'no') =>
  new Response(body, {
    status: 401,
    headers: { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"', 'DPoP-Nonce': nonce },
  });

/** A promise, and what fulfils it. */
function signalled(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let fulfil: (() => void) | undefined;
  const promise = new Promise<void>((resolve) => {
    fulfil = resolve;
  });
  return { promise, resolve: () => fulfil?.() };
}

async function createCall(
  send: typeof fetch,
  accessToken: Parameters<typeof createDpopFetch>[0]['accessToken'] = 't',
) {
  return createDpopFetch({ key: await createDpopKey(), accessToken, fetch: send });
}

describe('what is proven is what is sent', () => {
  it('when a Request is the second argument', async () => {
    const { seen, send } = api();
    const init = new Request('https://other.example/', {
      method: 'PUT',
      body: 'text',
      headers: { 'X-Trace': '1' },
    });
    await (
      await createCall(send)
    )(API_URL, init);
    const [sent] = seen;
    expect(sent).toMatchObject({ htm: 'PUT', htu: API_URL });
    expect(sent?.request).toMatchObject({ method: 'PUT', url: API_URL });
    expect(sent?.request.headers.get('x-trace')).toBe('1');
    expect(await sent?.request.text()).toBe('text');
  });

  it('when the program changes its objects while the token is fetched', async () => {
    const { seen, send } = api();
    const url = new URL(API_URL);
    const init = { method: 'POST', headers: { 'X-Trace': '1' }, body: 'text' };
    const call = await createCall(send, () => {
      url.href = 'http://evil.example/';
      init.method = 'DELETE';
      init.headers['X-Trace'] = '2';
      return 't';
    });
    await call(url, init);
    expect(seen[0]).toMatchObject({ htm: 'POST', htu: API_URL });
    expect(seen[0]?.request).toMatchObject({ method: 'POST', url: API_URL });
    expect(seen[0]?.request.headers.get('x-trace')).toBe('1');
  });

  it('when a URL says something else each time it is asked', async () => {
    const { seen, send } = api();
    let asked = 0;
    const url = { toString: () => (asked++ === 0 ? API_URL : 'http://evil.example/') };
    await (
      await createCall(send)
    )(url as never);
    expect(seen.map(({ request, htu }) => [request.url, htu])).toEqual([[API_URL, API_URL]]);
  });

  it.each([
    ['get', 'GET'],
    ['pOsT', 'POST'],
    ['patch', 'patch'],
    ['PURGE', 'PURGE'],
  ])('for the method %s', async (method, sent) => {
    const { seen, send } = api();
    await (
      await createCall(send)
    )(API_URL, { method });
    expect([seen[0]?.htm, seen[0]?.request.method]).toEqual([sent, sent]);
  });

  it('for a percent-encoding that fetch leaves as it is', async () => {
    const { seen, send } = api();
    await (
      await createCall(send)
    )('https://api.example.com/%7euser/a%2fb/%?x=1#y');
    expect(seen[0]?.htu).toBe('https://api.example.com/%7euser/a%2fb/%');
  });
});

describe('headers of the program', () => {
  it.each([
    ['Headers', () => new Headers({ authorization: 'Basic x', dpop: 'old', 'x-trace': '1' })],
    [
      'pairs',
      () => [
        ['AUTHORIZATION', 'Basic x'],
        ['dpop', 'old'],
        ['DPOP', 'older'],
        ['X-Trace', '1'],
      ],
    ],
    [
      'an object',
      () => ({ Authorization: 'Basic x', authorization: 'Basic y', DPoP: 'old', 'X-Trace': '1' }),
    ],
    [
      'a Map',
      () =>
        new Map([
          ['authorization', 'Basic x'],
          ['dpop', 'old'],
          ['x-trace', '1'],
        ]),
    ],
  ])('given as %s carry no second credentials', async (_title, headers) => {
    const { seen, send } = api(() => demand('one'));
    await (
      await createCall(send)
    )(API_URL, { headers: headers() as HeadersInit });
    expect(seen).toHaveLength(2);
    for (const { request } of seen) {
      expect(request.headers.get('authorization')).toBe('DPoP t');
      expect(request.headers.get('dpop')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
      expect(request.headers.get('x-trace')).toBe('1');
    }
  });

  it('are left as they were', async () => {
    const headers = new Headers({ 'X-Trace': '1' });
    const { send } = api();
    await (
      await createCall(send)
    )(API_URL, { headers });
    expect([...headers]).toEqual([['x-trace', '1']]);
  });

  it('are new ones for the second attempt', async () => {
    const { seen, send } = api(() => demand('one'));
    await (
      await createCall(send)
    )(API_URL);
    const [first, second] = seen.map(({ init }) => init?.headers);
    expect(first).not.toBe(second);
    expect(decodeJwt(new Headers(first).get('dpop') ?? '').nonce).toBeUndefined();
  });

  it('of a Request make room for those of the second argument, as with fetch', async () => {
    const { seen, send } = api();
    const request = new Request(API_URL, { headers: { 'X-Old': '1' } });
    await (
      await createCall(send)
    )(request, { headers: { 'X-New': '1' } });
    expect([...(seen[0]?.request.headers.keys() ?? [])]).toEqual(['authorization', 'dpop', 'x-new']);
  });

  it.each([
    ['a line break', { 'X-Trace': 'secret\r\nDPoP: x' }],
    ['a wrong name', { 'X Trace': 'secret' }],
    ['a name alone', [['secret']]],
    ['no headers', 'secret'],
  ])('with %s are refused without being repeated', async (_title, headers) => {
    const { seen, send } = api();
    const call = await createCall(send);
    const error = await expectRefusal(
      call(API_URL, { headers: headers as HeadersInit }),
      badRequest('invalid_argument'),
    );
    expect(inspect(error, { depth: 9 })).not.toContain('secret');
    expect(seen).toEqual([]);
  });
});

describe('a request is refused', () => {
  it.each([
    ['a relative URL', '/orders'],
    ['no URL', undefined],
    ['nothing', null],
    ['a number', 7],
    ['a blank', ' '],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/plain,x'],
    ['a file', 'file:///etc/passwd'],
    ['a web socket', 'wss://api.example.com/'],
    ['the network of the host', 'http://0.0.0.0/'],
    ['a name that only begins like this machine', 'http://localhost.evil.example/'],
    ['a name that only ends like this machine', 'http://evil-localhost/'],
    ['an address that looks like this machine', 'http://127.0.0.1.evil.example/'],
    ['this machine as somebody else', 'http://secret@localhost/'],
    ['a Request in the clear', new Request('http://api.example.com/')],
    ['a look-alike of a Request in the clear', { url: 'http://api.example.com/', headers: {} }],
  ])('with %s', async (_title, url) => {
    const { seen, send } = api();
    const error = await expectRefusal((await createCall(send))(url as never), badRequest('invalid_argument'));
    expect(inspect(error, { depth: 9 })).not.toContain('secret');
    expect(seen).toEqual([]);
  });

  it.each(['G T', 'GET\r\nX: y', '', 'po\u017ft', 7, {}, 'X'.repeat(65)])(
    'with the method %j',
    async (method) => {
      const { seen, send } = api();
      const call = await createCall(send);
      await expectRefusal(call(API_URL, { method: method as never }), badRequest('invalid_argument'));
      expect(seen).toEqual([]);
    },
  );

  it.each([undefined, null, '', 7, {}, 'a b', 'a,b', 'a\r\nDPoP: x', '"a"', 'a=b', 't\u00f6ken'])(
    'when the token is %j',
    async (token) => {
      const { seen, send } = api();
      const call = await createCall(send, () => token as never);
      await expectRefusal(call(API_URL), badRequest('invalid_argument'));
      expect(seen).toEqual([]);
    },
  );

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 'now', undefined])(
    'when the clock says %j',
    async (time) => {
      const proven = { httpMethod: 'GET', httpUrl: API_URL, now: () => time as never };
      await expectRefusal(createDpopProof(await createDpopKey(), proven), badRequest('invalid_argument'));
    },
  );
});

describe('a key', () => {
  it('that the runtime cannot make is an error of the configuration', async () => {
    const generate = vi
      .spyOn(crypto.subtle, 'generateKey')
      .mockRejectedValueOnce(new DOMException('no such curve', 'NotSupportedError'));
    onTestFinished(() => {
      generate.mockRestore();
    });
    const error = await expectRefusal(createDpopKey({ algorithm: 'Ed25519' }), {
      ...misconfigured,
      message: 'cannot make a key for Ed25519',
    });
    expect(error.cause).toMatchObject({ name: 'algorithm' });
  });

  it('behind a proxy is none', async () => {
    const key = new Proxy(await createDpopKey(), {});
    await expectRefusal(createDpopProof(key, { httpMethod: 'GET', httpUrl: API_URL }), misconfigured);
    await expectRefusal(createDpopFetch({ key, accessToken: 't' })(API_URL), misconfigured);
  });
});

describe('options', () => {
  it('are read when the function is made', async () => {
    const { seen, send } = api();
    const evil = api();
    const options = { key: await createDpopKey(), accessToken: 't', fetch: send };
    const call = createDpopFetch(options);
    Object.assign(options, { accessToken: 'other', fetch: evil.send });
    await call(API_URL);
    expect(seen[0]?.request.headers.get('authorization')).toBe('DPoP t');
    expect(evil.seen).toEqual([]);
  });
});

describe('nonces', () => {
  it('are answered once each by requests at the same time', async () => {
    const seen: unknown[] = [];
    const send: typeof fetch = (input, init) => {
      const { nonce } = decodeJwt(new Request(input, init).headers.get('dpop') ?? '');
      seen.push(nonce);
      return Promise.resolve(nonce === 'one' ? new Response('ok') : demand('one'));
    };
    const call = await createCall(send);
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(API_URL)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(seen).toHaveLength(40);
  });

  it('that another request brought meanwhile are used for the second attempt', async () => {
    const { promise: held, resolve: release } = signalled();
    const { promise: arrived, resolve: arrive } = signalled();
    const seen: unknown[] = [];
    const send: typeof fetch = async (input, init) => {
      const request = new Request(input, init);
      const { nonce } = decodeJwt(request.headers.get('dpop') ?? '');
      seen.push([new URL(request.url).pathname, nonce]);
      if (nonce !== undefined) return new Response('ok');
      if (request.url.endsWith('/slow')) {
        arrive();
        await held;
        // It does not say which: the other request knows.
        return new Response('', {
          status: 401,
          headers: { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"' },
        });
      }
      return demand('one');
    };
    const call = await createCall(send);
    const slow = call('https://api.example.com/slow');
    await arrived;
    expect((await call('https://api.example.com/fast')).status).toBe(200);
    release();
    expect((await slow).status).toBe(200);
    expect(seen).toEqual([
      ['/slow', undefined],
      ['/fast', undefined],
      ['/fast', 'one'],
      ['/slow', 'one'],
    ]);
  });

  it('that are demanded again although they were sent end the attempts', async () => {
    const { seen, send } = api(
      () => new Response('', { headers: { 'DPoP-Nonce': 'one' } }),
      () => demand('one'),
    );
    const call = await createCall(send);
    await call(API_URL);
    expect((await call(API_URL)).status).toBe(401);
    expect(seen).toHaveLength(2);
  });

  it.each([
    ['Bearer error="use_dpop_nonce"'],
    ['DPoP realm="error=use_dpop_nonce"'],
    ['DPoP error="use_dpop_nonce'],
    ['error="use_dpop_nonce"'],
  ])('are not demanded by %s', async (challenge) => {
    const headers = { 'WWW-Authenticate': challenge, 'DPoP-Nonce': 'one' };
    const { seen, send } = api(() => new Response('', { status: 401, headers }));
    expect((await (await createCall(send))(API_URL)).status).toBe(401);
    expect(seen).toHaveLength(1);
  });

  it.each([200, 400, 403, 407])('are not demanded with status %d', async (status) => {
    const { headers } = demand('one');
    const { seen, send } = api(() => new Response('', { status, headers }));
    expect((await (await createCall(send))(API_URL)).status).toBe(status);
    expect(seen).toHaveLength(1);
  });

  it('of a redirect that was followed are not kept, and it is not tried again', async () => {
    const followed = Object.defineProperty(demand('theirs'), 'redirected', { value: true });
    const { seen, send } = api(() => followed);
    const call = await createCall(send);
    expect((await call(API_URL)).status).toBe(401);
    await call(API_URL);
    expect(seen.map(({ nonce }) => nonce)).toEqual([undefined, undefined]);
  });

  it.each([
    ['never ends', () => new Promise<void>(() => undefined)],
    ['fails', () => Promise.reject(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
  ])('are sent although letting go of the first answer %s', async (_title, cancel) => {
    const body = () => new ReadableStream({ cancel });
    const { seen, send } = api(() => demand('one', body()));
    expect((await (await createCall(send))(API_URL)).status).toBe(200);
    expect(seen).toHaveLength(2);
  });
});

describe('bodies', () => {
  const form = new FormData();
  form.set('a', 'b');
  it.each([
    ['text', 'text'],
    ['bytes', Uint8Array.from([1, 2, 3])],
    ['a buffer', new ArrayBuffer(3)],
    ['a form', form],
    ['a query', new URLSearchParams({ a: 'b' })],
    ['a blob', new Blob(['text'])],
  ])('of %s are sent again', async (_title, body) => {
    const { seen, send } = api(() => demand('one'));
    expect((await (await createCall(send))(API_URL, { method: 'POST', body })).status).toBe(200);
    const [first, second] = await Promise.all(seen.map(({ request }) => request.arrayBuffer()));
    expect(second?.byteLength).toBe(first?.byteLength);
    expect(first?.byteLength).toBeGreaterThan(0);
  });

  it('of a Request without one are no obstacle', async () => {
    const { seen, send } = api(() => demand('one'));
    expect((await (await createCall(send))(new Request(API_URL))).status).toBe(200);
    expect(seen).toHaveLength(2);
  });

  it('in the second argument take the place of that of a Request', async () => {
    const { seen, send } = api(() => demand('one'));
    const request = new Request(API_URL, { method: 'POST', body: 'old' });
    expect((await (await createCall(send))(request, { body: 'new' })).status).toBe(200);
    expect(await seen[1]?.request.text()).toBe('new');
  });
});

describe('redirects', () => {
  it('make an error where a Request asks for one', async () => {
    const { seen, send } = api();
    const call = await createCall(send);
    await call(new Request(API_URL, { redirect: 'error' }));
    await call(new Request(API_URL, { redirect: 'follow' }));
    expect(seen.map(({ init }) => init?.redirect)).toEqual(['error', 'manual']);
  });
});

describe('the base URL', () => {
  it('is what URLs are relative to, and no other origin gets the token', async () => {
    const { seen, send } = api();
    const options = { key: await createDpopKey(), accessToken: 't', fetch: send };
    const call = createDpopFetch({ ...options, baseUrl: 'https://api.example.com/v1/' });
    await call('orders?page=2');
    for (const url of ['//evil.example/', 'https://evil.example/', new Request('https://evil.example/')]) {
      await expectRefusal(call(url), badRequest('invalid_argument'));
    }
    expect(seen.map(({ htu }) => htu)).toEqual(['https://api.example.com/v1/orders']);
    const secure = createDpopFetch({ ...options, baseUrl: 'https://localhost' });
    await expectRefusal(secure('http://localhost/'), badRequest('invalid_argument'));
  });

  it.each(['http://api.example.com', 'https://user:secret@api.example.com', '/v1', '', null, 7])(
    'is not %j',
    async (baseUrl) => {
      const options = { key: await createDpopKey(), accessToken: 't', baseUrl: baseUrl as never };
      const error = await expectRefusal(createDpopFetch(options)(API_URL), misconfigured);
      expect(error.message).not.toContain('secret');
    },
  );
});

describe('a signal', () => {
  it.each([[{}], ['abort'], [{ aborted: true }]])('that is %j is refused', async (signal) => {
    const { seen, send } = api();
    const call = await createCall(send);
    await expectRefusal(call(API_URL, { signal: signal as never }), badRequest('invalid_argument'));
    expect(seen).toEqual([]);
  });

  it('that has been aborted sends nothing', async () => {
    const { seen, send } = api();
    const call = await createCall(send);
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(call(API_URL, { signal })).rejects.toThrow('too late');
    await expect(call(new Request(API_URL, { signal }))).rejects.toThrow('too late');
    expect(seen).toEqual([]);
  });

  it('ends the wait for a token that never comes', async () => {
    const { seen, send } = api();
    const controller = new AbortController();
    const { promise: asked, resolve: ask } = signalled();
    const call = await createCall(send, () => {
      ask();
      return new Promise<string>(() => undefined);
    });
    const answer = call(API_URL, { signal: controller.signal });
    await asked;
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    expect(seen).toEqual([]);
  });

  it('that is aborted between the attempts keeps the second one from the network', async () => {
    const controller = new AbortController();
    const { seen, send } = api(() => {
      controller.abort(new Error('enough'));
      return demand('one');
    });
    await expect((await createCall(send))(API_URL, { signal: controller.signal })).rejects.toThrow('enough');
    expect(seen).toHaveLength(1);
  });

  it('that is none takes the place of that of a Request', async () => {
    const { seen, send } = api();
    const request = new Request(API_URL, { signal: AbortSignal.abort() });
    await (
      await createCall(send)
    )(request, { signal: null });
    expect(seen).toHaveLength(1);
  });
});
