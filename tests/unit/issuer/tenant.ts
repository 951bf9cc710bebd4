import type { JsonObject } from '../../../src/jws/json.ts';
import { type IssuersOptions, Issuers } from '../../../src/issuer/issuers.ts';
import { createRunInBackground } from '../../../src/platform/background.ts';
import { exportJwk, generate } from '../jws/keys.ts';
import { Clock } from './loads.ts';

export const ISSUER = 'https://tenant.example.com/';
export const DISCOVERY = `${ISSUER}.well-known/openid-configuration`;
export const JWKS = `${ISSUER}jwks.json`;

export const CACHE_CONTROL = 'public, max-age=15, stale-while-revalidate=15, stale-if-error=86400';

export type Answer = () => Response | Promise<Response>;

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return () =>
    new Response(JSON.stringify(body), { status, headers: { 'Cache-Control': CACHE_CONTROL, ...headers } });
}

export function metadata(overrides: JsonObject = {}): Answer {
  return json({ issuer: ISSUER, jwks_uri: JWKS, ...overrides });
}

export function publicKey(kid: string, members: JsonObject = {}): JsonObject {
  return { ...exportJwk(generate('P-256').publicKey), kid, use: 'sig', alg: 'ES256', ...members };
}

export const refuse: Answer = () => Promise.reject(new TypeError('fetch failed'));

/** Issuers whose documents come from a map of answers that a test changes, and a log of what was asked for. */
export function setUpIssuers(
  answers: Record<string, Answer>,
  options: Partial<IssuersOptions> & { timeoutSeconds?: number } = {},
) {
  const clock = new Clock();
  const requests: string[] = [];
  const fetch = async (input: string | URL | Request): Promise<Response> => {
    const url = input instanceof Request ? input.url : input.toString();
    requests.push(url);
    const answer = answers[url];
    return answer === undefined ? new Response(null, { status: 404 }) : await answer();
  };
  const issuers = new Issuers({
    http: { fetch, timeoutSeconds: options.timeoutSeconds ?? 10 },
    cacheTtlSeconds: 600,
    maxIssuers: 100,
    emit: undefined,
    runInBackground: createRunInBackground(undefined),
    shared: undefined,
    now: clock.now,
    ...options,
  });
  return { issuers, issuer: issuers.get(ISSUER), answers, requests, clock };
}

/** An answer that is held back until a test lets it go. */
export function heldBack(): { answer: Answer; release: (answer: Answer) => void } {
  let release: (answer: Answer) => void = () => undefined;
  const gate = new Promise<Answer>((resolve) => {
    release = resolve;
  });
  return { answer: async () => await (await gate)(), release };
}
