/** An MCP server with `@modelcontextprotocol/server` 2.x, as a handler of Fetch requests: for Node, Deno, Bun, Workers. */
import { createMcpHandler, McpServer, requireScopes } from '@modelcontextprotocol/server';
import { createMcpAuth } from 'auth0-api-ts/mcp';
import { asResult, TOOL_SCOPES } from './tools.mjs';

/**
 * @param {import('auth0-api-ts').ApiClient} client
 * @param {{ resource: string, tools: ReturnType<typeof import('./tools.mjs').createTools> }} options
 */
export function createFetchServer(client, { resource, tools }) {
  const mcpAuth = createMcpAuth(client, {
    resource,
    requiredScopes: ['mcp:tools'],
    scopesSupported: ['mcp:tools', 'calendar:read'],
  });

  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'calendar-mcp', version: '2.0.0' });
    server.registerTool('whoami', { description: 'Who calls' }, ({ http }) =>
      asResult(tools.whoami(http.authInfo)),
    );
    // This package asks for more scopes by itself, and finds the metadata in what the gate has given.
    const scopeChallenge = requireScopes('mcp:tools', ...TOOL_SCOPES['next-event']);
    server.registerTool('next-event', { description: 'The next event', scopeChallenge }, async ({ http }) =>
      asResult(await tools.nextEvent(http.authInfo)),
    );
    return server;
  });

  return {
    async fetch(request) {
      const metadata = mcpAuth.metadata(request);
      if (metadata !== undefined) return metadata;
      const authInfo = await mcpAuth.gate(request);
      return authInfo instanceof Response ? authInfo : await handler.fetch(request, { authInfo });
    },
  };
}
