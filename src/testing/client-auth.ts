/** Client authentication at the token endpoint: Basic, form fields, or a signed assertion. */

import { decodeJwt, jwtVerify } from 'jose';
import type { TenantConfig } from './config.ts';
import { TOKEN_PATH } from './discovery.ts';
import { optionalField } from './form.ts';
import { OAuthRefusal } from './oauth-refusal.ts';
import type { TestClient, TokenForm } from './types.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

interface Presented {
  readonly clientId: string | undefined;
  readonly proves: (client: TestClient) => boolean | Promise<boolean>;
}

/**
 * The client that proved who it is, by exactly one method (RFC 6749 §2.3).
 *
 * @throws OAuthRefusal `invalid_client`
 */
export async function authenticateClient(
  headers: Headers,
  form: TokenForm,
  config: TenantConfig,
): Promise<TestClient> {
  const presented = [byBasic(headers), bySecretField(form), byAssertion(form, config)].filter(
    (method) => method !== undefined,
  );
  const [method] = presented;
  if (method === undefined || presented.length > 1) throw unauthorized();

  const named = optionalField(form, 'client_id') ?? method.clientId;
  const client = config.clients.find(({ clientId }) => clientId === method.clientId);
  if (client === undefined || named !== client.clientId || !(await method.proves(client))) {
    throw unauthorized();
  }
  return client;
}

function unauthorized(): OAuthRefusal {
  return new OAuthRefusal('invalid_client', 'Unauthorized');
}

function byBasic(headers: Headers): Presented | undefined {
  const authorization = headers.get('authorization');
  if (authorization === null) return undefined;
  const encoded = /^basic +(?<encoded>\S+)$/iu.exec(authorization)?.groups?.encoded ?? '';
  const [clientId, ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
  return {
    clientId: formDecoded(clientId),
    proves: (client) => formDecoded(secret.join(':')) === client.clientSecret,
  };
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. */
function formDecoded(text: string | undefined): string | undefined {
  try {
    return text && decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function bySecretField(form: TokenForm): Presented | undefined {
  const secret = optionalField(form, 'client_secret');
  if (secret === undefined) return undefined;
  return {
    clientId: optionalField(form, 'client_id'),
    proves: (client) => secret === client.clientSecret,
  };
}

/** RFC 7523 §3; Auth0 wants the issuer as audience, RFC 7523 names the token endpoint: both will do. */
function byAssertion(form: TokenForm, config: TenantConfig): Presented | undefined {
  const assertion = optionalField(form, 'client_assertion');
  const type = optionalField(form, 'client_assertion_type');
  if (assertion === undefined && type === undefined) return undefined;
  return {
    clientId: subjectOf(assertion),
    proves: async ({ clientId, publicJwk }) => {
      if (assertion === undefined || type !== JWT_BEARER || publicJwk === undefined) return false;
      const expected = {
        issuer: clientId,
        subject: clientId,
        audience: [config.issuer, `${config.origin}${TOKEN_PATH}`],
        requiredClaims: ['exp', 'jti'],
        currentDate: new Date(config.now()),
      };
      return jwtVerify(assertion, publicJwk, expected).then(
        () => true,
        () => false,
      );
    },
  };
}

function subjectOf(assertion: string | undefined): string | undefined {
  try {
    return assertion && decodeJwt(assertion).sub;
  } catch {
    return undefined;
  }
}
