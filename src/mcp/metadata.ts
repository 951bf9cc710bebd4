/**
 * The metadata document of the resource (RFC 9728 §2, §3; RFC 9449 §5.1 for the DPoP members).
 */
import type { FetchRequest, RequestParts } from '../index.ts';
import { isObject, type ProtectedResource } from './resource.ts';

/** Browsers are clients, too: the document is public, and no credentials come with the request. */
const CORS = { 'Access-Control-Allow-Origin': '*' };
const METHODS = 'GET, HEAD, OPTIONS';
const PREFLIGHT = {
  'Access-Control-Allow-Methods': METHODS,
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Max-Age': '86400',
};
/** How long clients may keep it, in seconds. */
const MAX_AGE_SECONDS = 3600;

/** The answer to a request at one of the document's paths; `undefined` at another. */
export function answerMetadata(
  request: FetchRequest | RequestParts,
  resource: ProtectedResource,
): Response | undefined {
  const { method, path } = targetOf(request);
  if (path === undefined || !resource.metadataPaths.has(path)) return undefined;
  if (method === 'OPTIONS') return new Response(null, { status: 204, headers: { ...CORS, ...PREFLIGHT } });
  if (method !== 'GET' && method !== 'HEAD')
    return new Response(null, { status: 405, headers: { ...CORS, Allow: METHODS } });
  const headers = {
    ...CORS,
    'Content-Type': 'application/json',
    'Cache-Control': `public, max-age=${MAX_AGE_SECONDS}`,
  };
  return new Response(method === 'HEAD' ? null : JSON.stringify(documentOf(resource)), { headers });
}

function documentOf({
  identifier,
  authorizationServers,
  scopes,
  schemes,
  dpopAlgorithms,
}: ProtectedResource) {
  return {
    resource: identifier,
    authorization_servers: authorizationServers,
    ...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    ...(schemes.includes('DPoP')
      ? {
          dpop_signing_alg_values_supported: dpopAlgorithms,
          dpop_bound_access_tokens_required: !schemes.includes('Bearer'),
        }
      : {}),
  };
}

/** Method and path, of a Fetch `Request` or of parts. */
function targetOf(request: unknown): { method: string | undefined; path: string | undefined } {
  if (!isObject(request)) return { method: undefined, path: undefined };
  const { httpMethod = request.method, httpUrl = request.url } = request;
  return {
    method: typeof httpMethod === 'string' ? httpMethod.toUpperCase() : undefined,
    path: pathOf(httpUrl),
  };
}

/** The path as it stands in the request, so that no other spelling of it is taken for the same. */
function pathOf(url: unknown): string | undefined {
  if (typeof url !== 'string') return undefined;
  return /^(?:https?:\/\/[^/?#]*)?([^?#]*)/i.exec(url)?.[1];
}
