/**
 * Every error this package throws. The closed unions below are the vocabulary of the whole SDK: a `code` is what
 * goes on the wire, a `reason` is what an operator reads. This file imports nothing.
 */

/** What a client is told: the `error` of a JSON body and, where RFC 6750 or RFC 9449 define it, of the challenge. */
export type ErrorCode =
  | 'unauthorized'
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'invalid_configuration'
  | 'issuer_unavailable'
  | 'replay_store_unavailable'
  | 'domains_resolver_error'
  | 'get_token_by_exchange_profile_error'
  | 'get_access_token_for_connection_error';

/** Public wording for each reason. It says what RFC 6750 §3 wants a client to know and no more. */
const DESCRIPTIONS = {
  invalid_option: 'The API client is not configured correctly.',
  missing_argument: 'A required argument is missing.',
  invalid_argument: 'An argument cannot be used.',
  invalid_headers: 'The request headers cannot be read.',

  missing_credentials: 'The request carries no access token.',
  multiple_credentials: 'The request carries more than one set of credentials.',
  unsupported_scheme: 'The authentication scheme is not supported.',
  scheme_not_allowed: 'The authentication scheme is not accepted here.',

  opaque_token: 'The access token is not a JWT.',
  encrypted_token: 'Encrypted access tokens are not supported.',
  malformed_token: 'The access token is malformed.',
  token_too_large: 'The access token is too large.',
  unsupported_algorithm: 'The access token is signed with an algorithm that is not accepted.',
  unsupported_token_type: 'The token is not an access token.',
  unsupported_header: 'The access token has a header parameter that is not supported.',
  missing_kid: 'The access token does not name its signing key.',
  unknown_kid: 'The access token is signed with an unknown key.',
  signature_invalid: 'The signature of the access token is not valid.',
  issuer_missing: 'The access token does not name its issuer.',
  issuer_not_allowed: 'The issuer of the access token is not accepted.',
  issuer_mismatch: 'The issuer of the access token is not accepted.',
  audience_mismatch: 'The access token was issued for another audience.',
  token_expired: 'The access token has expired.',
  token_not_yet_valid: 'The access token is not valid yet.',
  claim_missing: 'The access token lacks a required claim.',
  claim_invalid: 'A claim of the access token is not valid.',
  act_invalid: 'The actor claim of the access token is not valid.',
  insufficient_scope: 'The access token lacks a required scope.',
  insufficient_permission: 'The access token lacks a required permission.',

  dpop_bound_token_as_bearer: 'The access token is bound to a key and must be presented with DPoP.',
  dpop_binding_missing: 'The access token is not bound to a DPoP key.',
  dpop_binding_mismatch: 'The access token is bound to another DPoP key.',
  dpop_proof_with_bearer: 'A DPoP proof was sent together with the Bearer scheme.',
  dpop_proof_missing: 'The DPoP proof is missing.',
  dpop_proof_multiple: 'The request carries more than one DPoP proof.',
  dpop_proof_malformed: 'The DPoP proof is malformed.',
  dpop_proof_type: 'The DPoP proof has the wrong type.',
  dpop_proof_algorithm: 'The DPoP proof is signed with an algorithm that is not accepted.',
  dpop_proof_key: 'The DPoP proof does not carry a usable public key.',
  dpop_proof_signature: 'The signature of the DPoP proof is not valid.',
  dpop_proof_claim: 'A claim of the DPoP proof is missing or not valid.',
  dpop_proof_expired: 'The DPoP proof is outside its time window.',
  dpop_proof_htm_mismatch: 'The DPoP proof was made for another HTTP method.',
  dpop_proof_htu_mismatch: 'The DPoP proof was made for another URL.',
  dpop_proof_ath_mismatch: 'The DPoP proof was made for another access token.',
  dpop_proof_replayed: 'The DPoP proof was used before.',
  dpop_nonce_missing: 'The DPoP proof must carry a nonce.',
  dpop_nonce_invalid: 'The nonce of the DPoP proof is not valid any more.',

  discovery_unavailable: 'The issuer cannot be reached at the moment.',
  jwks_unavailable: 'The issuer cannot be reached at the moment.',
  replay_store_unavailable: 'The DPoP proof cannot be checked at the moment.',
  domains_resolver_failed: 'The accepted domains cannot be determined.',

  missing_client_credentials:
    'Exchanging tokens needs `domain`, `clientId` and `clientSecret` in the client options.',
  subject_token_invalid: 'The subject token cannot be used.',
  reserved_parameter: '`extra` holds a parameter that the SDK sets itself.',
  invalid_parameter: 'A parameter of the token exchange cannot be used.',
  token_endpoint_missing: 'The issuer does not offer a token endpoint.',
  upstream_refused: 'The authorization server refused the token request.',
  upstream_unreachable: 'The authorization server could not be reached.',
  upstream_timeout: 'The authorization server did not answer in time.',
  upstream_invalid_answer: 'The authorization server gave an answer that cannot be used.',
} as const satisfies Record<string, string>;

