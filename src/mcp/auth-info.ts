/**
 * Verified claims, as the MCP packages want to have them. Pure.
 */
import {
  type AccessTokenClaims,
  getCurrentActor,
  getDelegationChain,
  getPermissions,
  getScopes,
  VerifyAccessTokenError,
} from '../index.ts';
import type { ProtectedResource } from './resource.ts';
import type { AuthInfo } from './types.ts';

/**
 * @throws VerifyAccessTokenError `audience_mismatch` for a token of another API of the same client, `claim_missing` for
 *   one that names no client, `act_invalid` for a malformed actor
 */
export function authInfoOf(token: string, claims: AccessTokenClaims, resource: ProtectedResource): AuthInfo {
  checkAudience(claims, resource.audience);
  return {
    token,
    clientId: clientIdOf(claims),
    scopes: scopesOf(claims, resource),
    expiresAt: claims.exp,
    resource: new URL(resource.url),
    resourceMetadataUrl: resource.metadataUrl,
    extra: {
      sub: claims.sub,
      claims,
      actor: getCurrentActor(claims),
      delegationChain: getDelegationChain(claims),
    },
  };
}

/** What counts as the token's scopes here. */
function scopesOf(claims: AccessTokenClaims, { scopesFromPermissions }: ProtectedResource): string[] {
  const permissions = scopesFromPermissions ? getPermissions(claims) : [];
  return [...new Set([...getScopes(claims), ...permissions])];
}

function checkAudience({ aud }: AccessTokenClaims, audience: string): void {
  if (typeof aud === 'string' ? aud === audience : aud.includes(audience)) return;
  throw new VerifyAccessTokenError('audience_mismatch', {
    cause: { name: 'aud', expected: audience, actual: aud },
  });
}

function clientIdOf(claims: AccessTokenClaims): string {
  for (const name of ['client_id', 'azp']) {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
    if (typeof value === 'string' && value !== '') return value;
  }
  throw new VerifyAccessTokenError('claim_missing', { cause: { name: 'client_id' } });
}
