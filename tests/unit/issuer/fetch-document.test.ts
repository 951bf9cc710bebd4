import { describe, expect, it } from 'vitest';
import { LoadFailure } from '../../../src/issuer/load-failure.ts';
import { fetchDocument, loadLimitSeconds } from '../../../src/issuer/fetch-document.ts';
import { HttpFailure } from '../../../src/platform/http.ts';
import { causeOf, rejectionOf } from '../platform/refusal.ts';
import { START } from './loads.ts';
import { type Answer, json, refuse } from './tenant.ts';

const URL_OF_DOCUMENT = 'https://tenant.example.com/document';

/** Fetches once; the answers are given in turn. */
function fetchWith(
  answers: Answer[],
  options: { timeoutSeconds?: number; parse?: (value: unknown) => unknown } = {},
) {
  const { timeoutSeconds = 10, parse = (value: unknown) => value } = options;
  const methods: unknown[] = [];
  const fetch = async (_input: unknown, init?: RequestInit): Promise<Response> => {
    const answer = answers[methods.length];
    methods.push(init?.method);
    if (answer === undefined) throw new Error('one request too many');
    return await answer();
  };
  const http = { fetch, timeoutSeconds };
  const loading = fetchDocument(
    { url: URL_OF_DOCUMENT, parse },
    { http, cacheTtlSeconds: 600, now: () => START },
    loadLimitSeconds(http),
  );
  return { loading, methods };
}

describe('fetchDocument', () => {
  it('returns the parsed document with its freshness', async () => {
    const { loading, methods } = fetchWith([json({ a: 1 })], { parse: (value) => ({ parsed: value }) });
    expect(await loading).toEqual({
      value: { parsed: { a: 1 } },
      json: { a: 1 },
      fetchedAt: START,
      source: 'network',
      freshness: { maxAge: 15, staleWhileRevalidate: 600, staleIfError: 86_400 },
    });
    expect(methods).toEqual(['GET']);
  });

  it('tries a second time after a network error', async () => {
    const { loading, methods } = fetchWith([refuse, json({ a: 1 })]);
    expect((await loading).value).toEqual({ a: 1 });
    expect(methods).toEqual(['GET', 'GET']);
  });

  it.each([500, 502, 503])('tries a second time after %i without Retry-After', async (status) => {
    const { loading } = fetchWith([json({}, status), json({ a: 1 })]);
    expect((await loading).value).toEqual({ a: 1 });
  });

  it('tries twice and no more', async () => {
    const { loading, methods } = fetchWith([refuse, refuse]);
    const error = await rejectionOf(loading);
    expect(error).toBeInstanceOf(LoadFailure);
    expect(causeOf(error)).toBeInstanceOf(HttpFailure);
    expect(causeOf(error)).toMatchObject({ kind: 'network' });
    expect(methods).toHaveLength(2);
  });

  it('tries once when the server says when to come again', async () => {
    const { loading, methods } = fetchWith([json({}, 503, { 'Retry-After': '12' })]);
    expect(await rejectionOf(loading)).toMatchObject({
      name: 'LoadFailure',
      message: `GET ${URL_OF_DOCUMENT} answered 503`,
      retryAfterSeconds: 12,
      withdrawn: false,
    });
    expect(methods).toHaveLength(1);
  });

  it('reads a Retry-After that is a date against its own clock', async () => {
    const date = new Date(START + 90_000).toUTCString();
    const { loading } = fetchWith([json({}, 429, { 'Retry-After': date })]);
    expect(await rejectionOf(loading)).toMatchObject({ retryAfterSeconds: 90 });
  });

  it.each([404, 410])('takes %i for withdrawn', async (status) => {
    const { loading, methods } = fetchWith([json({}, status)]);
    expect(await rejectionOf(loading)).toMatchObject({ withdrawn: true, retryAfterSeconds: 0 });
    expect(methods).toHaveLength(1);
  });

  it.each([201, 204, 206, 301, 302, 304, 307, 308, 400, 401, 403, 429])('refuses %i', async (status) => {
    const { loading, methods } = fetchWith([() => new Response(null, { status })]);
    expect(await rejectionOf(loading)).toMatchObject({
      message: `GET ${URL_OF_DOCUMENT} answered ${status}`,
      withdrawn: false,
    });
    expect(methods).toHaveLength(1);
  });

  it('follows no redirect', async () => {
    const opaque = Object.defineProperty(new Response(null, { status: 200 }), 'type', {
      value: 'opaqueredirect',
    });
    const { loading } = fetchWith([() => opaque]);
    expect(causeOf(await rejectionOf(loading))).toMatchObject({ kind: 'redirect' });
  });

  it('spends on both tries together no more than the time limit', async () => {
    const never: Answer = () => new Promise(() => undefined);
    const { loading, methods } = fetchWith([never], { timeoutSeconds: 0.02 });
    expect(causeOf(await rejectionOf(loading))).toMatchObject({ kind: 'timeout' });
    expect(methods).toHaveLength(1);
  });

  it('hands a document that is no JSON to the parser as undefined', async () => {
    const { loading } = fetchWith([() => new Response('<html>')], { parse: (value) => [value] });
    expect((await loading).value).toEqual([undefined]);
  });

  it('passes on what the parser throws', async () => {
    const failure = new LoadFailure('not usable', { withdrawn: true });
    const parse = () => {
      throw failure;
    };
    const { loading, methods } = fetchWith([json({})], { parse });
    expect(await rejectionOf(loading)).toBe(failure);
    expect(methods).toHaveLength(1);
  });
});

describe('loadLimitSeconds', () => {
  it.each([
    [10, 5],
    [5, 5],
    [2.5, 2.5],
    [0.02, 0.02],
  ])('of a timeout of %s s is %s s', (timeoutSeconds, limit) => {
    expect(loadLimitSeconds({ fetch, timeoutSeconds })).toBe(limit);
  });
});
