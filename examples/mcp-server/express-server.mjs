/** An MCP server with `@modelcontextprotocol/sdk` 1.x on Express. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createMcpAuth, requireMcpAuth, serveMcpMetadata } from 'auth0-api-ts/mcp';
import express from 'express';
import { asResult, TOOL_SCOPES } from './tools.mjs';

/**
 * @param {import('auth0-api-ts').ApiClient} client
 * @param {{ resource: string, tools: ReturnType<typeof import('./tools.mjs').createTools> }} options
 */
export function createExpressServer(client, { resource, tools }) {
  const mcpAuth = createMcpAuth(client, {
    resource,
    requiredScopes: ['mcp:tools'],
    scopesSupported: ['mcp:tools', 'calendar:read'],
  });

  const createServer = () => {
    const server = new McpServer({ name: 'calendar-mcp', version: '1.0.0' });
    server.registerTool('whoami', { description: 'Who calls' }, ({ authInfo }) =>
      asResult(tools.whoami(authInfo)),
    );
    server.registerTool('next-event', { description: 'The next event' }, async ({ authInfo }) =>
      asResult(await tools.nextEvent(authInfo)),
    );
    return server;
  };

  const app = express();
  app.use(serveMcpMetadata(mcpAuth));
  app.use('/mcp', express.json(), requireMcpAuth(mcpAuth, { toolScopes: TOOL_SCOPES }));
  app.post('/mcp', async (req, res) => {
    // A server for each request: nothing of one caller is left for the next.
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    res.on('close', () => void transport.close());
    await createServer().connect(transport);
    await transport.handleRequest(req, res, req.body);
  });
  // Without sessions there is no stream to open and none to end.
  app.all('/mcp', (_req, res) => void res.status(405).set('Allow', 'POST').end());
  return app;
}
