import { createServer } from 'node:http';
import { once } from 'node:events';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importPackage } from './built-package.mjs';
import { createFastMcpServer } from './fastmcp-server.mjs';
import { callOf, paramsOf, post } from './messages.mjs';

const { ApiClient } = await importPackage('auth0-api-ts');
const { createTestTenant } = await importPackage('auth0-api-ts/testing');

/** A port that was free just now: this server must be told one. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

describe('fastmcp', () => {
  const tenant = createTestTenant();
  let server;
  let url;
  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}/mcp`;
    server = createFastMcpServer(new ApiClient({ ...tenant.clientOptions(), audience: url }), url);
    await server.start({
      transportType: 'httpStream',
      httpStream: { port, host: '127.0.0.1', endpoint: '/mcp', stateless: true },
    });
  });
  afterAll(() => server.stop());

  const bearer = async (options) => ({
    authorization: `Bearer ${await tenant.issueAccessToken({ audience: url, ...options })}`,
  });
  const connect = async (scope) => {
    const headers = await bearer({ scope, sub: 'auth0|ada' });
    const client = new Client({ name: 'agent-1', version: '1.0.0' });
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
    return client;
  };

  it('serves a client with a good token, by its scopes', async () => {
    const client = await connect('mcp:tools');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['whoami']);
    const { content } = await client.callTool({ name: 'whoami', arguments: {} });
    expect(JSON.parse(content[0].text)).toEqual({ user: 'auth0|ada' });
    await client.close();
    const more = await connect('mcp:tools calendar:read');
    expect((await more.listTools()).tools).toHaveLength(2);
    await more.close();
  });

  it('answers as the gate does', async () => {
    const { origin } = new URL(url);
    const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`;
    const missing = await post(url, callOf('whoami'));
    expect([missing.status, paramsOf(missing, 'Bearer')]).toEqual([
      401,
      { realm: 'api', scope: 'mcp:tools', resource_metadata: metadata },
    ]);
    const lacking = await post(url, callOf('whoami'), { headers: await bearer({ scope: 'other' }) });
    expect([lacking.status, paramsOf(lacking, 'Bearer').error]).toEqual([403, 'insufficient_scope']);
    expect(await (await fetch(metadata)).json()).toMatchObject({ resource: url });
  });

  it('takes a proof, once', async () => {
    const key = tenant.createDpopKey();
    const accessToken = await tenant.issueAccessToken({ audience: url, scope: 'mcp:tools', dpopKey: key });
    const proof = await key.createProof({ httpMethod: 'POST', httpUrl: url, accessToken });
    const headers = { authorization: `DPoP ${accessToken}`, dpop: proof };
    expect((await post(url, callOf('whoami'), { headers })).status).toBe(200);
    expect((await post(url, callOf('whoami'), { headers })).status).toBe(401);
  });

  it('is told of an outage by 503', async () => {
    const headers = await bearer({ scope: 'mcp:tools', header: { kid: 'unheard-of' } });
    tenant.fail('jwks', 500);
    try {
      expect((await post(url, callOf('whoami'), { headers })).status).toBe(503);
    } finally {
      tenant.recover();
    }
  });
});
