/**
 * MCP authorization (revision 2026-07-28) for an MCP server that is protected by Auth0: discovery, verification, step-up.
 */
import {
  BaseAuthError,
  type AuthScheme,
  ConfigurationError,
  extractCredentials,
  type FetchRequest,
  InvalidDpopProofError,
  type RequestParts,
} from '../index.ts';
import { authInfoOf } from './auth-info.ts';
import { answerMetadata } from './metadata.ts';
import { resolveResource } from './resource.ts';
import { createTokenVerifier } from './token-verifier.ts';
import type { AuthInfo, McpAuth, McpAuthOptions, McpClient, McpRequirements } from './types.ts';

/**
 * Makes the authorization of one MCP server. It sends nothing and starts nothing.
 *
 * @throws ConfigurationError when an option cannot be used, or does not go with the client
 */
export function createMcpAuth(client: McpClient, options: McpAuthOptions): McpAuth {
  if (typeof (client as Partial<McpClient> | undefined)?.describe !== 'function')
    throw new ConfigurationError('The first argument of `createMcpAuth` must be an ApiClient.');
  const resource = resolveResource(client, options);
  const context = { resourceMetadataUrl: resource.metadataUrl, scopes: resource.scopes };

  /** Scopes are compared with what counts as scopes here, which may be more than the claim. */
  const authorize = (info: AuthInfo, scopes: string | readonly string[], scheme: AuthScheme | undefined) => {
    const claims = { ...info.extra.claims, scope: info.scopes.join(' ') };
    client.authorize(claims, { requiredScopes: scopes }, { ...context, scheme });
  };

  const admit = async (request: FetchRequest | RequestParts, requirements: McpRequirements) => {
    const { requiredScopes = [], ...others } = requirements;
    const claims = await client.verifyRequest(request, others, context);
    const { scheme, accessToken } = extractCredentials(request.headers);
    try {
      const info = authInfoOf(accessToken, claims, resource);
      const more = typeof requiredScopes === 'string' ? requiredScopes.split(' ') : requiredScopes;
      const scopes = [...new Set([...resource.requiredScopes, ...more])].filter((scope) => scope !== '');
      if (scopes.length > 0) authorize(info, scopes, scheme);
      return info;
    } catch (error) {
      if (error instanceof BaseAuthError) client.challenge(error, { ...context, scheme });
      throw error;
    }
  };

  return {
    resourceMetadataUrl: resource.metadataUrl,
    metadata: (request) => answerMetadata(targetOf(request), resource, client),
    async gate(request, requirements = {}) {
      try {
        return await admit(request, requirements);
      } catch (error) {
        if (error instanceof BaseAuthError) return answerOf(error);
        throw error;
      }
    },
    requireScopes(authInfo, scopes) {
      if (scopes.length === 0) throw new ConfigurationError('`requireScopes` needs at least one scope.');
      try {
        authorize(authInfo, scopes, undefined);
        return undefined;
      } catch (error) {
        if (error instanceof BaseAuthError && error.statusCode < 500) return answerOf(error);
        throw error;
      }
    },
    tokenVerifier: (errors) => createTokenVerifier(client, resource, errors),
  };
}

/** MCP clients find their way from a 401 only, so a proof that will not do gets one, with the same challenge. */
function answerOf(error: BaseAuthError): Response {
  const response = error.toResponse();
  if (!(error instanceof InvalidDpopProofError)) return response;
  return new Response(response.body, { status: 401, headers: response.headers });
}

function targetOf(request: FetchRequest | RequestParts): { method: unknown; url: unknown } {
  return 'httpUrl' in request
    ? { method: request.httpMethod, url: request.httpUrl }
    : { method: request.method, url: request.url };
}
