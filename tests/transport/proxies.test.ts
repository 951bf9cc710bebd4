import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../../src/index.ts';
import { createTestTenant } from '../../src/testing/index.ts';
import { createUndiciFetch, type UndiciFetchOptions } from '../../src/undici/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { type ConnectProxy, type ConnectProxyOptions, startConnectProxy } from '../support/connect-proxy.ts';
import { everythingIn } from '../support/everything-in.ts';
import { expectRefusal, outage, rejectionOf } from '../support/assert-rejects.ts';
import { serveWithTls, type TlsTenant } from '../support/tls-tenant.ts';

const HOST = 'tenant.auth0.test';
const authority = createAuthority();
const identity = authority.issue(HOST);
const CREDENTIALS = 'prox%79:p%40ss:w%C3%B6rd';
const DECODED = 'proxy:p@ss:wörd';
const ENCODED = Buffer.from(DECODED).toString('base64');

const tenant = createTestTenant({ domain: HOST });
let server: TlsTenant;
beforeAll(async () => {
  server = await serveWithTls(() => tenant, identity);
});
afterAll(() => server.close());

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  tenant.recover();
  for (const undo of cleanUp.splice(0)) await undo();
});

/** A proxy that alone knows where the tenant is. */
async function proxyToTenant(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const proxy = await startConnectProxy({ routes: { [`${HOST}:443`]: server.port }, ...options });
  cleanUp.push(proxy.close);
  return proxy;
}

function fetchWith(options: UndiciFetchOptions) {
  const fetch = createUndiciFetch({ ca: authority.cert, connections: 1, ...options });
  // Before the proxy is closed, which was started earlier.
  cleanUp.unshift(fetch.close);
  return fetch;
}

function clientOf(options: UndiciFetchOptions, timeoutSeconds = 10) {
  return new ApiClient({ ...tenant.clientOptions(), customFetch: fetchWith(options), timeoutSeconds });
}

/** Stops every way to the outside that the machine of the developer may have. */
function stubProxies(variables: Readonly<Record<string, string>>) {
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'REQUEST_METHOD']) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toLowerCase(), undefined);
  }
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}

describe('a proxy', () => {
  it('carries a verification and an exchange, and sees neither token nor secret', async () => {
    const proxy = await proxyToTenant();
    const client = clientOf({ proxy: `http://127.0.0.1:${proxy.port}` });
    const accessToken = await tenant.issueAccessToken({ sub: 'auth0|ada' });
    const claims = await client.verifyRequest({ headers: { authorization: `Bearer ${accessToken}` } });
    expect(claims.sub).toBe('auth0|ada');

    const result = await client.getTokenOnBehalfOf({ accessToken, audience: 'https://calendar.example.com' });
    expect(result.accessToken.split('.')).toHaveLength(3);
    expect(proxy.asked).toEqual([`${HOST}:443`]);
    expect(proxy.headers.join('')).not.toContain('proxy-authorization');
    const carried = proxy.carried().toString('latin1');
    expect(carried.length).toBeGreaterThan(1000);
    for (const secret of [accessToken, tenant.clientSecret, 'Bearer', 'subject_token']) {
      expect(carried).not.toContain(secret);
    }
  });

  it('is shown its credentials, decoded, and the tenant is not', async () => {
    const proxy = await proxyToTenant({ credentials: DECODED });
    tenant.clearRequests();
    await clientOf({ proxy: `http://${CREDENTIALS}@127.0.0.1:${proxy.port}` }).warmUp();
    expect(proxy.headers[0]).toContain(`proxy-authorization: basic ${ENCODED.toLowerCase()}`);
    expect(tenant.requests).toHaveLength(2);
    for (const { headers } of tenant.requests) expect(headers).not.toHaveProperty('proxy-authorization');
  });

  it('takes a URL object, and a name without a password', async () => {
    const proxy = await proxyToTenant({ credentials: 'token:' });
    await clientOf({ proxy: new URL(`http://token@127.0.0.1:${proxy.port}/`) }).warmUp();
    expect(proxy.asked).toEqual([`${HOST}:443`]);
  });

  it('may speak TLS, with an authority of its own', async () => {
    const other = createAuthority('Proxy Authority');
    const proxy = await proxyToTenant({ tls: other.issue('localhost'), credentials: DECODED });
    const address = `https://${CREDENTIALS}@localhost:${proxy.port}`;
    await clientOf({ proxy: address, proxyCa: other.cert }).warmUp();
    expect(proxy.asked).toEqual([`${HOST}:443`]);

    // Without it the proxy is a stranger, and is told nothing.
    await expectRefusal(clientOf({ proxy: address }).warmUp(), outage('discovery_unavailable'));
    expect(proxy.asked).toHaveLength(1);
  });

  it('is not shown the certificate of the client, also when it asks for one', async () => {
    const other = createAuthority('Proxy Authority');
    const wantsClient = { ca: authority.cert, requestCert: true, rejectUnauthorized: false };
    const proxy = await proxyToTenant({ tls: { ...other.issue('localhost'), ...wantsClient } });
    const options = { proxy: `https://localhost:${proxy.port}`, proxyCa: other.cert, ...authority.issue() };
    await clientOf(options).warmUp();
    expect(proxy.asked).toEqual([`${HOST}:443`]);
    expect(proxy.clients).toEqual([undefined]);
  });

  it('is chosen anew for each address that a redirect leads to', async () => {
    const plain = await tenant.listen();
    cleanUp.push(plain.close);
    const proxy = await proxyToTenant();
    const fetch = fetchWith({ proxy: `http://127.0.0.1:${proxy.port}`, noProxy: '127.0.0.1' });
    const { port } = new URL(plain.url);
    const location = `http://localhost:${port}/.well-known/jwks.json`;
    tenant.fail('discovery', { status: 302, headers: { location } });
    const response = await fetch(`${plain.url}/.well-known/openid-configuration`);
    expect([response.url, response.redirected]).toEqual([location, true]);
    expect(proxy.asked).toEqual([`localhost:${port}`]);
  });

  it('carries requests to http addresses, too', async () => {
    const plain = await tenant.listen();
    cleanUp.push(plain.close);
    const proxy = await proxyToTenant();
    const fetch = fetchWith({ proxy: `http://127.0.0.1:${proxy.port}` });
    const response = await fetch(`${plain.url}/.well-known/jwks.json`);
    expect(await response.json()).toHaveProperty('keys');
    expect(proxy.asked).toEqual([new URL(plain.url).host]);
  });

  it('is passed by on the way to hosts of noProxy', async () => {
    const plain = await tenant.listen();
    cleanUp.push(plain.close);
    const proxy = await proxyToTenant();
    const fetch = fetchWith({ proxy: `http://127.0.0.1:${proxy.port}`, noProxy: '127.0.0.0/8, .internal' });
    expect((await fetch(`${plain.url}/.well-known/jwks.json`)).status).toBe(200);
    expect(proxy.asked).toEqual([]);
    expect((await fetch(`https://${HOST}/.well-known/jwks.json`)).status).toBe(200);
    expect(proxy.asked).toEqual([`${HOST}:443`]);
  });
});

