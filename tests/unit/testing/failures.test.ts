import { describe, expect, it } from 'vitest';
import { createTestTenant } from '../../../src/testing/index.ts';
import type { Failure, FailureTarget } from '../../../src/testing/index.ts';
import { basic, discoveryUrl, jwksUrl, requestToken, tokenUrl } from './support.ts';

const URLS = { discovery: discoveryUrl, jwks: jwksUrl, token: tokenUrl };
const TARGETS: FailureTarget[] = ['discovery', 'jwks', 'token'];

function failing(target: FailureTarget, how: Failure, times?: number) {
  const tenant = createTestTenant({ algorithm: 'ES256' });
  tenant.fail(target, how, { times });
  const ask = (init: RequestInit = {}) =>
    tenant.fetch(URLS[target](tenant), {
      redirect: 'manual',
      ...(target === 'token' && {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'client_credentials', audience: tenant.audience }),
        headers: { authorization: basic(tenant.clientId, tenant.clientSecret) },
      }),
      ...init,
    });
  return { tenant, ask };
}

async function read(response: Response, bytes: number): Promise<number> {
  const reader = response.body?.getReader();
  let size = 0;
  while (size < bytes) size += (await reader?.read())?.value?.byteLength ?? Infinity;
  await reader?.cancel();
  return size;
}

describe.each(TARGETS)('fail(%j)', (target) => {
  it('answers with a status', async () => {
    const response = await failing(target, 503).ask();
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      error: 'server_error',
      error_description: 'The test tenant was told to answer 503.',
    });
  });

  it('breaks the connection', async () => {
    const attempt = failing(target, 'network').ask();
    await expect(attempt).rejects.toThrow(new TypeError('fetch failed'));
  });

  it('hangs until the request is aborted', async () => {
    const abort = new AbortController();
    const { tenant, ask } = failing(target, 'hang');
    const attempt = ask({ signal: abort.signal });
    const reason = new Error('enough');
    queueMicrotask(() => {
      abort.abort(reason);
    });
    await expect(attempt).rejects.toBe(reason);
    expect(tenant.requests[0]).not.toHaveProperty('status');
  });

  it('answers with HTML', async () => {
    const response = await failing(target, 'html').ask();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toMatch(/^<!doctype html>/u);
  });

  it('cuts the JSON off', async () => {
    const response = await failing(target, 'truncated').ask();
    expect(response.status).toBe(200);
    const body = await response.text();
    expect(body).toMatch(/^\{"/u);
    expect(() => JSON.parse(body) as unknown).toThrow(SyntaxError);
  });

  it('answers with nothing in good form', async () => {
    const response = await failing(target, 'empty').ask();
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(target === 'jwks' ? { keys: [] } : {});
  });

  it('redirects to another host', async () => {
    const response = await failing(target, 'redirect').ask();
    expect(response.status).toBe(302);
    const { pathname } = new URL(URLS[target](failing(target, 503).tenant));
    expect(response.headers.get('location')).toBe(`https://elsewhere.auth0.test${pathname}`);
    await expect(failing(target, 'redirect').ask({ redirect: 'follow' })).rejects.toThrow(TypeError);
  });

  it('sends a body without end, as fast as it is read', async () => {
    const response = await failing(target, 'endless').ask();
    expect(response.status).toBe(200);
    expect(await read(response, 3 * 1024 * 1024)).toBeGreaterThanOrEqual(3 * 1024 * 1024);
  });

  it('stalls after one byte until the request is aborted', async () => {
    const abort = new AbortController();
    const response = await failing(target, 'slow').ask({ signal: abort.signal });
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value).toHaveLength(1);
    const rest = reader?.read();
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(rest).rejects.toBe(reason);
  });

  it('answers what a function answers', async () => {
    const { ask } = failing(target, (request) => new Response(request.method, { status: 418 }));
    const response = await ask();
    expect(response.status).toBe(418);
    expect(await response.text()).toBe(target === 'token' ? 'POST' : 'GET');
  });

  it('ends after so many answers', async () => {
    const { ask } = failing(target, 500, 2);
    const statuses = [(await ask()).status, (await ask()).status, (await ask()).status];
    expect(statuses).toEqual([500, 500, 200]);
  });

  it('ends when told to, for one endpoint or for all', async () => {
    const { tenant, ask } = failing(target, 500);
    tenant.recover(target);
    expect((await ask()).status).toBe(200);
    tenant.fail(target, 500);
    tenant.recover();
    expect((await ask()).status).toBe(200);
  });
});

