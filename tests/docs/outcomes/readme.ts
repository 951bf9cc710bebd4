import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { expect } from 'vitest';
import { ApiClient, getDelegationChain } from 'auth0-api-ts';
import { CLIENT, DOMAIN } from '../world.ts';
import { refusesLookalikeOrigin } from './public-urls.ts';
import type { Outcomes } from './outcome.ts';

export const readme: Outcomes = {
  'protect an Express app': async (world) => {
    const ask = async (headers: Record<string, string>) =>
      await fetch(`${world.serverUrl()}/books`, { headers });
    const granted = await ask(await world.bearer({ sub: 'auth0|ada', scope: 'read:books' }));
    expect([granted.status, await granted.json()]).toEqual([200, { hello: 'auth0|ada' }]);
    expect((await ask(await world.bearer())).status).toBe(403);
    expect((await ask({})).status).toBe(401);
  },

  'protect a Fetch handler': async (
    world,
    { handle }: { handle: (request: Request) => Promise<Response> },
  ) => {
    const ask = async (headers: Record<string, string>) =>
      await handle(new Request('https://api.example.com/books', { headers }));

    const granted = await ask(await world.bearer({ sub: 'auth0|ada', scope: 'read:books' }));
    expect([granted.status, await granted.json()]).toEqual([200, { hello: 'auth0|ada' }]);

    const refused = await ask(await world.bearer());
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('scope="read:books"');
  },

  'protect a node:http server': async (world) => {
    const ask = async (headers: Record<string, string>) =>
      await fetch(`${world.serverUrl()}/books`, { headers });

    const granted = await ask(await world.bearer({ sub: 'auth0|ada' }));
    expect([granted.status, await granted.text()]).toEqual([200, 'Hello, auth0|ada']);

    const refused = await ask(await world.bearer({ expiresInSeconds: -1 }));
    expect(refused.status).toBe(401);
    expect(await refused.text()).toBe(
      '{"error":"invalid_token","error_description":"The access token has expired."}',
    );
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');

    const dpopKey = world.tenant().createDpopKey();
    const accessToken = await world.tenant().issueAccessToken({ dpopKey });
    const target = { httpMethod: 'GET', httpUrl: 'https://api.example.com/books' };
    const proof = await dpopKey.createProof({ ...target, accessToken });
    expect((await ask({ authorization: `DPoP ${accessToken}`, dpop: proof })).status).toBe(200);

    const { authorization } = await world.bearer();
    const headers = ['host', 'localhost', 'authorization', authorization, 'authorization', authorization];
    const [response] = (await once(request(world.serverUrl(), { headers }).end(), 'response')) as [
      IncomingMessage,
    ];
    expect(response.statusCode).toBe(400);
    expect(response.headers['www-authenticate']).toContain('error="invalid_request"');
    response.resume();
    await refusesLookalikeOrigin(world);
  },

  'Call another API on behalf of the user': async (
    world,
    { listEvents }: { listEvents: (request: Request) => Promise<Response> },
  ) => {
    const audience = 'https://calendar.example.com';
    const calendar = new ApiClient({ domain: DOMAIN, audience });
    world.answer = async (request) =>
      Response.json(getDelegationChain(await calendar.verifyRequest(request)));

    const headers = await world.bearer({ audience: 'https://mcp.example.com', act: ['agent-1'] });
    const response = await listEvents(new Request('https://mcp.example.com/', { headers }));
    expect(await response.json()).toEqual([CLIENT.clientId, 'agent-1']);
  },

  'Protect an MCP server': async (world, { handle }: { handle: (request: Request) => Promise<Response> }) => {
    const resource = 'https://mcp.example.com/mcp';
    const document = await handle(
      new Request('https://mcp.example.com/.well-known/oauth-protected-resource/mcp'),
    );
    expect(await document.json()).toMatchObject({ resource, scopes_supported: ['mcp:tools'] });
    const post = async (headers: Record<string, string>) =>
      await handle(
        new Request(resource, {
          method: 'POST',
          headers: {
            ...headers,
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
          },
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
        }),
      );
    expect((await post({})).status).toBe(401);
    expect((await post(await world.bearer({ audience: resource }))).status).toBe(403);
    expect((await post(await world.bearer({ audience: resource, scope: 'mcp:tools' }))).status).toBe(200);
  },
};
