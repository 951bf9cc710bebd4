/**
 * auth0-api-ts/fetch: for everything that is handed a Fetch `Request` and answers a `Response`, such as route handlers
 * of Next.js, `Deno.serve`, `Bun.serve`, Workers and h3.
 */
import {
  type AccessTokenChecks,
  type AccessTokenClaims,
  BaseAuthError,
  type CheckedClaims,
  ConfigurationError,
  type TypedChecks,
} from '../index.ts';
import {
  type AuthClient,
  type AuthContext,
  authOf,
  authorizeRequest,
  markAnswered,
  rememberedBy,
} from './auth-context.ts';
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

/** A handler that is told who calls; what the runtime passes on top, it gets behind that. */
export type AuthHandler<
  Incoming extends Request,
  Rest extends readonly unknown[],
  Answer,
  Claims extends AccessTokenClaims = AccessTokenClaims,
> = (request: Incoming, auth: AuthContext<Claims>, ...rest: Rest) => Answer | Promise<Answer>;

/** A handler as runtimes take it. */
export type FetchHandler<Incoming extends Request, Rest extends readonly unknown[], Answer> = (
  request: Incoming,
  ...rest: Rest
) => Promise<Answer | Response>;

/** Checks a request inside a handler, and throws what {@link withAuth} answers with. */
export type RequestGuard = (request: Request) => void;

/**
 * A handler that is called for requests whose access token is valid. Every other is answered at once, with status,
 * challenge and JSON body. So is an error of this package that the handler throws, a guard's for example or that of an
 * exchange; all its other errors are left to the runtime.
 *
 * @param checks what is demanded of the token beyond what the client always demands; a `claimsSchema` types the claims
 * @param options what only the program knows of a request
 * @throws ConfigurationError when there is no client, or no handler, or the options are written wrongly
 */
export function withAuth<
  Claims extends object,
  Answer extends Response | undefined,
  Incoming extends Request = Request,
  Rest extends readonly unknown[] = [],
>(
  client: AuthClient,
  handler: AuthHandler<Incoming, Rest, Answer, CheckedClaims<Claims>>,
  checks: TypedChecks<Claims>,
  options?: AuthOptions<Incoming>,
): FetchHandler<Incoming, Rest, Answer>;
export function withAuth<
  Answer extends Response | undefined,
  Incoming extends Request = Request,
  Rest extends readonly unknown[] = [],
>(
  client: AuthClient,
  handler: AuthHandler<Incoming, Rest, Answer>,
  checks?: AccessTokenChecks,
  options?: AuthOptions<Incoming>,
): FetchHandler<Incoming, Rest, Answer>;
export function withAuth<
  Answer extends Response | undefined,
  Incoming extends Request,
  Rest extends readonly unknown[],
>(
  client: AuthClient,
  handler: AuthHandler<Incoming, Rest, Answer>,
  checks?: AccessTokenChecks,
  options?: AuthOptions<Incoming>,
): FetchHandler<Incoming, Rest, Answer> {
  checkClient(client);
  if (typeof (handler as unknown) !== 'function') {
    throw new ConfigurationError('The second argument of `withAuth` must be the handler.');
  }
  const certificateOf = certificateReader(options, checks);
  return async (request, ...rest) => {
    const isNested = rememberedBy(client, request) !== undefined;
    try {
      const { headers, method: httpMethod, url: httpUrl } = request;
      const parts = { headers, httpMethod, httpUrl, clientCertificate: certificateOf(request) };
      const { auth, dpopNonce } = await authenticate(request, parts, { client, checks });
      const answer = await answerOf(async () => await handler(request, auth, ...rest));
      return dpopNonce === undefined ? answer : withNonce(answer, dpopNonce);
    } catch (error) {
      return answerTo(error);
    } finally {
      // A handler may be called with one object many times, which a server never does.
      if (!isNested) markAnswered(request);
    }
  };
}

/** The authentication of a request that {@link withAuth} has let pass. @throws ConfigurationError when it did not */
export function getAuth(request: Request): AuthContext {
  return authOf(request);
}

/**
 * A guard that refuses a token without all of these scopes: 403, with all of them. For a handler that needs them on some
 * of its ways; otherwise `requiredScopes` of {@link withAuth} says the same.
 *
 * @param scopes `'read write'`, `['read', 'write']` or `'read', 'write'`
 * @throws ConfigurationError when there is none
 */
export function requireScopes(...scopes: RequiredNames): RequestGuard {
  return guard(scopeRequirement(scopes));
}

/** The same for permissions; each is a text of its own. @throws ConfigurationError when there is none */
export function requirePermissions(...permissions: RequiredNames): RequestGuard {
  return guard(permissionRequirement(permissions));
}

/**
 * A guard that refuses a token with which none of these actors acts for the user; without a name, whoever acts will do.
 * Only the current actor counts (RFC 8693 §4.1).
 *
 * @param actors `'calendar-mcp'`, `['calendar-mcp', 'mail-mcp']` or `'calendar-mcp', 'mail-mcp'`
 * @throws ConfigurationError for an empty list
 */
export function requireActor(...actors: RequiredNames): RequestGuard {
  return guard(actorRequirement(actors));
}

function guard(requirements: Requirements): RequestGuard {
  return (request) => {
    authorizeRequest(request, requirements);
  };
}

/** What the handler answers, or what is answered in its place: either gets a nonce. */
async function answerOf<Answer>(handle: () => Promise<Answer>): Promise<Answer | Response> {
  try {
    return await handle();
  } catch (error) {
    return answerTo(error);
  }
}

/** @throws what is no error of this package, as it is */
function answerTo(error: unknown): Response {
  if (error instanceof BaseAuthError) return error.toResponse();
  throw error;
}

/** The answer with the nonce on it. One that came from `fetch`, or is a redirect, cannot be changed and is copied. */
function withNonce<Answer extends Response | undefined>(answer: Answer, nonce: string): Answer | Response {
  // What switches protocols, or is no response but a sign to the runtime, goes through as it is.
  // Not told by `instanceof`: servers replace the global class, and a response may be of either.
  if (answer === undefined || answer.status < 200) return answer;
  try {
    answer.headers.set('DPoP-Nonce', nonce);
    return answer;
  } catch {
    const copy = new Response(answer.body, answer);
    copy.headers.set('DPoP-Nonce', nonce);
    return copy;
  }
}
