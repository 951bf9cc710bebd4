/**
 * What a program learns of an authenticated request, and where it is kept: beside the request and not on it, so that no
 * type of a framework has to be augmented and no serialiser of requests meets the token.
 */
import {
  type AccessTokenClaims,
  type ApiClient,
  type AuthScheme,
  ConfigurationError,
  getCurrentActor,
  getDelegationChain,
  getPermissions,
  getScopes,
  type GetTokenOnBehalfOfOptions,
  type OnBehalfOfTokenResult,
  type ScopeRequirements,
} from '../index.ts';

/** As much of an {@link ApiClient} as the adapters use. */
export type AuthClient = Pick<
  ApiClient,
  'verifyRequest' | 'verifyAccessToken' | 'authorize' | 'nextDpopNonce' | 'getTokenOnBehalfOf'
>;

/** What an exchange needs beyond the token at hand. */
export type OnBehalfOfRequest = Omit<GetTokenOnBehalfOfOptions, 'accessToken'>;

/** Who calls, and with what. Logging it, or turning it into JSON, shows the claims and never the token. */
export interface AuthContext<Claims extends AccessTokenClaims = AccessTokenClaims> {
  /** The verified claims, deeply frozen. */
  readonly claims: Claims;
  /** The scheme under which the token came. */
  readonly scheme: AuthScheme;
  /** The raw access token, for an exchange. It was issued for this API: do not pass it on to another. */
  readonly accessToken: string;
  /** The scopes of the token. */
  readonly scopes: readonly string[];
  /** The permissions of the token. */
  readonly permissions: readonly string[];
  /**
   * The current actor, the only one for authorization; `undefined` when the user acts directly.
   *
   * @throws VerifyAccessTokenError `act_invalid`
   */
  readonly actor: string | undefined;
  /**
   * All actors, the newest first, for logs; empty when the token is not delegated.
   *
   * @throws VerifyAccessTokenError `act_invalid`
   */
  readonly delegationChain: readonly string[];
  /**
   * Exchanges the token for one of another API, on behalf of the same user (RFC 8693 §2.1).
   *
   * @throws as `getTokenOnBehalfOf` of the client
   */
  readonly getTokenOnBehalfOf: (options: OnBehalfOfRequest) => Promise<OnBehalfOfTokenResult>;
}

export interface AuthenticatedRequest<Claims extends AccessTokenClaims> {
  readonly claims: Claims;
  readonly scheme: AuthScheme;
  readonly accessToken: string;
  readonly exchange: (options: GetTokenOnBehalfOfOptions) => Promise<OnBehalfOfTokenResult>;
}

/** An {@link AuthContext} whose token is private, so that no inspection finds it. */
export class RequestAuth<Claims extends AccessTokenClaims> implements AuthContext<Claims> {
  readonly claims: Claims;
  readonly scheme: AuthScheme;
  readonly getTokenOnBehalfOf: AuthContext['getTokenOnBehalfOf'];
  readonly #accessToken: string;

  constructor({ claims, scheme, accessToken, exchange }: AuthenticatedRequest<Claims>) {
    this.claims = claims;
    this.scheme = scheme;
    this.#accessToken = accessToken;
    // The token comes last: an exchange is always for the user of this request.
    this.getTokenOnBehalfOf = async (options) => await exchange({ ...options, accessToken });
    Object.freeze(this);
  }

  get accessToken(): string {
    return this.#accessToken;
  }

  get scopes(): readonly string[] {
    return getScopes(this.claims);
  }

  get permissions(): readonly string[] {
    return getPermissions(this.claims);
  }

  get actor(): string | undefined {
    return getCurrentActor(this.claims);
  }

  get delegationChain(): readonly string[] {
    return getDelegationChain(this.claims);
  }
}

interface Authenticated {
  readonly client: AuthClient;
  readonly auth: AuthContext;
}

const authenticated = new WeakMap<object, Authenticated>();

/** Keeps what was found out about a request for as long as the request itself lives. */
export function remember(request: object, client: AuthClient, auth: AuthContext): void {
  authenticated.set(request, { client, auth });
}

/** What this client has found out about the request; `undefined` when it has not seen it. */
export function rememberedBy(client: AuthClient, request: object): AuthContext | undefined {
  const known = authenticated.get(request);
  return known?.client === client ? known.auth : undefined;
}

/**
 * The authentication of a request.
 *
 * @throws ConfigurationError when nothing has authenticated it
 */
export function authOf(request: object): AuthContext {
  return find(request).auth;
}

/**
 * Refuses a request whose token lacks a scope or a permission.
 *
 * @throws InsufficientScopeError 403 with its challenge
 * @throws ConfigurationError when nothing has authenticated the request, or the requirements are written wrongly
 */
export function authorizeRequest(request: object, requirements: ScopeRequirements): void {
  const { client, auth } = find(request);
  client.authorize(auth.claims, requirements, { scheme: auth.scheme });
}

function find(request: unknown): Authenticated {
  const found = typeof request === 'object' && request !== null ? authenticated.get(request) : undefined;
  if (found !== undefined) return found;
  throw new ConfigurationError(
    'This request has not been authenticated: `requireAuth` or `withAuth` must run before it is asked about.',
  );
}
