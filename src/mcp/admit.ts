/**
 * One request, from headers to what the MCP packages want to know of it. Every refusal leaves with its challenge.
 */
import {
  type AuthScheme,
  BaseAuthError,
  type ChallengeContext,
  extractCredentials,
  type FetchRequest,
  type RequestParts,
} from '../index.ts';
import { authInfoOf, checkScopes } from './auth-info.ts';
import { readRequirements } from './requirements.ts';
import type { ProtectedResource } from './resource.ts';
import type { AuthInfo, McpClient, McpRequirements } from './types.ts';

/**
 * @throws ConfigurationError when the requirements are written wrongly, before the request is looked at
 * @throws as `verifyRequest` of the client, VerifyAccessTokenError, InsufficientScopeError
 */
export async function admit(
  request: FetchRequest | RequestParts,
  requirements: McpRequirements,
  client: McpClient,
  resource: ProtectedResource,
): Promise<AuthInfo> {
  const { requiredScopes, checks } = readRequirements(requirements);
  const scopes = [...new Set([...resource.requiredScopes, ...requiredScopes])];
  const context = contextOf(resource, scopes);
  const claims = await client.verifyRequest(request, checks, context);
  const { scheme, accessToken } = extractCredentials(request.headers);
  try {
    const info = authInfoOf(accessToken, claims, resource);
    // Not by the client, which knows the claim alone: more may count as scopes here.
    checkScopes(info.scopes, scopes);
    return info;
  } catch (error) {
    throw challenged(error, client, { ...context, scheme });
  }
}

/** What challenges say: where the metadata is, and the scopes of the operation or, where it has none, of the server. */
export function contextOf(resource: ProtectedResource, scopes: readonly string[]): ChallengeContext {
  return {
    resourceMetadataUrl: resource.metadataUrl,
    scopes: scopes.length === 0 ? resource.scopes : scopes,
  };
}

/** The same error, with its challenge when it is one of this package. */
export function challenged(
  error: unknown,
  client: McpClient,
  context: ChallengeContext & { readonly scheme: AuthScheme },
): unknown {
  return error instanceof BaseAuthError ? client.challenge(error, context) : error;
}
