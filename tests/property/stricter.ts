/**
 * Everything in which we are stricter with tokens and proofs than jose, on purpose. The comparisons fail where we refuse
 * what jose accepts and no row says so, where jose refuses what we accept, and when a row was never at work.
 */
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import type { ErrorReason } from '../../src/errors/index.ts';
import { weak } from './tenant.ts';

/** What is judged, read with jose, so that no row is confirmed by the code it is about. */
export interface Judged {
  readonly text: string;
  readonly header: Record<string, unknown>;
  readonly payload: JWTPayload;
  /** The keys that the token names, or the one that the proof carries. */
  readonly keys: readonly Record<string, unknown>[];
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface StricterRow {
  readonly because: string;
  /** What we refuse an access token with; without it the row is not about access tokens. */
  readonly token?: ErrorReason;
  /** What we refuse a proof with; without it the row is not about proofs. */
  readonly proof?: ErrorReason;
  readonly applies: (judged: Judged) => boolean;
}

const MAX_LENGTH = 16 * 1024;
const MAX_MODULUS_BYTES = 1024;
const MAX_EXPONENT_BYTES = 8;
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const MEMBERS: Readonly<Record<string, readonly string[]>> = { RSA: ['n', 'e'], EC: ['x', 'y'], OKP: ['x'] };
const COORDINATE_BYTES: Readonly<Record<string, number>> = { 'P-256': 32, Ed25519: 32 };

const bytesOf = (text: unknown) => Buffer.from(typeof text === 'string' ? text : '', 'base64url');
const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCanonical = (text: unknown) => bytesOf(text).toString('base64url') === text;
const isInfinite = (value: unknown) => typeof value === 'number' && !Number.isFinite(value);

export const STRICTER: readonly StricterRow[] = [
  {
    because: 'a JWS has one spelling: no padding, no blanks, no bits left over (RFC 7515 §2)',
    token: 'malformed_token',
    proof: 'dpop_proof_malformed',
    applies: ({ text }) => !text.split('.').every(isCanonical),
  },
  {
    because: 'JSON does not begin with a byte order mark (RFC 8259 §8.1)',
    token: 'malformed_token',
    proof: 'dpop_proof_malformed',
    applies: ({ text }) =>
      text.split('.', 2).some((part) => bytesOf(part).toString('hex').startsWith('efbbbf')),
  },
  {
    because: 'what is longer than 16 KiB is refused before anything is done with it',
    token: 'token_too_large',
    proof: 'dpop_proof_malformed',
    applies: ({ text }) => text.length > MAX_LENGTH,
  },
  {
    because: 'no extension, no unencoded payload, no compression (RFC 7515 §4.1.11, RFC 7797)',
    token: 'unsupported_header',
    proof: 'dpop_proof_malformed',
    applies: ({ header }) => ['crit', 'b64', 'zip'].some((name) => Object.hasOwn(header, name)),
  },
  {
    because: 'with a weak key anybody can sign: the exponent 1, a point of small order',
    token: 'unknown_kid',
    proof: 'dpop_proof_key',
    applies: ({ keys }) => keys.some(({ e, x }) => e === weak.rsa.jwk.e || x === weak.ed.jwk.x),
  },
  {
    because: 'a modulus beyond 8192 bits, or an exponent beyond 64, makes one verification cost milliseconds',
    token: 'unknown_kid',
    proof: 'dpop_proof_key',
    applies: ({ keys }) =>
      keys.some(
        ({ n, e }) => bytesOf(n).byteLength > MAX_MODULUS_BYTES || bytesOf(e).byteLength > MAX_EXPONENT_BYTES,
      ),
  },
  {
    because: 'a key has one spelling, and so one thumbprint (RFC 7518 §6.2.1.2, §6.3.1.1)',
    token: 'unknown_kid',
    proof: 'dpop_proof_key',
    applies: ({ keys }) => keys.some((key) => !isCanonicalKey(key)),
  },
  {
    because: 'a key with a member that only private or symmetric keys have is no public key (RFC 9449 §4.2)',
    token: 'unknown_kid',
    proof: 'dpop_proof_key',
    applies: ({ keys }) => keys.some((key) => SECRET_MEMBERS.some((name) => Object.hasOwn(key, name))),
  },
  {
    because: 'the key is found by its kid and never guessed',
    token: 'missing_kid',
    applies: ({ header }) => header.kid === undefined,
  },
  {
    because: 'another type of JWT is no access token (RFC 8725 §3.11, RFC 9068 §2.1)',
    token: 'unsupported_token_type',
    applies: ({ header: { typ } }) =>
      typeof typ !== 'string' || !/^(jwt|(application\/)?at\+jwt)$/i.test(typ),
  },
  {
    because: 'sub is a string that is not empty (RFC 7519 §4.1.2)',
    token: 'claim_invalid',
    applies: ({ payload }) => !isText(payload.sub),
  },
  {
    because: 'jti is a string that is not empty (RFC 7519 §4.1.7)',
    token: 'claim_invalid',
    applies: ({ payload }) => Object.hasOwn(payload, 'jti') && !isText(payload.jti),
  },
  {
    because: 'every audience is a string (RFC 7519 §4.1.3)',
    token: 'claim_invalid',
    applies: ({ payload: { aud } }) =>
      Array.isArray(aud) && !aud.every((entry: unknown) => typeof entry === 'string'),
  },
  {
    because: 'a time is a finite number (RFC 7519 §2)',
    token: 'claim_invalid',
    applies: ({ payload: { exp, iat, nbf } }) => [exp, iat, nbf].some(isInfinite),
  },
  {
    because: 'a token expires at the moment it says; jose looks at the clock once a second (RFC 7519 §4.1.4)',
    token: 'token_expired',
    applies: ({ payload: { exp = 0 }, now }) => !Number.isInteger(exp) && exp * 1000 <= now,
  },
  {
    because: 'a binding that cannot be read must not be taken for none (RFC 7800 §3.1)',
    token: 'claim_invalid',
    applies: ({ payload: { cnf } }) =>
      cnf !== undefined && (!isObject(cnf) || ('jkt' in cnf && !isText(cnf.jkt))),
  },
  {
    because: 'a jti is remembered, so it has 1 to 256 characters, and not blanks alone',
    proof: 'dpop_proof_claim',
    applies: ({ payload: { jti } }) => typeof jti === 'string' && (jti.trim() === '' || jti.length > 256),
  },
  {
    because: 'a nonce is a string, whether one was asked for or not (RFC 9449 §4.2)',
    proof: 'dpop_proof_claim',
    applies: ({ payload }) => Object.hasOwn(payload, 'nonce') && typeof payload.nonce !== 'string',
  },
];

/** The row by which we may refuse what jose accepts. */
export function stricterRow(
  about: 'token' | 'proof',
  reason: string,
  { text, keysOf, now }: { text: string; keysOf: (header: Judged['header']) => unknown[]; now: number },
): StricterRow | undefined {
  const header = { ...decodeProtectedHeader(text) };
  const keys = keysOf(header).filter(isObject) as Record<string, unknown>[];
  const judged = { text, header, payload: decodeJwt(text), keys, now };
  return STRICTER.find((row) => row[about] === reason && row.applies(judged));
}

function isCanonicalKey(key: Record<string, unknown>): boolean {
  const members = MEMBERS[String(key.kty)] ?? [];
  return members.every((name) => {
    const bytes = bytesOf(key[name]);
    const isShort =
      key.kty === 'RSA' ? bytes[0] !== 0 : bytes.byteLength === COORDINATE_BYTES[String(key.crv)];
    return isCanonical(key[name]) && isShort;
  });
}
