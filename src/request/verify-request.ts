/**
 * One request, from headers to claims: the decisions of docs/verifying-requests.md in their order. It is the one place
 * where a refusal gets its challenge.
 */
import type { ActorRequirements } from '../actors.ts';
import { type AccessTokenChecks, applyChecks, type CheckedClaims } from '../access-token/call-checks.ts';
import { certificateOf, type ClientCertificate } from '../access-token/certificate-binding.ts';
import { boundKeyOf } from '../access-token/claim-checks.ts';
import type { AccessTokenClaims } from '../claims.ts';
import { normalizeHtu } from '../dpop/htu.ts';
import type { ProvenRequest } from '../dpop/verify-proof.ts';
import {
  BaseAuthError,
  InsufficientScopeError,
  InvalidAuthSchemeError,
  InvalidDpopProofError,
  InvalidRequestError,
  MissingRequiredArgumentError,
  setChallenges,
  VerifyAccessTokenError,
} from '../errors/index.ts';
import type { IssuerContext } from '../issuer/allowed-issuers.ts';
import { buildChallenges, type ChallengeError, type ChallengePolicy } from './challenge.ts';
import {
  type AuthScheme,
  type PresentedCredentials,
  readAuthorization,
  readPresented,
  type RequestHeaders,
  singleProof,
} from './credentials.ts';
import { type PublicUrl, publicUrlOf } from './public-url.ts';
import { acceptedSchemes, type DpopMode, ruleFor } from './scheme-policy.ts';

/** A request in parts, for frameworks without Fetch API classes. */
export interface RequestParts {
  readonly headers: RequestHeaders;
  /** The method of the request; needed for DPoP. There is no default. */
  readonly httpMethod?: string | undefined;
  /**
   * The absolute URL of the request as the client sees it; needed for DPoP. With `dpop.publicUrl`, a path will do: leave it
   * to that option to put the origin in front, since what a request line holds need not begin with a slash.
   */
  readonly httpUrl?: string | undefined;
  /** The client certificate of the connection, as {@link AccessTokenChecks.clientCertificate}. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** Names of a Fetch `Request`; here they would be passed over. */
  readonly method?: never;
  readonly url?: never;
}

/** What {@link ApiClient.verifyRequest} reads of a Fetch `Request`; its body is left alone. */
export interface FetchRequest {
  readonly headers: { get(name: string): string | null };
  readonly method: string;
  readonly url: string;
  /** No `Request` has it; a program may have put it there. */
  readonly clientCertificate?: ClientCertificate | undefined;
}

/** The steps of verification, wired by the client. */
export interface RequestVerification extends Omit<ChallengePolicy, 'schemes'> {
  readonly mode: DpopMode;
  /** What the client demands of actors. */
  readonly actors: ActorRequirements;
  readonly publicUrl: PublicUrl | undefined;
  readonly verifyAccessToken: (accessToken: string, context: IssuerContext) => Promise<AccessTokenClaims>;
  readonly checkCertificate: (
    claims: AccessTokenClaims,
    certificate: ClientCertificate | undefined,
  ) => Promise<void> | undefined;
  readonly verifyProof: (request: ProvenRequest) => Promise<unknown>;
}

/** Verifies a request; every refusal that a client can act upon leaves with its challenge. */
export async function verifyRequest<Claims extends object>(
  request: RequestParts | FetchRequest,
  checks: AccessTokenChecks<Claims>,
  verification: RequestVerification,
): Promise<AccessTokenClaims | CheckedClaims<Claims>> {
  let scheme: AuthScheme | undefined;
  try {
    const parts = partsOf(request);
    const clientCertificate = certificateOf(parts, checks);
    const authorization = readAuthorization(parts.headers);
    scheme = authorization.scheme;
    const credentials = readPresented(authorization, parts.headers);
    const claims = await authenticate(parts, credentials, clientCertificate, verification);
    return await applyChecks(claims, checks, verification.actors);
  } catch (error) {
    if (error instanceof BaseAuthError) challenge(error, scheme, verification);
    throw error;
  }
}

/**
 * Gives an error the challenge that a client needs to do better; errors that are not about the request get none.
 */
export function challenge(
  error: BaseAuthError,
  scheme: AuthScheme | undefined,
  policy: Omit<ChallengePolicy, 'schemes'> & { readonly mode: DpopMode },
): void {
  // The status of an answer of ours: that of a token endpoint says something about us.
  if (error.responseStatusCode >= 500) return;
  const schemes = acceptedSchemes(policy.mode);
  const used = schemes.find((accepted) => accepted === scheme) ?? schemes[0];
  // Answered 401 or, by way of exception, 400 (a proof): the next token may as well have the right scopes.
  const isAboutCredentials = error.statusCode === 401 || error instanceof InvalidDpopProofError;
  const scopes = isAboutCredentials ? policy.scopes : undefined;
  setChallenges(error, buildChallenges({ ...policy, schemes, scopes }, failureOf(error, used)));
}

