/**
 * The claims that verification hands out.
 */

/** Who acts (RFC 8693 §4.1): the newest actor outside, earlier ones nested. Read it with the delegation helpers. */
export interface ActorClaim {
  readonly sub: string;
  readonly act?: ActorClaim;
  readonly [claim: string]: unknown;
}

/** What the token is bound to (RFC 7800 §3.1): a DPoP key by `jkt`, a client certificate by `x5t#S256`. */
export interface ConfirmationClaim {
  readonly jkt?: string;
  readonly [member: string]: unknown;
}

/**
 * The claims of a verified access token (RFC 9068 §2.2, and Auth0's own), deeply frozen.
 *
 * Verification has checked `iss`, `sub`, `aud`, `exp`, `iat`, and `nbf`, `jti` and `cnf` where present. The other
 * members are typed as Auth0 issues them; whatever else your tenant adds is `unknown` until a `claimsSchema` types it.
 */
export interface AccessTokenClaims {
  /** The issuer, exactly as its metadata spells it. */
  readonly iss: string;
  /** The user, or the client itself for a machine-to-machine token. */
  readonly sub: string;
  readonly aud: string | readonly string[];
  /** Epoch seconds. */
  readonly exp: number;
  /** Epoch seconds. */
  readonly iat: number;
  /** Epoch seconds. */
  readonly nbf?: number;
  readonly jti?: string;
  /** The client the token was issued to. */
  readonly azp?: string;
  /** The client the token was issued to, in the RFC 9068 profile. */
  readonly client_id?: string;
  /** Scopes, separated by spaces. */
  readonly scope?: string;
  /** Permissions of Auth0's role-based access control. */
  readonly permissions?: readonly string[];
  readonly org_id?: string;
  readonly org_name?: string;
  readonly act?: ActorClaim;
  readonly cnf?: ConfirmationClaim;
  /** The grant by which Auth0 issued the token, such as `client-credentials`. */
  readonly gty?: string;
  readonly [claim: string]: unknown;
}

/**
 * The claims of a verified ID token (OpenID Connect Core §2, §5.1), deeply frozen.
 *
 * Verification has checked `iss`, `sub`, `aud`, `exp`, `iat`, `nbf` and `azp` where present, and what the call demanded.
 * The other members are typed as Auth0 issues them and were not looked at.
 */
export interface IdTokenClaims {
  /** The issuer, exactly as its metadata spells it. */
  readonly iss: string;
  /** The user. */
  readonly sub: string;
  readonly aud: string | readonly string[];
  /** Epoch seconds. */
  readonly exp: number;
  /** Epoch seconds. */
  readonly iat: number;
  /** The client the token was issued to, when there are several audiences. */
  readonly azp?: string;
  readonly nonce?: string;
  /** When the user authenticated, in epoch seconds. */
  readonly auth_time?: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** The session at Auth0. */
  readonly sid?: string;
  readonly at_hash?: string;
  readonly org_id?: string;
  readonly org_name?: string;
  readonly name?: string;
  readonly nickname?: string;
  readonly given_name?: string;
  readonly family_name?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly picture?: string;
  readonly locale?: string;
  /** Auth0 writes a date as text; the standard has epoch seconds. */
  readonly updated_at?: string | number;
  readonly [claim: string]: unknown;
}

/** The claims of a verified DPoP proof (RFC 9449 §4.2), and the thumbprint of the key that signed it. */
export interface DpopProofClaims {
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  /** Epoch seconds. */
  readonly iat: number;
  /** The hash of the access token. */
  readonly ath: string;
  readonly nonce?: string;
  /** The SHA-256 thumbprint (RFC 7638) of the proof's key. */
  readonly jkt: string;
  readonly [claim: string]: unknown;
}
