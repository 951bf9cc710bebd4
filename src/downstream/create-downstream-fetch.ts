/**
 * Calls of another API on behalf of the user of the call at hand. Most APIs only verify, so what does it is loaded when
 * it is first used.
 */
import { isJsonObject } from '../jws/json.ts';
import type { DownstreamFetchOptions, OnBehalfOfClient } from './types.ts';

/**
 * A function with the signature of `fetch` for one other API: it exchanges the access token of the call at hand for one
 * of that API (RFC 8693), which the client keeps, and presents it as Bearer, or with a proof for each request (RFC 9449).
 *
 * When the API answers 401 and does not say that something else than the token is wrong, a new token takes the place of
 * the kept one, and the request is sent once more, unless its body is a stream that has been consumed: then the 401 is
 * returned. A token that is refused while it is new is not replaced again before it has been accepted.
 *
 * Redirects are returned and not followed, because the token is meant for one API. Plain http is refused, except towards
 * this machine. The returned function rejects with ConfigurationError when an option cannot be used, with
 * InvalidRequestError for a request that must not get a token, with the errors of `getTokenOnBehalfOf`, and with whatever
 * `fetch` throws.
 *
 * @param client an `ApiClient` with client credentials
 * @param options read at once
 */
export function createDownstreamFetch(
  client: OnBehalfOfClient,
  options: DownstreamFetchOptions,
): typeof fetch {
  // As they are now: what loads later must not read what the program makes of them until then.
  const given = isJsonObject(options) ? { ...options } : options;
  let made: typeof fetch | undefined;
  return async (input, init) => {
    const module = await import('./downstream-fetch.ts');
    made ??= module.createDownstreamFetch(client, given);
    return await made(input, init);
  };
}
