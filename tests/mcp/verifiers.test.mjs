/** `tokenVerifier` inside `requireBearerAuth` of both packages. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { OAuthError, OAuthErrorCode, requireBearerAuth as gateOfV2 } from '@modelcontextprotocol/server';
import { requireBearerAuth as middlewareOfV1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { InsufficientScopeError, InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importPackage } from './built-package.mjs';
import { paramsOf } from './messages.mjs';

const { ApiClient } = await importPackage('auth0-api-ts');
const { createMcpAuth } = await importPackage('auth0-api-ts/mcp');
const { createTestTenant } = await importPackage('auth0-api-ts/testing');

const resource = 'https://mcp.example.com/mcp';
const requiredScopes = ['mcp:tools'];
const create = () => {
  const tenant = createTestTenant({ audience: resource });
  const client = new ApiClient({ ...tenant.clientOptions(), audience: resource });
  return { tenant, mcpAuth: createMcpAuth(client, { resource, requiredScopes }) };
};

/** Each package with a verifier, as something that answers an `Authorization` header. */
const PACKAGES = {
  async 'sdk 1.x'({ mcpAuth }) {
    const { resourceMetadataUrl } = mcpAuth;
    const verifier = mcpAuth.tokenVerifier({ InvalidTokenError, InsufficientScopeError });
    const expectedResource = new URL(resource);
    const app = express();
    app.use(middlewareOfV1({ verifier, requiredScopes, resourceMetadataUrl, expectedResource }));
    app.use((req, res) => res.json({ ...req.auth, token: undefined }));
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${server.address().port}`;
    return {
      ask: (authorization) => fetch(url, { headers: { authorization } }),
      close: () => {
        server.close();
        server.closeAllConnections();
      },
    };
  },
  async 'server 2.x'({ mcpAuth }) {
    const { resourceMetadataUrl } = mcpAuth;
    const verifier = mcpAuth.tokenVerifier({ OAuthError, OAuthErrorCode });
    const expectedResource = new URL(resource);
    const gate = gateOfV2({ verifier, requiredScopes, resourceMetadataUrl, expectedResource });
    return {
      ask: async (authorization) => {
        const outcome = await gate(new Request(resource, { headers: { authorization } }));
        return outcome instanceof Response ? outcome : Response.json({ ...outcome, token: undefined });
      },
      close: () => undefined,
    };
  },
};

describe.each(Object.keys(PACKAGES))('the verifier for %s', (name) => {
  const { tenant, mcpAuth } = create();
  let side;
  beforeAll(async () => {
    side = await PACKAGES[name]({ mcpAuth });
  });
  afterAll(() => side.close());
  const send = async (options) => await side.ask(`Bearer ${await tenant.issueAccessToken(options)}`);

  it('lets a good token pass', async () => {
    const answer = await send({ scope: 'mcp:tools', sub: 'auth0|ada', act: ['agent-1'] });
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      {
        clientId: tenant.clientId,
        scopes: ['mcp:tools'],
        expiresAt: expect.any(Number),
        resource,
        extra: { sub: 'auth0|ada', actor: 'agent-1', delegationChain: ['agent-1'] },
      },
    ]);
  });

  it.each([
    ['expired', { scope: 'mcp:tools', expiresInSeconds: -10 }],
    ['for another API', { scope: 'mcp:tools', audience: 'https://other.example.com' }],
    ['bound to a key', { scope: 'mcp:tools', dpopKey: tenant.createDpopKey() }],
    ['of no client', { scope: 'mcp:tools', claims: { azp: undefined, client_id: undefined } }],
  ])('makes a 401 of a token that is %s', async (_, options) => {
    const answer = await send(options);
    expect(answer.status).toBe(401);
    expect(paramsOf(answer, 'Bearer')).toMatchObject({
      error: 'invalid_token',
      scope: 'mcp:tools',
      resource_metadata: mcpAuth.resourceMetadataUrl,
    });
  });

  it('makes a 401 of what is no token', async () => {
    expect((await side.ask('Bearer opaque')).status).toBe(401);
    expect((await side.ask('Bearer a,b')).status).toBe(401);
  });

  it('makes a 403 of a token that lacks a scope', async () => {
    const answer = await send({ scope: 'other' });
    expect(answer.status).toBe(403);
    expect(paramsOf(answer, 'Bearer')).toMatchObject({ error: 'insufficient_scope', scope: 'mcp:tools' });
  });

  it('makes a 500 of an outage, and no bad token', async () => {
    const own = create();
    own.tenant.fail('discovery', 500);
    const cold = await PACKAGES[name](own);
    const answer = await cold.ask(`Bearer ${await own.tenant.issueAccessToken({ scope: 'mcp:tools' })}`);
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([500, null]);
    await cold.close();
  });
});
