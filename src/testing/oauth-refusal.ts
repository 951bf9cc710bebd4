/** A token request is refused (RFC 6749 §5.2); the token endpoint turns it into the answer. */

/** The status Auth0 gives to each error. */
const STATUSES = {
  invalid_request: 400,
  invalid_grant: 400,
  invalid_dpop_proof: 400,
  use_dpop_nonce: 400,
  unsupported_grant_type: 400,
  invalid_client: 401,
  access_denied: 403,
  unauthorized_client: 403,
} as const;

export class OAuthRefusal extends Error {
  override readonly name = 'OAuthRefusal';
  readonly error: keyof typeof STATUSES;
  readonly status: number;

  constructor(error: keyof typeof STATUSES, description: string) {
    super(description);
    this.error = error;
    this.status = STATUSES[error];
  }
}
