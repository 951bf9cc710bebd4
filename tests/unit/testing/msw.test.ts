import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestTenant } from '../../../src/testing/index.ts';
import { basic, discoveryUrl, jwksUrl, tokenUrl } from './support.ts';

const tenant = createTestTenant({ algorithm: 'ES256' });
const server = setupServer(...tenant.handlers());

beforeAll(() => {
  server.listen({ onUnhandledRequest: 'error' });
});
afterEach(() => {
  tenant.recover();
  tenant.clearRequests();
});
afterAll(() => {
  server.close();
});

describe('handlers', () => {
  it('answer the global fetch', async () => {
    const metadata: unknown = await (await fetch(discoveryUrl(tenant))).json();
    expect(metadata).toHaveProperty('issuer', tenant.issuer);
    const response = await fetch(jwksUrl(tenant));
    expect(response.headers.get('cache-control')).toContain('max-age=15');
    expect(await response.json()).toHaveProperty('keys.0.alg', 'ES256');
    expect((await fetch(`${tenant.issuer}nowhere`)).status).toBe(404);
    expect(tenant.requests.map(({ kind }) => kind)).toEqual(['discovery', 'jwks', 'other']);
  });

  it('answer token requests', async () => {
    const response = await fetch(tokenUrl(tenant), {
      method: 'POST',
      headers: { authorization: basic(tenant.clientId, tenant.clientSecret) },
      body: new URLSearchParams({ grant_type: 'client_credentials', audience: tenant.audience }),
    });
    expect(await response.json()).toHaveProperty('token_type', 'Bearer');
    expect(tenant.requests[0]?.form).toHaveProperty('audience', tenant.audience);
  });

  it('answer with statuses, broken connections and redirects', async () => {
    tenant.fail('jwks', 503, { times: 1 });
    expect((await fetch(jwksUrl(tenant))).status).toBe(503);
    tenant.fail('jwks', 'network', { times: 1 });
    await expect(fetch(jwksUrl(tenant))).rejects.toThrow(TypeError);
    tenant.fail('jwks', 'redirect');
    expect((await fetch(jwksUrl(tenant), { redirect: 'manual' })).status).toBe(302);
  });

  it('hang until the request is aborted', async () => {
    tenant.fail('jwks', 'hang');
    const abort = new AbortController();
    const attempt = fetch(jwksUrl(tenant), { signal: abort.signal });
    queueMicrotask(() => {
      abort.abort(new Error('enough'));
    });
    await expect(attempt).rejects.toThrow('enough');
  });

  it('stream bodies that never end', async () => {
    tenant.fail('jwks', 'endless');
    const reader = (await fetch(jwksUrl(tenant))).body?.getReader();
    for (let chunk = 0; chunk < 4; chunk += 1) {
      expect((await reader?.read())?.value?.byteLength).toBeGreaterThan(0);
    }
    // msw keeps a copy of the answer, and cancelling one of two copies waits for the other.
    void reader?.cancel();
  });
});
