/**
 * Sends requests with a token, as Bearer or bound to a key (RFC 9449 §7.1): then with a proof for each of them, the
 * server's nonces, and one more attempt when a nonce is demanded.
 */
import { LruMap } from '../platform/lru-map.ts';
import type { ApiRequest } from './api-request.ts';
import { readAccessToken } from './api-request.ts';
import { readChallengeErrors } from './challenge-errors.ts';
import { createDpopProof } from './create-proof.ts';
import { isNonce } from './nonce-syntax.ts';
import type { DpopKey } from './types.ts';

/** Nonces are kept for this many origins. */
const MAX_ORIGINS = 100;

/** What lasts from one request to the next. */
export interface TokenSenderOptions {
  /** The key that the tokens are bound to; without one they are Bearer tokens. */
  readonly key: DpopKey | undefined;
  /** The clock of the proofs, in epoch milliseconds; `Date.now` by default. */
  readonly now?: (() => number) | undefined;
}

/** Rejects with `InvalidRequestError` when the token is none, and with whatever the request's `send` throws. */
export type TokenSender = (request: ApiRequest, accessToken: string) => Promise<Response>;

export function createTokenSender({ key, now }: TokenSenderOptions): TokenSender {
  if (key === undefined) return (request, accessToken) => sendOnce(request, 'Bearer', accessToken);
  const nonces = new LruMap<string, string>(MAX_ORIGINS);

  return async (request, accessToken) => {
    const { url, method, canRepeat } = request;
    let usedNonce: string | undefined;
    const attempt = async (): Promise<Response> => {
      usedNonce = nonces.get(url.origin);
      const proven = { httpMethod: method, httpUrl: url.href, accessToken, nonce: usedNonce, now };
      const response = await sendOnce(request, 'DPoP', accessToken, await createDpopProof(key, proven));
      const next = response.headers.get('DPoP-Nonce');
      // Of a redirect that was followed although it must not be, nobody knows whose nonce it is.
      if (isNonce(next) && !response.redirected) nonces.set(url.origin, next);
      return response;
    };
    const response = await attempt();
    const isNew = nonces.get(url.origin) !== usedNonce;
    if (!isNew || !demandsNonce(response) || !canRepeat) return response;
    discard(response);
    request.signal?.throwIfAborted();
    return await attempt();
  };
}

/** Whether a refusal can be about the token: it says so, or does not say what it is about. */
export function refusesToken(response: Response): boolean {
  if (response.status !== 401) return false;
  const errors = errorsIn(response).map(({ error }) => error ?? 'invalid_token');
  return errors.length === 0 || errors.every((error) => error === 'invalid_token');
}

/** Lets go of an answer that nobody reads. Nobody waits either: a body that was also cloned may never be told. */
export function discard(response: Response): void {
  const cancel = async (): Promise<void> => {
    await response.body?.cancel();
  };
  cancel().catch(() => undefined);
}

/** Rejects as soon as the signal does, although the work goes on: others may wait for it. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason, as fetch has it
      reject(signal.reason);
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}

async function sendOnce(
  { headers, send }: ApiRequest,
  scheme: 'Bearer' | 'DPoP',
  accessToken: string,
  proof?: string,
): Promise<Response> {
  // New ones each time: whoever got the last ones may still look at them.
  const sent = new Headers(headers);
  sent.set('Authorization', `${scheme} ${readAccessToken(accessToken)}`);
  if (proof !== undefined) sent.set('DPoP', proof);
  return await send(sent);
}

/** What a server demands a nonce with (RFC 9449 §9). */
function demandsNonce(response: Response): boolean {
  if (response.status !== 401) return false;
  return errorsIn(response).some(({ scheme, error }) => scheme === 'dpop' && error === 'use_dpop_nonce');
}

function errorsIn({ headers }: Response) {
  return readChallengeErrors(headers.get('WWW-Authenticate'));
}
