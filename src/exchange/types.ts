/** What the token requests take and give. `undefined` means absent everywhere. */

/**
 * The key that a new token is bound to (RFC 9449 §5), as far as a token request looks at it. Proofs are made by whoever
 * made the key.
 */
export interface ExchangeDpopKey {
  readonly algorithm: string;
  /** The RFC 7638 thumbprint of its public half. */
  readonly jkt: string;
}

/** One thing that the new token should allow (RFC 9396 §2). */
export interface AuthorizationDetail {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** What every request for an access token may narrow. */
interface TargetOptions {
  /**
   * The places where the new token will be used (RFC 8707 §2): absolute URIs without a fragment, at most 20. Auth0 asks for
   * `audience`; this is for servers and Actions that read `resource`.
   */
  readonly resource?: string | readonly string[] | undefined;
  /** What it should allow, in detail (RFC 9396): JSON, at most 64 KiB of it. */
  readonly authorizationDetails?: readonly AuthorizationDetail[] | undefined;
  /** The organization (id or name) the new token is for. */
  readonly organization?: string | undefined;
  /** Binds the new token to this key: the request carries a proof, and an answer that is not bound is refused. */
  readonly dpopKey?: ExchangeDpopKey | undefined;
}

/** What requests may say whose answers are kept. */
interface KeptOptions {
  /**
   * `true` (default): a kept token is good enough. `false`: ask, and keep nothing. `'refresh'`: ask, together with
   * whoever refreshes it just now, and keep the new one in place of the old, which is what to do when an API refused the
   * old one.
   */
  readonly cache?: boolean | 'refresh' | undefined;
}

/** Asks for a token for another API, for the user of the token at hand (RFC 8693 §2.1). */
export interface GetTokenOnBehalfOfOptions extends TargetOptions, KeptOptions {
  /** The access token this API was called with: the bare token, without `Bearer `. */
  readonly accessToken: string;
  /** The identifier of the API to call next. */
  readonly audience: string;
  /** Scopes to ask for, separated by spaces; without it the authorization server decides. */
  readonly scope?: string | undefined;
  /**
   * Verifies the access token for this API first, as `verifyAccessToken` does, whose errors pass through; `false` by
   * default. It costs next to nothing for a token that was just verified. The binding to a key is not checked.
   */
  readonly verifySubjectToken?: boolean | undefined;
}

/** Asks for a token of this client's own, for no user (RFC 6749 §4.4). */
export interface GetTokenByClientCredentialsOptions extends TargetOptions, KeptOptions {
  /** The identifier of the API to call. */
  readonly audience: string;
  /** Scopes to ask for, separated by spaces; without it the authorization server decides. */
  readonly scope?: string | undefined;
}

/** A single value of {@link GetTokenByExchangeProfileOptions.extra}; numbers must be finite. */
export type ExtraValue = string | number | boolean;

/** Asks for a token in exchange for any token that an exchange profile of the tenant knows (RFC 8693 §2.1). */
export interface GetTokenByExchangeProfileOptions extends TargetOptions {
  /** The token to exchange: the bare token, without a scheme before it. */
  readonly subjectToken: string;
  /** The URI that says what kind of token it is; it selects the exchange profile. */
  readonly subjectTokenType: string;
  /** The identifier of the API the new token is for. */
  readonly audience?: string | undefined;
  /** Scopes to ask for, separated by spaces. */
  readonly scope?: string | undefined;
  /** The URI of the kind of token wanted; without it the authorization server decides. */
  readonly requestedTokenType?: string | undefined;
  /** The token of the party that acts for the subject; goes together with {@link actorTokenType}. */
  readonly actorToken?: string | undefined;
  /** The URI that says what kind of token {@link actorToken} is. */
  readonly actorTokenType?: string | undefined;
  /**
   * Further form fields. Names are visible ASCII characters and none of those the SDK sets itself, in any case;
   * an array of at most 20 values becomes a repeated field, an empty one no field.
   */
  readonly extra?: Readonly<Record<string, ExtraValue | readonly ExtraValue[] | undefined>> | undefined;
}

/** Asks for the access token that a connection (an upstream identity provider) issued for the user. */
export interface GetAccessTokenForConnectionOptions {
  /** The name of the connection, for example `google-oauth2`. */
  readonly connection: string;
  /** The access token this API was called with: the bare token, without `Bearer `. */
  readonly accessToken: string;
  /** Which of the user's accounts at that connection is meant. */
  readonly loginHint?: string | undefined;
}

/** A token issued on behalf of a user, or to this client for itself. */
export interface OnBehalfOfTokenResult {
  readonly accessToken: string;
  /**
   * What is left of its lifetime, in whole seconds: all of it for a new token, less for a kept one. 3600 when the server
   * does not say, ten years at most.
   */
  readonly expiresIn: number;
  /** The end of that lifetime, in seconds since the epoch. */
  readonly expiresAt: number;
  /** The granted scopes; absent when the server does not say, and possibly empty when it does. */
  readonly scope?: string;
  /** `Bearer`, `DPoP` for a token that is bound to your key, or `N_A` for something that is no access token (RFC 8693 §2.2.1). */
  readonly tokenType?: string;
  /** The URI of the kind of token issued (RFC 8693 §2.2.1). */
  readonly issuedTokenType?: string;
}

/** A token issued by an exchange profile. */
export interface TokenExchangeResult extends OnBehalfOfTokenResult {
  readonly idToken?: string;
  readonly refreshToken?: string;
}

/** A token of an upstream identity provider. */
export interface ConnectionTokenResult {
  readonly accessToken: string;
  /** The end of the token's lifetime, in seconds since the epoch. */
  readonly expiresAt: number;
  /** The scopes at the identity provider, when the server says. */
  readonly scope?: string;
  /** The connection that was asked for. */
  readonly connection: string;
  /** The login hint that was given, when there was one. */
  readonly loginHint?: string;
}
