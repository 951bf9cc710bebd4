/**
 * Whether a token request is sent again. By default it is not: some grants use their token up. The one exception of
 * the protocol is a nonce for the proof (RFC 9449 §8); all else is asked for, and only for what cannot have been processed.
 */

import { ApiError } from '../errors/index.ts';
import { isJsonObject } from '../jws/json.ts';

export interface RetryPolicy {
  /** How often a request is sent, the first time included. */
  readonly maxAttempts: number;
  /** How long is waited, in all, between the attempts of one request. */
  readonly maxDelaySeconds: number;
}

export interface AttemptsOptions {
  /** `undefined`: nothing is sent again. */
  readonly retry: RetryPolicy | undefined;
  /** Whether the server has given us a nonce that the last attempt did not use. */
  readonly hasNewNonce: () => boolean;
  readonly pause: (seconds: number) => Promise<void>;
}

/** Codes of connections that never came about, of Node, undici and Bun. */
const NEVER_CONNECTED: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'ConnectionRefused',
]);
const MOST_CAUSES = 5;
const FIRST_DELAY_SECONDS = 0.2;

/**
 * Sends until there is an outcome that counts.
 *
 * @param send one attempt, with a proof and an assertion of its own
 */
export async function attempt<T>(send: () => Promise<T>, options: AttemptsOptions): Promise<T> {
  const { retry, hasNewNonce, pause } = options;
  let patienceSeconds = retry?.maxDelaySeconds ?? 0;
  let isNonceTried = false;
  let tries = 1;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!isNonceTried && asksForNonce(error) && hasNewNonce()) {
        isNonceTried = true;
        continue;
      }
      const seconds = delayAfter(error, tries);
      if (
        retry === undefined ||
        tries >= retry.maxAttempts ||
        seconds === undefined ||
        seconds > patienceSeconds
      ) {
        throw error;
      }
      patienceSeconds -= seconds;
      tries += 1;
      await pause(seconds);
    }
  }
}

function asksForNonce(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.error === 'use_dpop_nonce' && (error.statusCode === 400 || error.statusCode === 401);
}

/** How long to wait before the next attempt; `undefined` when the server may have processed this one. */
function delayAfter(error: unknown, tries: number): number | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.reason === 'upstream_unreachable') {
    return neverConnected(error.cause) ? FIRST_DELAY_SECONDS * 2 ** (tries - 1) : undefined;
  }
  const isRefusal = error.statusCode === 429 || error.statusCode === 503;
  return error.reason === 'upstream_refused' && isRefusal ? error.retryAfterSeconds : undefined;
}

function neverConnected(cause: unknown): boolean {
  let current = cause;
  for (let depth = 0; depth < MOST_CAUSES && isJsonObject(current); depth += 1) {
    if (NEVER_CONNECTED.has(current.code)) return true;
    current = current.cause;
  }
  return false;
}
