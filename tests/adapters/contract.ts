/**
 * What every adapter promises, run against a real server of its framework on 127.0.0.1. Where frameworks differ, they
 * say so in {@link Adapter}.
 */
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AuthContext } from '../../src/adapters/auth-context.ts';
import {
  type AccessTokenChecks,
  type ApiClient,
  type ApiClientOptions,
  BaseAuthError,
  ConfigurationError,
  InsufficientScopeError,
  type ErrorReason,
} from '../../src/index.ts';
import { createCertificate } from '../support/certificate.ts';
import { parseChallenges } from '../support/challenges.ts';
import { createBoundRequest, offers, type Scenario, setUp } from '../support/scenario.ts';
import { type Answer, sendRaw } from './raw-request.ts';

/** An API of one framework. Every route but /open stands behind `requireAuth(client, checks)`. */
export interface AdapterServer {
  readonly port: number;
  /** What the program's own error handler was given; only with `ownErrorHandler`. */
  readonly caught: unknown[];
  readonly close: () => Promise<void>;
}

export interface ServeOptions {
  readonly client: ApiClient;
  readonly checks?: AccessTokenChecks | undefined;
  /** Whether requireAuth is told to take the client certificate from the header `X-Client-Cert`. */
  readonly takesCertificates?: boolean;
  /** Whether the program handles errors: it answers 418 with the reason. */
  readonly ownErrorHandler?: boolean;
  /** What GET /books answers. */
  readonly answer: (auth: AuthContext) => unknown;
}

/**
 * /books             answers `options.answer(auth)` as JSON, for GET and POST
 * /shelves/7/books   the same, on a router that is mounted
 * /twice             behind a second requireAuth that demands the scope `read`
 * /scoped            behind requireScopes('read write')
 * /permitted         behind requirePermissions('books:delete', 'books:purge')
 * /acted             behind requireActor('calendar-mcp', 'mail-mcp')
 * /exchange          exchanges the token for https://calendar.example.com
 * /broken            throws an Error with a message of its own
 * /open              asks getAuth without requireAuth
 */
export interface Adapter {
  readonly name: string;
  readonly serve: (options: ServeOptions) => Promise<AdapterServer>;
  /** Whether a framework has a way to handle errors; `fetch` has none. */
  readonly hasErrorHandler: boolean;
  /** What a request for `*` without credentials is answered: by the adapter with 401, or by the server before it. */
  readonly statusOfAsterisk: 400 | 401 | 404;
  /** How a proof is refused when the target names another host than Host does: by either, or by the one that counts. */
  readonly errorOfContradiction: 'invalid_request' | 'invalid_dpop_proof';
  /** Whether a request without Host reaches the adapter. */
  readonly takesRequestsWithoutHost: boolean;
  readonly guards: {
    readonly requireAuth: (client: ApiClient, checks?: AccessTokenChecks, options?: never) => unknown;
    readonly requireScopes: (...scopes: (string | string[])[]) => unknown;
    readonly requirePermissions: (...permissions: (string | string[])[]) => unknown;
    readonly requireActor: (...actors: (string | string[])[]) => unknown;
    readonly getAuth: (request: never) => unknown;
  };
}

const CLIENT = { clientId: 'my-api', clientSecret: 'my-api-secret' };
const CALENDAR = 'https://calendar.example.com';
const NONCE = { secret: 'thirty-two characters, or more of them' };

const whoCalls = (auth: AuthContext) => ({
  sub: auth.claims.sub,
  scheme: auth.scheme,
  scopes: auth.scopes,
  permissions: auth.permissions,
  actor: auth.actor ?? null,
  chain: auth.delegationChain,
});

function withoutDescription(params: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => name !== 'error_description'));
}

