/**
 * Defects that attacks and generated cases have found, each once and for all.
 */
import { describe, expect, it } from 'vitest';
import { InMemoryReplayStore } from '../../src/dpop/replay.ts';
import { normalizeHtu } from '../../src/dpop/htu.ts';
import { LoadFailure } from '../../src/issuer/load-failure.ts';
import { issuerOfDomain } from '../../src/issuer/domain.ts';
import { readFreshness } from '../../src/issuer/freshness.ts';
import { FRESHNESS, setUp, setUpLoaded, settle } from './issuer/loads.ts';
import { DISCOVERY, json, JWKS, metadata, publicKey, setUpIssuers } from './issuer/tenant.ts';
import { algorithmNamed } from './jws/keys.ts';
import { causeOf, refusalIn, rejectionOf } from './platform/refusal.ts';

describe('the replay store', () => {
  it('holds no more than its bound when a span that was emptied is used again', () => {
    const store = new InMemoryReplayStore({ maxEntries: 1, now: () => 1_800_000_000_000, emit: undefined });
    store.add('a', 300);
    store.add('b', 310); // evicts "a"; the span of "a" is empty and deleted, its iterator is kept
    for (let index = 0; index < 1000; index += 1) store.add(`c${index}`, 300); // an older iat: the same span again
    expect(store.size).toBe(1);
  });
});

describe('a load that is lost', () => {
  it('starts one load, not one for each, when a lost load is given up by all who joined it', async () => {
    const { document, loads } = setUp({ loadLimitSeconds: 0.02 });
    const joined = Array.from({ length: 51 }, () => document.get().catch(refusalIn));
    await new Promise((resolve) => setTimeout(resolve, 60));
    const begun = loads.count;
    for (let number = 1; number <= loads.count; number += 1) loads.succeed('x', FRESHNESS, number);
    // Who began a load that was lost is told so; nobody waits for ever.
    for (const outcome of await Promise.all(joined)) {
      if (outcome !== 'x') expect(outcome).toMatchObject({ reason: 'jwks_unavailable', statusCode: 503 });
    }
    // Each lost load has one successor; within the wait there is time for two.
    expect(begun).toBeLessThanOrEqual(4);
  });
});

describe('an unknown kid', () => {
  it('does not call a kid unknown while no refresh has succeeded', async () => {
    const { issuer, answers, clock } = setUpIssuers({
      [DISCOVERY]: metadata(),
      [JWKS]: json({ keys: [publicKey('a')] }),
    });
    await issuer.warmUp();
    answers[JWKS] = () => new Promise(() => undefined);
    void issuer.verifier('b', algorithmNamed('ES256')).catch(() => undefined);
    await settle();
    clock.advance(6); // past the deadline of 5 s: the refresh is taken for lost
    const outcome = await issuer.verifier('b', algorithmNamed('ES256')).catch(refusalIn);
    expect(outcome).toMatchObject({ reason: 'jwks_unavailable', statusCode: 503 });
  }, 15_000);
});

describe('a document that is withdrawn', () => {
  it('stops serving an hour after the server has withdrawn the document, whatever stale-while-revalidate says', async () => {
    const freshness = { maxAge: 15, staleWhileRevalidate: 30 * 86_400, staleIfError: 86_400 };
    const { document, loads, clock } = await setUpLoaded(freshness);
    clock.advance(20);
    document.current();
    loads.fail(new LoadFailure('gone', { withdrawn: true }));
    await settle();
    clock.advance(7 * 86_400);
    expect(document.current()).toBeUndefined();
  });

  it('bounds stale-while-revalidate as it does stale-if-error', () => {
    const { staleWhileRevalidate } = readFreshness('max-age=15, stale-while-revalidate=9999999999', 600);
    expect(staleWhileRevalidate).toBeLessThanOrEqual(86_400);
  });
});

describe('a lost load and a clock that jumps back', () => {
  it('lets a late loser overwrite nothing, though the clock has jumped back meanwhile', async () => {
    const { document, loads, clock } = setUp();
    const lost = document.get();
    clock.advance(5);
    const next = document.get();
    loads.succeed('second');
    await next;
    clock.advance(-10); // what is held moves back; the start of the lost load does not
    document.current();
    loads.succeed('first', FRESHNESS, 1);
    await lost;
    expect(document.current()).toBe('second');
  });

  it('holds a document from a lost load no longer for a jump back', async () => {
    const { document, loads, clock } = setUp();
    const lost = document.get();
    clock.advance(5);
    void document.get().catch(() => undefined);
    clock.advance(-86_400);
    document.current();
    loads.succeed('first', FRESHNESS, 1);
    await lost;
    clock.advance(86_400 - 1000); // nearly a day later
    expect(document.current()).toBeUndefined();
    loads.fail();
  });
});

describe('a key set whose metadata cannot be had', () => {
  it('keeps the reason and the Retry-After of discovery when the key set cannot be loaded for its sake', async () => {
    const { issuer, answers, clock } = setUpIssuers({
      [DISCOVERY]: metadata(),
      [JWKS]: json({ keys: [publicKey('a')] }),
    });
    await issuer.warmUp();
    clock.advance(90_000);
    answers[DISCOVERY] = json({}, 503, { 'Retry-After': '60' });
    const error = await rejectionOf(issuer.verifier('a', algorithmNamed('ES256')));
    expect(causeOf(error)).toBeInstanceOf(LoadFailure);
    expect(error).toMatchObject({ reason: 'discovery_unavailable', retryAfterSeconds: 60 });
  });
});

describe('percent-encoding', () => {
  it.each(['https://a/%%34%31', 'https://a/%2%65'])('is idempotent for %s, or refuses it', (url) => {
    const once = normalizeHtu(url);
    expect(normalizeHtu(once)).toBe(once);
  });
});

describe('a domain', () => {
  it.each([
    'tenant.example/a/..',
    'tenant.example/.',
    'https://tenant.example/./',
    '*.auth0.com',
    'a..b',
    '127.1',
  ])('refuses %s', (domain) => {
    expect(issuerOfDomain(domain)).toBeUndefined();
  });
});

describe('an age of zero', () => {
  it('never makes every request ask anew', () => {
    expect(readFreshness('max-age=15', 0).maxAge).toBeGreaterThan(0);
  });
});
