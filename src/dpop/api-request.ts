/**
 * A request to another API, read once from the arguments of `fetch`: what is checked, proven and sent is the same,
 * whatever the program does with its objects meanwhile.
 */
import { ConfigurationError, InvalidRequestError } from '../errors/index.ts';
import { isJsonObject } from '../jws/json.ts';

/** A request that may get a token. */
export interface ApiRequest {
  /** https, or this machine; without credentials. */
  readonly url: URL;
  /** As it will be sent. */
  readonly method: string;
  /** Of the caller; those of the token are not among them. */
  readonly headers: Headers;
  /** Whether the body can be sent a second time: a stream is gone with the first. */
  readonly canRepeat: boolean;
  readonly signal: AbortSignal | undefined;
  /** Sends it with these headers. It can be called again if {@link canRepeat} says so. */
  readonly send: (headers: Headers) => Promise<Response>;
}

/** How {@link readApiRequest} reads and sends. */
export interface ApiRequestOptions {
  /** The runtime's `fetch` at the time of the call by default. */
  readonly fetch?: typeof fetch | undefined;
  /** What URLs are relative to; nothing is sent to another origin. Without it they are absolute, and of any origin. */
  readonly baseUrl?: URL | undefined;
}

type FetchInput = Parameters<typeof fetch>[0];

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;
/** Methods that `fetch` writes in upper case (Fetch Standard §2.2.1); others are sent, and proven, as they are. */
const NORMALIZED_METHODS = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);

/** @throws InvalidRequestError `invalid_argument` for a request that must not get a token, or cannot be sent */
export function readApiRequest(
  input: FetchInput,
  given: RequestInit | undefined,
  { fetch: sender, baseUrl }: ApiRequestOptions,
): ApiRequest {
  const init = membersOf(given);
  const request = isRequest(input) ? input : undefined;
  const url = readUrl(isRequest(input) ? input.url : input, baseUrl);
  const method = readMethod(init.method ?? request?.method ?? 'GET');
  // A redirect leads to another URL, which the proof is not for, and maybe to another API, which the token is not for.
  const redirect = (init.redirect ?? request?.redirect) === 'error' ? 'error' : 'manual';
  return {
    url,
    method,
    headers: readHeaders(init.headers ?? request?.headers),
    canRepeat: isRepeatable(init.body, request),
    signal: readSignal(init.signal === undefined ? request?.signal : init.signal),
    send: (headers) => (sender ?? fetch)(request ?? url.href, { ...init, method, headers, redirect }),
  };
}

/** The text of a value that goes into `Authorization` (RFC 9110 §11.2): nothing in it can end the credentials. */
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;

/** @throws InvalidRequestError when it is no token, whoever returned it; it is not repeated */
export function readAccessToken(value: unknown): string {
  if (typeof value === 'string' && TOKEN68.test(value)) return value;
  throw unusable('accessToken', 'a token');
}

/** Names the argument and not its value. */
export function unusable(name: string, expected: string): InvalidRequestError {
  return new InvalidRequestError('invalid_argument', {
    message: `\`${name}\` must be ${expected}.`,
    cause: { name, expected },
  });
}

/** An HTTP method of reasonable length (RFC 9110 §9.1). */
export function isMethod(value: unknown): value is string {
  return typeof value === 'string' && METHOD.test(value);
}

/** With what it inherits: a `Request` can be the second argument, too, and has nothing of its own. */
function membersOf(init: RequestInit | undefined): RequestInit {
  const members: Record<string, unknown> = {};
  for (const name in init) members[name] = init[name as keyof RequestInit];
  return members;
}

/** By its looks: it may be of another copy of the class, such as that of a package. */
function isRequest(input: unknown): input is Request {
  return isJsonObject(input) && typeof input.url === 'string' && 'headers' in input;
}

/** @throws ConfigurationError unless a token may go there */
export function readBaseUrl(given: unknown): URL {
  if ((typeof given === 'string' || given instanceof URL) && URL.canParse(given)) {
    const url = new URL(given);
    if (isPrivate(url)) return url;
  }
  throw new ConfigurationError('`baseUrl` must be an absolute https URL without credentials.');
}

function readUrl(text: string | URL, baseUrl: URL | undefined): URL {
  let url: URL;
  try {
    url = new URL(text, baseUrl);
  } catch {
    throw unusable('url', baseUrl === undefined ? 'an absolute https URL' : 'a URL');
  }
  if (!isPrivate(url)) throw unusable('url', 'an https URL without credentials');
  if (baseUrl !== undefined && url.origin !== baseUrl.origin)
    throw unusable('url', 'a URL of the origin of `baseUrl`');
  return url;
}

/** Whether a token may go there: nobody listens on the way, and no credentials of others are in the URL. */
function isPrivate({ protocol, hostname, username, password }: URL): boolean {
  const isSecure = protocol === 'https:' || (protocol === 'http:' && LOOPBACK_HOSTS.has(hostname));
  return isSecure && username === '' && password === '';
}

function readMethod(method: unknown): string {
  if (!isMethod(method)) throw unusable('method', 'an HTTP method');
  const upper = method.toUpperCase();
  return NORMALIZED_METHODS.has(upper) ? upper : method;
}

function readHeaders(given: HeadersInit | undefined): Headers {
  let headers: Headers;
  try {
    headers = new Headers(given);
  } catch {
    // The runtime's own message repeats the value.
    throw unusable('headers', 'HTTP headers');
  }
  headers.delete('Authorization');
  headers.delete('DPoP');
  return headers;
}

function readSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined;
  if (isSignal(signal)) return signal;
  throw unusable('signal', 'an AbortSignal');
}

/** By its looks, too. */
function isSignal(value: unknown): value is AbortSignal {
  return (
    isJsonObject(value) &&
    typeof value.throwIfAborted === 'function' &&
    typeof value.addEventListener === 'function'
  );
}

function isRepeatable(body: unknown, request: Request | undefined): boolean {
  if (body !== undefined && body !== null) return !isStream(body);
  return request === undefined || request.body === null;
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && ('getReader' in body || Symbol.asyncIterator in body);
}
