import { describe, expect, it } from 'vitest';
import type { ApiClientEvent } from '../../../src/events.ts';
import { LoadFailure } from '../../../src/issuer/load-failure.ts';
import { refusalOf } from '../platform/refusal.ts';
import { FRESHNESS, setUp, settle } from './loads.ts';

const ISSUER = 'https://tenant.example.com/';
const unavailable = (reason: string) => expect.objectContaining({ reason, statusCode: 503 }) as unknown;

describe.each(['discovery', 'jwks'] as const)('the life of a %s document', (kind) => {
  it('goes through every state', async () => {
    const events: ApiClientEvent[] = [];
    const told = () => events.splice(0).map(({ type }) => type);
    const { document, loads, clock } = setUp({ document: kind, emit: (event) => void events.push(event) });
    const reason = `${kind}_unavailable`;

    // Cold, and loading: callers wait together, and fail together.
    const waiting = [refusalOf(document.get()), refusalOf(document.get())];
    expect([loads.count, document.isLoading, document.isBackingOff]).toEqual([1, true, false]);
    loads.fail();
    expect(await Promise.all(waiting)).toEqual([unavailable(reason), unavailable(reason)]);
    expect(told()).toEqual(['document_failed']);

    // Backing off: refused at once, and nothing is asked.
    expect([document.isLoading, document.isBackingOff]).toEqual([false, true]);
    expect(await refusalOf(document.get())).toEqual(unavailable(reason));
    expect(loads.count).toBe(1);

    // Recovered, and fresh.
    clock.advance(1);
    const recovering = document.get();
    loads.succeed('first');
    expect([await recovering, document.current(), document.isBackingOff]).toEqual(['first', 'first', false]);
    expect(told()).toEqual(['document_fetched']);

    // Stale and refreshing: served at once, by one load for any number of requests.
    clock.advance(FRESHNESS.maxAge);
    expect([document.current(), document.current(), document.current()]).toEqual(['first', 'first', 'first']);
    expect([loads.count, document.isLoading]).toEqual([3, true]);
    expect(told()).toEqual(['document_served_stale']);

    // Stale on error: the failure replaces nothing.
    loads.fail(new LoadFailure('down', { withdrawn: true }));
    await settle();
    expect([document.current(), document.isBackingOff, loads.count]).toEqual(['first', true, 3]);
    expect(told()).toEqual(['document_failed', 'document_served_stale']);

    // Recovered: the next good document replaces it whole.
    clock.advance(1);
    expect(document.current()).toBe('first');
    loads.succeed('second');
    await settle();
    expect(document.current()).toBe('second');
    expect(told()).toEqual(['document_fetched']);

    // Late: a request joins the refresh, and gets the kept document when it fails.
    clock.advance(FRESHNESS.maxAge + FRESHNESS.staleWhileRevalidate);
    expect(document.current()).toBeUndefined();
    const late = document.get();
    loads.fail();
    expect(await late).toBe('second');
    expect(told()).toEqual(['document_failed', 'document_served_stale']);

    // Expired: when the refresh fails, so does the request.
    clock.advance(FRESHNESS.staleIfError);
    const expired = refusalOf(document.get());
    loads.fail();
    expect(await expired).toEqual(unavailable(reason));
    clock.advance(2);
    const back = document.get();
    loads.succeed('third');
    expect(await back).toBe('third');
    expect(told()).toEqual(['document_failed', 'document_fetched']);
    expect(events).toEqual([]);
  });

  it('tells which document of which issuer, how old it is, and when the next load may begin', async () => {
    const events: ApiClientEvent[] = [];
    const { document, loads, clock } = setUp({ document: kind, emit: (event) => void events.push(event) });
    const first = document.get();
    loads.succeed('first');
    await first;
    clock.advance(20);
    document.current();
    loads.fail(new LoadFailure('busy', { retryAfterSeconds: 7 }));
    await settle();
    const common = { issuer: ISSUER, document: kind };
    const durationSeconds: unknown = expect.any(Number);
    expect(events).toEqual([
      { type: 'document_fetched', ...common, source: 'network', durationSeconds },
      { type: 'document_served_stale', ...common, ageSeconds: 20 },
      {
        type: 'document_failed',
        ...common,
        durationSeconds,
        retryAfterSeconds: 7,
        detail: 'LoadFailure: busy',
      },
    ]);
  });
});
