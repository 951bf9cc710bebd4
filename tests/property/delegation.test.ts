import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DelegatedClaims, getCurrentActor, getDelegationChain } from '../../src/delegation.ts';
import { VerifyAccessTokenError } from '../../src/errors/index.ts';
import { runs, TIME_LIMIT } from './runs.ts';

/** What a helper answers, or `undefined` when it refuses; any other error is a failure. */
function attempt<T>(helper: () => T): T | undefined {
  try {
    return helper();
  } catch (error) {
    if (!(error instanceof VerifyAccessTokenError)) throw error;
    expect(error).toMatchObject({ code: 'invalid_token', reason: 'act_invalid', statusCode: 401 });
    return undefined;
  }
}

const sub = fc.oneof(
  { weight: 4, arbitrary: fc.string({ minLength: 1, maxLength: 8 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
);
const { act } = fc.letrec<{ act: unknown; actor: unknown }>((tie) => ({
  actor: fc.record({ sub, act: tie('act'), iss: fc.string({ maxLength: 3 }) }, { requiredKeys: [] }),
  act: fc.oneof({ maxDepth: 6 }, fc.jsonValue({ maxDepth: 2 }), tie('actor'), tie('actor')),
}));

describe('the delegation helpers', () => {
  it(
    'name actors or refuse with act_invalid, whatever `act` holds',
    () => {
      fc.assert(
        fc.property(act, (act) => {
          const claims = JSON.parse(JSON.stringify({ sub: 'user', act })) as DelegatedClaims;
          const current = attempt(() => getCurrentActor(claims));
          const chain = attempt(() => getDelegationChain(claims));
          expect(chain?.every((actor) => typeof actor === 'string' && actor.trim() !== '') ?? true).toBe(
            true,
          );
          // A chain that can be read begins with the actor that authorization uses.
          if (chain !== undefined) expect(chain[0]).toBe(current);
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'read back every chain of up to 32 actors',
    () => {
      const actors = fc.array(
        fc.string({ minLength: 1, maxLength: 20 }).filter((name) => name.trim() !== ''),
        { minLength: 1, maxLength: 32 },
      );
      fc.assert(
        fc.property(actors, (actors) => {
          const act = actors.reduceRight<object | undefined>(
            (inner, sub) => ({ sub, act: inner }),
            undefined,
          );
          expect(getDelegationChain({ act })).toEqual(actors);
          expect(getCurrentActor({ act })).toBe(actors[0]);
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );
});