/** Without credentials, or under a scheme that is not accepted, there is nothing to say but what is (RFC 6750 §3.1). */
function failureOf(error: BaseAuthError, scheme: AuthScheme | undefined): ChallengeError | undefined {
  if (scheme === undefined || error.code === 'unauthorized') return undefined;
  return {
    scheme,
    error: error.code,
    description: error.message,
    ...(error instanceof InsufficientScopeError ? { scopes: error.requiredScopes } : {}),
  };
}

async function authenticate(
  parts: RequestParts,
  credentials: PresentedCredentials,
  clientCertificate: ClientCertificate | undefined,
  verification: RequestVerification,
): Promise<AccessTokenClaims> {
  const { scheme, accessToken } = credentials;
  const rule = ruleFor(verification.mode, scheme);
  if (rule === undefined) throw new InvalidAuthSchemeError('scheme_not_allowed');
  const proven =
    scheme === 'DPoP' ? readProvenRequest(parts, credentials, verification.publicUrl) : undefined;

  const claims = await verification.verifyAccessToken(accessToken, {
    requestUrl: parts.httpUrl,
    requestHeaders: parts.headers,
  });
  const jkt = boundKeyOf(claims);
  const decision = jkt === undefined ? rule.unbound : rule.bound;
  if (decision !== 'accept' && decision !== 'verify_proof') throw new VerifyAccessTokenError(decision);
  if (rule.refusesProof && credentials.proofs.length > 0)
    throw new InvalidRequestError('dpop_proof_with_bearer');
  // Before the proof: whoever is refused here has not used it up.
  const checked = verification.checkCertificate(claims, clientCertificate);
  if (checked !== undefined) await checked;
  if (decision === 'verify_proof' && jkt !== undefined && proven !== undefined) {
    await verification.verifyProof({ ...proven, jkt });
  }
  return claims;
}

/** What the proof is held against; all that can be refused without looking at the token. */
function readProvenRequest(
  parts: RequestParts,
  { proofs, accessToken }: PresentedCredentials,
  publicUrl: PublicUrl | undefined,
): Omit<ProvenRequest, 'jkt'> {
  const proof = singleProof(proofs);
  if (proof === undefined) throw new InvalidDpopProofError('dpop_proof_missing');
  const httpUrl = publicUrl === undefined ? parts.httpUrl : publicUrlOf(publicUrl, parts);
  return { proof, accessToken, ...readTarget(parts.httpMethod, httpUrl) };
}

/**
 * The method and normalised URL that a proof must name.
 *
 * @throws MissingRequiredArgumentError @throws InvalidRequestError
 */
export function readTarget(httpMethod: unknown, httpUrl: unknown): { httpMethod: string; htu: string } {
  if (typeof httpMethod !== 'string' || httpMethod === '') throw missingForDpop('httpMethod');
  if (httpUrl === undefined || httpUrl === null || httpUrl === '') throw missingForDpop('httpUrl');
  const htu = normalizeHtu(httpUrl);
  if (htu === undefined) {
    throw new InvalidRequestError('invalid_argument', {
      message: 'The URL of the request is not an absolute http(s) URL.',
      cause: { name: 'httpUrl', expected: 'an absolute http(s) URL' },
    });
  }
  return { httpMethod, htu };
}

function missingForDpop(argument: string): MissingRequiredArgumentError {
  return new MissingRequiredArgumentError(
    argument,
    `\`${argument}\` is missing: the program must pass it for a DPoP proof to be verified.`,
  );
}

/** A Fetch `Request` brings its own method and URL; parts are taken as they are. */
function partsOf(request: unknown): RequestParts {
  if (request === undefined || request === null) throw new MissingRequiredArgumentError('request');
  if (typeof request !== 'object' || !('headers' in request))
    throw new MissingRequiredArgumentError('headers');
  return isFetchRequest(request)
    ? {
        headers: request.headers,
        httpMethod: request.method,
        httpUrl: request.url,
        clientCertificate: request.clientCertificate,
      }
    : (request as RequestParts);
}

function isFetchRequest(request: object): request is FetchRequest {
  if ('httpMethod' in request || 'httpUrl' in request) return false;
  const { headers, method, url } = request as Partial<Record<string, unknown>>;
  const isHeaders = typeof headers === 'object' && headers !== null && 'get' in headers;
  return (
    isHeaders && typeof headers.get === 'function' && typeof method === 'string' && typeof url === 'string'
  );
}
