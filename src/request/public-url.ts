/**
 * Where clients reach this API, when the program sees another URL: behind a proxy, say. What comes out is held against
 * a proof's `htu` (RFC 9449 §4.3 check 9).
 */
import { normalizeHtu } from '../dpop/htu.ts';
import { ConfigurationError, type Evidence } from '../errors/index.ts';
import { callQuietly } from '../platform/call-quietly.ts';
import type { RequestHeaders } from './credentials.ts';

/** What a function for `dpop.publicUrl` may decide by. All of it comes from the request: treat it as hostile. */
export interface PublicUrlRequest {
  readonly headers: RequestHeaders;
  readonly httpMethod?: string | undefined;
  readonly httpUrl?: string | undefined;
}

/** An origin with a path prefix, without a slash at its end; or a function that is asked for each request. */
export type PublicUrl = string | ((request: PublicUrlRequest) => string);

const ORIGIN = /^https?:\/\/[^/?#]+$/i;

/** The option in its normal form; `undefined` for what is no absolute http(s) URL, or has a query or a fragment. */
export function readPublicUrl(value: unknown): string | undefined {
  return typeof value === 'string' && !/[?#]/.test(value)
    ? normalizeHtu(value)?.replace(/\/$/, '')
    : undefined;
}

/**
 * The URL that a proof for this request must name. Where the public URL has no path of its own, or is a prefix, the path
 * of the request is added; one that cannot be read is returned as it is, for whoever refuses it.
 *
 * @throws ConfigurationError when the function throws or returns no URL: the caller cannot mend that
 */
export function publicUrlOf(publicUrl: PublicUrl, request: PublicUrlRequest): unknown {
  const isFunction = typeof publicUrl === 'function';
  const base = isFunction ? ask(publicUrl, request) : publicUrl;
  if (isFunction && !ORIGIN.test(base)) return base;
  const { httpUrl } = request;
  const path = pathOf(httpUrl);
  return path === undefined ? httpUrl : base + path;
}

/**
 * The path of a URL or of a bare path, in normal form. Dot segments are resolved before a prefix is put in front, or
 * they would climb out of it; and a path is never resolved against the origin, or `//host` would replace it.
 */
function pathOf(httpUrl: unknown): string | undefined {
  if (typeof httpUrl !== 'string') return undefined;
  const url = normalizeHtu(httpUrl.startsWith('/') ? `http://path${httpUrl}` : httpUrl);
  return url?.slice(url.indexOf('/', 'https://'.length));
}

function ask(publicUrl: (request: PublicUrlRequest) => unknown, request: PublicUrlRequest): string {
  let answer: unknown;
  try {
    const { headers, httpMethod, httpUrl } = request;
    answer = publicUrl({ headers, httpMethod, httpUrl });
  } catch (error) {
    throw misconfigured({ error });
  }
  if (typeof answer === 'string' && normalizeHtu(answer) !== undefined) return answer;
  // A promise is no URL, and what it rejects with must not end the process.
  callQuietly(() => answer);
  throw misconfigured({ actual: typeof answer });
}

/** What was returned is not repeated: it may hold credentials. */
function misconfigured(evidence: Evidence): ConfigurationError {
  const expected = 'an absolute http(s) URL without credentials';
  return new ConfigurationError(`\`dpop.publicUrl\` must return ${expected}.`, {
    cause: { name: 'dpop.publicUrl', expected, ...evidence },
  });
}
