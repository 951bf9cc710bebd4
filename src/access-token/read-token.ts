/**
 * An access token as text, up to the point where its issuer must be asked for keys. Pure; nothing here is verified.
 */
import { VerifyAccessTokenError } from '../errors/index.ts';
import type { JwsAlgorithm } from '../jws/algorithms.ts';
import type { CompactJws, KnownHeaders } from '../jws/compact.ts';
import type { JsonObject } from '../jws/json.ts';
import { checkParameters, parseJwt, readAlgorithm, readIssuer, readKid, typeOf } from '../jwt/read-jwt.ts';

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
  return parseJwt(accessToken, VerifyAccessTokenError, known);
}

/**
 * Reads the header of a token and the issuer it names.
 *
 * @throws VerifyAccessTokenError as {@link parseToken}, and `unsupported_header`, `unsupported_algorithm`,
 *   `unsupported_token_type`, `missing_kid`, `issuer_missing`
 */
export function readToken(accessToken: unknown, policy: HeaderPolicy): UnverifiedToken {
  const jws = parseToken(accessToken, policy.knownHeaders);
  checkParameters(jws.header, VerifyAccessTokenError);
  const algorithm = readAlgorithm(jws.header, policy.algorithms, VerifyAccessTokenError);
  checkType(jws.header, policy.requireAccessTokenType);
  const kid = readKid(jws.header, VerifyAccessTokenError);
  return { jws, algorithm, kid, unverifiedIss: readIssuer(jws.payload, VerifyAccessTokenError) };
}

function checkType(header: JsonObject, required: boolean): void {
  const type = typeOf(header);
  if (ACCESS_TOKEN_TYPES.has(type) || (!required && UNTYPED.has(type))) return;
  throw new VerifyAccessTokenError('unsupported_token_type', {
    cause: { name: 'typ', expected: required ? 'at+jwt' : 'JWT or at+jwt' },
  });
}
