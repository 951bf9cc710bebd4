/**
 * How long a document may be used, read from its answer (RFC 9111 §5.2, RFC 5861). Pure; all values in seconds.
 */

export interface Freshness {
  /** Served without a second thought. */
  readonly maxAge: number;
  /** Served at once while a newer one is fetched in the background; counted from the end of `maxAge`. */
  readonly staleWhileRevalidate: number;
  /** Served when fetching a newer one failed; counted from the end of `maxAge`. */
  readonly staleIfError: number;
}

/** The age of a document whose server wants it checked every time: asking on each request would be a denial of service. */
const SHORTEST_AGE = 5;
const LEAST_STALE_WHILE_REVALIDATE = 10 * 60;
/** A server may ask for more than ten minutes; beyond a day, a removed key would be trusted for too long. */
const STALE_WHILE_REVALIDATE_MOST = 24 * 60 * 60;
const STALE_IF_ERROR = { unsaid: 60 * 60, most: 24 * 60 * 60 };
/** How long a document is served, past its age, once the server has answered that it is gone: it may be meant. */
export const WITHDRAWN_SECONDS = 60 * 60;
const RECHECK_DIRECTIVES = ['no-store', 'no-cache', 'must-revalidate'];

export function readFreshness(cacheControl: string | null, cacheTtlSeconds: number): Freshness {
  const directives = parseDirectives(cacheControl ?? '');
  const stated = directives.has('max-age') ? readSeconds(directives.get('max-age')) : cacheTtlSeconds;
  const recheck = RECHECK_DIRECTIVES.some((name) => directives.has(name)) || stated === 0;
  return boundFreshness(
    {
      maxAge: recheck ? SHORTEST_AGE : stated,
      staleWhileRevalidate: readSeconds(directives.get('stale-while-revalidate')),
      staleIfError: directives.has('stale-if-error')
        ? readSeconds(directives.get('stale-if-error'))
        : STALE_IF_ERROR.unsaid,
    },
    cacheTtlSeconds,
  );
}

/** The same ages within the limits of the policy, whoever stated them. */
export function boundFreshness(stated: Freshness, cacheTtlSeconds: number): Freshness {
  return {
    maxAge: Math.min(stated.maxAge, cacheTtlSeconds === 0 ? SHORTEST_AGE : cacheTtlSeconds),
    staleWhileRevalidate: Math.min(
      Math.max(stated.staleWhileRevalidate, LEAST_STALE_WHILE_REVALIDATE),
      STALE_WHILE_REVALIDATE_MOST,
    ),
    staleIfError: Math.min(stated.staleIfError, STALE_IF_ERROR.most),
  };
}

/** Directive names in lower case; of a directive given twice, the smaller number counts. */
function parseDirectives(header: string): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  for (const part of header.split(',')) {
    const [name = '', value = ''] = part.split('=', 2).map((text) => text.trim().toLowerCase());
    const earlier = directives.get(name);
    const smaller = earlier === undefined || readSeconds(value) < readSeconds(earlier);
    if (name !== '' && smaller) directives.set(name, value);
  }
  return directives;
}

/** Delta-seconds (RFC 9111 §1.2.2), quoted or not; anything else is 0, so that nonsense shortens and never extends. */
function readSeconds(value: string | undefined): number {
  const digits = /^"?(\d{1,10})"?$/.exec(value ?? '')?.[1];
  return digits === undefined ? (/^"?\d+"?$/.test(value ?? '') ? 2 ** 31 : 0) : Number(digits);
}
