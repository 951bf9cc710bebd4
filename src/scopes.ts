/**
 * Scopes (RFC 6749 §3.3) and Auth0 permissions: what an operation needs and what a token has. Pure.
 */
import type { AccessTokenClaims } from './claims.ts';
import { ConfigurationError, InsufficientScopeError, MissingRequiredArgumentError } from './errors/index.ts';

/** What an operation needs. All of it, not one of it. */
export interface ScopeRequirements {
  /** Scopes, as a list or separated by spaces. A blank text is refused: it would demand nothing, by accident. */
  readonly requiredScopes?: string | readonly string[] | undefined;
  /** Permissions of Auth0's role-based access control. */
  readonly requiredPermissions?: readonly string[] | undefined;
}

/** The characters of a scope (RFC 6749 §3.3), which are also those that a challenge can carry as they are. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** The scopes of verified claims; a `scope` that is no string grants nothing. */
export function getScopes(claims: Pick<AccessTokenClaims, 'scope'>): string[] {
  const scope = ownClaim(claims, 'scope');
  return typeof scope === 'string' ? splitScopes(scope) : [];
}

/** The permissions of verified claims; a `permissions` that is no array, and members that are no strings, grant nothing. */
export function getPermissions(claims: Pick<AccessTokenClaims, 'permissions'>): string[] {
  const permissions = ownClaim(claims, 'permissions');
  return Array.isArray(permissions) ? permissions.filter((entry) => typeof entry === 'string') : [];
}

/** A claim that is the token's own. @throws MissingRequiredArgumentError when there are no claims */
function ownClaim(claims: unknown, name: 'scope' | 'permissions'): unknown {
  if (typeof claims !== 'object' || claims === null) throw new MissingRequiredArgumentError('claims');
  return Object.hasOwn(claims, name) ? (claims as Record<string, unknown>)[name] : undefined;
}

/**
 * Refuses a token that lacks a scope or a permission of the operation.
 *
 * @throws InsufficientScopeError with all scopes of the operation (RFC 6750 §3)
 * @throws ConfigurationError when a requirement is not written as scopes or permissions
 */
export function requireScopes(claims: AccessTokenClaims, requirements: ScopeRequirements): void {
  const { requiredScopes, requiredPermissions } = readRequirements(requirements);

  if (requiredScopes.length > 0 && lacks(getScopes(claims), requiredScopes)) {
    throw new InsufficientScopeError('insufficient_scope', requiredScopes, {
      cause: { name: 'scope', expected: requiredScopes, actual: getScopes(claims) },
    });
  }
  if (requiredPermissions.length > 0 && lacks(getPermissions(claims), requiredPermissions)) {
    throw new InsufficientScopeError('insufficient_permission', [], {
      cause: { name: 'permissions', expected: requiredPermissions, actual: getPermissions(claims) },
    });
  }
}

/**
 * The requirements as lists.
 *
 * @throws ConfigurationError when a requirement is not written as scopes or permissions
 */
export function readRequirements({ requiredScopes, requiredPermissions }: ScopeRequirements) {
  return {
    requiredScopes: readScopes(requiredScopes),
    requiredPermissions: readPermissions(requiredPermissions),
  };
}

function lacks(granted: readonly string[], required: readonly string[]): boolean {
  return required.some((name) => !granted.includes(name));
}

function splitScopes(scope: string): string[] {
  return scope.split(' ').filter((name) => name !== '');
}

/**
 * Scopes as a list.
 *
 * @param option what they were passed as
 * @throws ConfigurationError when they are not written as scopes
 */
export function readScopes(required: unknown, option = 'requiredScopes'): string[] {
  if (required === undefined) return [];
  const names: unknown = typeof required === 'string' ? splitScopes(required) : required;
  const isBlank = typeof required === 'string' && required.trim() === '';
  if (!isBlank && isStringList(names) && names.every((name) => SCOPE.test(name))) return names;
  throw new ConfigurationError(`\`${option}\` must be scopes separated by spaces, or a list of scopes.`);
}

function readPermissions(required: unknown): string[] {
  if (required === undefined) return [];
  if (isStringList(required) && !required.includes('')) return required;
  throw new ConfigurationError('`requiredPermissions` must be a list of permissions.');
}

function isStringList(value: unknown): value is string[] {
  // A copy has no holes, which `every` would pass over.
  return Array.isArray(value) && Array.from<unknown>(value).every((entry) => typeof entry === 'string');
}
