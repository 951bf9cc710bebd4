/**
 * The world that examples live in: every Auth0 domain is a test tenant, every API at example.com answers, and the
 * credentials of the examples are those of the tenants. Nothing leaves this process but requests to itself.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import * as http from 'node:http';
import { vi } from 'vitest';
import { createTestTenant, type TestTenant } from 'auth0-api-ts/testing';
import { evaluate } from './evaluate.ts';
import { frameworksOn } from './frameworks.ts';
import type { Block } from './blocks.ts';
import type { Outcome } from './outcomes/outcome.ts';

export const DOMAIN = 'your-tenant.us.auth0.com';
export const AUDIENCE = 'https://api.example.com';
export const CLIENT = { clientId: 'my-api-client-id', clientSecret: 'my-api-client-secret' };
const ENVIRONMENT = {
  AUTH0_DOMAIN: DOMAIN,
  AUTH0_AUDIENCE: AUDIENCE,
  AUTH0_CLIENT_ID: CLIENT.clientId,
  AUTH0_CLIENT_SECRET: CLIENT.clientSecret,
  DPOP_NONCE_SECRET: 'thirty-two characters, or more of them',
};

/** Made once: a tenant is cheap, its signing key is not. */
const tenants = new Map<string, TestTenant>();

export class World {
  /** What examples have written to the console, one entry for each call. */
  readonly logged: unknown[][] = [];
  /** The requests that APIs at example.com have received. */
  readonly apiRequests: Request[] = [];
  /** How such an API answers. */
  answer: (request: Request) => Response | Promise<Response> = () => Response.json({ events: [] });
  /** How the Management API of a tenant answers. */
  answerManagement: (request: Request) => Response | Promise<Response> = () =>
    new Response(null, { status: 404 });
  readonly #servers: Server[] = [];
  readonly #listening: Promise<unknown>[] = [];

  tenant(domain: string = DOMAIN): TestTenant {
    const known = tenants.get(domain);
    if (known !== undefined) return known;
    const legacy = (token: string) => (token.startsWith('legacy-') ? { sub: 'auth0|ada' } : undefined);
    const exchangeProfiles = { 'urn:example:legacy-session': legacy, 'urn:example:legacy-token': legacy };
    const tenant = createTestTenant({ domain, audience: AUDIENCE, clients: [CLIENT], exchangeProfiles });
    tenants.set(domain, tenant);
    return tenant;
  }

  /** Headers with a Bearer token of the tenant. */
  async bearer(
    options: Parameters<TestTenant['issueAccessToken']>[0] = {},
  ): Promise<{ authorization: string }> {
    return { authorization: `Bearer ${await this.tenant().issueAccessToken(options)}` };
  }

  /** The base URL of the latest server that an example started. */
  serverUrl(): string {
    const address = this.#servers.at(-1)?.address();
    if (address === null || address === undefined || typeof address === 'string')
      throw new Error('no server listens');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Runs a block and asserts its outcome, while the world around it stands. */
  async visit(block: Block, files: ReadonlyMap<string, Block>, outcome?: Outcome): Promise<void> {
    vi.stubGlobal('fetch', this.#fetch(globalThis.fetch));
    for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
    try {
      if (typeof outcome === 'object') outcome.before(this);
      const log = (...values: unknown[]) => {
        this.logged.push(values);
      };
      const exports = await evaluate(block, {
        files,
        console: { log, info: log, warn: log, error: log },
        modules: {
          'node:http': { ...http, createServer: this.createServer },
          ...frameworksOn({ createServer: this.createServer, adopt: (server) => this.#servers.push(server) }),
        },
      });
      await Promise.all(this.#listening);
      const after = typeof outcome === 'object' ? outcome.after : outcome;
      await after?.(this, exports as never);
    } finally {
      vi.unstubAllGlobals();
      vi.unstubAllEnvs();
      for (const tenant of tenants.values()) tenant.recover();
      for (const server of this.#servers) {
        server.close();
        server.closeAllConnections();
      }
    }
  }

  #fetch(loopback: typeof fetch): typeof fetch {
    return async (input: string | URL | Request, init?: RequestInit) => {
      const { hostname, pathname } = new URL(input instanceof Request ? input.url : input);
      if (hostname === '127.0.0.1') return await loopback(input, init);
      if (pathname.startsWith('/api/v2/')) return await this.answerManagement(new Request(input, init));
      if (hostname.startsWith('login.') || hostname.endsWith('.auth0.com')) {
        return await this.tenant(hostname).fetch(input, init);
      }
      const request = new Request(input, init);
      this.apiRequests.push(request);
      return await this.answer(request);
    };
  }

  /** A server that listens where there is room, whatever port the example names. */
  readonly createServer = (listener: http.RequestListener): Server => {
    const server = createServer(listener);
    const listen = server.listen.bind(server);
    this.#servers.push(server);
    return Object.assign(server, {
      listen: () => {
        this.#listening.push(once(server, 'listening'));
        return listen(0, '127.0.0.1');
      },
    });
  };
}
