/**
 * auth0-api-ts/fastify: hooks for Fastify. Refusals are thrown, so that they take the path of every error: the error
 * handler of the route's scope, and without one Fastify's own.
 */
import {
  type AccessTokenChecks,
  BaseAuthError,
  type GetTokenOnBehalfOfOptions,
  type OnBehalfOfTokenResult,
} from '../index.ts';
import { type AuthClient, type AuthContext, authOf, authorizeRequest } from './auth-context.ts';
import { authenticate, type AuthOptions, certificateReader, checkClient } from './authenticate.ts';
import { headersOf, type NodeHeaders, urlOf } from './node-request.ts';
import {
  actorRequirement,
  permissionRequirement,
  type RequiredNames,
  type Requirements,
  scopeRequirement,
} from './requirements.ts';

export type { AuthClient, AuthContext, OnBehalfOfRequest } from './auth-context.ts';
export type { AuthOptions } from './authenticate.ts';

/** What is read of a request; one of Fastify fits, over HTTP/1.1 and HTTP/2. */
export interface FastifyAuthRequest extends Pick<NodeHeaders, 'headers'> {
  readonly method: string;
  readonly originalUrl: string;
  readonly protocol: string;
  readonly host: string;
  readonly raw: Pick<NodeHeaders, 'rawHeaders'>;
}

/** What is used of a reply. */
export interface FastifyAuthReply {
  header(name: string, value: string): unknown;
}

/** A hook, for `onRequest`, `preValidation` and `preHandler` alike. */
export type FastifyAuthHook<Incoming extends FastifyAuthRequest = FastifyAuthRequest> = (
  request: Incoming,
  reply: FastifyAuthReply,
) => Promise<void>;

/**
 * Lets requests pass whose access token is valid; throws for every other. As `preHandler` or `onRequest`, of a route or
 * of a whole scope by `addHook`.
 *
 * @param checks what is demanded of the token beyond what the client always demands
 * @param options what only the program knows of a request
 * @throws ConfigurationError when there is no client, or the options are written wrongly
 */
export function requireAuth(client: AuthClient, checks?: AccessTokenChecks): FastifyAuthHook;
export function requireAuth<Incoming extends FastifyAuthRequest>(
  client: AuthClient,
  checks: AccessTokenChecks | undefined,
  options: AuthOptions<Incoming> | undefined,
): FastifyAuthHook<Incoming>;
export function requireAuth<Incoming extends FastifyAuthRequest>(
  client: AuthClient,
  checks?: AccessTokenChecks,
  options?: AuthOptions<Incoming>,
): FastifyAuthHook<Incoming> {
  checkClient(client);
  const certificateOf = certificateReader(options, checks);
  const exchange = (wanted: GetTokenOnBehalfOfOptions) => exchangeAnswerably(client, wanted);
  return async (request, reply) => {
    const { headers, protocol, host, originalUrl: target, method: httpMethod } = request;
    const { rawHeaders } = request.raw;
    const httpUrl = urlOf({ protocol, host, target, rawHeaders, headers });
    const clientCertificate = certificateOf(request);
    const parts = { headers: headersOf({ headers, rawHeaders }), httpMethod, httpUrl, clientCertificate };
    const { dpopNonce } = await authenticate(request, parts, { client, checks, exchange });
    if (dpopNonce !== undefined) reply.header('DPoP-Nonce', dpopNonce);
  };
}

/** The authentication of a request that passed {@link requireAuth}. @throws ConfigurationError when it did not */
export function getAuth(request: object): AuthContext {
  return authOf(request);
}

/**
 * Lets requests pass whose token has all of these scopes; the others are refused with 403 and all of them. Put it behind
 * {@link requireAuth}: `preHandler: [requireAuth(client), requireScopes('read')]`.
 *
 * @param scopes `'read write'`, `['read', 'write']` or `'read', 'write'`
 * @throws ConfigurationError when there is none
 */
export function requireScopes(...scopes: RequiredNames): FastifyAuthHook {
  return guard(scopeRequirement(scopes));
}

/** The same for permissions; each is a text of its own. @throws ConfigurationError when there is none */
export function requirePermissions(...permissions: RequiredNames): FastifyAuthHook {
  return guard(permissionRequirement(permissions));
}

/**
 * Lets requests pass with which one of these actors acts for the user; without a name, whoever acts. Only the current
 * actor counts (RFC 8693 §4.1); others are refused with 403.
 *
 * @param actors `'calendar-mcp'`, `['calendar-mcp', 'mail-mcp']` or `'calendar-mcp', 'mail-mcp'`
 * @throws ConfigurationError for an empty list
 */
export function requireActor(...actors: RequiredNames): FastifyAuthHook {
  return guard(actorRequirement(actors));
}

function guard(requirements: Requirements): FastifyAuthHook {
  // eslint-disable-next-line @typescript-eslint/require-await -- Fastify would wait for a hook that is not async to call back
  return async (request) => {
    authorizeRequest(request, requirements);
  };
}

/**
 * Fastify answers with `statusCode`, which on the failure of an exchange is the authorization server's: its 401 is about
 * this API and must not reach the caller. The error is seen with the status of the answer in its place.
 */
async function exchangeAnswerably(
  client: AuthClient,
  options: GetTokenOnBehalfOfOptions,
): Promise<OnBehalfOfTokenResult> {
  try {
    return await client.getTokenOnBehalfOf(options);
  } catch (error) {
    if (!(error instanceof BaseAuthError) || error.responseStatusCode === error.statusCode) throw error;
    throw withStatusCode(error, error.responseStatusCode);
  }
}

/** A copy, for the error itself may have gone to other callers of the same exchange. It shows all that the error does. */
function withStatusCode(error: BaseAuthError, statusCode: number): BaseAuthError {
  const { stack } = error;
  return Object.create(Object.getPrototypeOf(error) as object, {
    ...Object.getOwnPropertyDescriptors(error),
    // By value: in newer engines it is an accessor that knows no other object than its own.
    stack: { value: stack, writable: true, configurable: true },
    statusCode: { value: statusCode, enumerable: true },
  }) as BaseAuthError;
}
