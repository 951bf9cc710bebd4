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
