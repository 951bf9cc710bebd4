/**
 * The refusals of verification, and what a program can do wrong.
 */
import { BaseAuthError, type ErrorDetails } from './base-auth-error.ts';
import { DESCRIPTIONS, type ErrorReason } from './reasons.ts';

/** An option or a check was written wrongly; thrown before anything is verified. The message names it. */
export class ConfigurationError extends BaseAuthError {
  override readonly name = 'ConfigurationError';

  constructor(message: string, details: ErrorDetails = {}) {
    super(
      { code: 'invalid_configuration', reason: 'invalid_option', statusCode: 500 },
      { ...details, message },
    );
  }
}

/** A method was called without an argument it needs. No request was sent. */
export class MissingRequiredArgumentError extends BaseAuthError {
  override readonly name = 'MissingRequiredArgumentError';
  /** The argument that is missing. */
  readonly argument: string;

  constructor(argument: string, message = `The required argument \`${argument}\` is missing.`) {
    super({ code: 'invalid_request', reason: 'missing_argument', statusCode: 400 }, { message });
    this.argument = argument;
  }
}

/** The request carries no access token. Its challenge has no `error` (RFC 6750 §3.1). */
export class MissingAuthorizationError extends BaseAuthError {
  override readonly name = 'MissingAuthorizationError';

  constructor(details: ErrorDetails = {}) {
    super({ code: 'unauthorized', reason: 'missing_credentials', statusCode: 401 }, details);
  }
}

/** The authentication scheme is unknown or not accepted in this mode. Its challenge has no `error`. */
export class InvalidAuthSchemeError extends BaseAuthError {
  override readonly name = 'InvalidAuthSchemeError';

  constructor(reason: 'unsupported_scheme' | 'scheme_not_allowed', details: ErrorDetails = {}) {
    super({ code: 'unauthorized', reason, statusCode: 401 }, details);
  }
}

/** The request is contradictory or cannot be read. */
export class InvalidRequestError extends BaseAuthError {
  override readonly name = 'InvalidRequestError';

  constructor(
    reason: 'multiple_credentials' | 'dpop_proof_with_bearer' | 'invalid_headers' | 'invalid_argument',
    details: ErrorDetails = {},
  ) {
    super({ code: 'invalid_request', reason, statusCode: 400 }, details);
  }
}

/** Why an access token was refused. */
export type AccessTokenReason = Extract<
  ErrorReason,
  | 'opaque_token'
  | 'encrypted_token'
  | 'unsupported_encryption'
  | 'unknown_encryption_key'
  | 'decryption_failed'
  | 'malformed_token'
  | 'token_too_large'
  | 'unsupported_algorithm'
  | 'unsupported_token_type'
  | 'unsupported_header'
  | 'missing_kid'
  | 'unknown_kid'
  | 'signature_invalid'
  | 'issuer_missing'
  | 'issuer_not_allowed'
  | 'issuer_mismatch'
  | 'audience_mismatch'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'claim_missing'
  | 'claim_invalid'
  | 'act_invalid'
  | 'dpop_bound_token_as_bearer'
  | 'dpop_binding_missing'
  | 'dpop_binding_mismatch'
  | 'certificate_binding_missing'
  | 'certificate_binding_mismatch'
  | 'client_certificate_missing'
  | 'client_certificate_invalid'
>;

/** The access token is not valid, or not valid here. */
export class VerifyAccessTokenError extends BaseAuthError {
  override readonly name = 'VerifyAccessTokenError';

  constructor(reason: AccessTokenReason, details: ErrorDetails = {}) {
    super({ code: 'invalid_token', reason, statusCode: 401 }, details);
  }
}

/** Why any signed token can be refused, whatever it is for. */
export type TokenReason = Exclude<
  AccessTokenReason,
  'unsupported_encryption' | 'unknown_encryption_key' | 'decryption_failed' | 'act_invalid' | `dpop_${string}`
>;

/** The error class of a kind of token. */
export type TokenRefusal = new (reason: TokenReason, details?: ErrorDetails) => BaseAuthError;

/** Why an ID token was refused. */
export type IdTokenReason =
  TokenReason | Extract<ErrorReason, `id_token_${string}` | 'organization_mismatch'>;

/** The ID token is not valid, or not the one that was expected. It is no credential, so there is no challenge. */
export class VerifyIdTokenError extends BaseAuthError {
  override readonly name = 'VerifyIdTokenError';

