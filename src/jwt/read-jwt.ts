/**
 * A signed token as text, whatever it is for: what access tokens and ID tokens have in common before a key is needed.
 * Each caller brings the error class of its kind of token. Pure; nothing here is verified.
 */
import type { TokenRefusal } from '../errors/index.ts';
import { findAlgorithm, type JwsAlgorithm } from '../jws/algorithms.ts';
import {
  type CompactJws,
  JwsSyntaxError,
  type KnownHeaders,
  parseCompactJws,
  unsupportedParameter,
} from '../jws/compact.ts';
import { type JsonObject, ownMember } from '../jws/json.ts';

/** Tokens are refused above this length before anything else is done with them. */
export const MAX_TOKEN_LENGTH = 16 * 1024;

/** The characters of a token in an `Authorization` header (RFC 9110 §11.2). */
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Splits and decodes a token.
 *
 * @throws Refusal `token_too_large`, `malformed_token`, `encrypted_token`, `opaque_token`
 */
export function parseJwt(token: unknown, Refusal: TokenRefusal, known?: KnownHeaders): CompactJws {
  if (typeof token !== 'string') throw new Refusal('malformed_token');
  if (token.length > MAX_TOKEN_LENGTH) throw new Refusal('token_too_large');
  try {
    return parseCompactJws(token, known);
  } catch (error) {
    if (!(error instanceof JwsSyntaxError)) throw error;
    // Only now: what is three times canonical base64url has no other characters.
    if (!TOKEN68.test(token)) throw new Refusal('malformed_token');
    const parts = token.split('.').length;
    if (parts === 5) throw new Refusal('encrypted_token');
    if (parts !== 3) throw new Refusal('opaque_token');
    throw new Refusal('malformed_token', { cause: error });
  }
}

/** Whether a token has the five parts of an encrypted one, and a length at which it is worth another look. */
export function isEncrypted(token: unknown): token is string {
  return typeof token === 'string' && token.length <= MAX_TOKEN_LENGTH && token.split('.', 6).length === 5;
}

/** @throws Refusal `unsupported_header` */
export function checkParameters(header: JsonObject, Refusal: TokenRefusal): void {
  const parameter = unsupportedParameter(header);
  if (parameter !== undefined) throw new Refusal('unsupported_header', { cause: { name: parameter } });
}

/** @throws Refusal `unsupported_algorithm` */
export function readAlgorithm(
  header: JsonObject,
  allowed: ReadonlySet<string>,
  Refusal: TokenRefusal,
): JwsAlgorithm {
  const algorithm = findAlgorithm(ownMember(header, 'alg'));
  if (algorithm === undefined || !allowed.has(algorithm.name)) {
    throw new Refusal('unsupported_algorithm', {
      cause: { name: 'alg', expected: [...allowed], actual: algorithm?.name },
    });
  }
  return algorithm;
}

/** The header's `typ` in lower case, the way media types are compared (RFC 7515 §4.1.9). */
export function typeOf(header: JsonObject): unknown {
  const typ = ownMember(header, 'typ');
  return typeof typ === 'string' ? typ.toLowerCase() : typ;
}

/** @throws Refusal `missing_kid` */
export function readKid(header: JsonObject, Refusal: TokenRefusal): string {
  const kid = ownMember(header, 'kid');
  if (typeof kid !== 'string' || kid === '') throw new Refusal('missing_kid');
  return kid;
}

/** The issuer the token names, which may be anyone. @throws Refusal `issuer_missing` */
export function readIssuer(payload: JsonObject, Refusal: TokenRefusal): string {
  const iss = ownMember(payload, 'iss');
  if (typeof iss !== 'string' || iss === '') throw new Refusal('issuer_missing');
  return iss;
}
