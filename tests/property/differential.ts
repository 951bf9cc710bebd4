/**
 * Our verdict on an access token against that of jose. We may be stricter, for a reason that stands in the table
 * below; what jose refuses, we refuse.
 */
import fc from 'fast-check';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { describe, expect, it } from 'vitest';
import { ApiClient } from '../../src/api-client.ts';
import { type ErrorReason, VerifyAccessTokenError } from '../../src/errors.ts';
import { runs, TIME_LIMIT } from './runs.ts';
import { ALGORITHMS, AUDIENCE, ISSUER, jwks, SECONDS } from './tenant.ts';
import { accessTokens } from './tokens.ts';

interface Verdict {
  readonly claims?: unknown;
  /** Why it was refused. */
  readonly reason?: string;
}

interface StricterRule {
  readonly because: string;
  readonly reason: ErrorReason;
  /** Read with jose, so that the rule is not confirmed by the code it is about. */
  readonly applies: (token: string, header: Record<string, unknown>, payload: JWTPayload) => boolean;
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isFinite = (value: unknown) => value === undefined || Number.isFinite(value);
const bytesOf = (part: string) => Buffer.from(part, 'base64url');
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Everything in which we are stricter than jose, on purpose. */
const STRICTER: readonly StricterRule[] = [
  {
    because:
      'one token has one spelling: base64url is canonical, without padding, blanks or bits left over (RFC 7515 §2)',
    reason: 'malformed_token',
    applies: (token) => token.split('.').some((part) => bytesOf(part).toString('base64url') !== part),
  },
  {
    because: 'JSON does not begin with a byte order mark (RFC 8259 §8.1)',
    reason: 'malformed_token',
    applies: (token) =>
      token
        .split('.')
        .slice(0, 2)
        .some((part) => bytesOf(part).toString('hex').startsWith('efbbbf')),
  },
  {
    because: 'a token beyond 16 KiB is refused before anything is done with it',
    reason: 'token_too_large',
    applies: (token) => token.length > 16 * 1024,
  },
  {
    because: 'the key is found by its kid and never guessed',
    reason: 'missing_kid',
    applies: (_token, header) => header.kid === undefined,
  },
  {
    because:
      'no extension is understood (RFC 7515 §4.1.11), no other payload encoding (RFC 7797), no compression',
    reason: 'unsupported_header',
    applies: (_token, header) => ['crit', 'b64', 'zip'].some((name) => Object.hasOwn(header, name)),
  },
  {
    because: 'another type of JWT is no access token (RFC 8725 §3.11, RFC 9068 §2.1)',
    reason: 'unsupported_token_type',
    applies: (_token, header) => !/^(jwt|(application\/)?at\+jwt)$/i.test(String(header.typ)),
  },
  {
    because: 'sub is a string (RFC 7519 §4.1.2)',
    reason: 'claim_invalid',
    applies: (_token, _header, payload) => !isText(payload.sub),
  },
  {
    because: 'jti is a string (RFC 7519 §4.1.7)',
    reason: 'claim_invalid',
    applies: (_token, _header, payload) => Object.hasOwn(payload, 'jti') && !isText(payload.jti),
  },
  {
    because: 'every audience is a string (RFC 7519 §4.1.3)',
    reason: 'claim_invalid',
    applies: (_token, _header, { aud }) =>
      Array.isArray(aud) && !aud.every((entry: unknown) => typeof entry === 'string'),
  },
  {
    because: 'a time is a finite number (RFC 7519 §2)',
    reason: 'claim_invalid',
    applies: (_token, _header, { exp, iat, nbf }) => ![exp, iat, nbf].every(isFinite),
  },
  {
    because: 'a binding that cannot be read must not be taken for none (RFC 7800 §3.1)',
    reason: 'claim_invalid',
    applies: (_token, _header, { cnf }) =>
      cnf !== undefined &&
      (!isObject(cnf) || (Object.hasOwn(cnf as object, 'jkt') && !isText((cnf as { jkt: unknown }).jkt))),
  },
];

async function ours(client: ApiClient, token: string): Promise<Verdict> {
  try {
    return { claims: await client.verifyAccessToken({ accessToken: token }) };
  } catch (error) {
    if (error instanceof VerifyAccessTokenError) return { reason: error.reason };
    throw error;
  }
}

const keys = createLocalJWKSet(jwks);

async function theirs(token: string): Promise<Verdict> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
      currentDate: new Date(SECONDS * 1000),
    });
    return { claims: payload };
  } catch (error) {
    if (error instanceof errors.JOSEError) return { reason: error.code };
    throw error;
  }
}

function createClient(): ApiClient {
  const documents: Record<string, unknown> = {
    [`${ISSUER}.well-known/openid-configuration`]: { issuer: ISSUER, jwks_uri: `${ISSUER}jwks` },
    [`${ISSUER}jwks`]: jwks,
  };
  return new ApiClient({
    domain: ISSUER,
    audience: AUDIENCE,
    algorithms: ALGORITHMS,
    now: () => SECONDS * 1000,
    customFetch: (input) => {
      const url = input instanceof Request ? input.url : input.toString();
      return Promise.resolve(Response.json(documents[url]));
    },
  });
}

function ruleFor(token: string, reason: string | undefined): StricterRule | undefined {
  const [header, payload] = [decodeProtectedHeader(token), decodeJwt(token)];
  return STRICTER.find((rule) => rule.reason === reason && rule.applies(token, header, payload));
}

/** The comparison, for the signature module that the test file has chosen. */
export function describeDifferential(): void {
  describe('the verdict on an access token', () => {
    const client = createClient();
    const counts = { accepted: 0, refused: 0, stricter: new Map(STRICTER.map((rule) => [rule, 0])) };

    it(
      'is that of jose, or stricter for a stated reason',
      async () => {
        await fc.assert(
          fc.asyncProperty(accessTokens, async (token) => {
            const [mine, reference] = [await ours(client, token), await theirs(token)];
            if (reference.claims === undefined) {
              expect(mine).not.toHaveProperty('claims');
              counts.refused += 1;
            } else if (mine.claims === undefined) {
              const rule = ruleFor(token, mine.reason);
              if (rule === undefined)
                throw new Error(`refused with ${mine.reason ?? 'nothing'}, and jose accepts it`);
              counts.stricter.set(rule, (counts.stricter.get(rule) ?? 0) + 1);
            } else {
              expect(JSON.stringify(mine.claims)).toBe(JSON.stringify(reference.claims));
              counts.accepted += 1;
            }
          }),
          runs,
        );
      },
      TIME_LIMIT,
    );

    it('was compared on tokens of every kind', () => {
      expect(counts.accepted).toBeGreaterThan(200);
      expect(counts.refused).toBeGreaterThan(200);
      for (const [{ because }, count] of counts.stricter) expect(count, because).toBeGreaterThan(0);
    });
  });
}
