/**
 * auth0-api-ts/hono: middleware for Hono. Refusals are thrown, so that `app.onError` sees them; without it, Hono answers
 * with what their `getResponse` returns.
 */
import type { Context, MiddlewareHandler } from 'hono';
import type { AccessTokenChecks } from '../index.ts';
import { type AuthClient, type AuthContext, authOf, authorizeRequest } from './auth-context.ts';
import { authenticate, type AuthOptions, certificateReader, checkClient } from './authenticate.ts';
import {
  actorRequirement,
  permissionRequirement,
  type RequiredNames,
  type Requirements,
  scopeRequirement,
} from './requirements.ts';

export type { AuthClient, AuthContext, OnBehalfOfRequest } from './auth-context.ts';
export type { AuthOptions } from './authenticate.ts';

/** The variable that {@link requireAuth} sets: `new Hono<{ Variables: AuthVariables }>()`. */
export interface AuthVariables {
  auth: AuthContext;
}

/** Middleware that types `c.var.auth` in the handlers that are chained behind it. */
export type HonoAuthMiddleware = MiddlewareHandler<{ Variables: AuthVariables }>;

/**
 * Lets requests pass whose access token is valid, and sets `c.var.auth`; throws for every other.
 *
 * @param checks what is demanded of the token beyond what the client always demands
 * @param options what only the program knows of a request
 * @throws ConfigurationError when there is no client, or the options are written wrongly
 */
export function requireAuth(
  client: AuthClient,
  checks?: AccessTokenChecks,
  options?: AuthOptions<Context>,
): HonoAuthMiddleware {
  checkClient(client);
  const certificateOf = certificateReader(options, checks);
  return async (c, next) => {
    const { raw, method: httpMethod, url: httpUrl } = c.req;
    const parts = { headers: raw.headers, httpMethod, httpUrl, clientCertificate: certificateOf(c) };
    const { auth, dpopNonce } = await authenticate(c, parts, { client, checks });
    c.set('auth', auth);
    await next();
    // Afterwards, because a handler may return a response of its own making. One that switches protocols has no headers.
    if (dpopNonce !== undefined && c.res.status >= 200) c.header('DPoP-Nonce', dpopNonce);
  };
}

/** The authentication of a request that passed {@link requireAuth}. @throws ConfigurationError when it did not */
export function getAuth(c: Pick<Context, 'req'>): AuthContext {
  return authOf(c);
}

/**
 * Lets requests pass whose token has all of these scopes; the others are refused with 403 and all of them.
 *
 * @param scopes `'read write'`, `['read', 'write']` or `'read', 'write'`
 * @throws ConfigurationError when there is none
 */
export function requireScopes(...scopes: RequiredNames): MiddlewareHandler {
  return guard(scopeRequirement(scopes));
}

/** The same for permissions; each is a text of its own. @throws ConfigurationError when there is none */
export function requirePermissions(...permissions: RequiredNames): MiddlewareHandler {
  return guard(permissionRequirement(permissions));
}

/**
 * Lets requests pass with which one of these actors acts for the user; without a name, whoever acts. Only the current
 * actor counts (RFC 8693 §4.1); others are refused with 403.
 *
 * @param actors `'calendar-mcp'`, `['calendar-mcp', 'mail-mcp']` or `'calendar-mcp', 'mail-mcp'`
 * @throws ConfigurationError for an empty list
 */
export function requireActor(...actors: RequiredNames): MiddlewareHandler {
  return guard(actorRequirement(actors));
}

function guard(requirements: Requirements): MiddlewareHandler {
  return async (c, next) => {
    authorizeRequest(c, requirements);
    await next();
  };
}
