/**
 * The metadata document of the resource (RFC 9728 §2, §3; RFC 9449 §5.1 for the DPoP members).
 */
import type { McpClient } from './types.ts';
import type { ProtectedResource } from './resource.ts';

/** Browsers are clients, too: the document is public, and no credentials come with the request. */
const CORS = { 'Access-Control-Allow-Origin': '*' };
const METHODS = 'GET, HEAD, OPTIONS';
/** How long clients may keep it, in seconds. */
const MAX_AGE_SECONDS = 3600;

/** The answer to a request at one of the document's paths; `undefined` at another. */
export function answerMetadata(
  { method, url }: { method: unknown; url: unknown },
  resource: ProtectedResource,
  client: McpClient,
): Response | undefined {
  const path = pathOf(url);
  if (path === undefined || !resource.metadataPaths.has(path)) return undefined;
  if (method === 'OPTIONS') {
    const headers = {
      ...CORS,
      'Access-Control-Allow-Methods': METHODS,
      'Access-Control-Allow-Headers': '*',
      'Access-Control-Max-Age': '86400',
    };
    return new Response(null, { status: 204, headers });
  }
  if (method !== 'GET' && method !== 'HEAD')
    return new Response(null, { status: 405, headers: { ...CORS, Allow: METHODS } });
  const headers = {
    ...CORS,
    'Content-Type': 'application/json',
    'Cache-Control': `public, max-age=${MAX_AGE_SECONDS}`,
  };
  return new Response(method === 'HEAD' ? null : JSON.stringify(documentOf(resource, client)), { headers });
}

function documentOf(resource: ProtectedResource, client: McpClient) {
  const { schemes, dpopAlgorithms } = client.describe();
  const { identifier, authorizationServers, scopes } = resource;
  const acceptsDpop = schemes.includes('DPoP');
  return {
    resource: identifier,
    authorization_servers: authorizationServers,
    ...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    ...(acceptsDpop
      ? {
          dpop_signing_alg_values_supported: dpopAlgorithms,
          dpop_bound_access_tokens_required: !schemes.includes('Bearer'),
        }
      : {}),
  };
}

/** The path as it stands in the request, so that no other spelling of it is taken for the same. */
function pathOf(url: unknown): string | undefined {
  if (typeof url !== 'string') return undefined;
  const afterOrigin = /^https?:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? /^[^?#]*/.exec(url)?.[0];
  return afterOrigin;
}
