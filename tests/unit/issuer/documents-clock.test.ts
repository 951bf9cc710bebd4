import { describe, expect, it } from 'vitest';
import { IssuerUnavailableError } from '../../../src/errors/index.ts';
import type { Loaded } from '../../../src/issuer/phases.ts';
import { refusalOf, rejectionOf } from '../platform/refusal.ts';
import { FRESHNESS, own, setUp, setUpLoaded, settle } from './loads.ts';

const unavailable = {
  type: IssuerUnavailableError,
  code: 'issuer_unavailable',
  reason: 'jwks_unavailable',
  statusCode: 503,
};

describe('a KeptDocument whose clock jumps back', () => {
  it('counts what it holds as stale, because how much time went by is not known', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(-3600);
    expect(document.current()).toBe('first');
    expect(loads.count).toBe(2);
  });

  it('keeps nothing longer for it', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(100);
    document.current();
    loads.fail();
    await settle();
    clock.advance(-100_000);
    document.current();
    clock.advance(3514);
    const late = document.get();
    loads.fail();
    expect(await late).toBe('first');
    clock.advance(1);
    const expired = refusalOf(document.get());
    await settle();
    loads.fail();
    expect(await expired).toEqual(unavailable);
  });

  it('adds no time by jumping ahead and back again and again', async () => {
    const { document, clock } = await setUpLoaded({ ...FRESHNESS, maxAge: 600 });
    for (let jump = 0; jump < 10; jump += 1) {
      clock.advance(100);
      document.current();
      clock.advance(-100);
      document.current();
    }
    // 1,000 s have gone by on the clock; the document was good for 1,200 s without waiting.
    clock.advance(199);
    expect(document.current()).toBe('first');
    clock.advance(1);
    expect(document.current()).toBeUndefined();
  });

  it('does not stretch a back-off', async () => {
    const { document, loads, clock } = setUp();
    const first = rejectionOf(document.get());
    loads.fail();
    await first;
    clock.advance(-3600);
    expect(await rejectionOf(document.get())).toMatchObject({ retryAfterSeconds: 1 });
    clock.advance(1);
    const second = document.get();
    loads.succeed('first');
    expect(await second).toBe('first');
  });

  it('does not stretch the deadline of a load', async () => {
    const { document, loads, clock } = setUp();
    const lost = document.get();
    clock.advance(-3600);
    expect(document.isLoading).toBe(true);
    clock.advance(5);
    expect(document.isLoading).toBe(false);
    const next = document.get();
    expect(loads.count).toBe(2);
    loads.succeed('second');
    expect(await next).toBe('second');
    loads.succeed('first', FRESHNESS, 1);
    expect(await lost).toBe('second');
    expect(document.current()).toBe('second');
  });

  it('counts the age of a load in progress from its start', async () => {
    const { document, loads, clock } = setUp();
    const loading = document.get();
    clock.advance(3);
    expect(document.isLoading).toBe(true);
    clock.advance(-1000);
    expect(document.isLoading).toBe(true);
    loads.succeed('first');
    await loading;
    clock.advance(11.999);
    document.current();
    expect(loads.count).toBe(1);
    clock.advance(0.001);
    document.current();
    expect(loads.count).toBe(2);
  });
});

describe('a load that never ends', () => {
  it('is taken for lost at its deadline, and the next caller loads anew', async () => {
    const { document, loads, clock } = setUp();
    void document.get();
    clock.advance(4.999);
    expect(document.isLoading).toBe(true);
    clock.advance(0.001);
    expect(document.isLoading).toBe(false);
    const next = document.get();
    expect(loads.count).toBe(2);
    loads.succeed('second');
    expect(await next).toBe('second');
  });

  it('holds nobody who joined it for longer than a load may take, though the clock stands still', async () => {
    let loads = 0;
    const load = (): Promise<Loaded<string>> => {
      loads += 1;
      return loads === 1 ? new Promise(() => undefined) : Promise.resolve(own('second'));
    };
    const { document } = setUp({ load, loadLimitSeconds: 0.02 });
    const began = refusalOf(document.get());
    const joined = document.get();
    expect(loads).toBe(1);
    expect(await joined).toBe('second');
    expect(loads).toBe(2);
    expect(await began).toMatchObject({ reason: 'jwks_unavailable', statusCode: 503 });
    expect(document.current()).toBe('second');
  });

  it('does not keep a stale document from being refreshed', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(15);
    document.current();
    expect(loads.count).toBe(2);
    clock.advance(5);
    expect(document.current()).toBe('first');
    expect(loads.count).toBe(3);
    loads.succeed('third');
    await settle();
    expect(document.current()).toBe('third');
  });

  it('does not overwrite its successor when it ends after all', async () => {
    const { document, loads, clock } = setUp();
    const lost = document.get();
    clock.advance(5);
    const next = document.get();
    loads.succeed('second');
    await next;
    loads.succeed('first', FRESHNESS, 1);
    expect(await lost).toBe('second');
    expect(document.current()).toBe('second');
    clock.advance(14.999);
    expect(document.current()).toBe('second');
    expect(loads.count).toBe(2);
  });

  it('is welcome when it ends before its successor', async () => {
    const { document, loads, clock } = setUp();
    const lost = document.get();
    clock.advance(5);
    const next = document.get();
    loads.succeed('first', FRESHNESS, 1);
    await lost;
    expect(document.current()).toBe('first');
    loads.succeed('second');
    expect(await next).toBe('second');
    expect(document.current()).toBe('second');
  });

  it('starts no back-off when it fails after its successor has begun', async () => {
    const { document, loads, clock } = setUp();
    const lost = refusalOf(document.get());
    clock.advance(5);
    const next = document.get();
    loads.fail(undefined, 1);
    expect(await lost).toEqual(unavailable);
    expect(document.isLoading).toBe(true);
    loads.succeed('second');
    expect(await next).toBe('second');
  });
});
