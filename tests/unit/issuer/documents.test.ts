import { describe, expect, it } from 'vitest';
import { IssuerUnavailableError } from '../../../src/errors/index.ts';
import { hold, phaseOf } from '../../../src/issuer/phases.ts';
import { LoadFailure } from '../../../src/issuer/load-failure.ts';
import { causeOf, refusalIn, refusalOf, rejectionOf } from '../platform/refusal.ts';
import { FRESHNESS, setUp, setUpLoaded, settle, START } from './loads.ts';

const unavailable = {
  type: IssuerUnavailableError,
  code: 'issuer_unavailable',
  reason: 'jwks_unavailable',
  statusCode: 503,
};

describe('phaseOf', () => {
  const held = hold(
    { value: 'x', freshness: { maxAge: 15, staleWhileRevalidate: 600, staleIfError: 7200 } },
    START,
  );

  it.each([
    [0, 'fresh', 'fresh'],
    [14.999, 'fresh', 'fresh'],
    [15, 'stale', 'stale'],
    [614.999, 'stale', 'stale'],
    [615, 'late', 'late'],
    [3614.999, 'late', 'late'],
    [3615, 'late', 'expired'],
    [7214.999, 'late', 'expired'],
    [7215, 'expired', 'expired'],
  ])('after %s s a document is %s, and %s once it was withdrawn', (seconds, phase, whenWithdrawn) => {
    expect(phaseOf(held, false, START + seconds * 1000)).toBe(phase);
    expect(phaseOf(held, true, START + seconds * 1000)).toBe(whenWithdrawn);
  });

  it('is cold without a document', () => {
    expect(phaseOf(undefined, false, START)).toBe('cold');
    expect(phaseOf(undefined, true, START)).toBe('cold');
  });

  it('does not lengthen a short stale-if-error for a document that was withdrawn', () => {
    const short = hold({ value: 'x', freshness: { ...FRESHNESS, staleIfError: 700 } }, START);
    expect(phaseOf(short, true, START + 714_999)).toBe('late');
    expect(phaseOf(short, true, START + 715_000)).toBe('expired');
  });
});

describe('KeptDocument, cold', () => {
  it('loads nothing before it is asked', () => {
    const { document, loads } = setUp();
    expect(document.current()).toBeUndefined();
    expect(document.isLoading).toBe(false);
    expect(loads.count).toBe(0);
  });

  it('shares one load among all who ask meanwhile', async () => {
    const { document, loads } = setUp();
    const waiting = Array.from({ length: 1000 }, () => document.get());
    expect(loads.count).toBe(1);
    expect(document.isLoading).toBe(true);
    loads.succeed('first');
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['first']));
    expect(loads.count).toBe(1);
    expect(document.isLoading).toBe(false);
  });

  it('shares a failure too, which says when to come again and why it failed', async () => {
    const { document, loads } = setUp();
    const waiting = Array.from({ length: 100 }, () => rejectionOf(document.get()));
    const failure = new LoadFailure('GET https://tenant.example/jwks answered 500');
    loads.fail(failure);
    for (const error of await Promise.all(waiting)) {
      expect(refusalIn(error)).toEqual(unavailable);
      expect(error).toMatchObject({ retryAfterSeconds: 1, headers: { 'Retry-After': '1' } });
      expect(causeOf(error)).toBe(failure);
    }
    expect(loads.count).toBe(1);
  });

  it('gives every failure a cause, even one that is no error', async () => {
    const { document, loads } = setUp();
    const loading = rejectionOf(document.get());
    loads.fail('text');
    const cause = causeOf(await loading);
    expect(cause).toBeInstanceOf(LoadFailure);
    expect(causeOf(cause)).toBe('text');
  });

  it('names what it is for in the reason', async () => {
    const { document, loads } = setUp({ document: 'discovery' });
    const loading = refusalOf(document.get());
    loads.fail();
    expect(await loading).toEqual({ ...unavailable, reason: 'discovery_unavailable' });
  });
});

describe('KeptDocument, fresh', () => {
  it('serves without a load', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(14.999);
    expect(document.current()).toBe('first');
    expect(await document.get()).toBe('first');
    expect(loads.count).toBe(1);
  });

  it('counts the age from the start of the load', async () => {
    const { document, loads, clock } = setUp();
    const loading = document.get();
    clock.advance(4);
    loads.succeed('first');
    await loading;
    clock.advance(11);
    expect(document.current()).toBe('first');
    expect(loads.count).toBe(2);
  });

  it('is replaced by a refresh that is asked for', async () => {
    const { document, loads } = await setUpLoaded();
    const refreshing = document.refresh();
    expect(document.current()).toBe('first');
    loads.succeed('second');
    expect(await refreshing).toBe('second');
    expect(document.current()).toBe('second');
  });

  it('outlives a refresh that fails', async () => {
    const { document, loads } = await setUpLoaded();
    const refreshing = refusalOf(document.refresh());
    loads.fail();
    expect(await refreshing).toEqual(unavailable);
    expect(document.current()).toBe('first');
  });
});

describe('KeptDocument, stale', () => {
  it('serves at once and refreshes once in the background', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(15);
    for (let request = 0; request < 100; request += 1) expect(document.current()).toBe('first');
    expect(loads.count).toBe(2);
    loads.succeed('second');
    await settle();
    expect(document.current()).toBe('second');
    expect(loads.count).toBe(2);
  });

  it('serves on when the background refresh fails, and is nobody else\u2019s failure', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(15);
    expect(document.current()).toBe('first');
    loads.fail();
    await settle();
    expect(document.current()).toBe('first');
    expect(loads.count).toBe(2);
  });

  it('refreshes again once the back-off is over', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(15);
    document.current();
    loads.fail();
    await settle();
    clock.advance(0.999);
    document.current();
    expect(loads.count).toBe(2);
    clock.advance(0.001);
    document.current();
    expect(loads.count).toBe(3);
  });
});

describe('KeptDocument, late', () => {
  it('lets callers join one refresh', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(615);
    expect(document.current()).toBeUndefined();
    const waiting = Array.from({ length: 100 }, () => document.get());
    expect(loads.count).toBe(2);
    loads.succeed('second');
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['second']));
  });

  it('serves the kept document when that refresh fails', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(3614);
    const waiting = Array.from({ length: 100 }, () => document.get());
    loads.fail();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['first']));
    expect(loads.count).toBe(2);
  });

  it('serves the kept document at once while it backs off', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(700);
    const first = document.get();
    loads.fail();
    await first;
    expect(await document.get()).toBe('first');
    expect(loads.count).toBe(2);
  });

  it('refuses when the document expires while its refresh is failing', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(3614);
    const loading = refusalOf(document.get());
    clock.advance(1);
    loads.fail();
    expect(await loading).toEqual(unavailable);
  });
});

describe('KeptDocument, expired', () => {
  it('refuses when the refresh fails', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(3615);
    const loading = refusalOf(document.get());
    loads.fail();
    expect(await loading).toEqual(unavailable);
    expect(document.current()).toBeUndefined();
  });

  it('serves what the refresh brings', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(100_000);
    const loading = document.get();
    loads.succeed('second');
    expect(await loading).toBe('second');
    expect(document.current()).toBe('second');
  });
});
