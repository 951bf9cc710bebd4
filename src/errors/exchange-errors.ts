/**
 * The failures of token requests.
 */
import { BaseAuthError, type ErrorDetails, jsonResponse } from './base-auth-error.ts';

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

/** A request for a token of the client's own was refused before it was sent. */
export class GetTokenByClientCredentialsError extends BaseAuthError {
  override readonly name = 'GetTokenByClientCredentialsError';

  constructor(reason: ExchangeInputReason, details: ErrorDetails = {}) {
    super({ code: 'get_token_by_client_credentials_error', reason, statusCode: 400 }, details);
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

/** What a server says when the user must sign in, consent or prove more before a token can be had for them. */
const REAUTHENTICATE: ReadonlySet<string | undefined> = new Set([
  'invalid_grant',
  'mfa_required',
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
  'unmet_authentication_requirements',
  'federated_connection_refresh_token_not_found',
]);

/** Auth0 has no code of its own for a blocked user. */
function needsReauthentication({ statusCode, error, errorDescription }: UpstreamFailure): boolean {
  const isBlocked = error === 'unauthorized' && errorDescription?.toLowerCase() === 'user is blocked';
  return statusCode < 500 && statusCode !== 429 && (isBlocked || REAUTHENTICATE.has(error));
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
  /** Whether no token can be had until the user signs in, consents or proves more. */
  readonly reauthenticationRequired: boolean;
  /** What the upstream's `Retry-After` asks for, in seconds; after a 429 also until its rate limit starts anew. */
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
    this.reauthenticationRequired = needsReauthentication(failure);
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
