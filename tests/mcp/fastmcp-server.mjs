/** The server of docs/mcp.md with `fastmcp`: its `authenticate` throws the answer of the gate. */
import { FastMCP } from 'fastmcp';
import { importPackage } from './built-package.mjs';

const { createMcpAuth } = await importPackage('auth0-api-ts/mcp');

export function createFastMcpServer(client, resource) {
  const mcpAuth = createMcpAuth(client, { resource, requiredScopes: ['mcp:tools'] });
  const server = new FastMCP({
    name: 'calendar-mcp',
    version: '1.0.0',
    async authenticate({ headersDistinct: headers, method: httpMethod }) {
      const authInfo = await mcpAuth.gate({ headers, httpMethod, httpUrl: resource });
      if (authInfo instanceof Response) throw authInfo;
      return { authInfo };
    },
  });
  server.addTool({
    name: 'whoami',
    description: 'Who calls',
    execute: async (_args, { session }) => JSON.stringify({ user: session.authInfo.extra.sub }),
  });
  server.addTool({
    name: 'next-event',
    description: 'The next event',
    canAccess: ({ authInfo }) => authInfo.scopes.includes('calendar:read'),
    execute: async () => JSON.stringify({ at: '12:30' }),
  });
  const answer = ({ req }) => mcpAuth.metadata(req.raw);
  server.getApp().all('/.well-known/oauth-protected-resource', answer);
  server.getApp().all('/.well-known/oauth-protected-resource/*', answer);
  return server;
}
