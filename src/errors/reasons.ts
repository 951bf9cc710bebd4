/**
 * The vocabulary of every refusal, as closed unions: a `code` is what goes on the wire, a `reason` is what an operator
 * reads. Imports nothing.
 */

/** What a client is told: the `error` of a JSON body and, where RFC 6750 or RFC 9449 define it, of the challenge. */
export type ErrorCode =
  | 'unauthorized'
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'invalid_configuration'
  | 'issuer_unavailable'
  | 'replay_store_unavailable'
  | 'domains_resolver_error'
  | 'get_token_by_exchange_profile_error'
  | 'get_access_token_for_connection_error'
  | 'get_token_by_client_credentials_error';

/** Public wording for each reason. It says what RFC 6750 §3 wants a client to know and no more. */
export const DESCRIPTIONS = {
  invalid_option: 'The API client is not configured correctly.',
  missing_argument: 'A required argument is missing.',
  invalid_argument: 'An argument cannot be used.',
  invalid_headers: 'The request headers cannot be read.',

  missing_credentials: 'The request carries no access token.',
  multiple_credentials: 'The request carries more than one set of credentials.',
  unsupported_scheme: 'The authentication scheme is not supported.',
  scheme_not_allowed: 'The authentication scheme is not accepted here.',

  opaque_token: 'The access token is not a JWT.',
  encrypted_token: 'Encrypted access tokens are not supported.',
  unsupported_encryption: 'The access token is encrypted in a way that is not accepted.',
  unknown_encryption_key: 'The access token is encrypted for an unknown key.',
  decryption_failed: 'The access token cannot be decrypted.',
  malformed_token: 'The access token is malformed.',
  token_too_large: 'The access token is too large.',
  unsupported_algorithm: 'The access token is signed with an algorithm that is not accepted.',
  unsupported_token_type: 'The token is not an access token.',
  unsupported_header: 'The access token has a header parameter that is not supported.',
  missing_kid: 'The access token does not name its signing key.',
  unknown_kid: 'The access token is signed with an unknown key.',
  signature_invalid: 'The signature of the access token is not valid.',
  issuer_missing: 'The access token does not name its issuer.',
  issuer_not_allowed: 'The issuer of the access token is not accepted.',
  issuer_mismatch: 'The issuer of the access token is not accepted.',
  audience_mismatch: 'The access token was issued for another audience.',
  token_expired: 'The access token has expired.',
  token_not_yet_valid: 'The access token is not valid yet.',
  claim_missing: 'The access token lacks a required claim.',
  claim_invalid: 'A claim of the access token is not valid.',
  act_invalid: 'The actor claim of the access token is not valid.',
  insufficient_scope: 'The access token lacks a required scope.',
  insufficient_permission: 'The access token lacks a required permission.',
  actor_not_allowed: 'The current actor of the access token is not accepted here.',
  actor_missing: 'The access token must be a delegated one.',

  certificate_binding_missing: 'The access token is not bound to a client certificate.',
  certificate_binding_mismatch: 'The access token is bound to another client certificate.',
  client_certificate_missing: 'The access token must be presented together with a client certificate.',
  client_certificate_invalid: 'The client certificate cannot be read.',

  id_token_nonce_mismatch: 'The ID token was issued for another login.',
  id_token_auth_too_old: 'The user authenticated too long ago.',
  id_token_at_hash_mismatch: 'The ID token was issued together with another access token.',
  organization_mismatch: 'The user logged in to another organization.',

  dpop_bound_token_as_bearer: 'The access token is bound to a key and must be presented with DPoP.',
  dpop_binding_missing: 'The access token is not bound to a DPoP key.',
  dpop_binding_mismatch: 'The access token is bound to another DPoP key.',
  dpop_proof_with_bearer: 'A DPoP proof was sent together with the Bearer scheme.',
  dpop_proof_missing: 'The DPoP proof is missing.',
  dpop_proof_multiple: 'The request carries more than one DPoP proof.',
  dpop_proof_malformed: 'The DPoP proof is malformed.',
  dpop_proof_type: 'The DPoP proof has the wrong type.',
  dpop_proof_algorithm: 'The DPoP proof is signed with an algorithm that is not accepted.',
  dpop_proof_key: 'The DPoP proof does not carry a usable public key.',
  dpop_proof_signature: 'The signature of the DPoP proof is not valid.',
  dpop_proof_claim: 'A claim of the DPoP proof is missing or not valid.',
  dpop_proof_expired: 'The DPoP proof is outside its time window.',
  dpop_proof_htm_mismatch: 'The DPoP proof was made for another HTTP method.',
  dpop_proof_htu_mismatch: 'The DPoP proof was made for another URL.',
  dpop_proof_ath_mismatch: 'The DPoP proof was made for another access token.',
  dpop_proof_replayed: 'The DPoP proof was used before.',
  dpop_nonce_missing: 'The DPoP proof must carry a nonce.',
  dpop_nonce_invalid: 'The nonce of the DPoP proof is not valid any more.',

  discovery_unavailable: 'The issuer cannot be reached at the moment.',
  jwks_unavailable: 'The issuer cannot be reached at the moment.',
  replay_store_unavailable: 'The DPoP proof cannot be checked at the moment.',
  domains_resolver_failed: 'The accepted domains cannot be determined.',

  missing_client_credentials:
    'Exchanging tokens needs `domain`, `clientId` and `clientSecret` (or a signing key) in the client options.',
  subject_token_invalid: 'The subject token cannot be used.',
  reserved_parameter: '`extra` holds a parameter that the SDK sets itself.',
  invalid_parameter: 'A parameter of the token exchange cannot be used.',
  token_endpoint_missing: 'The issuer does not offer a token endpoint.',
  upstream_refused: 'The authorization server refused the token request.',
  upstream_unreachable: 'The authorization server could not be reached.',
  upstream_timeout: 'The authorization server did not answer in time.',
  upstream_invalid_answer: 'The authorization server gave an answer that cannot be used.',
} as const satisfies Record<string, string>;

/** Why a call was refused, for operators: one word, documented in docs/errors.md with what to do about it. */
export type ErrorReason = keyof typeof DESCRIPTIONS;
