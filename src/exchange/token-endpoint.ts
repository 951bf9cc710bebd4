/** One request to a token endpoint: sends a form, and makes a token or an `ApiError` of every outcome. */

import { ApiError, type UpstreamFailure } from '../errors/index.ts';
import { HttpFailure, sendForJson, type HttpFailureKind, type HttpOptions } from '../platform/http.ts';
import { readRetryAfter } from '../platform/retry-after.ts';
import { readRateLimitReset } from './rate-limit.ts';
import { createRedactor, summarizeError, type Redact } from './redact.ts';
import { readTokenAnswer, type TokenAnswer } from './token-answer.ts';
import { membersOf } from './values.ts';

export interface TokenRequest {
  /** An absolute https URL. */
  readonly tokenEndpoint: string;
  /** The fields of the body, in their order; a name may occur more than once. */
  readonly form: Iterable<readonly [name: string, value: string]>;
  /** The value of the `Authorization` header, for clients that authenticate with it. */
  readonly authorization?: string | undefined;
  /** The proof of the key that the new token is to be bound to (RFC 9449 §5). */
  readonly dpopProof?: string | undefined;
  /** Told of the nonce that the server wants in the next proof, whatever the outcome. */
  readonly onDpopNonce?: ((nonce: string) => void) | undefined;
  /** Whatever must not appear in an error: tokens, assertions, the client's secret. The headers are added to them. */
  readonly secrets: readonly string[];
  readonly http: HttpOptions;
  /** The current time, milliseconds since the epoch. */
  readonly now: () => number;
}

/** Longer error codes, and those with other characters than RFC 6749 §5.2 allows, are none. */
const ERROR_CODE = /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

/** Codes everybody knows: they say nothing about a secret, even when a short one is part of the word. */
const REGISTERED_CODES: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'invalid_scope',
  'invalid_target',
  'invalid_token',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_token_type',
  'insufficient_scope',
  'access_denied',
  'mfa_required',
  'login_required',
  'interaction_required',
  'consent_required',
  'server_error',
  'temporarily_unavailable',
  'too_many_requests',
]);

const INVALID_ANSWER = {
  reason: 'upstream_invalid_answer',
  code: 'invalid_response',
  statusCode: 502,
} as const;
const UNREACHABLE = { reason: 'upstream_unreachable', code: 'network_error', statusCode: 502 } as const;

const NO_ANSWER: Readonly<Record<HttpFailureKind, UpstreamFailure>> = {
  network: UNREACHABLE,
  timeout: { reason: 'upstream_timeout', code: 'timeout_error', statusCode: 504 },
  redirect: INVALID_ANSWER,
  body_too_large: INVALID_ANSWER,
};

/** Tokens that an answer may hold although it refuses. */
const ANSWERED_TOKENS = ['access_token', 'refresh_token', 'id_token', 'mfa_token'];

/** An answer whose parts have all been read. */
interface TokenEndpointAnswer {
  readonly status: number;
  readonly json: unknown;
  readonly retryAfter: string | null;
  readonly rateLimitReset: string | null;
  readonly dpopNonce: string | null;
}

/** A nonce of the server's (RFC 9449 §8.1), short enough to go into every proof. */
const NONCE = /^[\x21\x23-\x5b\x5d-\x7e]{1,512}$/;

/**
 * Sends the request once. Whether to send it again is decided in attempts.ts: some grants use the token up.
 *
 * @throws ApiError for every outcome but a usable token; nothing in it holds a secret of the request.
 */
export async function requestToken(request: TokenRequest): Promise<TokenAnswer> {
  const body = new URLSearchParams();
  for (const [name, value] of request.form) body.append(name, value);
  const sentAtSeconds = Math.floor(request.now() / 1000);

  const answer = await post(request, body.toString());
  const nonce = answer.dpopNonce;
  if (request.dpopProof !== undefined && nonce !== null && NONCE.test(nonce)) request.onDpopNonce?.(nonce);
  // The status 0 of an error Response, or whatever a custom fetch makes up, is no refusal.
  if (!Number.isInteger(answer.status) || answer.status < 200 || answer.status > 599) {
    throw new ApiError(INVALID_ANSWER, { cause: { name: 'status', expected: 'a number from 200 to 599' } });
  }
  if (answer.status > 299) throw refusal(answer, request);
  if (answer.json === undefined) throw new ApiError({ ...INVALID_ANSWER, code: 'invalid_json' });

  const requestedTokenType = body.get('requested_token_type') ?? undefined;
  const isBound = request.dpopProof !== undefined;
  const reading = readTokenAnswer(answer.json, { requestedTokenType, sentAtSeconds, isBound });
  if ('problem' in reading) throw new ApiError(INVALID_ANSWER, { cause: reading.problem });
  return reading.value;
}

async function post(request: TokenRequest, body: string): Promise<TokenEndpointAnswer> {
  const url = request.tokenEndpoint;
  const headers = {
    ...(request.authorization === undefined ? {} : { Authorization: request.authorization }),
    ...(request.dpopProof === undefined ? {} : { DPoP: request.dpopProof }),
    'Content-Type': 'application/x-www-form-urlencoded',
  };
  try {
    const answer = await sendForJson({ url, method: 'POST', headers, body }, request.http);
    return {
      status: answer.status,
      json: answer.json,
      retryAfter: answer.headers.get('retry-after'),
      rateLimitReset: answer.headers.get('x-ratelimit-reset'),
      dpopNonce: answer.headers.get('dpop-nonce'),
    };
  } catch (error) {
    // A fetch that breaks its contract (no Response, a body that is no stream) is as good as none.
    const failure = error instanceof HttpFailure ? NO_ANSWER[error.kind] : UNREACHABLE;
    throw new ApiError(failure, { cause: summarizeError(error, redactorFor(request)) });
  }
}

function refusal(answer: TokenEndpointAnswer, request: TokenRequest): ApiError {
  const members = membersOf(answer.json) ?? new Map<string, unknown>();
  const redact = redactorFor(request, members);
  const error = errorCode(members.get('error'), redact);
  const description = members.get('error_description');
  return new ApiError({
    reason: 'upstream_refused',
    code: error ?? 'token_exchange_error',
    statusCode: answer.status,
    error,
    errorDescription: typeof description === 'string' ? redact(description) : undefined,
    retryAfterSeconds: waitAskedFor(answer, request.now()),
  });
}

/** Auth0 says in every answer when its limit starts anew; only after a 429 is that something to wait for. */
function waitAskedFor(answer: TokenEndpointAnswer, now: number): number | undefined {
  const asked = readRetryAfter(answer.retryAfter, now);
  return asked ?? (answer.status === 429 ? readRateLimitReset(answer.rateLimitReset, now) : undefined);
}

function errorCode(value: unknown, redact: Redact): string | undefined {
  if (typeof value !== 'string' || value.trim() === '' || !ERROR_CODE.test(value)) return undefined;
  return REGISTERED_CODES.has(value) || redact(value) === value ? value : undefined;
}

/** Knows the secrets of the request and of the answer. */
function redactorFor(request: TokenRequest, members: ReadonlyMap<string, unknown> = new Map()): Redact {
  const answered = ANSWERED_TOKENS.map((name) => members.get(name));
  const credentials = request.authorization?.replace(/^\w+ /, '') ?? '';
  return createRedactor([
    ...request.secrets,
    credentials,
    request.dpopProof ?? '',
    ...answered.filter((token) => typeof token === 'string'),
  ]);
}