/** Why a call was refused, for operators: one word, documented in docs/errors.md with what to do about it. */
export type ErrorReason = keyof typeof DESCRIPTIONS;

/** What was compared, kept in `cause` for the operator. It never holds a token, a proof, a secret or a key. */
export interface Evidence {
  readonly expected?: unknown;
  readonly actual?: unknown;
  /** The claim, header parameter or field that was looked at. */
  readonly name?: string;
  /** The error underneath, when there is one. */
  readonly error?: unknown;
}

export interface ErrorDetails {
  /** The underlying error, or what was expected and what was found. */
  readonly cause?: Error | Evidence | undefined;
  /** Replaces the standard wording of the reason; must be safe to send to a client. */
  readonly message?: string | undefined;
}

/** The JSON body of a refusal (RFC 6750 §3, RFC 6749 §5.2). */
export interface ErrorBody {
  readonly error: string;
  readonly error_description: string;
}

/**
 * The parent of every error of this package. `message` is safe to send to a client; the evidence is in `cause`.
 */
export abstract class BaseAuthError extends Error {
  /** The `error` value on the wire. An upstream's own code on {@link ApiError}. */
  readonly code: string;
  /** Why, for operators. */
  readonly reason: ErrorReason;
  /** The HTTP status this error stands for. */
  readonly statusCode: number;
  /** Response headers, canonical names: `WWW-Authenticate`, `DPoP-Nonce`, `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The challenges of `WWW-Authenticate`, one string each (RFC 9110 §11.6.1). */
  readonly challenges: readonly string[] = [];

