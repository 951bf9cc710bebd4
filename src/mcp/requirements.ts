/**
 * What a single request needs, read before anything is verified. Pure.
 */
import { type AccessTokenChecks, ConfigurationError } from '../index.ts';
import { isObject, readScopes } from './resource.ts';
import type { McpRequirements } from './types.ts';

/** The scopes apart from the other checks, because more than the claim may count as scopes. */
export interface ResolvedRequirements {
  readonly requiredScopes: readonly string[];
  readonly checks: AccessTokenChecks;
}

/**
 * @param besides names of other members that the object may have
 * @throws ConfigurationError when it is no object, or the scopes are written wrongly; the client reads the other checks
 */
export function readRequirements(
  requirements: McpRequirements,
  besides: readonly string[] = [],
): ResolvedRequirements {
  if (!isObject(requirements)) throw new ConfigurationError('The requirements must be an object.');
  if ('claimsSchema' in requirements && requirements.claimsSchema !== undefined)
    throw new ConfigurationError('`claimsSchema` goes with `verifyRequest` of the client.');
  const apart = ['requiredScopes', ...besides];
  // All own members, so that the client sees misspelt ones; the known ones by name, because inherited checks count.
  const others = Object.entries<unknown>(requirements).filter(([name]) => !apart.includes(name));
  const { requiredScopes = [], requiredPermissions, requiredClaims } = requirements;
  const { allowedActors, requireActor, clientCertificate } = requirements;
  const named = { requiredPermissions, requiredClaims, allowedActors, requireActor, clientCertificate };
  return {
    requiredScopes: readScopes('requiredScopes', requiredScopes),
    checks: { ...Object.fromEntries(others), ...named },
  };
}
