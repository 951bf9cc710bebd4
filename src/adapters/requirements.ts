/**
 * What a guard demands, read once when the guard is made: a guard that demanded nothing would protect nothing.
 */
import { ConfigurationError, type ScopeRequirements } from '../index.ts';

/** Names as arguments, as a list, or as a text separated by spaces. */
export type RequiredNames = readonly (string | readonly string[])[];

/** @throws ConfigurationError when there is no scope among the arguments, or something that is none */
export function scopeRequirement(scopes: RequiredNames): ScopeRequirements {
  const names = readNames('requireScopes', scopes);
  return { requiredScopes: names.flatMap((name) => name.split(' ').filter((part) => part !== '')) };
}

/** Spaces do not separate permissions: a permission may hold one. @throws ConfigurationError */
export function permissionRequirement(permissions: RequiredNames): ScopeRequirements {
  return { requiredPermissions: readNames('requirePermissions', permissions) };
}

function readNames(guard: string, given: RequiredNames): string[] {
  // A copy has no holes, which `every` would pass over.
  const names: unknown[] = Array.from<unknown>(given.flat());
  const isEmptyList = given.some((value) => Array.isArray(value) && value.length === 0);
  if (names.length > 0 && !isEmptyList && names.every(isName)) return names;
  throw new ConfigurationError(
    `\`${guard}\` needs at least one name, and each must be a text that is not blank.`,
  );
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
