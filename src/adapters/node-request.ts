/**
 * What Node and the frameworks on it say about a request, made fit for the client. Pure.
 */
import type { RequestHeaders } from '../index.ts';

/** Headers as Node has them: joined or dropped where they were sent twice, and raw. */
export interface NodeHeaders {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Names and values by turns, as they were sent. Some emulations of Node's requests have none. */
  readonly rawHeaders?: readonly string[] | undefined;
}

/** What is known of the URL of a request. */
export interface NodeTarget extends NodeHeaders {
  /** The protocol, as the framework makes it out. */
  readonly protocol: string;
  /** Host and port, as the framework makes them out. */
  readonly host: string | undefined;
  /** The request target of the request line (RFC 9112 §3.2), before any router has shortened it. */
  readonly target: string | undefined;
}

/** What looks like a registered name or IPv4 address, or an IPv6 address in brackets, and a port. */
const AUTHORITY = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const ABSOLUTE_TARGET = /^https?:\/\/([^/?#]*)([^]*)$/i;

/** The headers, with every `Authorization`: Node drops all but the first. */
export function headersOf({ headers, rawHeaders }: NodeHeaders): RequestHeaders {
  const sent = rawValues(rawHeaders, 'authorization');
  return sent.length > 1 ? { ...headers, authorization: sent } : headers;
}

/**
 * The URL of a request: absolute where the request is clear about its host, otherwise the mere path, which says enough
 * where the client knows the public URL. `undefined` when there is no path either.
 */
export function urlOf(target: NodeTarget): string | undefined {
  const [, named, rest] = ABSOLUTE_TARGET.exec(target.target ?? '') ?? [];
  const path = pathOf(rest ?? target.target);
  if (path === undefined) return undefined;
  const authority = authorityOf(target, named);
  return authority === undefined ? path : `${target.protocol}://${authority}${path}`;
}

/**
 * `req.host` of Express; without a proxy that is the header, and is read there because Express 4 would drop the port
 * and complain.
 */
export function hostOf(request: NodeHeaders & { readonly host?: string | undefined }): string | undefined {
  const { host, 'x-forwarded-host': forwarded } = request.headers;
  return forwarded === undefined && typeof host === 'string' ? host : request.host;
}

/** A path with its query. For `OPTIONS *`, and for an absolute target without a path, it is that of the root. */
function pathOf(target: string | undefined): string | undefined {
  if (target === '' || target === '*') return '/';
  if (target?.startsWith('?') === true) return `/${target}`;
  return target?.startsWith('/') === true ? target : undefined;
}

/** Host and port, unless the request contradicts itself about them, or they are none. */
function authorityOf(
  { protocol, host, rawHeaders }: NodeTarget,
  named: string | undefined,
): string | undefined {
  if (protocol !== 'http' && protocol !== 'https') return undefined;
  if (typeof host !== 'string' || !AUTHORITY.test(host)) return undefined;
  // Not every port and address that looks like one is one, and a URL with such would be none.
  if (!URL.canParse(`http://${host}`)) return undefined;
  const sent = rawValues(rawHeaders, 'host');
  const claims = [
    ...(sent.length === 0 && named !== undefined ? [host] : sent),
    ...rawValues(rawHeaders, ':authority'),
    ...(named === undefined ? [] : [named]),
  ].map((claim) => claim.toLowerCase());
  return new Set(claims).size > 1 || sent.length > 1 ? undefined : host;
}

/** All values of a header that was sent. */
function rawValues(rawHeaders: readonly string[] | undefined, name: string): string[] {
  if (rawHeaders === undefined) return [];
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