describe('a proxy of the environment', () => {
  it.each(['HTTPS_PROXY', 'https_proxy'])('is that of %s, for https', async (name) => {
    const proxy = await proxyToTenant({ credentials: DECODED });
    stubProxies({ [name]: `http://${CREDENTIALS}@127.0.0.1:${proxy.port}` });
    await clientOf({}).warmUp();
    expect(proxy.asked).toEqual([`${HOST}:443`]);
  });

  it('may lack its scheme, and is read when the fetch is made', async () => {
    const proxy = await proxyToTenant();
    stubProxies({ HTTPS_PROXY: `127.0.0.1:${proxy.port}` });
    const client = clientOf({ proxy: 'environment' });
    stubProxies({ HTTPS_PROXY: 'http://127.0.0.1:1' });
    await client.warmUp();
    expect(proxy.asked).toEqual([`${HOST}:443`]);
  });

  const port = async (proxy: Promise<ConnectProxy>) => `http://127.0.0.1:${(await proxy).port}`;
  it('is that of HTTP_PROXY for http, unless the program runs as a CGI script', async () => {
    const plain = await tenant.listen();
    cleanUp.push(plain.close);
    const proxy = proxyToTenant();
    stubProxies({ HTTP_PROXY: await port(proxy) });
    const address = `${plain.url}/.well-known/jwks.json`;
    await fetchWith({})(address);
    expect((await proxy).asked).toHaveLength(1);
    vi.stubEnv('REQUEST_METHOD', 'GET');
    await fetchWith({})(address);
    expect((await proxy).asked).toHaveLength(1);
  });

  it.each(['NO_PROXY', 'no_proxy'])('is passed by on the way to hosts of %s', async (name) => {
    const plain = await tenant.listen();
    cleanUp.push(plain.close);
    const proxy = proxyToTenant();
    stubProxies({ HTTP_PROXY: await port(proxy), [name]: 'localhost,127.0.0.1' });
    expect((await fetchWith({})(plain.url)).status).toBe(404);
    expect((await proxy).asked).toEqual([]);
    // The option comes first.
    await fetchWith({ noProxy: [] })(plain.url);
    expect((await proxy).asked).toHaveLength(1);
  });

  it('is left alone when there shall be none, or another one', async () => {
    const plain = await tenant.listen();
    cleanUp.push(plain.close);
    const proxy = await proxyToTenant();
    stubProxies({ HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '*' });
    expect((await fetchWith({ proxy: false })(plain.url)).status).toBe(404);
    await clientOf({ proxy: `http://127.0.0.1:${proxy.port}` }).warmUp();
    expect(proxy.asked).toEqual([`${HOST}:443`]);
  });
});