describe('fail with an answer', () => {
  it('replaces only what is given', async () => {
    const { ask } = failing('jwks', { headers: { 'cache-control': 'no-store', 'content-type': undefined } });
    const response = await ask();
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-type')).toBeNull();
    expect(await response.json()).toHaveProperty('keys.0.kid');
  });

  it('keeps the real refusal of a token request when it replaces a header', async () => {
    const { ask } = failing('token', { headers: { 'x-trace': '1' } });
    const response = await ask({ headers: {} });
    expect(response.status).toBe(401);
    expect(response.headers.get('x-trace')).toBe('1');
  });

  it('sends a JSON body with the usual headers', async () => {
    const response = await failing('jwks', { body: { keys: [{ kty: 'odd' }] } }).ask();
    expect(response.headers.get('cache-control')).toContain('max-age=15');
    expect(response.headers.get('content-type')).toMatch(/^application\/json/u);
    expect(await response.json()).toEqual({ keys: [{ kty: 'odd' }] });
  });

  it('sends a string body as it is', async () => {
    const response = await failing('token', { body: '{"a":' }).ask();
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('{"a":');
  });

  it('sends a status with headers', async () => {
    const response = await failing('jwks', { status: 429, headers: { 'retry-after': '7' } }).ask();
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(response.headers.get('cache-control')).toBeNull();
    expect(await response.json()).toHaveProperty('error', 'too_many_requests');
  });

  it.each([204, 304])('sends no body with %i', async (status) => {
    const response = await failing('jwks', status).ask();
    expect(response.status).toBe(status);
    expect(response.body).toBeNull();
  });
});

describe('fail', () => {
  it('gives discovery the name of another issuer', async () => {
    const response = await failing('discovery', 'wrong-issuer').ask();
    expect(response.headers.get('cache-control')).toContain('max-age=15');
    expect(await response.json()).toMatchObject({
      issuer: 'https://elsewhere.auth0.test/',
      jwks_uri: 'https://tenant.auth0.test/.well-known/jwks.json',
    });
  });

  it('replaces an earlier failure of the same endpoint', async () => {
    const { tenant, ask } = failing('jwks', 500);
    tenant.fail('jwks', 404, { times: 1 });
    expect([(await ask()).status, (await ask()).status]).toEqual([404, 200]);
  });

  it('leaves the other endpoints alone', async () => {
    const { tenant } = failing('jwks', 'network');
    const form = { grant_type: 'client_credentials', audience: tenant.audience };
    expect((await tenant.fetch(discoveryUrl(tenant))).status).toBe(200);
    expect((await requestToken(tenant, form)).status).toBe(200);
  });

  it('lets a function see the body and break the connection', async () => {
    let seen = '';
    const { ask } = failing('token', async (request) => {
      seen = await request.text();
      return Response.error();
    });
    await expect(ask()).rejects.toThrow(new TypeError('fetch failed'));
    expect(seen).toContain('grant_type=client_credentials');
  });

  it.each<[string, string, unknown]>([
    ['an endpoint that does not exist', 'userinfo', 500],
    ['a failure that does not exist', 'jwks', 'timeout'],
    ['another issuer for the key set', 'jwks', 'wrong-issuer'],
    ['a status that is none', 'jwks', 99],
    ['a misspelt part of an answer', 'jwks', { statusCode: 500 }],
    ['null', 'jwks', null],
  ])('refuses %s', (_title, target, how) => {
    const tenant = createTestTenant();
    expect(() => {
      tenant.fail(target as FailureTarget, how as Failure);
    }).toThrow(TypeError);
  });

  it('refuses to end the failure of an endpoint that does not exist', () => {
    const tenant = createTestTenant();
    expect(() => {
      tenant.recover('keys' as FailureTarget);
    }).toThrow(new TypeError("recover: there is no endpoint 'keys'; write 'discovery', 'jwks' or 'token'"));
  });
});
