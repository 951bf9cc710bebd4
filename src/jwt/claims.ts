/**
 * Claims that mean the same in every token (RFC 7519 §4.1), read strictly. Pure.
 */
import type { TokenRefusal } from '../errors/index.ts';
import { type JsonObject, ownMember } from '../jws/json.ts';

/** The current time as a check of `exp` and `nbf` needs it. */
export interface ClaimTime {
  /** Seconds since the epoch. */
  readonly seconds: number;
  readonly clockToleranceSeconds: number;
}

/**
 * Checks the claims that a token can fail by the mere passing of time.
 *
 * @throws Refusal `token_expired`, `token_not_yet_valid`, `claim_missing`, `claim_invalid`
 */
export function checkTimeClaims(
  payload: JsonObject,
  { seconds, clockToleranceSeconds }: ClaimTime,
  Refusal: TokenRefusal,
): void {
  const exp = requireNumber(payload, 'exp', Refusal);
  requireNumber(payload, 'iat', Refusal);
  const nbf = Object.hasOwn(payload, 'nbf')
    ? requireNumber(payload, 'nbf', Refusal)
    : Number.NEGATIVE_INFINITY;
  if (seconds >= exp + clockToleranceSeconds) {
    throw new Refusal('token_expired', { cause: { name: 'exp', expected: seconds, actual: exp } });
  }
  // By whole seconds, as `nbf` is written: a fraction of one does not make it valid early.
  if (nbf > Math.floor(seconds) + clockToleranceSeconds) {
    throw new Refusal('token_not_yet_valid', { cause: { name: 'nbf', expected: seconds, actual: nbf } });
  }
}

/** @throws Refusal `claim_missing`, `claim_invalid` */
export function requireString(payload: JsonObject, name: string, Refusal: TokenRefusal): string {
  const value = requireMember(payload, name, Refusal);
  if (typeof value !== 'string' || value === '') throw invalid(name, 'a string that is not empty', Refusal);
  return value;
}

/** @throws Refusal `claim_missing`, `claim_invalid` */
export function requireNumber(payload: JsonObject, name: string, Refusal: TokenRefusal): number {
  const value = requireMember(payload, name, Refusal);
  if (typeof value !== 'number' || !Number.isFinite(value)) throw invalid(name, 'a finite number', Refusal);
  return value;
}

/** @throws Refusal `claim_missing` */
export function requireMember(payload: JsonObject, name: string, Refusal: TokenRefusal): unknown {
  if (!Object.hasOwn(payload, name)) throw new Refusal('claim_missing', { cause: { name } });
  return ownMember(payload, name);
}

/** The refusal of a claim that has the wrong type. */
export function invalid(name: string, expected: string, Refusal: TokenRefusal): Error {
  return new Refusal('claim_invalid', { cause: { name, expected } });
}
