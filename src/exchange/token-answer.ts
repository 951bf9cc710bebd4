/** The success answer of a token endpoint (RFC 6749 §5.1, RFC 8693 §2.2.1), from JSON to checked values. */

import type { OnBehalfOfTokenResult } from './types.ts';
import { MAX_VALUE_LENGTH, kindOf, membersOf, type Reading } from './values.ts';

export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';
export const CONNECTION_TOKEN_TYPE = 'http://auth0.com/oauth/token-type/federated-connection-access-token';

/** A usable answer; the members every preset returns are apart from those only some may. */
export interface TokenAnswer {
  readonly issued: OnBehalfOfTokenResult;
  readonly companions: { readonly idToken?: string; readonly refreshToken?: string };
}

/** Which member of the answer cannot be used. Values are described and never shown: they may be tokens. */
export interface AnswerProblem {
  readonly name: string;
  readonly expected: string;
  readonly actual: string;
}

export interface AnswerContext {
  /** The `requested_token_type` of the request, when it named one. */
  readonly requestedTokenType: string | undefined;
  /** When the request was sent, seconds since the epoch: counting from there, a token never ends too late. */
  readonly sentAtSeconds: number;
  /** Whether the request carried a DPoP proof, so that the token must be bound to its key; `false` by default. */
  readonly isBound?: boolean | undefined;
}

/** The lifetime of a token whose answer does not say. */
const DEFAULT_LIFETIME_SECONDS = 3600;

/** Ten years. A longer lifetime is cut to it: renewing early is harmless, a date nobody can represent is not. */
const LONGEST_LIFETIME_SECONDS = 10 * 365 * 86_400;

const OPTIONAL_TEXTS = ['scope', 'token_type', 'issued_token_type', 'id_token', 'refresh_token'] as const;
const TEXT = `a string of at most ${MAX_VALUE_LENGTH} characters`;
type OptionalText = (typeof OPTIONAL_TEXTS)[number];

/** Types whose answer must be a Bearer token; anything else may be "N_A", not a token to present. */
const ACCESS_TOKEN_TYPES: ReadonlySet<string> = new Set([ACCESS_TOKEN_TYPE, CONNECTION_TOKEN_TYPE]);

/** Names a problem may quote; whatever else the upstream sent there could be a secret. */
const FOREIGN_TOKEN_TYPES = ['Bearer', 'DPoP', 'mac', 'PoP', 'N_A'];

/** Reads the JSON of a 2xx answer; own members only, and `null` is absent for the optional ones. */
export function readTokenAnswer(json: unknown, context: AnswerContext): Reading<TokenAnswer, AnswerProblem> {
  const members = membersOf(json);
  if (members === undefined) return unusable('body', 'a JSON object', json);

  const accessToken = members.get('access_token');
  if (!isAccessToken(accessToken)) {
    return unusable('access_token', `1 to ${MAX_VALUE_LENGTH} visible ASCII characters`, accessToken);
  }
  const expiresIn = members.has('expires_in')
    ? lifetimeOf(members.get('expires_in'))
    : DEFAULT_LIFETIME_SECONDS;
  if (expiresIn === undefined) {
    return unusable('expires_in', 'a number of seconds, not negative', members.get('expires_in'));
  }
  const texts = new Map<OptionalText, string>();
  for (const name of OPTIONAL_TEXTS) {
    const value = members.get(name) ?? undefined;
    if (value === undefined) continue;
    if (typeof value !== 'string' || value.length > MAX_VALUE_LENGTH) return unusable(name, TEXT, value);
    texts.set(name, value);
  }
  const problem = tokenTypeProblem(texts, context);
  if (problem !== undefined) return { problem };

  const expiresAt = context.sentAtSeconds + expiresIn;
  return { value: answerOf({ accessToken, expiresIn, expiresAt }, texts) };
}

function answerOf(
  token: { accessToken: string; expiresIn: number; expiresAt: number },
  texts: ReadonlyMap<OptionalText, string>,
): TokenAnswer {
  const scope = texts.get('scope');
  const tokenType = texts.get('token_type');
  const issuedTokenType = texts.get('issued_token_type');
  const idToken = texts.get('id_token');
  const refreshToken = texts.get('refresh_token');
  return {
    issued: {
      ...token,
      ...(scope === undefined ? {} : { scope }),
      ...(tokenType === undefined ? {} : { tokenType }),
      ...(issuedTokenType === undefined ? {} : { issuedTokenType }),
    },
    companions: {
      ...(idToken === undefined ? {} : { idToken }),
      ...(refreshToken === undefined ? {} : { refreshToken }),
    },
  };
}

/** It will be put into an `Authorization` header, so it must fit into one. */
function isAccessToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_VALUE_LENGTH && /^[\x21-\x7e]+$/.test(value);
}

/** Whole seconds from a number or a decimal string; `undefined` when it is neither, negative or not finite. */
function lifetimeOf(value: unknown): number | undefined {
  const isDecimal = typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value);
  const seconds = isDecimal ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return undefined;
  return Math.floor(Math.min(seconds + 0, LONGEST_LIFETIME_SECONDS));
}

/**
 * Without a proof, a token bound to a key could not be used by anybody here (RFC 6749 §7.1). With one, a token that is
 * not bound is not what was asked for, and anybody could use it (RFC 9449 §5).
 */
function tokenTypeProblem(
  texts: ReadonlyMap<OptionalText, string>,
  context: AnswerContext,
): AnswerProblem | undefined {
  const type = texts.get('token_type')?.toLowerCase();
  const kind = context.requestedTokenType ?? texts.get('issued_token_type');
  const allowsNone = kind !== undefined && !ACCESS_TOKEN_TYPES.has(kind);
  const wanted = context.isBound === true ? 'DPoP' : 'Bearer';
  const isWanted = type === undefined ? wanted === 'Bearer' : type === wanted.toLowerCase();
  if (isWanted || (type === 'n_a' && allowsNone)) return undefined;
  const known = FOREIGN_TOKEN_TYPES.find((name) => name.toLowerCase() === type);
  return {
    name: 'token_type',
    expected: allowsNone ? `${wanted} or N_A` : wanted,
    actual: known ?? (type === undefined ? 'undefined' : 'another type'),
  };
}

function unusable(name: string, expected: string, value: unknown): { problem: AnswerProblem } {
  return { problem: { name, expected, actual: kindOf(value) } };
}
