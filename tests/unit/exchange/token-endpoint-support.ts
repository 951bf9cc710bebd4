import { ApiError } from '../../../src/errors/index.ts';
import { requestToken } from '../../../src/exchange/token-endpoint.ts';
import { NOW_MS, TOKEN_ENDPOINT, rejectionOf } from './support.ts';

export type Fetch = typeof fetch;

export function request(fetchFunction: Fetch, timeoutSeconds = 5) {
  return requestToken({
    tokenEndpoint: TOKEN_ENDPOINT,
    form: [
      ['grant_type', 'g'],
      ['subject_token', 'the-subject'],
    ],
    authorization: 'Basic aWQ6dGhlLXNlY3JldA==',
    secrets: ['the-subject', 'the-secret'],
    http: { fetch: fetchFunction, timeoutSeconds },
    now: () => NOW_MS,
  });
}

export function answering(response: () => Response): Fetch {
  return () => Promise.resolve(response());
}

export async function apiErrorOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await rejectionOf(promise);
  if (!(error instanceof ApiError)) throw new Error('expected an ApiError', { cause: error });
  return error;
}

export function endlessBody(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(64 * 1024));
    },
  });
}

export const silentBody = () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) });
