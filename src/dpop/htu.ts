/**
 * Comparing the URL of a request with a proof's `htu` (RFC 9449 §4.3 check 9, RFC 3986 §6.2.2 and §6.2.3). Pure.
 */

/** `new URL` would trim, drop or rewrite these; no URL of RFC 3986 holds them. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const NOT_IN_A_URL = /[\u0000-\u0020\u007f\\]/;
/** No URL of RFC 3986 holds it, but `fetch` sends it. */
const STRAY_PERCENT = /%(?![0-9a-f]{2})/i;
/** `new URL` would take a path for the host after three slashes, and would not tell empty credentials from none. */
const WITH_AUTHORITY = /^https?:\/\/[^/?#@]+(?:[/?#]|$)/i;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/**
 * The normal form in which two URLs are compared: scheme and host in lower case, no default port, dot segments
 * resolved, percent-encoding in one spelling, no query, no fragment. A trailing slash is kept: `/a` and `/a/` are two
 * resources. `undefined` for what is no absolute http(s) URL, or carries credentials.
 */
export function normalizeHtu(text: unknown): string | undefined {
  const url = readUrl(text);
  if (url === undefined || STRAY_PERCENT.test(beforeQuery(String(text)))) return undefined;
  return `${url.protocol}//${url.host}${normalizePercentEncoding(url.pathname)}`;
}

/**
 * The `htu` of a proof of our own: the URL as `fetch` sends it, without query and fragment (RFC 9449 §4.2). It is not
 * normalised any further, because many servers compare no more than what `new URL` makes of both. `undefined` for what
 * is no absolute http(s) URL, or carries credentials.
 */
export function htuOf(text: unknown): string | undefined {
  const url = readUrl(text);
  return url && `${url.protocol}//${url.host}${url.pathname}`;
}

/** Query and fragment do not count, and `fetch` sends in a query what no URL of RFC 3986 holds. */
function beforeQuery(text: string): string {
  const [counted = ''] = text.split(/[?#]/, 1);
  return counted;
}

function readUrl(text: unknown): URL | undefined {
  if (typeof text !== 'string') return undefined;
  const counted = beforeQuery(text);
  if (NOT_IN_A_URL.test(counted) || !WITH_AUTHORITY.test(counted)) return undefined;
  try {
    return new URL(counted);
  } catch {
    return undefined;
  }
}

/** Octets that need no encoding are decoded, the others written in upper case (RFC 3986 §6.2.2.1, §6.2.2.2). */
function normalizePercentEncoding(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/%[0-9a-f]{2}/gi, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
    return UNRESERVED.test(character) ? character : octet.toUpperCase();
  });
}
