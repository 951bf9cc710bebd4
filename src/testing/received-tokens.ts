/** The tenant's own access tokens and clients' DPoP proofs, verified when they come back to the token endpoint. */

import { calculateJwkThumbprint, createLocalJWKSet, EmbeddedJWK, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import type { TenantConfig } from './config.ts';
import { TOKEN_PATH } from './discovery.ts';
import type { KeyRing } from './keys.ts';
import { OAuthRefusal } from './oauth-refusal.ts';

export type OwnTokenClaims = JWTPayload & { readonly sub: string };

/**
 * The claims of an access token that this tenant issued, that has not expired and, when `audience` is given,
 * that was issued for one of these APIs. ID tokens are signed with the same keys, and are no access tokens.
 *
 * @throws OAuthRefusal `invalid_request`, as RFC 8693 §2.2.2 says
 */
export async function verifyOwnToken(
  token: string,
  audience: string | readonly string[] | undefined,
  { config, keys }: { readonly config: TenantConfig; readonly keys: KeyRing },
): Promise<OwnTokenClaims> {
  const expected = {
    issuer: config.issuer,
    requiredClaims: ['sub', 'aud', 'exp'],
    currentDate: new Date(config.now()),
    ...(audience !== undefined && { audience: [audience].flat() }),
  };
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys.jwks()), expected).catch(
    (error: unknown) => {
      throw new OAuthRefusal('invalid_request', `The token is not valid: ${reasonOf(error)}`);
    },
  );
  // The profile of Auth0's own has no type for access tokens, but names the client in them (RFC 9068 §2.1, §2.2).
  if (protectedHeader.typ?.toLowerCase() !== 'at+jwt' && payload.client_id === undefined) {
    throw new OAuthRefusal('invalid_request', 'The token is not valid: it is no access token');
  }
  if (typeof payload.sub !== 'string' || payload.sub.trim() === '') {
    throw new OAuthRefusal('invalid_request', 'The token is not valid: it names no subject');
  }
  return { ...payload, sub: payload.sub };
}

/**
 * The key to which the client wants the new token bound: the one of its DPoP proof (RFC 9449 §5), if there is one.
 *
 * @throws OAuthRefusal `invalid_dpop_proof`, `use_dpop_nonce`
 */
export async function provenKey(
  headers: Headers,
  config: TenantConfig,
): Promise<{ readonly jkt: string } | undefined> {
  const proof = headers.get('dpop');
  if (proof === null) return undefined;
  const expected = {
    typ: 'dpop+jwt',
    requiredClaims: ['jti', 'iat'],
    currentDate: new Date(config.now()),
    maxTokenAge: 300,
  };
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, expected).catch(
    (error: unknown) => {
      throw new OAuthRefusal('invalid_dpop_proof', `The DPoP proof is not valid: ${reasonOf(error)}`);
    },
  );
  if (
    payload.htm !== 'POST' ||
    payload.htu !== `${config.origin}${TOKEN_PATH}` ||
    protectedHeader.jwk === undefined
  ) {
    throw new OAuthRefusal('invalid_dpop_proof', 'The DPoP proof was made for another request.');
  }
  if (config.dpopNonce !== undefined && payload.nonce !== config.dpopNonce) {
    throw new OAuthRefusal('use_dpop_nonce', 'The DPoP proof must carry the nonce of this server.');
  }
  return { jkt: await calculateJwkThumbprint(protectedHeader.jwk) };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
