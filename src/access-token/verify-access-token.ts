/**
 * An access token, from text to verified claims (RFC 7515 §5.2, RFC 7519 §7.2, RFC 9068 §4).
 */
import type { AccessTokenClaims } from '../claims.ts';
import { VerifyAccessTokenError } from '../errors/index.ts';
import { type AllowedIssuers, type IssuerContext, resolveIssuer } from '../issuer/allowed-issuers.ts';
import type { KnownIssuers } from '../issuer/issuers.ts';
import { excerpt } from '../platform/excerpt.ts';
import type { CompactJws } from '../jws/compact.ts';
import { deepFreeze } from '../jws/json.ts';
import type { Verifier } from '../jws/signature.ts';
import { isEncrypted } from '../jwt/read-jwt.ts';
import { checkRegisteredClaims, checkTimes } from './claim-checks.ts';
import { type HeaderPolicy, readToken } from './read-token.ts';
import type { VerifiedTokens } from './verified-tokens.ts';

/** How many signatures are being checked, or about to be. */
export interface SignaturesInFlight {
  count: number;
}

/** With fewer, the calling thread is faster. */
const BUSY = 8;

export interface AccessTokenPolicy extends HeaderPolicy {
  readonly allowedIssuers: AllowedIssuers;
  readonly audiences: readonly string[];
  readonly clockToleranceSeconds: number;
  /** Of all calls of one client. */
  readonly signatures: SignaturesInFlight;
  /** The signed token inside an encrypted one; `undefined` when there are no keys for it. */
  readonly decrypt: ((jwe: string) => Promise<string>) | undefined;
  /** `undefined` when no verdict is remembered. */
  readonly verifiedTokens: VerifiedTokens | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Verifies a token: header, issuer, key, signature, claims, in this order. The issuer is allowed, or the token refused,
 * before anything is fetched.
 *
 * Of a token that was verified before, the form, the signature and the claims that do not change are not looked at
 * again. Whether its issuer is allowed, whether its key is still in the set, and its times are asked each time.
 *
 * @throws VerifyAccessTokenError @throws IssuerUnavailableError @throws DomainsResolverError
 */
export async function verifyAccessToken(
  accessToken: string,
  context: IssuerContext,
  policy: AccessTokenPolicy,
  issuers: KnownIssuers,
): Promise<AccessTokenClaims> {
  const { verifiedTokens, knownHeaders, decrypt } = policy;
  const verified = verifiedTokens?.get(accessToken);
  // What is remembered is the whole text as it came: an encrypted token is decrypted once, like it is verified once.
  const signed =
    verified === undefined && decrypt !== undefined && isEncrypted(accessToken)
      ? await decrypt(accessToken)
      : accessToken;
  const { algorithm, kid, unverifiedIss, jws } = verified ?? readToken(signed, policy);
  const resolved = resolveIssuer(policy.allowedIssuers, unverifiedIss, context);
  const issuer = issuers.get(typeof resolved === 'string' ? resolved : await resolved);
  const kept = issuer.metadata();
  const metadata = kept instanceof Promise ? await kept : kept;
  if (unverifiedIss !== metadata.issuer) {
    throw new VerifyAccessTokenError('issuer_mismatch', {
      cause: { name: 'iss', expected: metadata.issuer, actual: excerpt(unverifiedIss) },
    });
  }

  const verifier = issuer.importedVerifier(kid, algorithm) ?? (await issuer.verifier(kid, algorithm));
  if (typeof verifier === 'string') throw new VerifyAccessTokenError(verifier, { cause: { name: 'kid' } });
  if (verified?.verifier === verifier) {
    checkTimes(verified.claims, policy.now() / 1000, policy.clockToleranceSeconds);
    return verified.claims;
  }
  if (!(await checkSignature(verifier, jws, policy.signatures)))
    throw new VerifyAccessTokenError('signature_invalid');

  const claims = jws.payload;
  checkRegisteredClaims(claims, {
    issuer: metadata.issuer,
    audiences: policy.audiences,
    clockToleranceSeconds: policy.clockToleranceSeconds,
    now: policy.now(),
  });
  deepFreeze(claims);
  knownHeaders?.remember(jws);
  verifiedTokens?.set(accessToken, { algorithm, kid, unverifiedIss, jws, verifier, claims });
  return claims;
}

/** Waits for one turn of the others, so that it is known how many there are. */
async function checkSignature(
  verifier: Verifier,
  { signature, signingInput }: CompactJws,
  inFlight: SignaturesInFlight,
): Promise<boolean> {
  inFlight.count += 1;
  try {
    await Promise.resolve();
    return await verifier(signature, signingInput, inFlight.count >= BUSY);
  } finally {
    inFlight.count -= 1;
  }
}
