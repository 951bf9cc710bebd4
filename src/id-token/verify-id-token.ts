/**
 * An ID token, from text to verified claims (OpenID Connect Core §3.1.3.7). Loaded when the first one is verified.
 */
import { hmacSha256 } from '#signature';
import type { IdTokenClaims } from '../claims.ts';
import { VerifyIdTokenError } from '../errors/index.ts';
import { type AllowedIssuers, resolveIssuer } from '../issuer/allowed-issuers.ts';
import type { KnownIssuer, KnownIssuers } from '../issuer/issuers.ts';
import type { JwsAlgorithm } from '../jws/algorithms.ts';
import type { CompactJws } from '../jws/compact.ts';
import { deepFreeze, ownMember } from '../jws/json.ts';
import { checkParameters, parseJwt, readAlgorithm, readIssuer, readKid, typeOf } from '../jwt/read-jwt.ts';
import { equalInConstantTime } from '../platform/constant-time.ts';
import { excerpt } from '../platform/excerpt.ts';
import { checkAccessTokenHash } from './access-token-hash.ts';
import { checkIdTokenClaims } from './claim-checks.ts';
import { type IdTokenClient, type IdTokenOptions, readExpectations } from './expectations.ts';

/** The header type of an ID token, lower case. `at+jwt` and all others are some other token. */
const TYPES = new Set<unknown>([undefined, 'jwt']);

export interface IdTokenPolicy {
  readonly allowedIssuers: AllowedIssuers;
  readonly clockToleranceSeconds: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly client: IdTokenClient;
  /** How long a function may take that has the client's secret. */
  readonly http: { readonly timeoutSeconds: number };
}

/**
 * Verifies an ID token: header, issuer, key, signature, claims, in this order. The issuer is allowed, or the token
 * refused, before anything is fetched.
 *
 * @throws VerifyIdTokenError @throws IssuerUnavailableError @throws DomainsResolverError
 * @throws MissingRequiredArgumentError @throws ConfigurationError
 */
export async function verifyIdToken(
  options: IdTokenOptions,
  policy: IdTokenPolicy,
  issuers: KnownIssuers,
): Promise<IdTokenClaims> {
  const expectations = await readExpectations(options, policy.client, policy.http.timeoutSeconds);
  const { idToken, clientSecret } = expectations;
  const jws = parseJwt(idToken, VerifyIdTokenError);
  checkParameters(jws.header, VerifyIdTokenError);
  checkAlgorithm(jws, expectations.algorithm);
  if (!TYPES.has(typeOf(jws.header))) {
    throw new VerifyIdTokenError('unsupported_token_type', { cause: { name: 'typ', expected: 'JWT' } });
  }
  const key = clientSecret === undefined ? readKey(jws, expectations.algorithm) : undefined;

  const issuer = await findIssuer(jws, options, policy, issuers);
  const isValid =
    key === undefined
      ? await isSignedWith(clientSecret, idToken, jws)
      : await isSignedByIssuer(jws, key, issuer);
  if (!isValid) throw new VerifyIdTokenError('signature_invalid');

  const claims = jws.payload;
  checkIdTokenClaims(claims, {
    ...expectations,
    seconds: policy.now() / 1000,
    clockToleranceSeconds: policy.clockToleranceSeconds,
  });
  await checkAccessTokenHash(claims, expectations);
  return deepFreeze(claims);
}

/** The one algorithm that this call accepts, whatever the header says (RFC 8725 §3.1). */
function checkAlgorithm({ header }: CompactJws, algorithm: string): void {
  if (ownMember(header, 'alg') === algorithm) return;
  throw new VerifyIdTokenError('unsupported_algorithm', { cause: { name: 'alg', expected: algorithm } });
}

/** Which key of the issuer the token names. */
interface NamedKey {
  readonly algorithm: JwsAlgorithm;
  readonly kid: string;
}

function readKey({ header }: CompactJws, name: string): NamedKey {
  const algorithm = readAlgorithm(header, new Set([name]), VerifyIdTokenError);
  return { algorithm, kid: readKid(header, VerifyIdTokenError) };
}

/** An issuer; once it is sure that its metadata spells it as the token does. */
async function findIssuer(
  { payload }: CompactJws,
  { httpUrl: requestUrl, headers: requestHeaders }: IdTokenOptions,
  { allowedIssuers }: IdTokenPolicy,
  issuers: KnownIssuers,
): Promise<KnownIssuer> {
  const unverifiedIss = readIssuer(payload, VerifyIdTokenError);
  const context = { requestUrl, requestHeaders };
  const issuer = issuers.get(await resolveIssuer(allowedIssuers, unverifiedIss, context, VerifyIdTokenError));
  const metadata = await issuer.metadata();
  if (unverifiedIss === metadata.issuer) return issuer;
  throw new VerifyIdTokenError('issuer_mismatch', {
    cause: { name: 'iss', expected: metadata.issuer, actual: excerpt(unverifiedIss) },
  });
}

async function isSignedByIssuer(
  { signature, signingInput }: CompactJws,
  { kid, algorithm }: NamedKey,
  issuer: KnownIssuer,
): Promise<boolean> {
  const verifier = await issuer.verifier(kid, algorithm);
  if (typeof verifier === 'string') throw new VerifyIdTokenError(verifier, { cause: { name: 'kid' } });
  return await verifier(signature, signingInput);
}

/** HMAC with SHA-256 (RFC 7518 §3.2). What follows the signing input is canonical, so texts compare like bytes. */
async function isSignedWith(
  secret: string | undefined,
  idToken: string,
  { signingInput }: CompactJws,
): Promise<boolean> {
  if (secret === undefined) return false;
  const expected = await hmacSha256(secret, signingInput);
  return equalInConstantTime(expected, idToken.slice(signingInput.length + 1));
}
