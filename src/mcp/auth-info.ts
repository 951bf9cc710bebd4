/**
 * Verified claims, as the MCP packages want to have them. Pure.
 */
import {
  type AccessTokenClaims,
  type AuthScheme,
  getCurrentActor,
  getDelegationChain,
  getPermissions,
  getScopes,
  InsufficientScopeError,
  VerifyAccessTokenError,
} from '../index.ts';
import { isObject, isScope, type ProtectedResource } from './resource.ts';
import type { AuthInfo } from './types.ts';

/**
 * @throws VerifyAccessTokenError `audience_mismatch` for a token of another API of the same client, `claim_missing` for
 *   one that names no client, `act_invalid` for a malformed actor
 */
export function authInfoOf(token: string, claims: AccessTokenClaims, resource: ProtectedResource): AuthInfo {
  checkAudience(claims, resource.audience);
  const info: AuthInfo = {
    // An accessor and no value: inspection shows that there is a token, and not which.
    get token() {
      return token;
    },
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
  return Object.defineProperty(info, 'toJSON', { value: withoutToken });
}

/** @throws InsufficientScopeError with all scopes of the operation (RFC 6750 §3) */
export function checkScopes(granted: readonly string[], required: readonly string[]): void {
  if (required.every((scope) => granted.includes(scope))) return;
  const cause = { name: 'scope', expected: required, actual: granted };
  throw new InsufficientScopeError('insufficient_scope', required, { cause });
}

/** The scheme under which the token came: where DPoP is accepted, a bound token comes under no other. */
export function schemeOf(authInfo: unknown, { schemes }: ProtectedResource): AuthScheme {
  const path = ['extra', 'claims', 'cnf', 'jkt'];
  const jkt = path.reduce((value, name) => memberOf(value, name), authInfo);
  return schemes.includes('DPoP') && jkt !== undefined ? 'DPoP' : 'Bearer';
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** For logs and stores of sessions, which would keep the token longer than the request lives. */
function withoutToken(this: AuthInfo): Omit<AuthInfo, 'token'> {
  const { clientId, scopes, expiresAt, resource, resourceMetadataUrl, extra } = this;
  return { clientId, scopes, expiresAt, resource, resourceMetadataUrl, extra };
}

/**
 * What counts as the token's scopes here. A permission may be any text; one that could not be a scope would be two of
 * them as soon as somebody joins and splits the list.
 */
function scopesOf(claims: AccessTokenClaims, { scopesFromPermissions }: ProtectedResource): string[] {
  const permissions = scopesFromPermissions ? getPermissions(claims).filter(isScope) : [];
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
