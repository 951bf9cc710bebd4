/** What every grant of the token endpoint works with, and the answer they share (RFC 6749 §5.1). */

import type { TenantConfig } from './config.ts';
import { optionalField } from './form.ts';
import type { KeyRing } from './keys.ts';
import { OAuthRefusal } from './oauth-refusal.ts';
import type { TokenIssuer } from './tokens.ts';
import type { IssueAccessTokenOptions, TestClient, TokenForm } from './types.ts';

/** The parts of the tenant that the token endpoint needs. */
export interface TenantParts {
  readonly config: TenantConfig;
  readonly keys: KeyRing;
  readonly tokens: TokenIssuer;
}

export interface Grant extends TenantParts {
  readonly form: TokenForm;
  /** Authenticated. */
  readonly client: TestClient;
  /** The key of the request's DPoP proof. */
  readonly dpopKey: { readonly jkt: string } | undefined;
}

export type TokenAnswer = Readonly<Record<string, unknown>>;

/**
 * The API the token is asked for.
 *
 * @throws OAuthRefusal `access_denied` for an API the tenant does not know
 */
export function requestedAudience({ form, config }: Grant): string | undefined {
  const audience = optionalField(form, 'audience');
  if (audience !== undefined && config.audiences !== undefined && !config.audiences.includes(audience)) {
    throw new OAuthRefusal('access_denied', `Service not found: ${audience}`);
  }
  return audience;
}

/** Issues the access token, bound to the proven key if there is one. */
export function answerWithAccessToken(
  { tokens, client, dpopKey, config }: Grant,
  options: IssueAccessTokenOptions & { readonly scope: string | undefined },
): TokenAnswer {
  return {
    access_token: tokens.accessToken({ clientId: client.clientId, dpopKey, ...options }),
    token_type: dpopKey === undefined ? 'Bearer' : 'DPoP',
    expires_in: config.tokenLifetimeSeconds,
    ...(options.scope !== undefined && { scope: options.scope }),
  };
}
