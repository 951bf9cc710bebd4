import { describe, expect, it } from 'vitest';
import { IssuerUnavailableError } from '../../../src/errors/index.ts';
import { type KeptDocument } from '../../../src/issuer/documents.ts';
import { LoadFailure } from '../../../src/issuer/load-failure.ts';
import { refusalOf, rejectionOf } from '../platform/refusal.ts';
import { type Loads, FRESHNESS, setUp, setUpLoaded, settle } from './loads.ts';

const unavailable = {
  type: IssuerUnavailableError,
  code: 'issuer_unavailable',
  reason: 'jwks_unavailable',
  statusCode: 503,
};

/** Asks once, lets the load fail, and reports the seconds that the refusal names. */
async function failOnce(
  document: KeptDocument<string>,
  loads: Loads,
  failure = new LoadFailure('down'),
): Promise<number> {
  const loading = rejectionOf(document.get());
  loads.fail(failure);
  return retryAfter(await loading);
}

function retryAfter(error: unknown): number {
  if (!(error instanceof IssuerUnavailableError)) throw error;
  expect(error.headers['Retry-After']).toBe(String(error.retryAfterSeconds));
  return error.retryAfterSeconds;
}

describe('the back-off of a KeptDocument', () => {
  it('doubles from 1 s to 30 s, cold', async () => {
    const { document, loads, clock } = setUp();
    const waits: number[] = [];
    for (let failures = 0; failures < 8; failures += 1) {
      const seconds = await failOnce(document, loads);
      waits.push(seconds);
      clock.advance(seconds - 0.001);
      expect(await refusalOf(document.get())).toEqual(unavailable);
      expect(loads.count).toBe(failures + 1);
      clock.advance(0.001);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it('doubles from 1 s to 30 s, warm', async () => {
    const { document, loads, clock } = await setUpLoaded();
    clock.advance(15);
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      expect(document.current()).toBe('first');
      const begun = loads.count;
      loads.fail();
      await settle();
      clock.advance(seconds - 0.001);
      document.current();
      expect(loads.count).toBe(begun);
      clock.advance(0.001);
    }
  });

  it('refuses at once meanwhile, and names the seconds that remain, rounded up', async () => {
    const { document, loads, clock } = setUp();
    for (let failures = 0; failures < 4; failures += 1) clock.advance(await failOnce(document, loads));
    expect(await failOnce(document, loads)).toBe(16);
    for (const [passed, remaining] of [
      [0, 16],
      [0.001, 16],
      [5.999, 10],
      [9.5, 1],
    ] as const) {
      clock.advance(passed);
      expect(retryAfter(await rejectionOf(document.get()))).toBe(remaining);
    }
    expect(loads.count).toBe(5);
  });

  it('holds for refreshes that are asked for as well', async () => {
    const { document, loads } = await setUpLoaded();
    const refreshing = refusalOf(document.refresh());
    loads.fail();
    await refreshing;
    expect(await refusalOf(document.refresh())).toEqual(unavailable);
    expect(loads.count).toBe(2);
    expect(document.current()).toBe('first');
  });

  it.each([
    ['longer than its own', 20, 20],
    ['shorter than its own', 0.5, 1],
    ['longer than ten minutes', 86_400, 600],
  ])('honours a Retry-After %s', async (_title, asked, waited) => {
    const { document, loads, clock } = setUp();
    const failure = new LoadFailure('busy', { retryAfterSeconds: asked });
    expect(await failOnce(document, loads, failure)).toBe(waited);
    clock.advance(waited - 0.001);
    expect(retryAfter(await rejectionOf(document.get()))).toBe(1);
    expect(loads.count).toBe(1);
    clock.advance(0.001);
    const loading = document.get();
    loads.succeed('first');
    expect(await loading).toBe('first');
  });

  it('counts one failure for all who shared the load', async () => {
    const { document, loads, clock } = setUp();
    const waiting = Array.from({ length: 10 }, () => rejectionOf(document.get()));
    loads.fail();
    await Promise.all(waiting);
    clock.advance(1);
    expect(await failOnce(document, loads)).toBe(2);
  });

  it('starts anew after a success', async () => {
    const { document, loads, clock } = setUp();
    for (let failures = 0; failures < 6; failures += 1) clock.advance(await failOnce(document, loads));
    const loading = document.get();
    loads.succeed('first');
    await loading;
    clock.advance(3615);
    expect(await failOnce(document, loads)).toBe(1);
  });
});

describe('a KeptDocument whose server withdraws it', () => {
  const longLived = { ...FRESHNESS, staleIfError: 86_400 };
  const gone = () => new LoadFailure('GET https://tenant.example/jwks answered 410', { withdrawn: true });

  it('goes on serving for an hour past its age, whatever stale-if-error says', async () => {
    const { document, loads, clock } = await setUpLoaded(longLived);
    clock.advance(3614);
    const late = document.get();
    loads.fail(gone());
    expect(await late).toBe('first');
    clock.advance(1);
    const expired = refusalOf(document.get());
    loads.fail(gone());
    expect(await expired).toEqual(unavailable);
  });

  it('goes on serving for as long as stale-if-error says while the server merely fails', async () => {
    const { document, loads, clock } = await setUpLoaded(longLived);
    clock.advance(86_414);
    const late = document.get();
    loads.fail();
    expect(await late).toBe('first');
  });

  it('stays withdrawn when later loads fail for other reasons', async () => {
    const { document, loads, clock } = await setUpLoaded(longLived);
    clock.advance(20);
    document.current();
    loads.fail(gone());
    await settle();
    clock.advance(30);
    document.current();
    loads.fail();
    await settle();
    clock.advance(3600);
    const expired = refusalOf(document.get());
    loads.fail();
    expect(await expired).toEqual(unavailable);
  });

  it('is an ordinary document again after the next good load', async () => {
    const { document, loads, clock } = await setUpLoaded(longLived);
    clock.advance(20);
    document.current();
    loads.fail(gone());
    await settle();
    clock.advance(1);
    document.current();
    loads.succeed('second', longLived);
    await settle();
    clock.advance(80_000);
    const late = document.get();
    loads.fail();
    expect(await late).toBe('second');
  });
});
