import { describe, expect, it } from 'vitest';
import { findAlgorithm } from '../../../src/jws/algorithms.ts';
import { LoadFailure } from '../../../src/issuer/load-failure.ts';
import type { Loaded } from '../../../src/issuer/phases.ts';
import { causeOf, refusalIn, refusalOf } from '../platform/refusal.ts';
import { own, setUp, settle } from './loads.ts';
import { DISCOVERY, json, JWKS, metadata, publicKey, setUpIssuers } from './tenant.ts';

const lost = () => new Error('This promise was created by a request that has since ended');

/** Loads of which the runtime drops the first: whoever joined it learns at once that it will never settle. */
function setUpDropped() {
  let loads = 0;
  let drop: (error: Error) => void = () => undefined;
  const load = (): Promise<Loaded<string>> => {
    loads += 1;
    if (loads > 1) return Promise.resolve(own('second'));
    const never = new Promise<Loaded<string>>(() => undefined);
    // As workerd does it: not the load itself settles, but every wait for it.
    return Object.assign(never, {
      then: () =>
        new Promise((_resolve, reject) => {
          drop = reject;
        }),
    });
  };
  return {
    ...setUp({ load }),
    drop: () => {
      drop(lost());
    },
    count: () => loads,
  };
}

describe('a load that the runtime drops with the request that began it', () => {
  it('is begun anew by whoever waits for it, at once', async () => {
    const { document, drop, count } = setUpDropped();
    const waiting = Array.from({ length: 5 }, () => document.get().catch(refusalIn));
    expect(count()).toBe(1);
    drop();
    const [began, ...joined] = await Promise.all(waiting);
    expect(joined).toEqual(['second', 'second', 'second', 'second']);
    // Nobody is left to hear this one.
    expect(began).toMatchObject({ reason: 'jwks_unavailable', statusCode: 503 });
    expect(count()).toBe(2);
    expect(document.isBackingOff).toBe(false);
  });

  it('is told from one that failed', async () => {
    const { document, loads } = setUp();
    const waiting = refusalOf(document.get());
    loads.fail(new LoadFailure('down'));
    expect(causeOf(await waiting)).toBeUndefined();
    expect(document.isBackingOff).toBe(true);
  });
});

describe('a search for a kid that never ends, because its request has left', () => {
  const algorithm = findAlgorithm('ES256');
  if (algorithm === undefined) throw new Error('there is no ES256');

  it('is repeated at once, and then ever later, however many leave', async () => {
    const { issuer, answers, requests, clock } = setUpIssuers({
      [DISCOVERY]: metadata(),
      [JWKS]: json({ keys: [publicKey('a')] }),
    });
    await issuer.warmUp();
    answers[JWKS] = () => new Promise(() => undefined);
    const asked = () => requests.filter((url) => url === JWKS).length - 1;
    const visits: number[] = [];
    for (let second = 0; second <= 60; second += 12) {
      issuer.verifier(`invented-${second}`, algorithm).catch(() => undefined);
      await settle();
      visits.push(asked());
      // Past the deadline of the load, so that it counts as lost.
      clock.advance(12);
    }
    expect(visits.at(-1)).toBeLessThanOrEqual(6);
    expect(visits.slice(0, 2)).toEqual([1, 2]);
  });
});
