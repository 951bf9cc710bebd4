/** The route of docs/mcp.md with `mcp-handler`, as in a Next.js app: it looks for the authentication on the request. */
import { createMcpHandler } from 'mcp-handler';
import { importPackage } from './built-package.mjs';

const { createMcpAuth } = await importPackage('auth0-api-ts/mcp');

export function createRoute(client, resource) {
  const mcpAuth = createMcpAuth(client, { resource, requiredScopes: ['mcp:tools'] });
  const handler = createMcpHandler((server) => {
    server.registerTool('whoami', { description: 'Who calls' }, ({ http }) => ({
      content: [{ type: 'text', text: JSON.stringify({ user: http.authInfo.extra.sub }) }],
    }));
  });

  const POST = async (request) => {
    const auth = await mcpAuth.gate(request);
    return auth instanceof Response ? auth : await handler(Object.assign(request, { auth }));
  };
  return { POST, GET: (request) => mcpAuth.metadata(request) ?? new Response(null, { status: 404 }) };
}
