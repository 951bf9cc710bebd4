/**
 * Access tokens, one by one: our verdict beside that of jose, at first sight and from memory.
 */
import fc from 'fast-check';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, it } from 'vitest';
import { ApiClient } from '../../src/api-client.ts';
import type { ApiClientOptions } from '../../src/options/options.ts';
import { accessTokens, type TokenCase } from './access-tokens.ts';
import { describeProofDifferential } from './differential-proofs.ts';
import { chunksOf, DIFFERENTIAL_TIME_LIMIT, report } from './differential-runs.ts';
import { describeSessions } from './differential-sessions.ts';
import { ALGORITHMS, AUDIENCE, ISSUER, jwks } from './tenant.ts';
import { expectSame, expectVariety, ourVerdict, Tally, theirVerdict, withoutStacks } from './verdicts.ts';

const keys = createLocalJWKSet(jwks);

async function theirs({ token, now }: TokenCase): Promise<unknown> {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ALGORITHMS,
    issuer: ISSUER,
    audience: AUDIENCE,
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
    currentDate: new Date(now),
  });
  return payload;
}

function createJudge(options: Pick<ApiClientOptions, 'verifiedTokenCache'> = {}) {
  const documents: Record<string, unknown> = {
    [`${ISSUER}.well-known/openid-configuration`]: { issuer: ISSUER, jwks_uri: `${ISSUER}jwks` },
    [`${ISSUER}jwks`]: jwks,
  };
  let time = 0;
  const client = new ApiClient({
    ...options,
    domain: ISSUER,
    audience: AUDIENCE,
    algorithms: ALGORITHMS,
    now: () => time,
    customFetch: (input) => {
      const url = input instanceof Request ? input.url : input.toString();
      return Promise.resolve(Response.json(documents[url]));
    },
  });
  return ({ token, now }: TokenCase) => {
    time = now;
    return ourVerdict(client.verifyAccessToken({ accessToken: token }));
  };
}

/** Every so many tokens are also shown to a client that has never seen anything. */
const NEWBORN_EVERY = 40;

function keysOf({ kid, alg }: Record<string, unknown>) {
  const named = jwks.keys.filter((key) => kid === undefined || key.kid === kid);
  return named.filter(({ kty }) => kty === KEY_TYPES[String(alg).slice(0, 2)]);
}
const KEY_TYPES: Readonly<Record<string, string>> = { RS: 'RSA', PS: 'RSA', ES: 'EC', Ed: 'OKP' };

async function compareTokens(tally: Tally, parameters: { numRuns: number; seed: number }): Promise<void> {
  const remembering = createJudge();
  const forgetting = createJudge({ verifiedTokenCache: false });
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(accessTokens, async (given) => {
      const circumstances = { about: 'token' as const, text: given.token, keysOf, now: given.now };
      const first = await remembering(given);
      expectSame(
        {
          'at first': first,
          again: await remembering(given),
          'without memory': await forgetting(given),
          ...(seen++ % NEWBORN_EVERY === 0 ? { 'by a new client': await createJudge()(given) } : {}),
        },
        circumstances,
      );
      tally.compare(first, await theirVerdict(theirs(given)), circumstances);
    }),
    parameters,
  );
}

/** The comparisons, on the signature module that the test file has chosen. */
export function describeDifferential(path: string): void {
  describe('the verdict on an access token', () => {
    it(
      'is that of jose, or stricter for a stated reason, at first and from memory',
      async () => {
        const tally = new Tally();
        for (const chunk of chunksOf('access tokens')) {
          report(`${path}: access tokens, ${tally.soFar}, next ${chunk.numRuns} with seed ${chunk.seed}`);
          await withoutStacks(() => compareTokens(tally, chunk));
        }
        tally.report(`${path}: access tokens`);
        expectVariety(tally, 'token');
      },
      DIFFERENTIAL_TIME_LIMIT,
    );
  });
  describeProofDifferential(path);
  describeSessions(path);
}
