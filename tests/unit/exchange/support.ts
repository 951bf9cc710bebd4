import { inspect } from 'node:util';
import { vi } from 'vitest';
import {
  GetAccessTokenForConnectionError,
  GetTokenByClientCredentialsError,
  GetTokenByExchangeProfileError,
} from '../../../src/errors/index.ts';
import {
  createTokenExchange,
  type TokenExchange,
  type TokenExchangeDependencies,
} from '../../../src/exchange/token-exchange.ts';

export const NOW_MS = 1_800_000_000_750;
export const NOW_SECONDS = 1_800_000_000;
export const ISSUER = 'https://tenant.example.com/';
export const TOKEN_ENDPOINT = 'https://tenant.example.com/oauth/token';
export const CLIENT_ID = 'client-1';
export const CLIENT_SECRET = 'client+secret/of:the=API';

/** A request as a fake fetch saw it. */
export interface SentRequest {
  readonly url: string;
  readonly method: string | undefined;
  readonly headers: Headers;
  readonly fields: [string, string][];
}

export type Upstream = (request: SentRequest, init: RequestInit) => Response | Promise<Response>;

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

export const success: Upstream = () => json({ access_token: 'new-token', expires_in: 600 });

/** The token requests against an upstream of the test's own, and what was sent to it. */
export function setUp(upstream: Upstream = success, overrides: Partial<TokenExchangeDependencies> = {}) {
  const sent: SentRequest[] = [];
  const fetch = (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const body = typeof init.body === 'string' ? init.body : '';
    const url = input instanceof Request ? input.url : input.toString();
    const fields = [...new URLSearchParams(body)];
    const request = { url, method: init.method, headers: new Headers(init.headers), fields };
    sent.push(request);
    return Promise.resolve(upstream(request, init));
  };
  const tokenEndpointOf = vi.fn<(issuer: string) => Promise<string | undefined>>(() =>
    Promise.resolve(TOKEN_ENDPOINT),
  );
  const exchange = createTokenExchange({
    client: { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET },
    issuer: ISSUER,
    tokenEndpointOf,
    http: { fetch, timeoutSeconds: 5 },
    now: () => NOW_MS,
    verifySubjectToken: () => Promise.reject(new Error('nothing is verified here')),
    ...overrides,
  });
  return { exchange, sent, tokenEndpointOf, fetch };
}

export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}

/** Everything a log could show of an error. */
export function everythingIn(error: unknown): string {
  const stack = error instanceof Error ? error.stack : '';
  return [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), String(error), stack].join(
    '\n',
  );
}

export const onBehalfOf = { accessToken: 'subject-token-1', audience: 'https://api.example.com' };
export const byProfile = { subjectToken: 'subject-token-1', subjectTokenType: 'urn:example:legacy' };
export const forConnection = { connection: 'google-oauth2', accessToken: 'subject-token-1' };
export const byClientCredentials = { audience: 'https://api.example.com' };

export type Method = keyof TokenExchange;
export const METHODS: Method[] = ['onBehalfOf', 'byProfile', 'forConnection', 'byClientCredentials'];
export const VALID: Record<Method, object> = { onBehalfOf, byProfile, forConnection, byClientCredentials };
export const FAILURES = {
  onBehalfOf: GetTokenByExchangeProfileError,
  byProfile: GetTokenByExchangeProfileError,
  forConnection: GetAccessTokenForConnectionError,
  byClientCredentials: GetTokenByClientCredentialsError,
};

/** The methods as untyped programs call them. */
export type Untyped = Record<Method, (options?: unknown) => Promise<unknown>>;
