/**
 * From a domain, as people write it, to the issuer, as tokens spell it. Pure.
 */

/** What no domain, not even one pasted as a URL, may contain; `new URL` would drop or rewrite some of it silently. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[\u0000-\u0020\u007f\\?#@%]/;
/** Labels without empty ones or wildcards, or an address in brackets; a port; one slash at most. */
const HOST_AND_PORT = /^(?:[^/.:*[\]]+(?:\.[^/.:*[\]]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?\/?$/;
const NOT_ASCII = /[^\u0021-\u007e]/;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const HTTPS_WITH_AUTHORITY = /^https:\/\/[^/\\?#\u0000-\u0020]+(?:[/?#][^\\\u0000-\u0020]*)?$/i;
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//;

/**
 * `tenant.auth0.com`, `HTTPS://Tenant.auth0.com/` -> `https://tenant.auth0.com/`. `undefined` for anything that is
 * not a host (with or without port) or the https URL of one: http, credentials, a path, a query, a fragment.
 */
export function issuerOfDomain(domain: unknown): string | undefined {
  if (typeof domain !== 'string') return undefined;
  const text = domain.trim().toLowerCase();
  if (text === '' || text.length > 300 || FORBIDDEN.test(text)) return undefined;
  const withScheme = SCHEME.test(text) ? text : `https://${text}`;
  const afterScheme = withScheme.replace(SCHEME, '');
  if (!HOST_AND_PORT.test(afterScheme)) return undefined;
  const url = parseUrl(withScheme);
  // Domains of other scripts change their spelling here, and only they may.
  const isSameHost = url !== undefined && (NOT_ASCII.test(text) || afterScheme.startsWith(url.hostname));
  // An ideographic full stop becomes a dot only now.
  const isDomain = isSameHost && url.protocol === 'https:' && HOST_AND_PORT.test(url.host);
  return isDomain ? `https://${url.host}/` : undefined;
}

/**
 * A URL of metadata that may be fetched, in the one spelling that every parser reads alike; `undefined` unless it is
 * absolute, https and without credentials.
 */
export function readHttpsUrl(text: unknown): string | undefined {
  if (typeof text !== 'string' || !HTTPS_WITH_AUTHORITY.test(text)) return undefined;
  const url = parseUrl(text);
  return url?.username === '' && url.password === '' ? url.href : undefined;
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
