import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { importPackage } from './built-package.mjs';
import { createRoute } from './mcp-handler-route.mjs';
import { paramsOf } from './messages.mjs';

const { ApiClient } = await importPackage('auth0-api-ts');
const { createTestTenant } = await importPackage('auth0-api-ts/testing');

const url = 'https://app.example.com/api/mcp';

describe('mcp-handler', () => {
  const tenant = createTestTenant({ audience: url });
  const { POST, GET } = createRoute(new ApiClient({ ...tenant.clientOptions(), audience: url }), url);
  const route = async (input, init) => {
    const request = new Request(input, init);
    return await (request.method === 'POST' ? POST : GET)(request);
  };

  it('serves a client with a good token', async () => {
    const token = await tenant.issueAccessToken({ scope: 'mcp:tools', sub: 'auth0|ada' });
    const client = new Client({ name: 'agent-1', version: '1.0.0' });
    const authProvider = { token: () => Promise.resolve(token) };
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider, fetch: route }));
    const { content } = await client.callTool({ name: 'whoami', arguments: {} });
    expect(JSON.parse(content[0].text)).toEqual({ user: 'auth0|ada' });
    await client.close();
  });

  it('answers as the gate does, and an outage with 503', async () => {
    const metadata = 'https://app.example.com/.well-known/oauth-protected-resource/api/mcp';
    const missing = await route(url, { method: 'POST' });
    expect([missing.status, paramsOf(missing, 'Bearer')]).toEqual([
      401,
      { realm: 'api', scope: 'mcp:tools', resource_metadata: metadata },
    ]);
    expect(await (await route(metadata)).json()).toMatchObject({ resource: url });

    const own = createTestTenant({ audience: url });
    own.fail('discovery', 500);
    const cold = createRoute(new ApiClient({ ...own.clientOptions(), audience: url }), url);
    const headers = { authorization: `Bearer ${await own.issueAccessToken({ scope: 'mcp:tools' })}` };
    expect((await cold.POST(new Request(url, { method: 'POST', headers }))).status).toBe(503);
  });

  it('is given a bound token with its proof', async () => {
    const key = tenant.createDpopKey();
    const accessToken = await tenant.issueAccessToken({ scope: 'mcp:tools', dpopKey: key });
    const dpop = await key.createProof({ httpMethod: 'POST', httpUrl: url, accessToken });
    const headers = {
      authorization: `DPoP ${accessToken}`,
      dpop,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    expect((await route(url, { method: 'POST', headers, body })).status).toBe(200);
    expect((await route(url, { method: 'POST', headers, body })).status).toBe(401);
  });
});
