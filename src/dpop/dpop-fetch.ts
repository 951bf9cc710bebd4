/**
 * A `fetch` that presents a DPoP-bound token (RFC 9449 §7.1).
 */
import { ConfigurationError } from '../errors/index.ts';
import { isJsonObject } from '../jws/json.ts';
import { readAccessToken, readApiRequest, readBaseUrl } from './api-request.ts';
import { signerOf } from './dpop-key.ts';
import { createTokenSender, untilAborted } from './token-sender.ts';
import type { DpopFetchOptions } from './types.ts';

/** What `createDpopFetch` of the root loads. @throws ConfigurationError when an option cannot be used */
export function createDpopFetch(options: DpopFetchOptions): typeof fetch {
  const { key, accessToken, fetch: sender, now, baseUrl } = readOptions(options);
  const requests = { fetch: sender, baseUrl: baseUrl === undefined ? undefined : readBaseUrl(baseUrl) };
  const send = createTokenSender({ key, now });
  const tokenOf = async (): Promise<string> =>
    readAccessToken(typeof accessToken === 'function' ? await accessToken() : accessToken);

  return async (input, init) => {
    const request = readApiRequest(input, init, requests);
    request.signal?.throwIfAborted();
    return await send(request, await untilAborted(tokenOf(), request.signal));
  };
}

function readOptions(options: DpopFetchOptions): DpopFetchOptions {
  if (!isJsonObject(options)) throw new ConfigurationError('`createDpopFetch` takes an object of options.');
  const { key, accessToken, fetch: send, now, baseUrl } = options;
  signerOf(key);
  const isToken =
    typeof accessToken === 'function' || (typeof accessToken === 'string' && accessToken !== '');
  if (!isToken) throw new ConfigurationError('`accessToken` must be a token, or a function that has one.');
  if (send !== undefined && typeof send !== 'function')
    throw new ConfigurationError('`fetch` must be a function with the signature of fetch.');
  if (now !== undefined && typeof now !== 'function')
    throw new ConfigurationError('`now` must be a function that returns epoch milliseconds.');
  return { key, accessToken, fetch: send, now, baseUrl };
}
