/** auth0-api-ts/mcp: MCP servers as protected resources. It depends on no MCP package. */
export { createMcpAuth } from './create-mcp-auth.ts';
export {
  type McpExpressMiddleware,
  type McpExpressRequest,
  type McpExpressRequirements,
  type McpExpressResponse,
  requireMcpAuth,
  serveMcpMetadata,
} from './express.ts';
export { scopesOfToolCalls, type ToolScopes } from './tool-scopes.ts';
export type {
  AuthInfo,
  AuthInfoExtra,
  McpAuth,
  McpAuthOptions,
  McpClient,
  McpErrorsV1,
  McpErrorsV2,
  McpRequirements,
  McpTokenVerifier,
} from './types.ts';
