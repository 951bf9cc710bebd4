/**
 * A `fetch` that presents a DPoP-bound token (RFC 9449 §7.1): a proof for each request, the server's nonces, one retry.
 */
import { ConfigurationError, InvalidRequestError } from '../errors/index.ts';
import { isJsonObject } from '../jws/json.ts';
import { LruMap } from '../platform/lru-map.ts';
import { createDpopProof } from './create-proof.ts';
import { signerOf } from './dpop-key.ts';
import { isNonce } from './nonce-syntax.ts';
import type { DpopFetchOptions } from './types.ts';

/** Nonces are kept for this many origins. */
const MAX_ORIGINS = 100;
/** What a server demands a nonce with (RFC 9449 §9). A false hit costs one more request, with a proof of its own. */
const DEMANDS_NONCE = /\berror="?use_dpop_nonce\b/;
const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
/** Methods that `fetch` writes in upper case (Fetch Standard §2.2.1); others are sent, and proven, as they are. */
const NORMALIZED_METHODS = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);

/** What `createDpopFetch` of the root loads. @throws ConfigurationError when an option cannot be used */
export function createDpopFetch(options: DpopFetchOptions): typeof fetch {
  const { key, accessToken, fetch: send, now } = readOptions(options);
  const nonces = new LruMap<string, string>(MAX_ORIGINS);

  return async (input, init) => {
    const { url, method, headers } = readRequest(input, init);
    const attempt = async (): Promise<Response> => {
      const token = typeof accessToken === 'function' ? await accessToken() : accessToken;
      const nonce = nonces.get(url.origin);
      const proven = { httpMethod: method, httpUrl: url.href, accessToken: token, nonce, now };
      headers.set('DPoP', await createDpopProof(key, proven));
      headers.set('Authorization', `DPoP ${token}`);
      const redirect = init?.redirect === 'error' ? 'error' : 'manual';
      const response = await (send ?? fetch)(input, { ...init, headers, redirect });
      const next = response.headers.get('DPoP-Nonce');
      if (isNonce(next)) nonces.set(url.origin, next);
      return response;
    };

    const before = nonces.get(url.origin);
    const response = await attempt();
    const isNew = nonces.get(url.origin) !== before;
    if (!isNew || !demandsNonce(response) || !canRepeat(input, init)) return response;
    await response.body?.cancel();
    return await attempt();
  };
}

function demandsNonce({ status, headers }: Response): boolean {
  return status === 401 && DEMANDS_NONCE.test(headers.get('WWW-Authenticate') ?? '');
}

/** Whether the body can be sent a second time: a stream is gone with the first. */
function canRepeat(input: string | URL | Request, init: RequestInit | undefined): boolean {
  const body = init?.body;
  if (body !== undefined && body !== null) return !isStream(body);
  return !(input instanceof Request) || input.body === null;
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && ('getReader' in body || Symbol.asyncIterator in body);
}

function readRequest(input: string | URL | Request, init: RequestInit | undefined) {
  const request = input instanceof Request ? input : undefined;
  const url = new URL(input instanceof Request ? input.url : input);
  const isPrivate =
    url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname));
  if (!isPrivate || url.username !== '' || url.password !== '') {
    throw new InvalidRequestError('invalid_argument', {
      message: 'The URL of the request must be https, without credentials.',
      cause: { name: 'url', expected: 'an https URL' },
    });
  }
  const method = init?.method ?? request?.method ?? 'GET';
  const upper = method.toUpperCase();
  return {
    url,
    method: NORMALIZED_METHODS.has(upper) ? upper : method,
    headers: new Headers(init?.headers ?? request?.headers),
  };
}

function readOptions(options: DpopFetchOptions): DpopFetchOptions {
  if (!isJsonObject(options)) throw new ConfigurationError('`createDpopFetch` takes an object of options.');
  const { key, accessToken, fetch: send, now } = options;
  signerOf(key);
  const isToken =
    typeof accessToken === 'function' || (typeof accessToken === 'string' && accessToken !== '');
  if (!isToken) throw new ConfigurationError('`accessToken` must be a token, or a function that has one.');
  if (send !== undefined && typeof send !== 'function')
    throw new ConfigurationError('`fetch` must be a function with the signature of fetch.');
  if (now !== undefined && typeof now !== 'function')
    throw new ConfigurationError('`now` must be a function that returns epoch milliseconds.');
  return options;
}
