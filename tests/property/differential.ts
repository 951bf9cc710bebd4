import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, it } from 'vitest';
import { ApiClient } from '../../src/api-client.ts';
import { accessTokens } from './access-tokens.ts';
import { describeProofDifferential } from './differential-proofs.ts';
import { TIME_LIMIT } from './runs.ts';
import { ALGORITHMS, AUDIENCE, ISSUER, jwks, SECONDS } from './tenant.ts';
import {
  compare,
  expectVariety,
  hasByteOrderMark,
  hasExtension,
  isCanonical,
  isText,
  type StricterRule,
} from './verdicts.ts';

const isFinite = (value: unknown) => value === undefined || Number.isFinite(value);
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Everything in which we are stricter with an access token than jose, on purpose. */
const STRICTER: readonly StricterRule[] = [
  {
    because: 'one token has one spelling: no padding, no blanks, no bits left over (RFC 7515 §2)',
    reason: 'malformed_token',
    applies: (token) => !isCanonical(token),
  },
  {
    because: 'JSON does not begin with a byte order mark (RFC 8259 §8.1)',
    reason: 'malformed_token',
    applies: hasByteOrderMark,
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
    because: 'no extension, no unencoded payload, no compression (RFC 7515 §4.1.11, RFC 7797)',
    reason: 'unsupported_header',
    applies: (_token, header) => hasExtension(header),
  },
  {
    because: 'another type of JWT is no access token (RFC 8725 §3.11, RFC 9068 §2.1)',
    reason: 'unsupported_token_type',
    applies: (_token, { typ }) => typeof typ !== 'string' || !/^(jwt|(application\/)?at\+jwt)$/i.test(typ),
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
    applies: (_token, _header, { cnf }) => {
      if (cnf === undefined) return false;
      return (
        !isObject(cnf) || (Object.hasOwn(cnf as object, 'jkt') && !isText((cnf as { jkt: unknown }).jkt))
      );
    },
  },
];

const keys = createLocalJWKSet(jwks);

async function theirs(token: string): Promise<unknown> {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ALGORITHMS,
    issuer: ISSUER,
    audience: AUDIENCE,
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
    currentDate: new Date(SECONDS * 1000),
  });
  return payload;
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

/** The comparisons, on the signature module that the test file has chosen. */
export function describeDifferential(): void {
  describe('the verdict on an access token', () => {
    it(
      'is that of jose, or stricter for a stated reason',
      async () => {
        const client = createClient();
        const ours = (accessToken: string) => client.verifyAccessToken({ accessToken });
        expectVariety(await compare(accessTokens, { ours, theirs, stricter: STRICTER }), STRICTER);
      },
      TIME_LIMIT,
    );
  });
  describeProofDifferential();
}
