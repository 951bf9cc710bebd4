/**
 * One request of any framework, authenticated by the client and remembered. All that adapters have in common.
 */
import {
  type AccessTokenChecks,
  type AccessTokenClaims,
  type ClientCertificate,
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

/** What a framework does not know of a request, and the program has to tell. */
export interface AuthOptions<Incoming> {
  /**
   * The client certificate of the connection (RFC 8705 §3), from the socket or from a header that a proxy sets, in any
   * form that `verifyRequest` takes; `undefined` or empty text when there is none. What it throws is an error of the
   * program. By default no certificate is looked for.
   */
  readonly clientCertificate?: ((request: Incoming) => ClientCertificate | null | undefined) | undefined;
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
  { httpUrl, headers, ...parts }: RequestParts,
  checks: AccessTokenChecks = {},
): Promise<AccessTokenClaims> {
  // By name, because an inherited check counts as well, and a rest has own members only.
  const { requiredScopes, requiredPermissions, allowedActors, requireActor, ...others } = checks;
  const { requiredClaims, claimsSchema } = checks;
  const clientCertificate = parts.clientCertificate ?? checks.clientCertificate;
  const more = { ...others, requiredClaims, claimsSchema, clientCertificate };
  const claims = await client.verifyAccessToken({ ...more, accessToken, httpUrl, headers });
  // Apart from the others, because this refusal comes with its challenge.
  const requirements = { requiredScopes, requiredPermissions, allowedActors, requireActor };
  client.authorize(claims, requirements, { scheme });
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

/**
 * What tells the certificate of a request. A misspelt option would protect nothing.
 *
 * @throws ConfigurationError for another option, for a certificate in place of the function, and when the checks name a
 *   certificate as well
 */
export function certificateReader<Incoming>(
  options: AuthOptions<Incoming> = {},
  checks: AccessTokenChecks = {},
): (request: Incoming) => ClientCertificate | undefined {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null)
    throw new ConfigurationError('The options must be an object.');
  const unknown = Object.keys(given).find((name) => name !== 'clientCertificate');
  if (unknown !== undefined) {
    throw new ConfigurationError(`There is no option \`${unknown}\`; there is clientCertificate.`);
  }
  const { clientCertificate } = options;
  if (clientCertificate === undefined) return () => undefined;
  if (typeof (clientCertificate as unknown) !== 'function') {
    throw new ConfigurationError('The option `clientCertificate` must be a function of the request.');
  }
  if (checks.clientCertificate !== undefined) {
    throw new ConfigurationError('`clientCertificate` belongs to the options or to the checks, not to both.');
  }
  return (request) => clientCertificate(request) ?? undefined;
}
