/**
 * The options of `createMcpAuth`, checked, with every default. Pure.
 */
import { type AuthScheme, ConfigurationError } from '../index.ts';
import type { McpAuthOptions, McpClient } from './types.ts';

/** A protected resource (RFC 9728) in all its parts. */
export interface ProtectedResource {
  /** As it was written: clients compare it with what they called. */
  readonly identifier: string;
  readonly url: URL;
  /** The audience that tokens must have. */
  readonly audience: string;
  readonly metadataUrl: string;
  /** The paths at which the metadata document is served. */
  readonly metadataPaths: ReadonlySet<string>;
  readonly authorizationServers: readonly string[];
  /** The schemes under which tokens may come, and the algorithms of DPoP proofs: those of the client. */
  readonly schemes: readonly AuthScheme[];
  readonly dpopAlgorithms: readonly string[];
  /** For the metadata document; empty for none. */
  readonly scopes: readonly string[];
  readonly requiredScopes: readonly string[];
  readonly scopesFromPermissions: boolean;
  readonly onRefusal: McpAuthOptions['onRefusal'];
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const NAMES = [
  'resource',
  'authorizationServers',
  'scopesSupported',
  'requiredScopes',
  'scopesFromPermissions',
  'onRefusal',
] as const satisfies (keyof McpAuthOptions)[];
const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
/** The characters of a scope (RFC 6749 §3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** A refresh token is between a client and the authorization server; no resource asks for it (MCP authorization). */
const NOT_OURS = 'offline_access';

/** @throws ConfigurationError naming the option */
export function resolveResource(client: McpClient, options: McpAuthOptions): ProtectedResource {
  checkNames(options);
  const { issuers, audiences, schemes, dpopAlgorithms } = client.describe();
  const { identifier, url } = readResource(options.resource);
  const requiredScopes = readScopes('requiredScopes', options.requiredScopes ?? []);
  const scopes = readScopes('scopesSupported', options.scopesSupported ?? requiredScopes, [NOT_OURS]);
  const { scopesFromPermissions = false, onRefusal } = options;
  if (typeof scopesFromPermissions !== 'boolean')
    throw new ConfigurationError('`scopesFromPermissions` must be true or false.');
  if (onRefusal !== undefined && typeof onRefusal !== 'function')
    throw new ConfigurationError('`onRefusal` must be a function.');
  const path = url.pathname === '/' ? '' : url.pathname;
  return {
    identifier,
    url,
    audience: audienceOf(identifier, audiences),
    // Between host and path (RFC 9728 §3.1).
    metadataUrl: `${url.origin}${WELL_KNOWN}${path}${url.search}`,
    // Clients that guess it leave a slash at the end out.
    metadataPaths: new Set(['', '/', path, withoutSlash(path)].map((end) => WELL_KNOWN + end)),
    authorizationServers: readServers(options.authorizationServers, issuers),
    schemes,
    dpopAlgorithms,
    scopes: scopes.filter((scope) => scope !== NOT_OURS),
    requiredScopes,
    scopesFromPermissions,
    onRefusal,
  };
}

function checkNames(options: McpAuthOptions): void {
  if (!isObject(options) || Array.isArray(options))
    throw new ConfigurationError('The options of `createMcpAuth` must be an object with `resource`.');
  const known: readonly string[] = NAMES;
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `\`${unknown.slice(0, 50)}\` is no option of \`createMcpAuth\`; there are ${NAMES.join(', ')}.`,
    );
  }
}

function readResource(resource: unknown): { identifier: string; url: URL } {
  const identifier = resource instanceof URL ? resource.href : resource;
  const url = secureUrl(identifier);
  if (typeof identifier === 'string' && url !== undefined) return { identifier, url };
  throw new ConfigurationError(
    '`resource` must be the absolute https URL of the MCP server, in ASCII, without fragment and credentials.',
  );
}

/**
 * An https URL, or one of http on this machine. Only as it would be written out: `new URL` passes over blanks and turns
 * backslashes, so that clients would compare another text than they called.
 */
function secureUrl(text: unknown): URL | undefined {
  if (typeof text !== 'string' || !/^https?:\/\/[!$-[\]-~]+$/i.test(text) || !URL.canParse(text))
    return undefined;
  const url = new URL(text);
  const isSecure = url.protocol === 'https:' || LOOPBACK_HOSTS.has(url.hostname);
  return isSecure && url.username === '' && url.password === '' ? url : undefined;
}

/** The resource when tokens are issued for it by that name, give or take a slash at the end; or the only audience. */
function audienceOf(identifier: string, audiences: readonly string[]): string {
  const isSame = (audience: string) => withoutSlash(audience) === withoutSlash(identifier);
  const named = audiences.includes(identifier) ? identifier : audiences.find(isSame);
  const [only, ...others] = audiences;
  if (named !== undefined) return named;
  if (only !== undefined && others.length === 0) return only;
  throw new ConfigurationError(
    '`resource` must be one of the `audience`s of the client, which has several: tokens are issued for one of them.',
  );
}

function withoutSlash(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text;
}

function readServers(given: unknown, issuers: readonly string[] | undefined): readonly string[] {
  if (given === undefined && issuers !== undefined) return issuers;
  const servers: unknown[] = Array.isArray(given) ? Array.from<unknown>(given) : [];
  const isIssuer = (server: unknown): server is string => secureUrl(server)?.search === '';
  if (servers.length > 0 && servers.every(isIssuer)) return servers;
  throw new ConfigurationError(
    given === undefined
      ? '`authorizationServers` is missing: with a resolver for `domains` the client does not know them.'
      : '`authorizationServers` must be a list of https URLs of issuers that is not empty.',
  );
}

/**
 * Scopes, as a list or separated by spaces. A blank text is refused: it would demand nothing, by accident.
 *
 * @param besides scopes that nobody may demand, and that are none the less taken here
 * @throws ConfigurationError
 */
export function readScopes(name: string, given: unknown, besides: readonly string[] = []): string[] {
  const names: unknown = typeof given === 'string' && given.trim() !== '' ? given.trim().split(/ +/) : given;
  const list: unknown[] | undefined = Array.isArray(names) ? Array.from<unknown>(names) : undefined;
  if (list?.every(isScope) !== true) throw new ConfigurationError(`\`${name}\` must be a list of scopes.`);
  if (list.includes(NOT_OURS) && !besides.includes(NOT_OURS))
    throw new ConfigurationError(`\`${name}\` must not have \`${NOT_OURS}\`: it is no scope of a resource.`);
  return list;
}

/** Whether a value can be a scope (RFC 6749 §3.3). */
export function isScope(value: unknown): value is string {
  return typeof value === 'string' && SCOPE.test(value);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
