/**
 * DPoP in the other direction: keys and proofs of our own (RFC 9449 §4.2), for token endpoints and other APIs. Most APIs only
 * verify, so what does it is loaded when it is first used.
 */
import { isJsonObject } from '../jws/json.ts';
import type { CreateDpopKeyOptions, CreateDpopProofOptions, DpopFetchOptions, DpopKey } from './types.ts';

/**
 * Makes a key for DPoP proofs. Without a `jwk` it is generated, cannot be extracted, and ends with the process.
 *
 * @throws ConfigurationError when the algorithm is unknown, or the JWK is no private key for it; no value is repeated
 */
export async function createDpopKey(options?: CreateDpopKeyOptions): Promise<DpopKey> {
  return await (await import('./dpop-key.ts')).createDpopKey(options);
}

/**
 * Makes a proof for one request. Each request needs one of its own, also when it is repeated.
 *
 * @param key from {@link createDpopKey}
 * @returns the value of the `DPoP` header
 * @throws MissingRequiredArgumentError without key, method or URL
 * @throws InvalidRequestError `invalid_argument` when method, URL, token or nonce cannot be sent
 * @throws ConfigurationError for a key that {@link createDpopKey} did not make
 */
export async function createDpopProof(key: DpopKey, options: CreateDpopProofOptions): Promise<string> {
  return await (await import('./create-proof.ts')).createDpopProof(key, options);
}

/**
 * A function with the signature of `fetch` that adds the token and a fresh proof to each request (RFC 9449 §7.1). It
 * remembers the server's nonces by origin, and repeats a request once when a nonce is demanded, unless its body is a
 * stream that has been consumed: then the 401 is returned, and the nonce is there for the next request.
 *
 * Redirects are returned and not followed, because a proof is good for one URL and a token for one API. Plain http is
 * refused, except towards this machine. The returned function rejects with ConfigurationError when an option cannot be
 * used, with InvalidRequestError for a URL that must not get a token, and with whatever `accessToken` and `fetch` throw.
 */
export function createDpopFetch(options: DpopFetchOptions): typeof fetch {
  // As they are now: what loads later must not read what the program makes of them until then.
  const given = isJsonObject(options) ? { ...options } : options;
  let made: typeof fetch | undefined;
  return async (input, init) => {
    const module = await import('./dpop-fetch.ts');
    made ??= module.createDpopFetch(given);
    return await made(input, init);
  };
}
