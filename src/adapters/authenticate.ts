/**
 * One request of any framework, authenticated by the client and remembered. All that adapters have in common.
 */
import {
  type AccessTokenChecks,
  type AccessTokenClaims,
  ConfigurationError,
  extractCredentials,
  type GetTokenOnBehalfOfOptions,
  type OnBehalfOfTokenResult,
  type RequestParts,
} from '../index.ts';
import { type AuthClient, type AuthContext, remember, rememberedBy, RequestAuth } from './auth-context.ts';

export interface Authentication<Claims extends AccessTokenClaims = AccessTokenClaims> {
  readonly auth: AuthContext<Claims>;
  /** The value for the `DPoP-Nonce` header of the answer; `undefined` for none (RFC 9449 §8.2). */
  readonly dpopNonce: string | undefined;
}

/** How a request is to be authenticated. */
export interface AuthenticateOptions {
  readonly client: AuthClient;
  readonly checks?: AccessTokenChecks | undefined;
  /** How tokens are exchanged; by the client unless a framework needs to see failures in another form. */
  readonly exchange?: (options: GetTokenOnBehalfOfOptions) => Promise<OnBehalfOfTokenResult>;
}

/**
 * Authenticates a request and remembers the outcome.
 *
 * @param request what stands for the request in its framework
 * @param parts the same request as the client reads it
 * @throws as `verifyRequest` of the client
 */
export async function authenticate(
  request: object,
  parts: RequestParts,
  { client, checks, exchange }: AuthenticateOptions,
): Promise<Authentication> {
  const known = rememberedBy(client, request);
  // A proof is good for one verification. Where requireAuth stands twice, for the API and again for a route, the second
  // adds its checks to a token that the first has found to belong to the sender.
  const isProven = known?.scheme === 'DPoP';
  const claims = await (isProven
    ? verifyAgain(client, known, parts, checks)
    : client.verifyRequest(parts, checks));
  const { scheme, accessToken } = isProven ? known : extractCredentials(parts.headers);
  const auth = new RequestAuth({
    claims,
    scheme,
    accessToken,
    exchange: exchange ?? ((options) => client.getTokenOnBehalfOf(options)),
  });
  const dpopNonce = scheme === 'DPoP' ? await client.nextDpopNonce() : undefined;
  remember(request, client, auth);
  return { auth, dpopNonce };
}

async function verifyAgain(
  client: AuthClient,
  { accessToken, scheme }: AuthContext,
  { httpUrl, headers }: RequestParts,
  checks: AccessTokenChecks = {},
): Promise<AccessTokenClaims> {
  // By name, because an inherited check counts as well, and a rest has own members only.
  const { requiredScopes, requiredPermissions, requiredClaims, claimsSchema, ...others } = checks;
  const more = { ...others, requiredClaims, claimsSchema };
  const claims = await client.verifyAccessToken({ ...more, accessToken, httpUrl, headers });
  // Apart from the others, because this refusal comes with its challenge.
  client.authorize(claims, { requiredScopes, requiredPermissions }, { scheme });
  return claims;
}

/**
 * Refuses what is no client when the program starts, and not when the first request comes.
 *
 * @throws ConfigurationError
 */
export function checkClient(client: unknown): void {
  if (typeof client === 'object' && client !== null && 'verifyRequest' in client) return;
  throw new ConfigurationError('The first argument must be an ApiClient.');
}
