import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../../src/index.ts';
import { createTestTenant } from '../../src/testing/index.ts';
import { createUndiciFetch, type UndiciFetch, type UndiciFetchOptions } from '../../src/undici/index.ts';
import { expectRefusal, outage } from '../support/assert-rejects.ts';
import { createAuthority } from '../support/certificates.ts';
import { everythingIn } from '../support/everything-in.ts';
import { serveWithTls } from '../support/tls-tenant.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0)) await undo();
});

async function serve(listener: RequestListener) {
  let connections = 0;
  let closed = 0;
  const server = createServer(listener).on('connection', (socket) => {
    connections += 1;
    socket.on('close', () => (closed += 1));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return { url: `http://127.0.0.1:${port}`, connections: () => connections, closed: () => closed };
}

function fetchWith(options: UndiciFetchOptions = {}): UndiciFetch {
  return createUndiciFetch({ proxy: false, ...options });
}

const echo: RequestListener = (request, response) => {
  void text(request).then((body) => {
    const { method, url, headers } = request;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method, url, headers, body }));
  });
};

describe('connections', () => {
  it('are used again', async () => {
    const server = await serve(echo);
    const fetch = fetchWith();
    for (let count = 0; count < 10; count += 1) await (await fetch(server.url)).json();
    // One is not yet free in the moment in which its answer is complete, so there may be another one.
    expect(server.connections()).toBeLessThanOrEqual(2);
    await fetch.close();
  });

  it('are as many as told, and requests beyond them wait', async () => {
    const waiting: (() => void)[] = [];
    const server = await serve((_request, response) => {
      waiting.push(() => response.end('done'));
      // Two connections can have no more than two requests on them.
      if (waiting.length === 2) for (const answer of waiting.splice(0)) answer();
    });
    const fetch = fetchWith({ connections: 2 });
    const bodies = Array.from({ length: 8 }, async () => await (await fetch(server.url)).text());
    expect(await Promise.all(bodies)).toEqual(Array(8).fill('done'));
    expect(server.connections()).toBe(2);
    await fetch.close();
  });

  it('are given up when nobody has used them for as long as told', async () => {
    let closed: () => void = () => undefined;
    const isClosed = new Promise<void>((resolve) => (closed = resolve));
    const server = await serve((request, response) => {
      request.socket.on('close', closed);
      // Without this, Node would tell its own time, which counts for more.
      response.removeHeader('keep-alive');
      response.shouldKeepAlive = true;
      response.writeHead(200, { connection: 'keep-alive' }).end('done');
    });
    const fetch = fetchWith({ keepAliveSeconds: 0.05 });
    await (await fetch(server.url)).text();
    await isClosed;
    expect(server.closed()).toBe(1);
    await fetch.close();
  });

  it('belong to one fetch', async () => {
    const server = await serve(echo);
    const [one, other] = [fetchWith(), fetchWith()];
    await (await one(server.url)).json();
    await (await other(server.url)).json();
    expect(server.connections()).toBe(2);
    await Promise.all([one.close(), other.close()]);
  });
});

describe('close', () => {
  it('waits for what is under way and refuses what comes later, as often as it is called', async () => {
    const answers: (() => void)[] = [];
    let arrive: () => void;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const server = await serve((_request, response) => {
      answers.push(() => response.end('done'));
      arrive();
    });
    const fetch = fetchWith();
    const pending = fetch(server.url);
    await arrived;
    const closing = fetch.close();
    expect(fetch.close()).toBe(closing);
    await expect(fetch(server.url)).rejects.toThrow(TypeError);
    for (const answer of answers) answer();
    expect(await (await pending).text()).toBe('done');
    await closing;
    expect(fetch[Symbol.asyncDispose]()).toBe(closing);
  });
});

