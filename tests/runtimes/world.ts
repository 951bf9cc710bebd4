/** A tenant on loopback HTTP, a runtime that serves the API, and requests to it as a client on the network sends them. */
import { request as sendRequest } from 'node:http';
import { expect } from 'vitest';
import { createTestTenant, type TestTenant, type TestTenantOptions } from '../../src/testing/index.ts';
import { type ParsedChallenge, parseChallenges } from '../support/challenges.ts';
import type { Runtime } from './runtimes.ts';

/** Longer than any limit under test, and shorter than the test's own: what hangs fails here, with the request's name. */
const PATIENCE_MS = 15_000;

export interface Answer {
  readonly status: number;
  /** Of the refusal; on the wire there is only the error code. */
  readonly reason: string | undefined;
  /** Which signature module verified the token. */
  readonly signature: string | undefined;
  readonly headers: Headers;
  readonly challenges: readonly ParsedChallenge[];
  readonly body: Readonly<Record<string, unknown>>;
}

export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For a POST, as JSON. */
  readonly body?: Readonly<Record<string, unknown>>;
}

/** A client in the runtime, cold at first. */
export interface RemoteClient {
  /** Sends a request with these headers, or with a Bearer token that is valid. */
  readonly request: (options?: RequestOptions) => Promise<Answer>;
  readonly bearer: (accessToken: string, options?: RequestOptions) => Promise<Answer>;
  /** Sends a request, and breaks the connection when told to. */
  readonly leave: (accessToken: string) => { readonly now: () => Promise<void> };
  /** Moves its clock ahead, beginning with the next request. */
  readonly advance: (seconds: number) => void;
  /** How many requests it has received. */
  readonly received: () => Promise<number>;
}

export interface ClientSettings {
  /** For `new ApiClient(...)`, as JSON. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Whether it gets the runtime's `waitUntil`. */
  readonly waits?: boolean;
  /** The key with which it shares exchanged tokens with the other clients of the runtime. */
  readonly shares?: string;
}

export interface World {
  readonly tenant: TestTenant;
  readonly url: string;
  readonly createClient: (settings?: ClientSettings) => RemoteClient;
  readonly close: () => Promise<void>;
}

export async function createWorld(runtime: Runtime, options: TestTenantOptions = {}): Promise<World> {
  const tenant = createTestTenant(options);
  const server = await tenant.listen();
  const { domain, audience, clientId, clientSecret } = tenant;
  const config = { tenantUrl: server.url, options: { domain, audience, clientId, clientSecret } };
  const api = await runtime.serve(config);
  let clients = 0;
  return {
    tenant,
    url: api.url,
    createClient: (settings = {}) => {
      clients += 1;
      return remoteClient(api.url, `client ${clients}`, settings);
    },
    close: async () => {
      const errors = await api.stop();
      await server.close();
      expect(errors).toBe('');
    },
  };
}

function remoteClient(origin: string, name: string, settings: ClientSettings): RemoteClient {
  let secondsAhead = 0;
  const address = () => ({ 'test-client': JSON.stringify({ name, ...settings, secondsAhead }) });
  const request = async ({ method = 'GET', path = '/books', headers = {}, body }: RequestOptions = {}) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: { ...headers, ...address() },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return await toAnswer(response);
  };
  return {
    request,
    bearer: (accessToken, more = {}) =>
      request({ ...more, headers: { ...more.headers, authorization: `Bearer ${accessToken}` } }),
    leave: (accessToken) => {
      const headers = { ...address(), authorization: `Bearer ${accessToken}` };
      const outgoing = sendRequest(`${origin}/books`, { agent: false, headers });
      const gone = new Promise<void>((resolve) => {
        outgoing.on('close', resolve);
      });
      // That the connection breaks off is what was asked for.
      outgoing.on('error', () => undefined).on('response', (incoming) => incoming.resume());
      outgoing.end();
      return {
        now: async () => {
          // A reset: the mere end of what we send would not say that we do not listen any more.
          outgoing.socket?.resetAndDestroy();
          await gone;
        },
      };
    },
    advance: (seconds) => {
      secondsAhead += seconds;
    },
    received: async () => Number((await request({ path: '/received' })).body.received),
  };
}

async function toAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const text = await response.text();
  // Nothing that is not a refusal may be thrown; what was, is in the text.
  if (!(headers.get('content-type') ?? '').startsWith('application/json')) {
    throw new Error(`The API answered ${status}: ${text}`);
  }
  const challenges = headers.get('www-authenticate');
  return {
    status,
    reason: headers.get('test-reason') ?? undefined,
    signature: headers.get('test-signature') ?? undefined,
    headers,
    challenges: challenges === null ? [] : parseChallenges(challenges),
    body: JSON.parse(text) as Record<string, unknown>,
  };
}
