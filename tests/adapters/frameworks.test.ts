/** What only one of the frameworks has. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { inspect } from 'node:util';
import fastify from 'fastify';
import { Hono } from 'hono';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as express from '../../src/adapters/express.ts';
import { getAuth, requireScopes, withAuth } from '../../src/adapters/fetch.ts';
import * as honoAdapter from '../../src/adapters/hono.ts';
import type { AuthContext } from '../../src/adapters/auth-context.ts';
import { ConfigurationError, MissingAuthorizationError } from '../../src/index.ts';
import { createBoundRequest, type Scenario, setUp } from '../support/scenario.ts';
import { createExpressApp } from './express.ts';
import { addFastifyRoutes } from './fastify.ts';
import { listening } from './listening.ts';
import { sendRaw } from './raw-request.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

const answer = (auth: AuthContext) => ({ sub: auth.claims.sub });
const FORWARDED: [string, string][] = [
  ['X-Forwarded-Proto', 'https'],
  ['X-Forwarded-Host', 'api.example.com'],
];
const PUBLIC_URL = 'https://api.example.com/books';

async function dpopHeaders({ tenant }: Scenario, httpUrl: string): Promise<[string, string][]> {
  const { accessToken, proof } = await createBoundRequest(tenant, { proof: { httpUrl } });
  return [
    ['Authorization', `DPoP ${accessToken}`],
    ['DPoP', proof],
  ];
}

async function serveFastify(scenario: Scenario, options: { trustProxy?: boolean }) {
  const app = fastify(options);
  addFastifyRoutes(app, { client: scenario.client, answer });
  await app.listen({ port: 0, host: '127.0.0.1' });
  open.push(() => app.close());
  const [address] = app.addresses();
  if (typeof address !== 'object') throw new Error('the server has no port');
  return address.port;
}

async function serveExpress(scenario: Scenario, trustProxy: boolean) {
  const app = createExpressApp({ client: scenario.client, answer }, [], (created) => {
    created.set('trust proxy', trustProxy);
  });
  const { port, close } = await listening(createServer(app));
  open.push(close);
  return port;
}

describe.each([
  ['express', serveExpress],
  ['fastify', (scenario: Scenario, trustProxy: boolean) => serveFastify(scenario, { trustProxy })],
] as const)('%s behind a proxy', (_, serve) => {
  it.each([
    [true, 200],
    [false, 400],
  ])('believes what the proxy says of the URL when it is trusted: %s', async (trustProxy, status) => {
    const scenario = setUp();
    const port = await serve(scenario, trustProxy);
    const headers = [['Host', `127.0.0.1:${port}`] as const, ...FORWARDED];
    const proof = await dpopHeaders(scenario, PUBLIC_URL);
    expect((await sendRaw(port, { target: '/books', headers: [...headers, ...proof] })).status).toBe(status);
  });

  it.each([
    ['X-Forwarded-Host', 'api.example.com/books?'],
    ['X-Forwarded-Host', 'user@api.example.com'],
    ['X-Forwarded-Proto', 'javascript'],
  ])('takes no nonsense from a trusted one: %s: %s', async (name, value) => {
    const scenario = setUp();
    const port = await serve(scenario, true);
    const headers = FORWARDED.map(([other, usual]): [string, string] => [
      other,
      other === name ? value : usual,
    ]);
    const proof = await dpopHeaders(scenario, PUBLIC_URL);
    const refused = await sendRaw(port, {
      target: '/books',
      headers: [['Host', `127.0.0.1:${port}`], ...headers, ...proof],
    });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      400,
      expect.stringContaining('error="invalid_request"') as string,
    ]);
  });

  it('refuses a proof when Host was sent twice, and takes a Bearer token', async () => {
    const scenario = setUp();
    const port = await serve(scenario, false);
    const hosts: [string, string][] = [
      ['Host', `127.0.0.1:${port}`],
      ['Host', 'evil.example'],
    ];
    const proof = await dpopHeaders(scenario, `http://127.0.0.1:${port}/books`);
    expect((await sendRaw(port, { target: '/books', headers: [...hosts, ...proof] })).status).toBe(400);
    const token: [string, string] = ['Authorization', `Bearer ${await scenario.tenant.issueAccessToken()}`];
    expect((await sendRaw(port, { target: '/books', headers: [...hosts, token] })).status).toBe(200);
  });
});

describe('fastify', () => {
  it('serves HTTP/2, where the host is a pseudo header', async () => {
    const scenario = setUp();
    const app = fastify({ http2: true });
    addFastifyRoutes(app as never, { client: scenario.client, answer });
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    const session = connect(address);
    open.push(async () => {
      session.close();
      await app.close();
    });
    const [[, authorization], [, dpop]] = (await dpopHeaders(scenario, `${address}/books`)) as [
      [string, string],
      [string, string],
    ];
    const ask = async (headers: Record<string, string | string[]>) => {
      const stream = session.request({ ':path': '/books', ...headers });
      stream.end();
      const [received] = (await once(stream, 'response')) as [Record<string, unknown>];
      return { status: received[':status'], body: (await buffer(stream)).toString() };
    };
    expect(await ask({ authorization, dpop, host: 'evil.example' })).toMatchObject({ status: 400 });
    expect(await ask({ authorization, dpop })).toMatchObject({ status: 200 });
    expect(await ask({ authorization, dpop })).toMatchObject({ status: 400 });
    expect(await ask({})).toMatchObject({ status: 401 });
  });

  it('works through inject, which opens no socket', async () => {
    const scenario = setUp();
    const app = fastify();
    addFastifyRoutes(app, { client: scenario.client, answer });
    const accessToken = await scenario.tenant.issueAccessToken({ sub: 'auth0|ada' });
    const response = await app.inject({ url: '/books', headers: { authorization: `Bearer ${accessToken}` } });
    expect([response.statusCode, response.json()]).toEqual([200, { sub: 'auth0|ada' }]);
    expect((await app.inject('/books')).headers['www-authenticate']).toContain('Bearer realm="api"');
  });

  it('shows a failed exchange with the status of the answer, and all else as it was', async () => {
    const scenario = setUp({
      tenant: { clients: [{ clientId: 'a', clientSecret: 'b' }] },
      client: { clientId: 'a', clientSecret: 'b' },
    });
    const app = fastify();
    const caught: unknown[] = [];
    addFastifyRoutes(app, { client: scenario.client, answer, ownErrorHandler: true }, caught);
    scenario.tenant.fail('token', { status: 403, body: { error: 'access_denied' } });
    const accessToken = await scenario.tenant.issueAccessToken();
    await app.inject({ url: '/exchange', headers: { authorization: `Bearer ${accessToken}` } });
    expect(caught[0]).toMatchObject({
      name: 'ApiError',
      code: 'access_denied',
      statusCode: 502,
      responseStatusCode: 502,
      retryable: false,
    });
    expect(caught[0]).toHaveProperty('stack', expect.stringContaining('ApiError'));
    expect(inspect(caught[0])).toContain("reason: 'upstream_refused'");
    expect(JSON.stringify(caught[0])).toContain('"error":"access_denied"');
  });
});

describe('express', () => {
  const request = (headers: Record<string, string>) => ({
    method: 'GET',
    originalUrl: '/books',
    protocol: 'http',
    headers,
  });

  it('calls next once: without an argument, or with the refusal', async () => {
    const { client, tenant } = setUp();
    const middleware = express.requireAuth(client);
    const run = async (headers: Record<string, string>) =>
      await new Promise((resolve) => {
        middleware(request(headers), { headersSent: false, setHeader: () => undefined }, (...values) => {
          resolve(values);
        });
      });
    expect(await run({ authorization: `Bearer ${await tenant.issueAccessToken()}` })).toEqual([]);
    expect(await run({})).toEqual([expect.any(MissingAuthorizationError)]);
  });

  it.each([[undefined], ['route'], ['router'], [null]])(
    'never lets a request pass for what a client threw: %j',
    async (thrown) => {
      const { client } = setUp();

      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a client that is not ours may do so
      vi.spyOn(client, 'verifyRequest').mockReturnValue(Promise.reject(thrown));
      const passed = await new Promise((resolve) => {
        const response = { headersSent: false, setHeader: () => undefined };
        express.requireAuth(client)(request({}), response, (...values) => {
          resolve(values);
        });
      });
      expect(passed).toEqual([expect.any(Error)]);
      expect(passed).toMatchObject([{ cause: thrown }]);
    },
  );

  it('applies the inherited checks of a second requireAuth, too', async () => {
    const { client, tenant } = setUp();
    const httpUrl = 'http://api.example.com/books';
    const bound = await createBoundRequest(tenant, { proof: { httpUrl } });
    const incoming = { ...request(bound.request.headers as Record<string, string>), host: 'api.example.com' };
    const run = async (checks?: object) =>
      await new Promise((resolve) => {
        const response = { headersSent: false, setHeader: () => undefined };
        express.requireAuth(client, checks)(incoming, response, resolve);
      });
    expect(await run()).toBeUndefined();
    expect(await run({})).toBeUndefined();
    expect(await run(Object.create({ requiredClaims: ['org_id'] }) as object)).toMatchObject({
      reason: 'claim_missing',
    });
    expect(await run(Object.create({ requiredScopes: 'read' }) as object)).toMatchObject({ statusCode: 403 });
    expect(await run(Object.create({ clientCertificate: 'none' }) as object)).toMatchObject({
      reason: 'client_certificate_invalid',
    });
    expect(await run({ requiredClaim: ['org_id'] })).toMatchObject({ reason: 'invalid_option' });
  });

  it('takes the one Authorization header that earlier middleware has put in place', async () => {
    const { client, tenant } = setUp();
    const accessToken = await tenant.issueAccessToken({ sub: 'auth0|ada' });
    const incoming = {
      ...request({ authorization: `Bearer ${accessToken}` }),
      rawHeaders: ['Cookie', 'session=1'],
    };
    const next = vi.fn();
    await new Promise((resolve) => {
      express.requireAuth(client)(incoming, { headersSent: false, setHeader: next }, resolve);
    });
    expect(express.getAuth(incoming).claims.sub).toBe('auth0|ada');
    expect(next).not.toHaveBeenCalled();
  });

  it('keeps what it knows of one request from all others', async () => {
    const { client, tenant } = setUp();
    const incoming = request({ authorization: `Bearer ${await tenant.issueAccessToken()}` });
    await new Promise((resolve) => {
      express.requireAuth(client)(incoming, { headersSent: false, setHeader: () => undefined }, resolve);
    });
    expect(() => express.getAuth({ ...incoming })).toThrow(ConfigurationError);
    expect(Object.keys(incoming)).toEqual(['method', 'originalUrl', 'protocol', 'headers']);
  });
});

describe('hono', () => {
  it('sets a typed variable, and leaves errors of others to others', async () => {
    const { client, tenant } = setUp();
    const app = new Hono<{ Variables: honoAdapter.AuthVariables }>()
      .use(honoAdapter.requireAuth(client))
      .get('/', (c) => c.text(c.var.auth.claims.sub));
    const headers = { authorization: `Bearer ${await tenant.issueAccessToken({ sub: 'auth0|ada' })}` };
    expect(await (await app.request('/', { headers })).text()).toBe('auth0|ada');
    expect((await app.request('/')).status).toBe(401);
  });

  it('puts the nonce on a response that cannot be changed, and on a refusal of a guard', async () => {
    const nonce = { secret: 'thirty-two characters, or more of them' };
    const { client, tenant } = setUp({ client: { dpop: { nonce } } });
    const app = new Hono()
      .use(honoAdapter.requireAuth(client))
      .get('/moved', () => Response.redirect('https://example.com/'))
      .get('/scoped', honoAdapter.requireScopes('admin'), (c) => c.text(''));
    const current = await client.nextDpopNonce();
    for (const [path, status] of [
      ['/moved', 302],
      ['/scoped', 403],
    ] as const) {
      const httpUrl = `http://localhost${path}`;
      const { request } = await createBoundRequest(tenant, { proof: { httpUrl, nonce: current } });
      const response = await app.request(path, { headers: request.headers as Record<string, string> });
      expect([response.status, response.headers.get('dpop-nonce')]).toEqual([status, current]);
    }
  });
});

describe('fetch', () => {
  const URL = 'https://api.example.com/books';
  const refuseScope = (request: Request): Response => {
    requireScopes('admin')(request);
    return new Response();
  };

  it('passes on what the runtime hands over, and types it', async () => {
    const { client, tenant } = setUp();
    const env = { region: 'eu' };
    const handle = withAuth(client, (_request, auth, given: typeof env, id: number) =>
      Response.json([auth.claims.sub, given.region, id]),
    );
    const headers = { authorization: `Bearer ${await tenant.issueAccessToken({ sub: 'auth0|ada' })}` };
    expect(await (await handle(new Request(URL, { headers }), env, 7)).json()).toEqual([
      'auth0|ada',
      'eu',
      7,
    ]);
  });

  it('takes the proof of a request object that comes again for a replay', async () => {
    const { client, tenant } = setUp();
    const { request } = await createBoundRequest(tenant, { proof: { httpUrl: URL } });
    const again = new Request(URL, { headers: request.headers as Record<string, string> });
    const inner = withAuth(client, () => new Response());
    const handle = withAuth(client, async (incoming) => {
      await inner(incoming);
      return await inner(incoming);
    });
    expect((await handle(again)).status).toBe(200);
    expect(getAuth(again).scheme).toBe('DPoP');
    const refused = await handle(again);
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'invalid_dpop_proof' }]);
    expect((await inner(again)).status).toBe(400);
  });

  it('calls no handler for a request that is refused', async () => {
    const { client } = setUp();
    const handler = vi.fn(() => new Response());
    const refused = await withAuth(client, handler)(new Request(URL));
    expect([refused.status, await refused.json()]).toMatchObject([401, { error: 'unauthorized' }]);
    expect(handler).not.toHaveBeenCalled();
  });

  it('leaves what the handler throws to the runtime, and returns what is no response', async () => {
    const { client, tenant } = setUp();
    const headers = { authorization: `Bearer ${await tenant.issueAccessToken()}` };
    const broken = withAuth(client, () => {
      throw new RangeError('mine');
    });
    await expect(broken(new Request(URL, { headers }))).rejects.toThrow(RangeError);
    const upgraded = withAuth(client, () => undefined);
    expect(await upgraded(new Request(URL, { headers }))).toBeUndefined();
    expect(() => withAuth(client, undefined as never)).toThrow(ConfigurationError);
  });

  it.each([
    ['a redirect', () => Response.redirect('https://example.com/'), 302],
    ['an answer', () => new Response('text'), 200],
    ['an answer without a body', () => new Response(null, { status: 204 }), 204],
    ['a refusal of its own', (request: Request) => refuseScope(request), 403],
  ])('puts the nonce on %s', async (_, handler, status) => {
    const nonce = { secret: 'thirty-two characters, or more of them' };
    const { client, tenant } = setUp({ client: { dpop: { nonce } } });
    const current = await client.nextDpopNonce();
    const { request } = await createBoundRequest(tenant, { proof: { httpUrl: URL, nonce: current } });
    const headers = request.headers as Record<string, string>;
    const response = await withAuth(client, handler)(new Request(URL, { headers }));
    expect([response.status, response.headers.get('dpop-nonce')]).toEqual([status, current]);
  });
});