  constructor(
    outcome: { code: string; reason: ErrorReason; statusCode: number; headers?: Record<string, string> },
    details: ErrorDetails = {},
  ) {
    super(
      details.message ?? DESCRIPTIONS[outcome.reason],
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.code = outcome.code;
    this.reason = outcome.reason;
    this.statusCode = outcome.statusCode;
    this.headers = Object.freeze({ ...outcome.headers });
  }

  /** The same text as `message`. */
  get description(): string {
    return this.message;
  }

  /** The HTTP status to answer our own caller with. */
  get responseStatusCode(): number {
    return this.statusCode;
  }

  /** The same, under the name that Express and others look for. */
  get status(): number {
    return this.responseStatusCode;
  }

  /** `{ error, error_description }`, as RFC 6750 and RFC 6749 name them. */
  toJSON(): ErrorBody {
    return { error: this.code, error_description: this.message };
  }

  /** A ready answer for runtimes with Fetch API classes: status, headers and JSON body. */
  toResponse(): Response {
    return jsonResponse(this, this.toJSON());
  }
}

function jsonResponse({ responseStatusCode, headers }: BaseAuthError, body: ErrorBody): Response {
  return new Response(JSON.stringify(body), {
    status: responseStatusCode,
    headers: { ...headers, 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
  });
}

/**
 * Puts challenges on an error that was thrown where they could not be known. Only the code that knows the whole
 * request calls it, once for each error; it is not part of the public API.
 */
export function setChallenges(error: BaseAuthError, challenges: readonly string[]): void {
  Object.assign(error, {
    challenges: Object.freeze([...challenges]),
    headers: Object.freeze({ 'WWW-Authenticate': challenges.join(', '), ...error.headers }),
  });
}

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
>;

/** The access token is not valid, or not valid here. */
export class VerifyAccessTokenError extends BaseAuthError {
  override readonly name = 'VerifyAccessTokenError';

  constructor(reason: AccessTokenReason, details: ErrorDetails = {}) {
    super({ code: 'invalid_token', reason, statusCode: 401 }, details);
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

/** Why an exchange was refused before any request was sent. */
export type ExchangeInputReason =
  | 'missing_client_credentials'
  | 'subject_token_invalid'
  | 'reserved_parameter'
  | 'invalid_parameter'
  | 'token_endpoint_missing';

/** An on-behalf-of or profile exchange was refused before any token request was sent. */
export class GetTokenByExchangeProfileError extends BaseAuthError {
  override readonly name = 'GetTokenByExchangeProfileError';

  constructor(reason: ExchangeInputReason, details: ErrorDetails = {}) {
    super({ code: 'get_token_by_exchange_profile_error', reason, statusCode: 400 }, details);
  }
}

/** A token request for a connection was refused before it was sent. */
export class GetAccessTokenForConnectionError extends BaseAuthError {
  override readonly name = 'GetAccessTokenForConnectionError';

  constructor(reason: ExchangeInputReason, details: ErrorDetails = {}) {
    super({ code: 'get_access_token_for_connection_error', reason, statusCode: 400 }, details);
  }
}

/** How a token request failed. */
export type UpstreamReason =
  'upstream_refused' | 'upstream_unreachable' | 'upstream_timeout' | 'upstream_invalid_answer';

/** The facts of an upstream failure, as {@link ApiError} carries them. */
export interface UpstreamFailure {
  readonly reason: UpstreamReason;
  /** The upstream's `error`, or a word of ours when it sent none. */
  readonly code: string;
  /** The upstream's status; 502 for a network error or an unusable answer, 504 for a timeout. */
  readonly statusCode: number;
  readonly error?: string | undefined;
  readonly errorDescription?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** An unusable answer to a request that may well have succeeded is not worth the same request again. */
function isPassing({ reason, statusCode }: UpstreamFailure): boolean {
  return reason !== 'upstream_invalid_answer' && (statusCode === 429 || statusCode >= 500);
}

/** The token endpoint refused, failed or could not be reached. */
export class ApiError extends BaseAuthError {
  override readonly name = 'ApiError';
  /** The upstream's `error` (RFC 6749 §5.2), when it sent one. */
  readonly error: string | undefined;
  /** The upstream's `error_description`, for logs: it is not put into our own answers. */
  readonly errorDescription: string | undefined;
  /** Whether the same call may succeed later: network error, timeout, 429 or 5xx. */
  readonly retryable: boolean;
  /** What the upstream's `Retry-After` asks for, in seconds. */
  readonly retryAfterSeconds: number | undefined;

  constructor(failure: UpstreamFailure, details: ErrorDetails = {}) {
    super(
      {
        ...failure,
        headers:
          failure.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(failure.retryAfterSeconds) },
      },
      details,
    );
    this.error = failure.error;
    this.errorDescription = failure.errorDescription;
    this.retryAfterSeconds = failure.retryAfterSeconds;
    this.retryable = isPassing(failure);
  }

  /**
   * 502, 503 (after 429 or 503) or 504 (after a timeout): the upstream's 4xx is about us, and must not look as if it
   * were about our own caller.
   */
  override get responseStatusCode(): 502 | 503 | 504 {
    if (this.reason === 'upstream_timeout') return 504;
    return this.statusCode === 429 || this.statusCode === 503 ? 503 : 502;
  }

  /** Answers {@link responseStatusCode}, without the upstream's words: they are for our own logs. */
  override toResponse(): Response {
    return jsonResponse(this, { error: this.reason, error_description: this.message });
  }
}
