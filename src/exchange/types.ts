/** What the three token requests take and give. `undefined` means absent everywhere. */

/** Asks for a token for another API, for the user of the token at hand (RFC 8693 §2.1). */
export interface GetTokenOnBehalfOfOptions {
  /** The access token this API was called with: the bare token, without `Bearer `. */
  readonly accessToken: string;
  /** The identifier of the API to call next. */
  readonly audience: string;
  /** Scopes to ask for, separated by spaces; without it the authorization server decides. */
  readonly scope?: string | undefined;
}

/** A single value of {@link GetTokenByExchangeProfileOptions.extra}; numbers must be finite. */
export type ExtraValue = string | number | boolean;

/** Asks for a token in exchange for any token that an exchange profile of the tenant knows (RFC 8693 §2.1). */
export interface GetTokenByExchangeProfileOptions {
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
  /** The organization (id or name) the new token is for. */
  readonly organization?: string | undefined;
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

/** A token issued on behalf of a user. */
export interface OnBehalfOfTokenResult {
  readonly accessToken: string;
  /** Lifetime in whole seconds, counted from the request; 3600 when the server does not say, ten years at most. */
  readonly expiresIn: number;
  /** The end of that lifetime, in seconds since the epoch. */
  readonly expiresAt: number;
  /** The granted scopes; absent when the server does not say, and possibly empty when it does. */
  readonly scope?: string;
  /** `Bearer`, or `N_A` for something that is no access token (RFC 8693 §2.2.1). */
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
