import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestTenant } from '../../../src/testing/index.ts';
import type { TestServer, TestTenant } from '../../../src/testing/index.ts';
import { basic, discoveryUrl, jwksUrl, tokenUrl } from './support.ts';

let tenant: TestTenant;
let server: TestServer;
beforeAll(async () => {
  tenant = createTestTenant({ algorithm: 'ES256' });
  server = await tenant.listen();
});
afterAll(async () => {
  await server.close();
});

describe('listen', () => {
  it('serves the tenant on the loopback interface', async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u);
    const response = await fetch(`${server.url}/.well-known/openid-configuration`);
    expect(response.headers.get('cache-control')).toContain('max-age=15');
    expect(await response.json()).toHaveProperty('issuer', tenant.issuer);
    expect(tenant.requests.at(-1)).toMatchObject({
      kind: 'discovery',
      url: discoveryUrl(tenant),
      status: 200,
    });
  });

  it.each<[string, (url: string) => string | URL | Request]>([
    ['a string', (url) => url],
    ['a URL', (url) => new URL(url)],
    ['a Request', (url) => new Request(url, { headers: { 'x-trace': '1' } })],
  ])('carries %s for the tenant over HTTP', async (_title, toInput) => {
    const response = await server.fetch(toInput(`${jwksUrl(tenant)}?a=b`), { headers: { 'X-Trace': '2' } });
    expect(await response.json()).toHaveProperty('keys.0.alg', 'ES256');
    expect(tenant.requests.at(-1)).toMatchObject({
      url: `${jwksUrl(tenant)}?a=b`,
      headers: { 'x-trace': '2', host: new URL(server.url).host },
    });
  });

  it('carries method, headers and body', async () => {
    const request = new Request(tokenUrl(tenant), {
      method: 'POST',
      headers: { authorization: basic(tenant.clientId, tenant.clientSecret) },
      body: new URLSearchParams({ grant_type: 'client_credentials', audience: tenant.audience }),
    });
    const { body, method, headers } = request.clone();
    expect(body).not.toBeNull();
    for (const response of [
      await server.fetch(request.clone()),
      await server.fetch(request.url, { method, headers, body: await request.text() }),
    ]) {
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.json()).toHaveProperty('access_token');
    }
  });

  it('passes requests for other hosts on', async () => {
    const other = createServer((_request, response) => response.end('other'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const response = await server.fetch(`http://127.0.0.1:${port}/`);
    expect(await response.text()).toBe('other');
    other.closeAllConnections();
    other.close();
  });

  it('answers 500 when the function of a test throws', async () => {
    tenant.fail('jwks', () => {
      throw new Error('a bug in the test');
    });
    const response = await server.fetch(jwksUrl(tenant));
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('a bug in the test');
    tenant.recover();
  });
});

describe('failures over HTTP', () => {
  it('answers with statuses and redirects', async () => {
    tenant.fail('jwks', 503, { times: 1 });
    expect((await server.fetch(jwksUrl(tenant))).status).toBe(503);
    tenant.fail('jwks', 'redirect', { times: 1 });
    expect((await server.fetch(jwksUrl(tenant), { redirect: 'manual' })).status).toBe(302);
    tenant.fail('jwks', 204, { times: 1 });
    expect((await server.fetch(jwksUrl(tenant))).status).toBe(204);
  });

  it('breaks the connection', async () => {
    tenant.fail('jwks', 'network', { times: 1 });
    await expect(server.fetch(jwksUrl(tenant))).rejects.toThrow(TypeError);
  });

  it('hangs until the request is aborted', async () => {
    tenant.fail('jwks', 'hang', { times: 1 });
    const abort = new AbortController();
    const attempt = server.fetch(jwksUrl(tenant), { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(attempt).rejects.toThrow('enough');
  });

  it('stalls after one byte', async () => {
    tenant.fail('jwks', 'slow', { times: 1 });
    const abort = new AbortController();
    const response = await server.fetch(jwksUrl(tenant), { signal: abort.signal });
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value).toHaveLength(1);
    const rest = reader?.read();
    abort.abort(new Error('enough'));
    await expect(rest).rejects.toThrow('enough');
  });

  it('sends a body without end only as fast as it is read', async () => {
    tenant.fail('jwks', 'endless', { times: 1 });
    const reader = (await server.fetch(jwksUrl(tenant))).body?.getReader();
    let size = 0;
    while (size < 2 * 1024 * 1024) size += (await reader?.read())?.value?.byteLength ?? Infinity;
    await reader?.cancel();
    expect(size).toBeLessThan(Infinity);
  });
});

describe('close', () => {
  it('ends hanging, endless and idle connections and frees the port', async () => {
    const subject = createTestTenant({ algorithm: 'ES256' });
    const { url, fetch: send, close } = await subject.listen();
    subject.fail('discovery', 'hang');
    subject.fail('jwks', 'endless');
    const hanging = send(discoveryUrl(subject));
    const endless = await send(jwksUrl(subject));
    const idle = connect(Number(new URL(url).port), '127.0.0.1');
    const ended = once(idle, 'close');
    await once(idle, 'connect');

    await Promise.all([
      expect(hanging).rejects.toThrow(TypeError),
      expect(endless.arrayBuffer()).rejects.toThrow(TypeError),
      close(),
      ended,
    ]);
    await expect(fetch(url)).rejects.toThrow(TypeError);
    await expect(close()).resolves.toBeUndefined();
    const again = await subject.listen({ port: Number(new URL(url).port) });
    expect(again.url).toBe(url);
    await again.close();
  });

  it('reports a port that is taken', async () => {
    const port = Number(new URL(server.url).port);
    await expect(tenant.listen({ port })).rejects.toThrow('EADDRINUSE');
  });
});
