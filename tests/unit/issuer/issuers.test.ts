import { describe, expect, it } from 'vitest';
import { IssuerUnavailableError } from '../../../src/errors/index.ts';
import { algorithmNamed } from '../jws/keys.ts';
import { causeOf, refusalIn, refusalOf, rejectionOf } from '../platform/refusal.ts';
import {
  DISCOVERY,
  heldBack,
  ISSUER,
  json,
  JWKS,
  metadata,
  publicKey,
  refuse,
  setUpIssuers,
} from './tenant.ts';

const ES256 = algorithmNamed('ES256');
const keyA = publicKey('a');
const keyB = publicKey('b');

const unavailable = {
  type: IssuerUnavailableError,
  code: 'issuer_unavailable',
  reason: 'jwks_unavailable',
  statusCode: 503,
};

const serving = (...keys: unknown[]) => ({ [DISCOVERY]: metadata(), [JWKS]: json({ keys }) });

async function setUpWarm(...keys: unknown[]) {
  const parts = setUpIssuers(serving(...keys));
  await parts.issuer.warmUp();
  parts.requests.length = 0;
  return parts;
}

describe('KnownIssuer', () => {
  it('asks for metadata and keys once, however many are waiting', async () => {
    const { issuer, requests } = setUpIssuers(serving(keyA));
    const found = await Promise.all(Array.from({ length: 1000 }, () => issuer.verifier('a', ES256)));
    expect(requests).toEqual([DISCOVERY, JWKS]);
    expect(found.every((verifier) => typeof verifier === 'function')).toBe(true);
  });

  it('asks for both when it is warmed up, and for nothing afterwards', async () => {
    const { issuer, requests } = setUpIssuers(serving(keyA));
    await issuer.warmUp();
    expect(requests).toEqual([DISCOVERY, JWKS]);
    expect(await issuer.metadata()).toEqual({ issuer: ISSUER, jwksUri: JWKS, tokenEndpoint: undefined });
    expect(await issuer.verifier('a', ES256)).toBeTypeOf('function');
    expect(requests).toHaveLength(2);
  });

  it('reports a key that does not allow the algorithm without asking again', async () => {
    const { issuer, requests } = await setUpWarm(keyA);
    expect(await issuer.verifier('a', algorithmNamed('ES384'))).toBe('unsupported_algorithm');
    expect(requests).toEqual([]);
  });

  it('follows a key set that has moved', async () => {
    const { issuer, answers, requests, clock } = await setUpWarm(keyA);
    const moved = `${ISSUER}moved.json`;
    Object.assign(answers, { [DISCOVERY]: metadata({ jwks_uri: moved }), [moved]: json({ keys: [keyB] }) });
    clock.advance(700);
    expect(await issuer.verifier('b', ES256)).toBeTypeOf('function');
    expect(requests).toContain(moved);
    expect(requests).not.toContain(JWKS);
  });

  it('reports discovery as the reason when metadata cannot be had', async () => {
    const { issuer } = setUpIssuers({ [DISCOVERY]: refuse });
    const error = await rejectionOf(issuer.warmUp());
    expect(refusalIn(error)).toEqual({ ...unavailable, reason: 'discovery_unavailable' });
    expect(causeOf(error)).toMatchObject({ name: 'LoadFailure' });
  });

  it('takes metadata of another issuer for an outage', async () => {
    const { issuer } = setUpIssuers({
      ...serving(keyA),
      [DISCOVERY]: metadata({ issuer: 'https://evil.example/' }),
    });
    expect(await refusalOf(issuer.warmUp())).toEqual({ ...unavailable, reason: 'discovery_unavailable' });
  });
});