  constructor(reason: IdTokenReason, details: ErrorDetails = {}) {
    const words = DESCRIPTIONS[reason];
    // The words for all signed tokens speak of access tokens, which most of them are. Those for ID tokens mean it.
    const message = reason.startsWith('id_token_')
      ? words
      : words.replace('an access token', 'an ID token').replace('access token', 'ID token');
    super(
      { code: 'invalid_token', reason, statusCode: 401 },
      { ...details, message: details.message ?? message },
    );
  }
}

/** The token is valid, but does not allow this operation (RFC 6750 §3.1). */
export class InsufficientScopeError extends BaseAuthError {
  override readonly name = 'InsufficientScopeError';
  /** All scopes of the operation, also those the token has; empty when only a permission is lacking. */
  readonly requiredScopes: readonly string[];

  constructor(
    reason: 'insufficient_scope' | 'insufficient_permission',
    requiredScopes: readonly string[],
    details: ErrorDetails = {},
  ) {
    super({ code: 'insufficient_scope', reason, statusCode: 403 }, details);
    this.requiredScopes = Object.freeze([...requiredScopes]);
  }
}

/**
 * The token is valid, but not in the hands of this actor, or of nobody. The code is the one that RFC 6750 §3.1 has for a
 * token that does not suffice; its challenge names no scope, because none would help.
 */
export class ActorNotAllowedError extends BaseAuthError {
  override readonly name = 'ActorNotAllowedError';

  constructor(reason: 'actor_not_allowed' | 'actor_missing', details: ErrorDetails = {}) {
    super({ code: 'insufficient_scope', reason, statusCode: 403 }, details);
  }
}

/** Why a DPoP proof was refused. */
export type DpopProofReason = Extract<ErrorReason, `dpop_proof_${string}`>;

/** The DPoP proof is missing, or fails one of the checks of RFC 9449 §4.3. */
export class InvalidDpopProofError extends BaseAuthError {
  override readonly name = 'InvalidDpopProofError';

  constructor(reason: Exclude<DpopProofReason, 'dpop_proof_with_bearer'>, details: ErrorDetails = {}) {
    super({ code: 'invalid_dpop_proof', reason, statusCode: 400 }, details);
  }
}

/** The proof needs a nonce of ours (RFC 9449 §9). The client repeats the request with {@link nonce}. */
export class DpopNonceRequiredError extends BaseAuthError {
  override readonly name = 'DpopNonceRequiredError';
  /** The nonce to use next; also in the `DPoP-Nonce` header. */
  readonly nonce: string;

  constructor(
    reason: 'dpop_nonce_missing' | 'dpop_nonce_invalid',
    nonce: string,
    details: ErrorDetails = {},
  ) {
    super({ code: 'use_dpop_nonce', reason, statusCode: 401, headers: { 'DPoP-Nonce': nonce } }, details);
    this.nonce = nonce;
  }
}

/** The issuer's metadata or keys cannot be had and nothing usable is kept: an outage, not the caller's fault. */
export class IssuerUnavailableError extends BaseAuthError {
  override readonly name = 'IssuerUnavailableError';
  /** After how many seconds a new attempt makes sense; also in the `Retry-After` header. */
  readonly retryAfterSeconds: number;

  constructor(
    reason: 'discovery_unavailable' | 'jwks_unavailable',
    retryAfterSeconds: number,
    details: ErrorDetails = {},
  ) {
    const seconds = Math.max(1, Math.ceil(retryAfterSeconds));
    super(
      { code: 'issuer_unavailable', reason, statusCode: 503, headers: { 'Retry-After': String(seconds) } },
      details,
    );
    this.retryAfterSeconds = seconds;
  }
}

/** The store of used proofs failed; the proof was not accepted. */
export class ReplayStoreUnavailableError extends BaseAuthError {
  override readonly name = 'ReplayStoreUnavailableError';

  constructor(details: ErrorDetails = {}) {
    const reason = 'replay_store_unavailable';
    super({ code: reason, reason, statusCode: 503, headers: { 'Retry-After': '1' } }, details);
  }
}

/** The `domains` resolver threw, or returned something that is no list of domains. */
export class DomainsResolverError extends BaseAuthError {
  override readonly name = 'DomainsResolverError';

  constructor(details: ErrorDetails = {}) {
    super({ code: 'domains_resolver_error', reason: 'domains_resolver_failed', statusCode: 500 }, details);
  }
}