describe('as a fetch', () => {
  it('takes what fetch takes: texts, forms, streams, and a Request', async () => {
    const server = await serve(echo);
    const fetch: typeof globalThis.fetch = fetchWith();
    const form = new FormData();
    form.set('name', 'Ada');
    const requests: [input: string | URL | Request, init: RequestInit | undefined, expected: object][] = [
      [`${server.url}/a?b`, undefined, { method: 'GET', url: '/a?b', body: '' }],
      [new URL(server.url), { method: 'PUT', body: 'x' }, { method: 'PUT', url: '/', body: 'x' }],
      [server.url, { method: 'POST', body: new URLSearchParams({ a: 'b' }) }, { body: 'a=b' }],
      [new Request(`${server.url}/r`, { headers: { 'x-a': '1' } }), undefined, { url: '/r' }],
      [new Request(server.url, { method: 'POST', body: 'x' }), { headers: { 'x-b': '2' } }, { body: 'x' }],
      [server.url, { method: 'POST', body: form }, { body: expect.stringContaining('Ada') as string }],
      [
        server.url,
        { headers: new Headers({ 'x-c': '3' }) },
        { headers: expect.objectContaining({ 'x-c': '3' }) as object },
      ],
    ];
    for (const [input, init, expected] of requests) {
      expect(await (await fetch(input, init)).json()).toMatchObject(expected);
    }
  });

  it('keeps to its own connections whatever dispatcher the call brings', async () => {
    const server = await serve(echo);
    const fetch = fetchWith();
    const dispatcher = { dispatch: () => expect.unreachable() };
    const response = await fetch(server.url, { dispatcher } as RequestInit);
    expect(response.status).toBe(200);
  });

  it('ends with its signal', async () => {
    const server = await serve(() => undefined);
    const abort = new AbortController();
    const reason = new Error('enough');
    const pending = fetchWith()(server.url, { signal: abort.signal });
    abort.abort(reason);
    await expect(pending).rejects.toBe(reason);
    const request = new Request(server.url, { signal: AbortSignal.abort(reason) });
    await expect(fetchWith()(request)).rejects.toBe(reason);
  });

  it('works detached from everything', async () => {
    const server = await serve(echo);
    const { close } = fetchWith();
    await close();
    const call = fetchWith().bind(undefined);
    expect((await call(server.url)).status).toBe(200);
  });
});

describe('a tenant that misbehaves', () => {
  it.each(['network', 'redirect', 'endless', 'truncated', 'html'] as const)(
    '(%s) is an outage, as with the fetch of the runtime',
    async (how) => {
      const authority = createAuthority();
      const { tenant, close } = await serveWithTls(
        (port) => createTestTenant({ domain: `localhost:${port}` }),
        authority.issue('localhost'),
      );
      cleanUp.push(close);
      tenant.fail('discovery', how);
      const customFetch = fetchWith({ ca: authority.cert });
      const client = new ApiClient({ ...tenant.clientOptions(), customFetch });
      await expectRefusal(client.warmUp(), outage('discovery_unavailable'));
      expect(tenant.requests.some(({ kind }) => kind !== 'discovery')).toBe(false);
      await customFetch.close();
    },
  );
});

describe('a tenant that does not answer', () => {
  it.each(['hang', 'slow'] as const)('(%s) is an outage, in the time of the client', async (how) => {
    const authority = createAuthority();
    const { tenant, close } = await serveWithTls(
      (port) => createTestTenant({ domain: `localhost:${port}` }),
      authority.issue('localhost'),
    );
    cleanUp.push(close);
    tenant.fail('discovery', how);
    const customFetch = fetchWith({ ca: authority.cert });
    const client = new ApiClient({ ...tenant.clientOptions(), customFetch, timeoutSeconds: 0.3 });
    const error = await expectRefusal(client.warmUp(), outage('discovery_unavailable'));
    expect(everythingIn(error)).toContain('did not answer within 0.3 s');
    // The request was given up and not only left alone: close waits for those under way.
    await customFetch.close();
  });
});
