/** The grants that are no token exchange in the sense of RFC 8693. */

import { randomBytes } from 'node:crypto';
import { optionalField, requiredField } from './form.ts';
import { answerWithAccessToken, requestedAudience } from './grant.ts';
import type { Grant, TokenAnswer } from './grant.ts';
import { OAuthRefusal } from './oauth-refusal.ts';
import { verifyOwnToken } from './received-tokens.ts';
import { ACCESS_TOKEN_TYPE } from './token-exchange.ts';

const CONNECTION_TOKEN_TYPE = 'http://auth0.com/oauth/token-type/federated-connection-access-token';
/** What the identity provider is supposed to have granted. */
const CONNECTION_SCOPE = 'openid email profile';
const CONNECTION_LIFETIME_SECONDS = 3600;

/** RFC 6749 §4.4, with Auth0's `audience`. */
export function grantClientCredentials(grant: Grant): TokenAnswer {
  const audience = requestedAudience(grant);
  if (audience === undefined) {
    throw new OAuthRefusal('access_denied', 'No audience was given, and there is no default one.');
  }
  return answerWithAccessToken(grant, {
    audience,
    sub: `${grant.client.clientId}@clients`,
    scope: optionalField(grant.form, 'scope'),
    claims: { gty: 'client-credentials' },
  });
}

/** Auth0's Token Vault: the identity provider's own, opaque token for the user of an access token. */
export async function grantConnectionToken(grant: Grant): Promise<TokenAnswer> {
  const { form, config, client } = grant;
  const connection = requiredField(form, 'connection');
  const subjectToken = requiredField(form, 'subject_token');
  const types = [
    ['subject_token_type', ACCESS_TOKEN_TYPE],
    ['requested_token_type', CONNECTION_TOKEN_TYPE],
  ] as const;
  for (const [name, expected] of types) {
    if (requiredField(form, name) !== expected) {
      throw new OAuthRefusal('invalid_request', `Unsupported ${name}.`);
    }
  }

  await verifyOwnToken(subjectToken, client.audience, grant);
  if (!config.connections.includes(connection)) {
    throw new OAuthRefusal('invalid_request', `Connection not found: ${connection}`);
  }
  return {
    access_token: `${connection}.${randomBytes(24).toString('base64url')}`,
    issued_token_type: CONNECTION_TOKEN_TYPE,
    token_type: 'Bearer',
    expires_in: CONNECTION_LIFETIME_SECONDS,
    scope: CONNECTION_SCOPE,
  };
}
