/** The tenant's metadata (OpenID Connect Discovery 1.0 §3), with the members Auth0 publishes. */

import { SIGNING_ALGORITHMS } from './algorithms.ts';
import type { TenantConfig } from './config.ts';
import { withOverrides } from './members.ts';

export const DISCOVERY_PATH = '/.well-known/openid-configuration';
export const JWKS_PATH = '/.well-known/jwks.json';
export const TOKEN_PATH = '/oauth/token';

export function discoveryDocument({ issuer, origin, algorithm, discovery }: TenantConfig) {
  const metadata = {
    issuer,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}${TOKEN_PATH}`,
    device_authorization_endpoint: `${origin}/oauth/device/code`,
    userinfo_endpoint: `${origin}/userinfo`,
    mfa_challenge_endpoint: `${origin}/mfa/challenge`,
    jwks_uri: `${origin}${JWKS_PATH}`,
    registration_endpoint: `${origin}/oidc/register`,
    revocation_endpoint: `${origin}/oauth/revoke`,
    end_session_endpoint: `${origin}/oidc/logout`,
    scopes_supported: ['openid', 'profile', 'offline_access', 'email'],
    response_types_supported: ['code', 'token', 'id_token', 'code token', 'code id_token'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    code_challenge_methods_supported: ['S256', 'plain'],
    subject_types_supported: ['public'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: SIGNING_ALGORITHMS,
    id_token_signing_alg_values_supported: [algorithm],
    claims_supported: ['aud', 'exp', 'iat', 'iss', 'sub'],
    request_uri_parameter_supported: false,
    request_parameter_supported: false,
    dpop_signing_alg_values_supported: ['ES256'],
  };
  return withOverrides(metadata, discovery);
}
