/**
 * auth0-api-ts/hono: middleware for Hono. Refusals are thrown, so that `app.onError` sees them; without it, Hono answers
 * with what their `getResponse` returns.
 */
import type { Context, MiddlewareHandler } from 'hono';
import type { AccessTokenChecks } from '../index.ts';
import { type AuthClient, type AuthContext, authOf, authorizeRequest } from './auth-context.ts';
import { authenticate, checkClient } from './authenticate.ts';
import { permissionRequirement, type RequiredNames, scopeRequirement } from './requirements.ts';

export type { AuthClient, AuthContext, OnBehalfOfRequest } from './auth-context.ts';

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
 * @throws ConfigurationError when there is no client
 */
export function requireAuth(client: AuthClient, checks?: AccessTokenChecks): HonoAuthMiddleware {
  checkClient(client);
  return async (c, next) => {
    const parts = { headers: c.req.raw.headers, httpMethod: c.req.method, httpUrl: c.req.url };
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

function guard(requirements: ReturnType<typeof scopeRequirement>): MiddlewareHandler {
  return async (c, next) => {
    authorizeRequest(c, requirements);
    await next();
  };
}