export function describeAdapter(adapter: Adapter): void {
  const open: AdapterServer[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  });

  const start = async (options: Partial<ServeOptions> & { options?: Partial<ApiClientOptions> } = {}) => {
    const scenario = setUp({ tenant: { clients: [CLIENT] }, client: { ...CLIENT, ...options.options } });
    const server = await adapter.serve({ client: scenario.client, answer: whoCalls, ...options });
    open.push(server);
    const origin = `http://127.0.0.1:${server.port}`;
    const ask = async (path: string, headers: [string, string][] = [], method = 'GET') =>
      await sendRaw(server.port, {
        target: path,
        method,
        headers: [['Host', `127.0.0.1:${server.port}`], ...headers],
      });
    return { ...scenario, server, origin, ask };
  };

  const bearer = async (
    { tenant }: Scenario,
    options: Parameters<Scenario['tenant']['issueAccessToken']>[0] = {},
  ): Promise<[string, string][]> => [
    ['Authorization', `Bearer ${await tenant.issueAccessToken({ sub: 'auth0|ada', ...options })}`],
  ];

  const dpop = async (
    { tenant }: Scenario,
    httpUrl: string,
    proof: { httpMethod?: string; nonce?: string } = {},
  ): Promise<[string, string][]> => {
    const bound = await createBoundRequest(tenant, {
      token: { sub: 'auth0|ada', scope: 'read' },
      proof: { httpUrl, ...proof },
    });
    return [
      ['Authorization', `DPoP ${bound.accessToken}`],
      ['DPoP', bound.proof],
    ];
  };

  const expectRefusal = (
    answer: Answer,
    status: number,
    challenges: ReturnType<typeof offers> = [],
    headers: Record<string, string> = {},
  ) => {
    const authenticate = answer.headers.get('www-authenticate');
    const parsed = authenticate === null ? [] : parseChallenges(authenticate);
    expect({
      status: answer.status,
      challenges: parsed.map(({ params, scheme }) => ({ scheme, params: withoutDescription(params) })),
    }).toEqual({ status, challenges });
    for (const [name, value] of Object.entries(headers)) expect(answer.headers.get(name)).toBe(value);
  };

  describe('a request that may pass', () => {
    it('is told to the handler: claims, scheme, scopes, permissions and actors', async () => {
      const api = await start();
      const headers = await bearer(api, {
        scope: 'read write',
        permissions: ['books:delete'],
        act: ['mcp-server', 'agent-1'],
      });
      const answer = await api.ask('/books', headers);
      expect([answer.status, answer.json()]).toEqual([
        200,
        {
          sub: 'auth0|ada',
          scheme: 'Bearer',
          scopes: ['read', 'write'],
          permissions: ['books:delete'],
          actor: 'mcp-server',
          chain: ['mcp-server', 'agent-1'],
        },
      ]);
      expect(answer.headers.get('dpop-nonce')).toBeNull();
    });

    it('has a token for exchanges that no inspection shows', async () => {
      let seen: AuthContext | undefined;
      const api = await start({
        answer: (auth) => {
          seen = auth;
          return { length: auth.accessToken.length };
        },
      });
      const headers = await bearer(api);
      const token = headers[0]?.[1].slice('Bearer '.length) ?? '';
      expect((await api.ask('/books', headers)).json()).toEqual({ length: token.length });
      const shown = [
        inspect(seen, { depth: 9, showHidden: true, getters: false }),
        JSON.stringify(seen),
        JSON.stringify({ ...seen }),
      ].join();
      expect(shown).toContain('auth0|ada');
      expect(shown).not.toContain(token.split('.')[2]);
      expect(Object.isFrozen(seen)).toBe(true);
    });

    it('exchanges its token on behalf of its user, whatever token is named', async () => {
      const api = await start();
      const headers = await bearer(api);
      const answer = await api.ask('/exchange', headers);
      expect(answer.status).toBe(200);
      const forms = api.tenant.requests.filter(({ kind }) => kind === 'token').map(({ form }) => form);
      const [, token] = headers[0]?.[1].split(' ') ?? [];
      expect(forms).toMatchObject([{ audience: CALENDAR, subject_token: token }]);
    });
  });

  describe('DPoP', () => {
    it.each(['/books', '/books?page=1', '/shelves/7/books'])(
      'accepts a proof for the URL of %s',
      async (path) => {
        const api = await start();
        const answer = await api.ask(path, await dpop(api, `${api.origin}${path}`));
        expect([answer.status, answer.json()]).toMatchObject([200, { scheme: 'DPoP' }]);
      },
    );

    it('accepts a proof for the method of the request and for no other', async () => {
      const api = await start();
      const post = await dpop(api, `${api.origin}/books`, { httpMethod: 'POST' });
      expect((await api.ask('/books', post, 'POST')).status).toBe(200);
      const other = await dpop(api, `${api.origin}/books`, { httpMethod: 'POST' });
      expectRefusal(
        await api.ask('/books', other, 'GET'),
        400,
        offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' }),
      );
    });

    it('refuses a proof for another path, and one that was used before', async () => {
      const api = await start();
      const refused = offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' });
      expectRefusal(await api.ask('/books', await dpop(api, `${api.origin}/other`)), 400, refused);
      const headers = await dpop(api, `${api.origin}/books`);
      expect((await api.ask('/books', headers)).status).toBe(200);
      expectRefusal(await api.ask('/books', headers), 400, refused);
    });

    it('demands a nonce, and hands out the next one with the answer', async () => {
      const api = await start({ options: { dpop: { nonce: NONCE } } });
      const url = `${api.origin}/books`;
      const refused = await api.ask('/books', await dpop(api, url));
      expectRefusal(refused, 401, offers('allowed', 'DPoP', { error: 'use_dpop_nonce' }));
      const nonce = refused.headers.get('dpop-nonce') ?? '';
      expect(nonce).toBe(await api.client.nextDpopNonce());
      const answer = await api.ask('/books', await dpop(api, url, { nonce }));
      expect([answer.status, answer.headers.get('dpop-nonce')]).toEqual([200, nonce]);
      expect((await api.ask('/books', await bearer(api))).headers.get('dpop-nonce')).toBeNull();
    });

    it('verifies a proof once, where requireAuth stands twice, and the checks of both', async () => {
      const api = await start();
      expect((await api.ask('/twice', await dpop(api, `${api.origin}/twice`))).status).toBe(200);
      expect((await api.ask('/twice', await bearer(api, { scope: 'read' }))).status).toBe(200);
      expectRefusal(
        await api.ask('/twice', await bearer(api, { scope: 'write' })),
        403,
        offers('allowed', 'Bearer', { error: 'insufficient_scope', scope: 'read' }),
      );
      const bound = await createBoundRequest(api.tenant, {
        token: { scope: 'write' },
        proof: { httpUrl: `${api.origin}/twice` },
      });
      const headers: [string, string][] = [
        ['Authorization', `DPoP ${bound.accessToken}`],
        ['DPoP', bound.proof],
      ];
      expectRefusal(
        await api.ask('/twice', headers),
        403,
        offers('allowed', 'DPoP', { error: 'insufficient_scope', scope: 'read' }),
      );
    });

    it('does not let the headers of a proxy that nobody trusts name the URL', async () => {
      const api = await start();
      const headers = await dpop(api, 'https://evil.example/books');
      const forwarded: [string, string][] = [
        ['X-Forwarded-Host', 'evil.example'],
        ['X-Forwarded-Proto', 'https'],
        ['Forwarded', 'host=evil.example;proto=https'],
      ];
      expectRefusal(
        await api.ask('/books', [...headers, ...forwarded]),
        400,
        offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' }),
      );
    });
  });

  describe('a token that is bound to a client certificate', () => {
    const certificate = createCertificate();
    const presented: [string, string] = ['X-Client-Cert', encodeURIComponent(certificate.pem)];
    const bound = { cnf: { 'x5t#S256': certificate.thumbprint } };
    const refused = (on: 'Bearer' | 'DPoP') => offers('allowed', on, { error: 'invalid_token' });
    const options = { requireCertificateBinding: true };

    it('passes with that certificate and with no other', async () => {
      const api = await start({ options, takesCertificates: true });
      const headers = await bearer(api, { claims: bound, scope: 'read' });
      for (const path of ['/books', '/twice']) {
        expect((await api.ask(path, [...headers, presented])).status).toBe(200);
        expectRefusal(await api.ask(path, headers), 401, refused('Bearer'));
        for (const other of ['', 'nonsense', createCertificate().pem.replaceAll('\n', ' '), presented[1]]) {
          const more: [string, string][] =
            other === presented[1] ? [presented, presented] : [['X-Client-Cert', other]];
          expectRefusal(await api.ask(path, [...headers, ...more]), 401, refused('Bearer'));
        }
      }
    });

    it('passes with a proof, too, where requireAuth stands twice', async () => {
      const api = await start({ options, takesCertificates: true });
      const ask = async (certificates: [string, string][]) => {
        const key = api.tenant.createDpopKey();
        const made = await createBoundRequest(api.tenant, {
          key,
          token: { scope: 'read', claims: { cnf: { ...bound.cnf, jkt: key.jkt } } },
          proof: { httpUrl: `${api.origin}/twice` },
        });
        const { accessToken, proof } = made;
        return await api.ask('/twice', [
          ['Authorization', `DPoP ${accessToken}`],
          ['DPoP', proof],
          ...certificates,
        ]);
      };
      expect((await ask([presented])).status).toBe(200);
      expectRefusal(await ask([]), 401, refused('DPoP'));
    });

    it('is refused by a client that demands one when nobody reads certificates', async () => {
      const api = await start({ options });
      const headers = await bearer(api, { claims: bound });
      expectRefusal(await api.ask('/books', [...headers, presented]), 401, refused('Bearer'));
    });

    it('is not left to an option that is written wrongly', () => {
      const { client } = setUp();
      const wrong = [
        null,
        'text',
        { clientCertifcate: () => presented[1] },
        { clientCertificate: certificate.pem },
      ];
      for (const given of wrong) {
        expect(() => adapter.guards.requireAuth(client, {}, given as never)).toThrow(ConfigurationError);
      }
      const checks = { clientCertificate: certificate.thumbprint };
      const twice = { clientCertificate: () => certificate.thumbprint };
      expect(() => adapter.guards.requireAuth(client, checks, twice as never)).toThrow('not to both');
    });
  });

  describe('a refusal that nobody handles', () => {
    it.each([
      ['without credentials', [], 401, offers('allowed')],
      ['with an unknown scheme', [['Authorization', 'Basic YTpi']], 401, offers('allowed')],
      [
        'with a token that is none',
        [['Authorization', 'Bearer nonsense']],
        401,
        offers('allowed', 'Bearer', { error: 'invalid_token' }),
      ],
    ] as const)('%s has its status and its challenge', async (_, headers, status, challenges) => {
      const api = await start();
      expectRefusal(await api.ask('/books', [...headers] as [string, string][]), status, [...challenges]);
    });

    it('is a 401 for a preflight, too: nothing is exempt by default', async () => {
      const api = await start();
      const preflight: [string, string][] = [
        ['Origin', 'https://app.example.com'],
        ['Access-Control-Request-Method', 'POST'],
      ];
      expectRefusal(await api.ask('/books', preflight, 'OPTIONS'), 401, offers('allowed'));
    });

    it.each([
      ['two Authorization headers', ['Authorization', 'authorization']],
      ['two that differ in case and place', ['AUTHORIZATION', 'X-Other', 'Authorization']],
    ])('is a 400 for %s, although the first is good', async (_, names) => {
      const api = await start();
      const [good] = await bearer(api);
      const headers = names.map((name): [string, string] => [
        name,
        name === 'X-Other' ? 'x' : (good?.[1] ?? ''),
      ]);
      expectRefusal(
        await api.ask('/books', headers),
        400,
        // Where a comma joins them, the scheme of the first is known.
        offers('allowed', 'Bearer', { error: 'invalid_request' }),
      );
    });

    it('is a 400 for two proofs', async () => {
      const api = await start();
      const headers = await dpop(api, `${api.origin}/books`);
      const [, other] = await dpop(api, `${api.origin}/books`);
      if (other === undefined) throw new Error('there is no proof');
      expectRefusal(
        await api.ask('/books', [...headers, other]),
        400,
        offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' }),
      );
    });

    it('is a 401 for a token in the query, which is never read', async () => {
      const api = await start();
      const [authorization] = await bearer(api);
      const token = authorization?.[1].replace('Bearer ', '') ?? '';
      expectRefusal(await api.ask(`/books?access_token=${token}`), 401, offers('allowed'));
    });

    it('is a 403 with all scopes of the operation', async () => {
      const api = await start();
      const challenges = offers('allowed', 'Bearer', { error: 'insufficient_scope', scope: 'read write' });
      expectRefusal(await api.ask('/scoped', await bearer(api, { scope: 'read' })), 403, challenges);
      expect((await api.ask('/scoped', await bearer(api, { scope: 'write read' }))).status).toBe(200);
    });

    it('is a 403 for a permission that lacks', async () => {
      const api = await start();
      const challenges = offers('allowed', 'Bearer', { error: 'insufficient_scope' });
      const one = await bearer(api, { permissions: ['books:delete'] });
      expectRefusal(await api.ask('/permitted', one), 403, challenges);
      const both = await bearer(api, { permissions: ['books:purge', 'books:delete'] });
      expect((await api.ask('/permitted', both)).status).toBe(200);
    });

    it('is a 403 when another than a named actor acts, or nobody', async () => {
      const api = await start();
      const challenges = offers('allowed', 'Bearer', { error: 'insufficient_scope' });
      for (const act of [undefined, ['agent-1'], ['agent-1', 'mail-mcp'], ['Mail-MCP']]) {
        expectRefusal(await api.ask('/acted', await bearer(api, { act })), 403, challenges);
      }
      expect((await api.ask('/acted', await bearer(api, { act: ['mail-mcp', 'agent-1'] }))).status).toBe(200);
    });

    it('comes of the checks of requireAuth as well', async () => {
      const api = await start({ checks: { requiredScopes: 'admin', requiredClaims: ['org_id'] } });
      expectRefusal(
        await api.ask('/books', await bearer(api)),
        401,
        offers('allowed', 'Bearer', { error: 'invalid_token' }),
      );
      expectRefusal(
        await api.ask('/books', await bearer(api, { claims: { org_id: 'o' } })),
        403,
        offers('allowed', 'Bearer', { error: 'insufficient_scope', scope: 'admin' }),
      );
    });

    it('is a 503 with Retry-After and no challenge while the issuer is down', async () => {
      const api = await start();
      api.tenant.fail('jwks', 500);
      expectRefusal(await api.ask('/books', await bearer(api)), 503, [], { 'retry-after': '1' });
    });

    it.each([
      [401, 502, null],
      [403, 502, null],
      [429, 503, '7'],
      [503, 503, '7'],
    ])(
      'is no refusal of the caller when an exchange fails: %s becomes %s',
      async (upstream, status, retry) => {
        const api = await start();
        api.tenant.fail('token', {
          status: upstream,
          ...(retry === null ? {} : { headers: { 'retry-after': retry } }),
        });
        const answer = await api.ask('/exchange', await bearer(api));
        expectRefusal(answer, status);
        expect(answer.headers.get('retry-after')).toBe(retry);
      },
    );

    it('has no token in it', async () => {
      const api = await start({ checks: { requiredScopes: 'admin' } });
      const headers = await bearer(api);
      const answer = await api.ask('/books', headers);
      const signature = headers[0]?.[1].split('.')[2] ?? '';
      expect(signature).not.toBe('');
      expect(answer.text + JSON.stringify([...answer.headers])).not.toContain(signature);
    });
  });

  describe('a mistake of the program', () => {
    it('is a 500 when getAuth is asked without requireAuth', async () => {
      const api = await start();
      expectRefusal(await api.ask('/open'), 500);
      expect(() => adapter.guards.getAuth({} as never)).toThrow(ConfigurationError);
      expect(() => adapter.guards.getAuth(undefined as never)).toThrow('`requireAuth`');
    });

    it('is a 500 when a check is misspelt, whatever token comes', async () => {
      const checks = JSON.parse('{"requiredScope":"read"}') as AccessTokenChecks;
      const api = await start({ checks });
      expectRefusal(await api.ask('/books', await bearer(api)), 500);
    });

    it('is a 500 when a handler throws, and stays what it is', async () => {
      const api = await start();
      // Hono and Express print it.
      const print = vi.spyOn(console, 'error').mockReturnValue();
      expectRefusal(await api.ask('/broken', await bearer(api)), 500);
      print.mockRestore();
    });

    it('fails when guards are made of nothing', () => {
      const { requireAuth, requireScopes, requirePermissions, requireActor } = adapter.guards;
      for (const wrong of [
        [],
        [''],
        [' '],
        [[]],
        ['read', ''],
        [['read', '']],
        ['read', []],
        [undefined as never],
      ]) {
        expect(() => requireScopes(...wrong)).toThrow(ConfigurationError);
        expect(() => requirePermissions(...wrong)).toThrow(ConfigurationError);
        if (wrong.length > 0) expect(() => requireActor(...wrong)).toThrow(ConfigurationError);
      }
      expect(() => requireAuth(undefined as never)).toThrow(ConfigurationError);
    });
  });

  describe('a request target', () => {
    it('in absolute form is the same resource', async () => {
      const api = await start();
      const url = `${api.origin}/books`;
      const answer = await api.ask(url, await dpop(api, url));
      expect(answer.status).toBe(200);
    });

    it.each(['OPTIONS', 'GET'])('of * is no way round: %s', async (method) => {
      const api = await start();
      const answer = await api.ask('*', [], method);
      expect(answer.status).toBe(adapter.statusOfAsterisk);
    });

    it('whose host is no host refuses a proof', async () => {
      const api = await start();
      for (const host of ['evil.example/books?', 'a@b', 'a, b', 'a b', '']) {
        const headers = await dpop(api, `${api.origin}/books`);
        const answer = await sendRaw(api.server.port, {
          target: '/books',
          headers: [['Host', host], ...headers],
        });
        expect(answer.status).toBe(400);
      }
    });

    it('whose hosts contradict one another refuses a proof', async () => {
      const api = await start();
      const { port } = api.server;
      const headers = await dpop(api, `${api.origin}/books`);
      const absolute = await sendRaw(port, {
        target: `http://evil.example/books`,
        headers: [['Host', `127.0.0.1:${port}`], ...headers],
      });
      expectRefusal(absolute, 400, offers('allowed', 'DPoP', { error: adapter.errorOfContradiction }));
    });

    it('without a host refuses a proof', async () => {
      const api = await start();
      const { port } = api.server;
      const headers = await dpop(api, `${api.origin}/books`);
      const answer = await sendRaw(port, { target: '/books', version: '1.0', headers });
      expect(answer.status).toBe(400);
      if (!adapter.takesRequestsWithoutHost) return;
      const plain = await sendRaw(port, { target: '/books', version: '1.0', headers: await bearer(api) });
      expect(plain.status).toBe(200);
    });

    it('is told by the public URL, whatever the request says of its host', async () => {
      const publicUrl = 'https://api.example.com/v1';
      const api = await start({ options: { dpop: { publicUrl } } });
      const ask = async (target: string, headers: [string, string][], httpUrl = `${publicUrl}/books`) =>
        await sendRaw(api.server.port, {
          target,
          version: '1.0',
          headers: [...headers, ...(await dpop(api, httpUrl))],
        });
      const proxy: [string, string][] = [['Host', 'books.internal:8080']];
      expect((await ask('/books?page=1', proxy)).status).toBe(200);
      expectRefusal(
        await ask('/books', proxy, 'http://books.internal:8080/books'),
        400,
        offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' }),
      );
      if (!adapter.takesRequestsWithoutHost) return;
      const strange = ['', 'a b', 'user@evil.example', 'books.internal:99999', '1.2.3.4.5', '[::::]'];
      const hosts = [[], ...strange.map((host): [string, string][] => [['Host', host]])];
      for (const headers of hosts) {
        expect((await ask('/books', headers)).status).toBe(200);
        expectRefusal(
          await ask('/books', headers, `${publicUrl}/other`),
          400,
          offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' }),
        );
      }
    });

    it('is no reason for a resolver of domains to throw, whatever its host is', async () => {
      const seen: (string | undefined)[] = [];
      const api = await start({
        options: {
          domains: ({ requestUrl }) => {
            seen.push(requestUrl === undefined ? undefined : new URL(requestUrl).pathname);
            return [api.tenant.domain];
          },
        },
      });
      for (const host of ['api.example.com', 'api.example.com:99999', '1.2.3.4.5', '[::::]', 'a b', '']) {
        const headers: [string, string][] = [['Host', host], ...(await bearer(api))];
        const { status } = await sendRaw(api.server.port, { target: '/books', headers });
        // What makes Request objects refuses some of them itself.
        expect(adapter.takesRequestsWithoutHost ? [200] : [200, 400]).toContain(status);
      }
      expect(seen[0]).toBe('/books');
    });
  });

  if (!adapter.hasErrorHandler) return;
  describe('an error handler of the program', () => {
    const reasonOf = (error: unknown): ErrorReason | undefined =>
      error instanceof BaseAuthError ? error.reason : undefined;

    it.each([
      ['/books', [], 'missing_credentials'],
      ['/open', [], 'invalid_option'],
    ] as const)('is given every refusal of %s', async (path, headers, reason) => {
      const api = await start({ ownErrorHandler: true });
      const answer = await api.ask(path, [...headers]);
      expect([answer.status, answer.json()]).toEqual([418, { reason }]);
      expect(api.server.caught.map(reasonOf)).toEqual([reason]);
    });

    it('is given the scopes of the operation, and the failures of exchanges', async () => {
      const api = await start({ ownErrorHandler: true });
      await api.ask('/scoped', await bearer(api));
      expect(api.server.caught[0]).toBeInstanceOf(InsufficientScopeError);
      expect(api.server.caught[0]).toMatchObject({ requiredScopes: ['read', 'write'] });
      api.tenant.fail('token', 403);
      await api.ask('/exchange', await bearer(api));
      expect(api.server.caught[1]).toBeInstanceOf(BaseAuthError);
      expect(api.server.caught[1]).toMatchObject({ reason: 'upstream_refused', responseStatusCode: 502 });
    });
  });
}
