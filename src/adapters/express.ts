/**
 * auth0-api-ts/express: middleware for Express. Refusals go to `next`, with status and headers where Express looks for
 * them.
 */
import type { AccessTokenChecks, RequestParts } from '../index.ts';
import { type AuthClient, type AuthContext, authOf, authorizeRequest } from './auth-context.ts';
import { authenticate, type AuthOptions, certificateReader, checkClient } from './authenticate.ts';
import { headersOf, hostOf, type NodeHeaders, urlOf } from './node-request.ts';
import {
  actorRequirement,
  permissionRequirement,
  type RequiredNames,
  type Requirements,
  scopeRequirement,
} from './requirements.ts';

export type { AuthClient, AuthContext, OnBehalfOfRequest } from './auth-context.ts';
export type { AuthOptions } from './authenticate.ts';

/** What is read of a request; a request of Express fits, whatever version its types have. */
export interface ExpressRequest extends NodeHeaders {
  readonly method: string;
  readonly originalUrl: string;
  readonly protocol: string;
  readonly host?: string | undefined;
}

/** What is used of a response. */
export interface ExpressResponse {
  readonly headersSent: boolean;
  setHeader(name: string, value: string): unknown;
}

/** Middleware, as `app.use`, routers and routes take it. */
export type ExpressMiddleware<Incoming extends ExpressRequest = ExpressRequest> = (
  request: Incoming,
  response: ExpressResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Lets requests pass whose access token is valid. Every other goes to the error handler of the app, and without one
 * Express answers with the status and the challenge of the refusal.
 *
 * @param checks what is demanded of the token beyond what the client always demands
 * @param options what only the program knows of a request
 * @throws ConfigurationError when there is no client, or the options are written wrongly
 */
export function requireAuth(client: AuthClient, checks?: AccessTokenChecks): ExpressMiddleware;
export function requireAuth<Incoming extends ExpressRequest>(
  client: AuthClient,
  checks: AccessTokenChecks | undefined,
  options: AuthOptions<Incoming> | undefined,
): ExpressMiddleware<Incoming>;
export function requireAuth<Incoming extends ExpressRequest>(
  client: AuthClient,
  checks?: AccessTokenChecks,
  options?: AuthOptions<Incoming>,
): ExpressMiddleware<Incoming> {
  checkClient(client);
  const certificateOf = certificateReader(options, checks);
  const admit = async (request: Incoming, response: ExpressResponse): Promise<void> => {
    const parts = { ...partsOf(request), clientCertificate: certificateOf(request) };
    const { dpopNonce } = await authenticate(request, parts, { client, checks });
    if (dpopNonce !== undefined && !response.headersSent) response.setHeader('DPoP-Nonce', dpopNonce);
  };
  return (request, response, next) => {
    admit(request, response).then(
      () => {
        next();
      },
      (error: unknown) => {
        next(errorOf(error));
      },
    );
  };
}

/** The authentication of a request that passed {@link requireAuth}. @throws ConfigurationError when it did not */
export function getAuth(request: object): AuthContext {
  return authOf(request);
}

/**
 * Lets requests pass whose token has all of these scopes; the others are refused with 403 and all of them.
 *
 * @param scopes `'read write'`, `['read', 'write']` or `'read', 'write'`
 * @throws ConfigurationError when there is none
 */
export function requireScopes(...scopes: RequiredNames): ExpressMiddleware {
  return guard(scopeRequirement(scopes));
}

/** The same for permissions; each is a text of its own. @throws ConfigurationError when there is none */
export function requirePermissions(...permissions: RequiredNames): ExpressMiddleware {
  return guard(permissionRequirement(permissions));
}

/**
 * Lets requests pass with which one of these actors acts for the user; without a name, whoever acts. Only the current
 * actor counts (RFC 8693 §4.1); others are refused with 403.
 *
 * @param actors `'calendar-mcp'`, `['calendar-mcp', 'mail-mcp']` or `'calendar-mcp', 'mail-mcp'`
 * @throws ConfigurationError for an empty list
 */
export function requireActor(...actors: RequiredNames): ExpressMiddleware {
  return guard(actorRequirement(actors));
}

function partsOf(request: ExpressRequest): RequestParts {
  const { method: httpMethod, originalUrl: target, protocol, rawHeaders, headers } = request;
  const httpUrl = urlOf({ protocol, host: hostOf(request), target, rawHeaders, headers });
  return { headers: headersOf(request), httpMethod, httpUrl };
}

function guard(requirements: Requirements): ExpressMiddleware {
  return (request, _response, next) => {
    try {
      authorizeRequest(request, requirements);
    } catch (error) {
      next(errorOf(error));
      return;
    }
    next();
  };
}

/** Whatever was thrown, as an error: `next(undefined)` would let the request pass, and `next('router')` nearly so. */
function errorOf(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error('The request was not authenticated.', { cause: thrown });
}
