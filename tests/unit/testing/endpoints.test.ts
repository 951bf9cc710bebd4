import { describe, expect, it } from 'vitest';
import { createTestTenant } from '../../../src/testing/index.ts';
import { basic, discoveryUrl, jwksUrl, NOW, requestToken, tokenUrl } from './support.ts';

const tenant = createTestTenant({ now: () => NOW, algorithm: 'ES256' });

describe('fetch', () => {
  it('answers discovery as Auth0 does', async () => {
    const { fetch } = tenant;
    const response = await fetch(discoveryUrl(tenant));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/u);
    expect(response.headers.get('cache-control')).toBe(
      'public, max-age=15, stale-while-revalidate=15, stale-if-error=86400',
    );
    expect(await response.json()).toMatchObject({
      issuer: 'https://tenant.auth0.test/',
      token_endpoint: 'https://tenant.auth0.test/oauth/token',
      jwks_uri: 'https://tenant.auth0.test/.well-known/jwks.json',
      authorization_endpoint: 'https://tenant.auth0.test/authorize',
    });
  });

  it('takes changes to the discovery document', async () => {
    const other = createTestTenant({
      discovery: { token_endpoint: undefined, mtls_endpoint_aliases: { token_endpoint: 'https://m.test/' } },
    });
    const metadata: unknown = await (await other.fetch(discoveryUrl(other))).json();
    expect(metadata).not.toHaveProperty('token_endpoint');
    expect(metadata).toHaveProperty('mtls_endpoint_aliases.token_endpoint', 'https://m.test/');
  });

  it('sends the Cache-Control it was told, or none', async () => {
    const noStore = createTestTenant({ cacheControl: 'no-store', algorithm: 'ES256' });
    const silent = createTestTenant({ cacheControl: false, algorithm: 'ES256' });
    expect((await noStore.fetch(jwksUrl(noStore))).headers.get('cache-control')).toBe('no-store');
    expect((await silent.fetch(jwksUrl(silent))).headers.get('cache-control')).toBeNull();
  });

  it.each<[string, (url: string) => string | URL | Request]>([
    ['a string', (url) => url],
    ['a URL', (url) => new URL(url)],
    ['a Request', (url) => new Request(url, { method: 'GET' })],
  ])('takes %s', async (_title, toInput) => {
    const response = await tenant.fetch(toInput(jwksUrl(tenant)));
    expect(response.status).toBe(200);
  });

  it.each([
    ['GET', 'nowhere'],
    ['POST', '.well-known/jwks.json'],
    ['GET', 'oauth/token'],
  ])('answers 404 in JSON to %s %s', async (method, path) => {
    const response = await tenant.fetch(`${tenant.issuer}${path}`, { method });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: 'not_found', error_description: 'Not Found' });
  });

  it.each(['https://other.auth0.test/', 'http://tenant.auth0.test/', 'https://tenant.auth0.test:444/'])(
    'cannot reach %s',
    async (url) => {
      const attempt = tenant.fetch(url);
      await expect(attempt).rejects.toThrow(TypeError);
      await expect(attempt).rejects.toThrow(`fetch failed: ${new URL(url).origin} cannot be reached`);
    },
  );

  it('rejects with the reason of a signal that was aborted before', async () => {
    tenant.clearRequests();
    const reason = new Error('too late');
    await expect(tenant.fetch(jwksUrl(tenant), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const request = new Request(jwksUrl(tenant), { signal: AbortSignal.abort(reason) });
    await expect(tenant.fetch(request)).rejects.toBe(reason);
    expect(tenant.requests).toEqual([]);
  });

  describe('with redirects', () => {
    const redirecting = () => {
      const subject = createTestTenant({ algorithm: 'ES256' });
      subject.fail('token', { status: 307, headers: { location: '/second' } });
      subject.fail('jwks', { status: 302, headers: { location: discoveryUrl(subject) } });
      return subject;
    };

    it('follows them', async () => {
      const subject = redirecting();
      const response = await subject.fetch(jwksUrl(subject));
      expect(await response.json()).toHaveProperty('issuer');
      expect(subject.requests.map(({ kind, status }) => [kind, status])).toEqual([
        ['jwks', 302],
        ['discovery', 200],
      ]);
    });

    it('repeats the body after 307', async () => {
      const subject = redirecting();
      subject.fail('token', { status: 307, headers: { location: tokenUrl(subject) } }, { times: 1 });
      const { status } = await requestToken(subject, {
        grant_type: 'client_credentials',
        audience: subject.audience,
      });
      expect(status).toBe(200);
      expect(subject.requests.map(({ form }) => form?.grant_type)).toEqual([
        'client_credentials',
        'client_credentials',
      ]);
    });

    it('turns a POST into a GET after 303', async () => {
      const subject = redirecting();
      subject.fail('token', { status: 303, headers: { location: discoveryUrl(subject) } });
      const response = await subject.fetch(tokenUrl(subject), { method: 'POST', body: 'a=b' });
      expect(response.status).toBe(200);
      expect(subject.requests.at(-1)).toMatchObject({ kind: 'discovery', method: 'GET' });
    });

    it('hands them out or refuses them when asked to', async () => {
      const subject = redirecting();
      const manual = await subject.fetch(jwksUrl(subject), { redirect: 'manual' });
      expect(manual.status).toBe(302);
      await expect(subject.fetch(jwksUrl(subject), { redirect: 'error' })).rejects.toThrow(TypeError);
    });

    it('gives up on a circle', async () => {
      const subject = createTestTenant({ algorithm: 'ES256' });
      subject.fail('jwks', { status: 302, headers: { location: jwksUrl(subject) } });
      await expect(subject.fetch(jwksUrl(subject))).rejects.toThrow('too many redirects');
    });
  });
});

