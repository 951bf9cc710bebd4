/**
 * What all errors of this package have in common: what a client is told, and what an operator is.
 */
import { DESCRIPTIONS, type ErrorReason } from './reasons.ts';

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

  /** The same, under the name that Hono looks for. */
  getResponse(): Response {
    return this.toResponse();
  }
}

/** A JSON answer with the headers of an error. */
export function jsonResponse({ responseStatusCode, headers }: BaseAuthError, body: ErrorBody): Response {
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
    headers: Object.freeze({ ...error.headers, 'WWW-Authenticate': challenges.join(', ') }),
  });
}
