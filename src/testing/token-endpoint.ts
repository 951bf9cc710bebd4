/** `/oauth/token`: who asks, which grant, and the answer (RFC 6749 §5). */

import { authenticateClient } from './client-auth.ts';
import { refuseRepeatedFields, requiredField } from './form.ts';
import type { Grant, TenantParts, TokenAnswer } from './grant.ts';
import { grantClientCredentials, grantConnectionToken } from './grants.ts';
import { OAuthRefusal } from './oauth-refusal.ts';
import { provenKey } from './received-tokens.ts';
import { exchangeToken } from './token-exchange.ts';
import type { TokenForm } from './types.ts';

type GrantFunction = (grant: Grant) => TokenAnswer | Promise<TokenAnswer>;

const GRANTS: ReadonlyMap<string, GrantFunction> = new Map<string, GrantFunction>([
  ['client_credentials', grantClientCredentials],
  ['urn:ietf:params:oauth:grant-type:token-exchange', exchangeToken],
  [
    'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token',
    grantConnectionToken,
  ],
]);

/** Token answers must not be kept by anyone on the way (RFC 6749 §5.1). */
export const TOKEN_HEADERS = { 'cache-control': 'no-store', pragma: 'no-cache' };

export interface TokenRequest {
  readonly headers: Headers;
  /** `undefined` when the body was no form. */
  readonly form: TokenForm | undefined;
}

export function createTokenEndpoint(tenant: TenantParts): (request: TokenRequest) => Promise<Response> {
  return async (request) => {
    try {
      return Response.json(await grantTokens(request, tenant), { headers: TOKEN_HEADERS });
    } catch (error) {
      if (!(error instanceof OAuthRefusal)) throw error;
      const { status, message } = error;
      const challenge = status === 401 ? { 'www-authenticate': `Basic realm="${tenant.config.domain}"` } : {};
      return Response.json(
        { error: error.error, error_description: message },
        { status, headers: { ...TOKEN_HEADERS, ...challenge, ...nonceFor(error, tenant) } },
      );
    }
  };
}

function nonceFor({ error }: OAuthRefusal, { config }: TenantParts): Record<string, string> {
  return error === 'use_dpop_nonce' && config.dpopNonce !== undefined
    ? { 'dpop-nonce': config.dpopNonce }
    : {};
}

async function grantTokens({ headers, form }: TokenRequest, tenant: TenantParts): Promise<TokenAnswer> {
  if (form === undefined) {
    throw new OAuthRefusal('invalid_request', 'The body must be application/x-www-form-urlencoded.');
  }
  refuseRepeatedFields(form);
  const client = await authenticateClient(headers, form, tenant.config);
  const grantType = requiredField(form, 'grant_type');
  const grant = GRANTS.get(grantType);
  if (grant === undefined) {
    throw new OAuthRefusal('unsupported_grant_type', `Unsupported grant type: ${grantType}`);
  }
  if (client.grantTypes?.includes(grantType) === false) {
    throw new OAuthRefusal('unauthorized_client', `Grant type '${grantType}' not allowed for the client.`);
  }
  return grant({ ...tenant, form, client, dpopKey: await provenKey(headers, tenant.config) });
}