describe('a proxy that does not do its work', () => {
  const noTunnel: [what: string, text: string, code: string][] = [
    ['wants other credentials', 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 'PROXY_REFUSED'],
    ['forbids it', `HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n${ENCODED}`, 'PROXY_REFUSED'],
    ['redirects', 'HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\n\r\n', 'PROXY_REFUSED'],
    ['speaks for the server', 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}', 'PROXY_INVALID_ANSWER'],
    ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'PROXY_UNREACHABLE'],
    ['has endless headers', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`, 'PROXY_UNREACHABLE'],
  ];
  it.each(noTunnel)('and %s is an outage that names it', async (_what, text, code) => {
    const proxy = await proxyToTenant({ answer: { text } });
    const client = clientOf({ proxy: `http://${CREDENTIALS}@127.0.0.1:${proxy.port}` });
    const error = await expectRefusal(client.warmUp(), outage('discovery_unavailable'));
    expect(everythingIn(error)).toContain(code);
    expect(everythingIn(error)).toContain(`the proxy http://127.0.0.1:${proxy.port}, asked for ${HOST}:443,`);
    expectNoCredentials(error);
  });

  it('because it is not there is an outage', async () => {
    const proxy = await startConnectProxy();
    await proxy.close();
    const client = clientOf({ proxy: `http://${CREDENTIALS}@127.0.0.1:${proxy.port}` });
    const error = await expectRefusal(client.warmUp(), outage('discovery_unavailable'));
    expect(everythingIn(error)).toContain('ECONNREFUSED');
    expectNoCredentials(error);
  });

  it('and never answers is an outage, in the time of the client', async () => {
    const proxy = await proxyToTenant({ answer: { text: undefined } });
    const options = { proxy: `http://${CREDENTIALS}@127.0.0.1:${proxy.port}`, connectTimeoutSeconds: 0.4 };
    const error = await expectRefusal(clientOf(options, 0.2).warmUp(), outage('discovery_unavailable'));
    expect(everythingIn(error)).toContain('did not answer within 0.2 s');
    expectNoCredentials(error);

    const patient = await expectRefusal(clientOf(options).warmUp(), outage('discovery_unavailable'));
    expect(everythingIn(patient)).toContain('opened no tunnel within 0.4 s');
    expectNoCredentials(patient);
  });

  it('since it leads to another server is an outage, and the tunnel is taken down', async () => {
    const impostor = await serveWithTls(() => tenant, createAuthority('Impostor').issue(HOST));
    cleanUp.push(impostor.close);
    const proxy = await proxyToTenant({ routes: { [`${HOST}:443`]: impostor.port } });
    tenant.clearRequests();
    const client = clientOf({ proxy: `http://127.0.0.1:${proxy.port}` });
    const error = await expectRefusal(client.warmUp(), outage('discovery_unavailable'));
    expect(everythingIn(error)).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT/);
    expect(tenant.requests).toEqual([]);
    await vi.waitFor(() => {
      expect(proxy.open()).toBe(0);
    });
  });

  it('since the server behind it says nothing is an outage, in the time for connecting', async () => {
    const silent = await startConnectProxy({ answer: { text: undefined } });
    cleanUp.push(silent.close);
    const proxy = await proxyToTenant({ routes: { [`${HOST}:443`]: silent.port } });
    const options = { proxy: `http://127.0.0.1:${proxy.port}`, connectTimeoutSeconds: 0.3 };
    const error = await expectRefusal(clientOf(options).warmUp(), outage('discovery_unavailable'));
    expect(everythingIn(error)).toContain('UND_ERR_CONNECT_TIMEOUT');
  });

  it('leads an exchange to an error that may be repeated', async () => {
    const proxy = await proxyToTenant();
    const client = clientOf({ proxy: `http://${CREDENTIALS}@127.0.0.1:${proxy.port}` });
    await client.warmUp();
    await proxy.close();
    cleanUp.pop();
    const accessToken = await tenant.issueAccessToken();
    const error = await rejectionOf(
      client.getTokenOnBehalfOf({ accessToken, audience: 'https://b.example' }),
    );
    expect(error).toMatchObject({ code: 'network_error', statusCode: 502, retryable: true });
    expectNoCredentials(error);
    expect(everythingIn(error)).not.toContain(accessToken);
  });

  function expectNoCredentials(error: unknown) {
    const seen = everythingIn(error) + JSON.stringify(error);
    for (const secret of [ENCODED, 'p@ss', 'p%40ss', 'wörd', 'w%C3', 'prox%79', tenant.clientSecret]) {
      expect(seen).not.toContain(secret);
    }
  }
});

it('shows nothing of its options in inspection', () => {
  const { cert, key } = authority.issue();
  const fetch = createUndiciFetch({
    proxy: `http://${CREDENTIALS}@127.0.0.1:1`,
    ca: authority.cert,
    cert,
    key,
  });
  const seen =
    inspect(fetch, { depth: Infinity, showHidden: true }) + String(fetch) + JSON.stringify({ ...fetch });
  for (const secret of [ENCODED, 'p@ss', 'p%40ss', 'PRIVATE KEY', 'BEGIN'])
    expect(seen).not.toContain(secret);
});