describe('requests', () => {
  it('logs what was received, in order, and can be cleared', async () => {
    const subject = createTestTenant({ algorithm: 'ES256' });
    await subject.fetch(discoveryUrl(subject), { headers: { 'X-Trace': '1' } });
    await subject.fetch(`${jwksUrl(subject)}?a=b`);
    await subject.fetch(`${subject.issuer}other`, { method: 'PUT', body: 'x' });
    expect(subject.requests).toMatchObject([
      {
        kind: 'discovery',
        method: 'GET',
        url: discoveryUrl(subject),
        headers: { 'x-trace': '1' },
        status: 200,
      },
      { kind: 'jwks', method: 'GET', url: `${jwksUrl(subject)}?a=b`, status: 200 },
      { kind: 'other', method: 'PUT', status: 404 },
    ]);
    subject.clearRequests();
    expect(subject.requests).toEqual([]);
  });

  it('parses the form of a token request into an object without prototype', async () => {
    const subject = createTestTenant({ algorithm: 'ES256' });
    await requestToken(subject, [
      ['grant_type', 'client_credentials'],
      ['x', '1'],
      ['x', '2'],
      ['x', '3'],
      ['__proto__', 'plain'],
    ]);
    const form = subject.requests[0]?.form;
    expect(Object.getPrototypeOf(form)).toBeNull();
    expect({ ...form }).toEqual({
      grant_type: 'client_credentials',
      x: ['1', '2', '3'],
      ['__proto__']: 'plain',
    });
    expect(subject.requests[0]?.headers.authorization).toBe(basic('test-client', 'test-client-secret'));
  });

  it('has no form for a body that is none, and no status for a broken connection', async () => {
    const subject = createTestTenant({ algorithm: 'ES256' });
    subject.fail('token', 'network');
    await subject.fetch(tokenUrl(subject), { method: 'POST', body: '{}' }).catch(() => undefined);
    expect(Object.keys(subject.requests[0] ?? {})).toEqual(['kind', 'method', 'url', 'headers']);
  });
});