describe('an unknown kid', () => {
  it('fetches the key set once for all who wait, and finds a key that has just appeared', async () => {
    const { issuer, answers, requests } = await setUpWarm(keyA);
    const { answer, release } = heldBack();
    answers[JWKS] = answer;
    const waiting = Array.from({ length: 1000 }, () => issuer.verifier('b', ES256));
    release(json({ keys: [keyA, keyB] }));
    const found = await Promise.all(waiting);
    expect(requests).toEqual([JWKS]);
    expect(found.every((verifier) => typeof verifier === 'function')).toBe(true);
  });

  it('is unknown to all who wait when the new set lacks it too', async () => {
    const { issuer, requests } = await setUpWarm(keyA);
    const waiting = Array.from({ length: 1000 }, (_, index) => issuer.verifier(`kid-${index}`, ES256));
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['unknown_kid']));
    expect(requests).toEqual([JWKS]);
  });

  it('costs one fetch in 30 s, and none of the good keys', async () => {
    const { issuer, requests, clock } = await setUpWarm(keyA);
    for (let second = 0; second < 15; second += 0.5) {
      expect(await issuer.verifier(`kid-${second}`, ES256)).toBe('unknown_kid');
      expect(await issuer.verifier('a', ES256)).toBeTypeOf('function');
      clock.advance(0.5);
    }
    expect(requests).toEqual([JWKS]);
  });

  it('may fetch again after 30 s', async () => {
    const { issuer, answers, requests, clock } = setUpIssuers({
      [DISCOVERY]: json({ issuer: ISSUER, jwks_uri: JWKS }, 200, { 'Cache-Control': 'max-age=600' }),
      [JWKS]: json({ keys: [keyA] }, 200, { 'Cache-Control': 'max-age=600' }),
    });
    await issuer.warmUp();
    expect(await issuer.verifier('b', ES256)).toBe('unknown_kid');
    answers[JWKS] = json({ keys: [keyB] });
    clock.advance(29.999);
    expect(await issuer.verifier('b', ES256)).toBe('unknown_kid');
    clock.advance(0.001);
    expect(await issuer.verifier('b', ES256)).toBeTypeOf('function');
    expect(requests).toEqual([DISCOVERY, JWKS, JWKS, JWKS]);
  });

  it('joins a refresh that is under way', async () => {
    const { issuer, answers, requests, clock } = await setUpWarm(keyA);
    const { answer, release } = heldBack();
    answers[JWKS] = answer;
    clock.advance(15);
    await issuer.verifier('a', ES256);
    const waiting = issuer.verifier('b', ES256);
    release(json({ keys: [keyB] }));
    expect(await waiting).toBeTypeOf('function');
    expect(requests.filter((url) => url === JWKS)).toHaveLength(1);
  });

  it('drops a key that the new set no longer has', async () => {
    const { issuer, answers } = await setUpWarm(keyA);
    answers[JWKS] = json({ keys: [keyB] });
    expect(await issuer.verifier('b', ES256)).toBeTypeOf('function');
    expect(await issuer.verifier('a', ES256)).toBe('unknown_kid');
  });

  it('is an outage, not a bad token, when the refresh fails: for all who wait', async () => {
    const { issuer, answers, requests } = await setUpWarm(keyA);
    answers[JWKS] = json({}, 503, { 'Retry-After': '7' });
    const waiting = Array.from({ length: 1000 }, () => rejectionOf(issuer.verifier('b', ES256)));
    for (const error of await Promise.all(waiting)) {
      expect(refusalIn(error)).toEqual(unavailable);
      expect(error).toMatchObject({ retryAfterSeconds: 7 });
      expect(causeOf(error)).toBeInstanceOf(Error);
    }
    expect(requests).toEqual([JWKS]);
  });

  it('stays an outage for 30 s after a refresh that failed, while known keys go on verifying', async () => {
    const { issuer, answers, requests, clock } = await setUpWarm(keyA);
    answers[JWKS] = json({}, 500, { 'Retry-After': '1' });
    await rejectionOf(issuer.verifier('b', ES256));
    clock.advance(14);
    const error = await rejectionOf(issuer.verifier('b', ES256));
    expect(refusalIn(error)).toEqual(unavailable);
    expect(error).toMatchObject({ retryAfterSeconds: 16 });
    expect(causeOf(error)).toBeInstanceOf(Error);
    expect(await issuer.verifier('a', ES256)).toBeTypeOf('function');
    expect(requests).toEqual([JWKS]);
  });

  it('is unknown only once a refresh has succeeded without it', async () => {
    const { issuer, answers, clock } = await setUpWarm(keyA);
    answers[JWKS] = refuse;
    expect(await refusalOf(issuer.verifier('b', ES256))).toEqual(unavailable);
    answers[JWKS] = json({ keys: [keyA] });
    clock.advance(16);
    // The set is stale by now, so this refreshes it; the next call joins that refresh or finds its outcome.
    await issuer.verifier('a', ES256);
    expect(await issuer.verifier('b', ES256)).toBe('unknown_kid');
  });
});

describe('Issuers', () => {
  const other = 'https://other.example.com/';

  it('keeps the keys of each issuer apart', async () => {
    const { issuers, answers } = setUpIssuers(serving(keyA));
    Object.assign(answers, {
      [`${other}.well-known/openid-configuration`]: metadata({ issuer: other, jwks_uri: `${other}jwks` }),
      [`${other}jwks`]: json({ keys: [keyB] }),
    });
    expect(await issuers.get(ISSUER).verifier('a', ES256)).toBeTypeOf('function');
    expect(await issuers.get(other).verifier('b', ES256)).toBeTypeOf('function');
    expect(await issuers.get(other).verifier('a', ES256)).toBe('unknown_kid');
    expect(await issuers.get(ISSUER).verifier('b', ES256)).toBe('unknown_kid');
  });

  it('drops the issuer that was not used for longest', () => {
    const { issuers } = setUpIssuers({}, { maxIssuers: 2 });
    const [first, second] = [issuers.get(ISSUER), issuers.get(other)];
    expect(issuers.get(ISSUER)).toBe(first);
    issuers.get('https://third.example.com/');
    expect(issuers.get(ISSUER)).toBe(first);
    expect(issuers.get(other)).not.toBe(second);
  });
});
