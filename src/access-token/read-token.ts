/**
 * An access token as text, up to the point where its issuer must be asked for keys. Pure; nothing here is verified.
 */
import { VerifyAccessTokenError } from '../errors/index.ts';
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

/** Header types of access tokens (RFC 9068 §2.1), lower case; `jwt` is what Auth0's own token profile writes. */
const ACCESS_TOKEN_TYPES = new Set<unknown>(['at+jwt', 'application/at+jwt']);
const UNTYPED = new Set<unknown>([undefined, 'jwt']);

export interface HeaderPolicy {
  readonly algorithms: ReadonlySet<string>;
  /** Refuse tokens that do not say they are access tokens. */
  readonly requireAccessTokenType: boolean;
  readonly knownHeaders?: KnownHeaders | undefined;
}

/** A token whose header is acceptable; its signature and claims are still to be verified. */
export interface UnverifiedToken {
  readonly jws: CompactJws;
  readonly algorithm: JwsAlgorithm;
  readonly kid: string;
  /** The issuer the token names, which may be anyone. */
  readonly unverifiedIss: string;
}

/**
 * Splits and decodes a token.
 *
 * @throws VerifyAccessTokenError `token_too_large`, `malformed_token`, `encrypted_token`, `opaque_token`
 */
export function parseToken(accessToken: unknown, known?: KnownHeaders): CompactJws {
  if (typeof accessToken !== 'string') throw new VerifyAccessTokenError('malformed_token');
  if (accessToken.length > MAX_TOKEN_LENGTH) throw new VerifyAccessTokenError('token_too_large');
  try {
    return parseCompactJws(accessToken, known);
  } catch (error) {
    if (!(error instanceof JwsSyntaxError)) throw error;
    // Only now: what is three times canonical base64url has no other characters.
    if (!TOKEN68.test(accessToken)) throw new VerifyAccessTokenError('malformed_token');
    const parts = accessToken.split('.').length;
    if (parts === 5) throw new VerifyAccessTokenError('encrypted_token');
    if (parts !== 3) throw new VerifyAccessTokenError('opaque_token');
    throw new VerifyAccessTokenError('malformed_token', { cause: error });
  }
}

/**
 * Reads the header of a token and the issuer it names.
 *
 * @throws VerifyAccessTokenError as {@link parseToken}, and `unsupported_header`, `unsupported_algorithm`,
 *   `unsupported_token_type`, `missing_kid`, `issuer_missing`
 */
export function readToken(accessToken: unknown, policy: HeaderPolicy): UnverifiedToken {
  const jws = parseToken(accessToken, policy.knownHeaders);
  const parameter = unsupportedParameter(jws.header);
  if (parameter !== undefined) {
    throw new VerifyAccessTokenError('unsupported_header', { cause: { name: parameter } });
  }
  const algorithm = readAlgorithm(jws.header, policy.algorithms);
  checkType(jws.header, policy.requireAccessTokenType);
  const kid = ownMember(jws.header, 'kid');
  if (typeof kid !== 'string' || kid === '') throw new VerifyAccessTokenError('missing_kid');
  const iss = ownMember(jws.payload, 'iss');
  if (typeof iss !== 'string' || iss === '') throw new VerifyAccessTokenError('issuer_missing');
  return { jws, algorithm, kid, unverifiedIss: iss };
}

function readAlgorithm(header: JsonObject, allowed: ReadonlySet<string>): JwsAlgorithm {
  const algorithm = findAlgorithm(ownMember(header, 'alg'));
  if (algorithm === undefined || !allowed.has(algorithm.name)) {
    throw new VerifyAccessTokenError('unsupported_algorithm', {
      cause: { name: 'alg', expected: [...allowed], actual: algorithm?.name },
    });
  }
  return algorithm;
}

function checkType(header: JsonObject, required: boolean): void {
  const typ = ownMember(header, 'typ');
  const type = typeof typ === 'string' ? typ.toLowerCase() : typ;
  if (ACCESS_TOKEN_TYPES.has(type) || (!required && UNTYPED.has(type))) return;
  throw new VerifyAccessTokenError('unsupported_token_type', {
    cause: { name: 'typ', expected: required ? 'at+jwt' : 'JWT or at+jwt' },
  });
}
