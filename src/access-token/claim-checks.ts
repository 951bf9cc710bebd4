/**
 * The registered claims of an access token (RFC 7519 §4.1, RFC 9068 §4). Pure.
 */
import type { AccessTokenClaims } from '../claims.ts';
import { VerifyAccessTokenError } from '../errors/index.ts';
import { excerpt } from '../platform/excerpt.ts';
import { isJsonObject, type JsonObject, ownMember } from '../jws/json.ts';
import { checkTimeClaims, invalid as invalidClaim, requireString } from '../jwt/claims.ts';

export interface ClaimPolicy {
  /** The issuer as its own metadata spells it. */
  readonly issuer: string;
  /** One of them must be an audience of the token. */
  readonly audiences: readonly string[];
  readonly clockToleranceSeconds: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Checks what every access token must say.
 *
 * @throws VerifyAccessTokenError `issuer_mismatch`, `audience_mismatch`, `token_expired`, `token_not_yet_valid`,
 *   `claim_missing`, `claim_invalid`
 */
export function checkRegisteredClaims(
  payload: JsonObject,
  policy: ClaimPolicy,
): asserts payload is JsonObject & AccessTokenClaims {
  const iss = ownMember(payload, 'iss');
  if (iss !== policy.issuer) {
    throw new VerifyAccessTokenError('issuer_mismatch', {
      cause: { name: 'iss', expected: policy.issuer, actual: excerpt(iss) },
    });
  }
  requireString(payload, 'sub', VerifyAccessTokenError);
  checkAudience(ownMember(payload, 'aud'), policy.audiences);
  checkTimes(payload, policy.now / 1000, policy.clockToleranceSeconds);
  if (Object.hasOwn(payload, 'jti')) requireString(payload, 'jti', VerifyAccessTokenError);
  if (Object.hasOwn(payload, 'cnf')) checkConfirmation(ownMember(payload, 'cnf'));
}

/**
 * The thumbprint of the DPoP key that a token is bound to (RFC 9449 §6.1); `undefined` when it is bound to none.
 *
 * @throws VerifyAccessTokenError `claim_invalid` when `cnf` is there and malformed
 */
export function boundKeyOf(payload: JsonObject): string | undefined {
  return Object.hasOwn(payload, 'cnf') ? checkConfirmation(ownMember(payload, 'cnf')) : undefined;
}

/** Other members of `cnf` are other bindings (RFC 7800 §3.1) and no reason to refuse the token. */
function checkConfirmation(cnf: unknown): string | undefined {
  if (!isJsonObject(cnf)) throw invalid('cnf', 'an object');
  if (!Object.hasOwn(cnf, 'jkt')) return undefined;
  const jkt = ownMember(cnf, 'jkt');
  if (typeof jkt !== 'string' || jkt === '') throw invalid('cnf.jkt', 'a string that is not empty');
  return jkt;
}

function checkAudience(aud: unknown, accepted: readonly string[]): void {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.some((audience) => accepted.some((wanted) => wanted === audience))) {
    throw new VerifyAccessTokenError('audience_mismatch', {
      cause: { name: 'aud', expected: accepted, actual: excerpt(aud) },
    });
  }
  if (!audiences.every((audience) => typeof audience === 'string')) throw invalid('aud', 'strings');
}

/**
 * Checks the claims that a token can fail by the mere passing of time.
 *
 * @param seconds the current time since the epoch
 * @throws VerifyAccessTokenError `token_expired`, `token_not_yet_valid`, `claim_missing`, `claim_invalid`
 */
export function checkTimes(payload: JsonObject, seconds: number, clockToleranceSeconds: number): void {
  checkTimeClaims(payload, { seconds, clockToleranceSeconds }, VerifyAccessTokenError);
}

function invalid(name: string, expected: string): Error {
  return invalidClaim(name, expected, VerifyAccessTokenError);
}
