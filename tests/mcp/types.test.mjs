/** What the compiler says of programs that join this package with the MCP packages, under the strictest options. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { typesOf } from './built-package.mjs';

const PROGRAM = `
  import { auth } from 'express-oauth2-jwt-bearer';
  import express from 'express';
  import type { AuthInfo as AuthInfoOfV1 } from '@modelcontextprotocol/sdk/server/auth/types.js';
  import type { OAuthTokenVerifier as VerifierOfV1 } from '@modelcontextprotocol/sdk/server/auth/provider.js';
  import { InsufficientScopeError, InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
  import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
  import { createMcpHandler, McpServer, OAuthError, OAuthErrorCode, requireBearerAuth as gateOfV2 } from '@modelcontextprotocol/server';
  import type { AuthInfo as AuthInfoOfV2 } from '@modelcontextprotocol/server';
  import { FastMCP } from 'fastmcp';
  import { ApiClient } from 'auth0-api-ts';
  import { requireAuth } from 'auth0-api-ts/express';
  import { type AuthInfo, createMcpAuth, requireMcpAuth, serveMcpMetadata } from 'auth0-api-ts/mcp';

  const resource = 'https://mcp.example.com/mcp';
  const client = new ApiClient({ domain: 'tenant.auth0.com', audience: resource });
  const mcpAuth = createMcpAuth(client, { resource });

  export const verifier: VerifierOfV1 = mcpAuth.tokenVerifier({ InvalidTokenError, InsufficientScopeError });
  export const app = express();
  app.use(serveMcpMetadata(mcpAuth), requireMcpAuth(mcpAuth, { toolScopes: { a: 'b' } }), requireAuth(client));
  app.use(requireBearerAuth({ verifier }), auth({ issuerBaseURL: 'https://tenant.auth0.com', audience: resource }));

  export const gate = gateOfV2({ verifier: mcpAuth.tokenVerifier({ OAuthError, OAuthErrorCode }) });
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'a', version: '1' });
    server.registerTool('b', {}, ({ http }) => {
      const authInfo = http?.authInfo;
      if (authInfo === undefined) throw new Error('not authenticated');
      const refused = mcpAuth.requireScopes(authInfo, 'calendar:read');
      return { content: [{ type: 'text', text: String(refused?.status) }] };
    });
    return server;
  });
  export const serve = async (request: Request): Promise<Response> => {
    const authInfo = await mcpAuth.gate(request);
    if (authInfo instanceof Response) return authInfo;
    const both: AuthInfoOfV1 & AuthInfoOfV2 = authInfo;
    return await handler.fetch(request, { authInfo: both });
  };

  export const fast = new FastMCP<{ authInfo: AuthInfo }>({
    name: 'a',
    version: '1.0.0',
    authenticate: async ({ headersDistinct: headers, method: httpMethod }) => {
      const authInfo = await mcpAuth.gate({ headers, httpMethod, httpUrl: resource });
      if (authInfo instanceof Response) throw authInfo;
      return { authInfo };
    },
  });
`;

it('fit each other, beside a package that augments requests of Express', () => {
  const name = fileURLToPath(new URL('program.ts', import.meta.url));
  const names = ['auth0-api-ts', 'auth0-api-ts/express', 'auth0-api-ts/mcp'];
  const options = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    // The declarations of the packages are not ours.
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
    paths: Object.fromEntries(names.map((each) => [each, [typesOf(each)]])),
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (each) => each === name || fileExists(each);
  host.readFile = (each) => (each === name ? PROGRAM : readFile(each));
  const program = ts.createProgram([name], options, host);
  const messages = ts
    .getPreEmitDiagnostics(program, program.getSourceFile(name))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  expect(messages).toEqual([]);
}, 60_000);
