/**
 * What a request presents: scheme, token and DPoP proofs, read from its headers (RFC 9110 §11.6.2, RFC 6750 §2.1,
 * RFC 9449 §4.1 and §7.1). Pure.
 */
import {
  InvalidAuthSchemeError,
  InvalidDpopProofError,
  InvalidRequestError,
  MissingAuthorizationError,
  MissingRequiredArgumentError,
  VerifyAccessTokenError,
} from '../errors/index.ts';
import { ownMember } from '../jws/json.ts';

/** The schemes of this SDK, as they are written in a challenge. Requests may spell them in any case. */
export type AuthScheme = 'Bearer' | 'DPoP';

/** Headers as a Fetch `Headers` or as a plain object with names in any case, such as Node's `IncomingHttpHeaders`. */
export type RequestHeaders =
  { get(name: string): string | null } | Readonly<Record<string, string | readonly string[] | undefined>>;

/** What {@link extractCredentials} finds. Nothing of it is verified. */
export interface Credentials {
  readonly scheme: AuthScheme;
  /** The raw access token, for an exchange on behalf of the user. */
  readonly accessToken: string;
  /** The value of the `DPoP` header. */
  readonly dpopProof?: string;
}

/** The same, before it is decided how many proofs a request may have. */
export interface PresentedCredentials {
  readonly scheme: AuthScheme;
  readonly accessToken: string;
  readonly proofs: readonly string[];
}

const SCHEMES: ReadonlyMap<string, AuthScheme> = new Map([
  ['bearer', 'Bearer'],
  ['dpop', 'DPoP'],
]);
/** A scheme is a token (RFC 9110 §5.6.2); the rest is whatever follows. */
const SCHEME_AND_REST = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)([^]*)$/;
/** The start of another set of credentials in a list: a scheme, a space, and no `=` of a mere parameter in between. */
const FURTHER_CREDENTIALS = /,[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?: |,|$)/;
const QUOTED_STRING = /"[^"]*"/g;
/** Checked in full when the token is parsed; here it tells a token from two, and from control characters. */
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Reads the credentials of a request without verifying them.
 *
 * @throws MissingAuthorizationError when there is no `Authorization` header, or no token in it
 * @throws InvalidAuthSchemeError for schemes other than Bearer and DPoP
 * @throws InvalidRequestError for several credentials, or headers that cannot be read
 * @throws InvalidDpopProofError `dpop_proof_multiple` for several proofs
 * @throws VerifyAccessTokenError `malformed_token` for a token with characters that no token has
 * @throws MissingRequiredArgumentError when there are no headers
 */
export function extractCredentials(headers: RequestHeaders): Credentials {
  const { scheme, accessToken, proofs } = readCredentials(headers);
  const dpopProof = singleProof(proofs);
  return dpopProof === undefined ? { scheme, accessToken } : { scheme, accessToken, dpopProof };
}

/** The proof of a request that may have one. @throws InvalidDpopProofError `dpop_proof_multiple` */
export function singleProof(proofs: readonly string[]): string | undefined {
  if (proofs.length > 1) throw new InvalidDpopProofError('dpop_proof_multiple');
  return proofs[0];
}

/** The scheme of a request, and what follows it, before it is read any further. */
export interface Authorization {
  readonly scheme: AuthScheme;
  readonly rest: string;
}

/** As {@link extractCredentials}, with all proofs. */
export function readCredentials(headers: RequestHeaders): PresentedCredentials {
  return readPresented(readAuthorization(headers), headers);
}

/** @throws MissingAuthorizationError, InvalidAuthSchemeError, InvalidRequestError as {@link extractCredentials} */
export function readAuthorization(headers: RequestHeaders): Authorization {
  const [authorization, ...more] = headerValues(headers, 'authorization');
  if (more.length > 0) throw new InvalidRequestError('multiple_credentials');
  const text = trimBlanks(authorization ?? '');
  if (text === '') throw new MissingAuthorizationError();
  const [, name = '', rest = ''] = SCHEME_AND_REST.exec(text) ?? [];
  const scheme = SCHEMES.get(name.toLowerCase());
  if (scheme !== undefined) return { scheme, rest };
  if (FURTHER_CREDENTIALS.test(text.replace(QUOTED_STRING, '""')))
    throw new InvalidRequestError('multiple_credentials');
  if (name !== '' && rest === '') throw new MissingAuthorizationError();
  throw new InvalidAuthSchemeError('unsupported_scheme');
}

/** The token and the proofs of a request whose scheme is known; throws as {@link extractCredentials}. */
export function readPresented(
  { scheme, rest }: Authorization,
  headers: RequestHeaders,
): PresentedCredentials {
  if (rest.includes(',')) throw new InvalidRequestError('multiple_credentials');
  if (rest === '') throw new MissingAuthorizationError();
  const accessToken = rest.replace(/^ +/, '');
  if (accessToken === rest || !TOKEN68.test(accessToken)) throw new VerifyAccessTokenError('malformed_token');
  return { scheme, accessToken, proofs: readProofs(headers) };
}

/** All proofs; a header without any is none. */
function readProofs(headers: RequestHeaders): readonly string[] {
  const values = headerValues(headers, 'dpop');
  if (values.length === 0) return values;
  // No character of a JWS is a comma, so a comma is a list: what HTTP makes of a header that was sent twice.
  const proofs = values.flatMap((value) => (value.includes(',') ? value.split(',') : value)).map(trimBlanks);
  return proofs.length === 1 && proofs[0] === '' ? [] : proofs;
}

/** Without the spaces and tabs around it (RFC 9110 §5.6.3); a pattern would take quadratic time on a hostile value. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start += 1;
  while (end > start && isBlank(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

function isBlank(text: string, index: number): boolean {
  return text[index] === ' ' || text[index] === '\t';
}

/** All values of a header, under whatever spelling of its name. */
function headerValues(headers: unknown, name: string): string[] {
  if (headers === undefined || headers === null) throw new MissingRequiredArgumentError('headers');
  if (typeof headers !== 'object') throw new InvalidRequestError('invalid_headers');
  if (hasGet(headers)) {
    const value = headers.get(name);
    return value === null || value === undefined ? [] : [readValue(value)];
  }
  const values: string[] = [];
  for (const key of Object.keys(headers)) {
    if (key.length !== name.length || key.toLowerCase() !== name) continue;
    const value = ownMember(headers, key);
    if (Array.isArray(value)) values.push(...value.map(readValue));
    else if (value !== undefined) values.push(readValue(value));
  }
  return values;
}

function hasGet(headers: object): headers is { get(name: string): unknown } {
  return 'get' in headers && typeof headers.get === 'function';
}

function readValue(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new InvalidRequestError('invalid_headers', { cause: { expected: 'a string', actual: typeof value } });
}
