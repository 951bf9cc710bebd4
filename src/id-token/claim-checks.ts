/**
 * The claims of an ID token (OpenID Connect Core §2, §3.1.3.7; organizations as Auth0 writes them). Pure.
 */
import type { IdTokenClaims } from '../claims.ts';
import { VerifyIdTokenError } from '../errors/index.ts';
import { type JsonObject, ownMember } from '../jws/json.ts';
import { checkTimeClaims, type ClaimTime, invalid, requireNumber, requireString } from '../jwt/claims.ts';
import { equalInConstantTime } from '../platform/constant-time.ts';
import { excerpt } from '../platform/excerpt.ts';
import type { IdTokenExpectations } from './expectations.ts';

/** How ids of Auth0 organizations begin; anything else is a name. */
const ORGANIZATION_ID = 'org_';

export type ClaimExpectations = ClaimTime &
  Pick<IdTokenExpectations, 'clientId' | 'nonce' | 'maxAgeSeconds' | 'organization'>;

/**
 * Checks what every ID token must say, and what this call demands.
 *
 * @throws VerifyIdTokenError `audience_mismatch`, `token_expired`, `token_not_yet_valid`, `claim_missing`,
 *   `claim_invalid`, `id_token_nonce_mismatch`, `id_token_auth_too_old`, `organization_mismatch`
 */
export function checkIdTokenClaims(
  payload: JsonObject,
  expected: ClaimExpectations,
): asserts payload is JsonObject & IdTokenClaims {
  requireText(payload, 'sub');
  checkAudience(payload, expected.clientId);
  checkTimeClaims(payload, expected, VerifyIdTokenError);
  if (expected.nonce !== undefined) checkNonce(payload, expected.nonce);
  if (expected.maxAgeSeconds !== undefined) checkAge(payload, expected.maxAgeSeconds, expected);
  if (expected.organization !== undefined) checkOrganization(payload, expected.organization);
}

function requireText(payload: JsonObject, name: string): string {
  return requireString(payload, name, VerifyIdTokenError);
}

/** Of several audiences, one was the client that asked, and `azp` names it (steps 3 to 5). */
function checkAudience(payload: JsonObject, clientId: string): void {
  const aud = ownMember(payload, 'aud');
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(clientId)) throw otherClient('aud', clientId, aud);
  if (!audiences.every((audience) => typeof audience === 'string')) {
    throw invalid('aud', 'strings', VerifyIdTokenError);
  }
  if (audiences.length === 1 && !Object.hasOwn(payload, 'azp')) return;
  const azp = requireText(payload, 'azp');
  if (azp !== clientId) throw otherClient('azp', clientId, azp);
}

function otherClient(name: string, clientId: string, actual: unknown): VerifyIdTokenError {
  return new VerifyIdTokenError('audience_mismatch', {
    cause: { name, expected: clientId, actual: excerpt(actual) },
  });
}

/** The evidence holds neither of the two: a nonce is a secret between the client and the user's browser. */
function checkNonce(payload: JsonObject, nonce: string): void {
  if (equalInConstantTime(nonce, requireText(payload, 'nonce'))) return;
  throw new VerifyIdTokenError('id_token_nonce_mismatch', { cause: { name: 'nonce' } });
}

function checkAge(
  payload: JsonObject,
  maxAgeSeconds: number,
  { seconds, clockToleranceSeconds }: ClaimTime,
): void {
  const authTime = requireNumber(payload, 'auth_time', VerifyIdTokenError);
  if (seconds <= authTime + maxAgeSeconds + clockToleranceSeconds) return;
  throw new VerifyIdTokenError('id_token_auth_too_old', {
    cause: { name: 'auth_time', expected: seconds - maxAgeSeconds, actual: authTime },
  });
}

function checkOrganization(payload: JsonObject, organization: string): void {
  const isId = organization.startsWith(ORGANIZATION_ID);
  const name = isId ? 'org_id' : 'org_name';
  const actual = requireText(payload, name);
  if (isId ? actual === organization : lowerCase(actual) === lowerCase(organization)) return;
  throw new VerifyIdTokenError('organization_mismatch', {
    cause: { name, expected: organization, actual: excerpt(actual) },
  });
}

/** ASCII only: other letters have look-alikes that become equal in lower case, and no organization has them. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
