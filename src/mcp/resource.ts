/**
 * The options of `createMcpAuth`, checked, with every default. Pure.
 */
import { ConfigurationError } from '../index.ts';
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
  /** For the metadata document and for 401s; empty for none. */
  readonly scopes: readonly string[];
  readonly requiredScopes: readonly string[];
  readonly scopesFromPermissions: boolean;
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const NAMES = [
  'resource',
  'authorizationServers',
  'scopesSupported',
  'requiredScopes',
  'scopesFromPermissions',
] as const satisfies (keyof McpAuthOptions)[];
const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
/** The characters of a scope (RFC 6749 §3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** A refresh token is between a client and the authorization server; no resource asks for it (MCP authorization). */
const NOT_OURS = 'offline_access';

/** @throws ConfigurationError naming the option */
export function resolveResource(client: McpClient, options: McpAuthOptions): ProtectedResource {
  checkNames(options);
  const { issuers, audiences } = client.describe();
  const { identifier, url } = readResource(options.resource);
  const requiredScopes = readScopes('requiredScopes', options.requiredScopes ?? []);
  const scopes = readScopes('scopesSupported', options.scopesSupported ?? requiredScopes);
  const { scopesFromPermissions = false } = options;
  if (typeof scopesFromPermissions !== 'boolean')
    throw new ConfigurationError('`scopesFromPermissions` must be true or false.');
  const path = url.pathname === '/' ? '' : url.pathname;
  return {
    identifier,
    url,
    audience: audienceOf(identifier, audiences),
    // Between host and path (RFC 9728 §3.1).
    metadataUrl: `${url.origin}${WELL_KNOWN}${path}${url.search}`,
    metadataPaths: new Set([WELL_KNOWN, `${WELL_KNOWN}/`, WELL_KNOWN + path]),
    authorizationServers: readServers(options.authorizationServers, issuers),
    scopes: scopes.filter((scope) => scope !== NOT_OURS),
    requiredScopes,
    scopesFromPermissions,
  };
}

function checkNames(options: McpAuthOptions): void {
  if (typeof options !== 'object' || (options as unknown) === null || Array.isArray(options))
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
  if (typeof identifier === 'string' && URL.canParse(identifier) && !identifier.includes('#')) {
    const url = new URL(identifier);
    const isPrivate =
      url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname));
    if (isPrivate && url.username === '' && url.password === '' && isPlain(identifier))
      return { identifier, url };
  }
  throw new ConfigurationError(
    '`resource` must be the absolute https URL of the MCP server, without fragment and credentials.',
  );
}

/** `new URL` would pass over blanks and turn backslashes: clients would compare another text than they called. */
function isPlain(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text) && !text.includes('\\') && !text.includes('"');
}

/** The resource when tokens are issued for it by that name, give or take a slash at the end; or the only audience. */
function audienceOf(identifier: string, audiences: readonly string[]): string {
  const named = audiences.find((audience) => withoutSlash(audience) === withoutSlash(identifier));
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
  const isGood = (server: unknown): server is string =>
    typeof server === 'string' && URL.canParse(server) && /^https?:\/\/[^?#]+$/.test(server);
  if (servers.length > 0 && servers.every(isGood)) return servers;
  throw new ConfigurationError(
    given === undefined
      ? '`authorizationServers` is missing: with a resolver for `domains` the client does not know them.'
      : '`authorizationServers` must be a list of issuer URLs that is not empty.',
  );
}

function readScopes(name: string, given: unknown): string[] {
  const names: unknown = typeof given === 'string' ? given.split(' ').filter((part) => part !== '') : given;
  const isBlank = typeof given === 'string' && given.trim() === '';
  const list: unknown[] = Array.isArray(names) ? Array.from<unknown>(names) : [];
  const isScope = (scope: unknown): scope is string => typeof scope === 'string' && SCOPE.test(scope);
  if (Array.isArray(names) && !isBlank && list.every(isScope)) return list;
  throw new ConfigurationError(`\`${name}\` must be a list of scopes.`);
}
