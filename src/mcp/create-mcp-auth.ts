/**
 * MCP authorization (revision 2026-07-28) for an MCP server that is protected by Auth0: discovery, verification, step-up.
 */
import {
  BaseAuthError,
  ConfigurationError,
  InvalidDpopProofError,
  MissingRequiredArgumentError,
} from '../index.ts';
import { admit, challenged, contextOf } from './admit.ts';
import { checkScopes, schemeOf } from './auth-info.ts';
import { answerMetadata } from './metadata.ts';
import { reportRefusal } from './report-refusal.ts';
import { isObject, readScopes, resolveResource } from './resource.ts';
import { createTokenVerifier } from './token-verifier.ts';
import type { McpAuth, McpAuthOptions, McpClient } from './types.ts';

/**
 * Makes the authorization of one MCP server. It sends nothing and starts nothing.
 *
 * @throws ConfigurationError when an option cannot be used, or does not go with the client
 */
export function createMcpAuth(client: McpClient, options: McpAuthOptions): McpAuth {
  if (!isObject(client) || typeof client.describe !== 'function')
    throw new ConfigurationError('The first argument of `createMcpAuth` must be an ApiClient.');
  const resource = resolveResource(client, options);

  return {
    resourceMetadataUrl: resource.metadataUrl,
    metadata: (request) => answerMetadata(request, resource),
    async gate(request, requirements = {}) {
      try {
        return await admit(request, requirements, client, resource);
      } catch (error) {
        return answerOf(error, resource.onRefusal);
      }
    },
    requireScopes(authInfo, scopes) {
      const required = readScopes('scopes', scopes);
      if (required.length === 0) throw new ConfigurationError('`requireScopes` needs at least one scope.');
      const granted: unknown = isObject(authInfo) ? authInfo.scopes : undefined;
      if (!Array.isArray(granted)) throw new MissingRequiredArgumentError('authInfo');
      try {
        checkScopes(granted, required);
        return undefined;
      } catch (error) {
        const context = { ...contextOf(resource, required), scheme: schemeOf(authInfo, resource) };
        return answerOf(challenged(error, client, context), resource.onRefusal);
      }
    },
    tokenVerifier: (errors) => createTokenVerifier(client, resource, errors),
    dpopNonce: async (authInfo) =>
      schemeOf(authInfo, resource) === 'DPoP' ? await client.nextDpopNonce() : undefined,
  };
}

/**
 * The answer to a request that is refused. A program that is written wrongly is none of the caller's business: its error
 * is thrown, as is all that is not of this package.
 */
function answerOf(error: unknown, onRefusal: McpAuthOptions['onRefusal']): Response {
  if (!(error instanceof BaseAuthError) || error instanceof ConfigurationError) throw error;
  reportRefusal(error, onRefusal);
  const response = error.toResponse();
  // MCP clients find their way from a 401 only, so a proof that will not do gets one, with the same challenge.
  if (!(error instanceof InvalidDpopProofError)) return response;
  return new Response(response.body, { status: 401, headers: response.headers });
}
