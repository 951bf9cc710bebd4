import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../../src/index.ts';
import { createTestTenant, type TestTenant } from '../../src/testing/index.ts';
import { expectRefusal, invalidToken, outage } from '../support/assert-rejects.ts';
import { encode, replaceParts } from '../support/crafted-issuer.ts';
import { createClock, type Scenario, setUp, type Setting } from '../support/scenario.ts';

const sent = ({ requests }: TestTenant) => requests.map(({ kind }) => kind);

/** A client that knows the keys, and a token of a day. */
async function setUpWarm(setting: Setting = {}) {
  const scenario = setUp(setting);
  const accessToken = await scenario.tenant.issueAccessToken();
  const verify = (token = accessToken) => scenario.client.verifyAccessToken({ accessToken: token });
  await verify();
  scenario.tenant.clearRequests();
  return { ...scenario, accessToken, verify };
}

/** Waits for what happens in the background, without a sleep. */
async function untilSent({ tenant }: Pick<Scenario, 'tenant'>, kinds: string[]): Promise<void> {
  await vi.waitFor(() => {
    expect(sent(tenant).toSorted()).toEqual(kinds);
    expect(tenant.requests.every(({ status }) => status === 200)).toBe(true);
  });
}

describe('the first verification', () => {
  it('costs one request for the metadata and one for the keys, for any number at once', async () => {
    const { tenant, client } = setUp();
    const tokens = await Promise.all(Array.from({ length: 200 }, () => tenant.issueAccessToken()));
    await Promise.all(tokens.map((accessToken) => client.verifyAccessToken({ accessToken })));
    expect(sent(tenant)).toEqual(['discovery', 'jwks']);
    expect(tenant.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET ${tenant.issuer}.well-known/openid-configuration`,
      `GET ${tenant.issuer}.well-known/jwks.json`,
    ]);
    expect(tenant.requests.every(({ headers }) => !('authorization' in headers))).toBe(true);
  });

  it('shares its failure as well', async () => {
    const { tenant, client } = setUp();
    tenant.fail('jwks', 404);
    const accessToken = await tenant.issueAccessToken();
    const all = Array.from({ length: 50 }, () => client.verifyAccessToken({ accessToken }));
    for (const one of all) await expectRefusal(one, outage('jwks_unavailable'));
    expect(sent(tenant)).toEqual(['discovery', 'jwks']);
  });

  it('asks the address that the metadata name', async () => {
    const clock = createClock();
    const keys = createTestTenant({ domain: 'keys.auth0.test', algorithm: 'ES256', now: clock.now });
    const jwks = await (await keys.fetch(`${keys.issuer}.well-known/jwks.json`)).text();
    const { tenant } = setUp({ tenant: { discovery: { jwks_uri: 'https://cdn.example/keys?v=1' } } });
    const requested: string[] = [];
    const client = new ApiClient({
      ...tenant.clientOptions(),
      algorithms: ['ES256'],
      customFetch: async (input, init) => {
        const url = input instanceof Request ? input.url : String(input);
        requested.push(url);
        return url.startsWith(tenant.issuer) ? tenant.fetch(input, init) : new Response(jwks);
      },
    });
    const accessToken = await keys.issueAccessToken({ claims: { iss: tenant.issuer } });
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ iss: tenant.issuer });
    expect(requested.at(-1)).toBe('https://cdn.example/keys?v=1');
  });
});

describe('the age of keys and metadata', () => {
  it.each<[string, string | false, number, number]>([
    ['what Auth0 sends', 'public, max-age=15, stale-while-revalidate=15, stale-if-error=86400', 600, 15],
    ['a longer age than the client allows', 'max-age=3600', 600, 600],
    ['a shorter limit of the client', 'max-age=60', 30, 30],
    ['no Cache-Control', false, 600, 600],
    ['no age', 'public', 120, 120],
    ['no-store', 'no-store', 600, 5],
    ['no-cache', 'no-cache, max-age=60', 600, 5],
    ['must-revalidate', 'must-revalidate, max-age=60', 600, 5],
    ['max-age=0', 'max-age=0', 600, 5],
    ['other spellings', 'Public, MAX-AGE="60"', 600, 60],
  ])('follows %s (%s)', async (_what, cacheControl, cacheTtlSeconds, age) => {
    const scenario = await setUpWarm({ tenant: { cacheControl }, client: { cacheTtlSeconds } });
    scenario.clock.advance(age - 0.001);
    await scenario.verify();
    expect(sent(scenario.tenant)).toEqual([]);
    scenario.clock.advance(0.001);
    await scenario.verify();
    await untilSent(scenario, ['discovery', 'jwks']);
  });

  it('is renewed once for any number of requests, none of which waits', async () => {
    const scenario = await setUpWarm();
    const { tenant, clock, verify } = scenario;
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    // The new set comes only after all of them were served.
    const text = await (await tenant.fetch(`${tenant.issuer}.well-known/jwks.json`)).text();
    tenant.fail('jwks', async () => {
      await answered;
      return new Response(text);
    });
    tenant.clearRequests();
    clock.advance(16);
    await Promise.all(Array.from({ length: 50 }, () => verify()));
    answer();
    await untilSent(scenario, ['discovery', 'jwks']);
  });

  it('lets requests wait once it is more than ten minutes over', async () => {
    const { tenant, clock, verify } = await setUpWarm();
    clock.advance(15 + 600);
    await verify();
    // Both were answered before the token was.
    expect(tenant.requests.map(({ kind, status }) => [kind, status])).toEqual([
      ['discovery', 200],
      ['jwks', 200],
    ]);
  });

  it('is no longer for a clock that jumps back', async () => {
    const scenario = await setUpWarm();
    scenario.clock.advance(-3600);
    await scenario.verify();
    await untilSent(scenario, ['discovery', 'jwks']);
  });
});

describe('keys that rotate', () => {
  it('verify at first sight', async () => {
    const { tenant, verify, accessToken } = await setUpWarm();
    tenant.rotateKeys({ keepPrevious: true });
    const rotated = await tenant.issueAccessToken();
    await expect(verify(rotated)).resolves.toMatchObject({ sub: 'auth0|user' });
    await expect(verify(accessToken)).resolves.toMatchObject({ sub: 'auth0|user' });
    expect(sent(tenant)).toEqual(['jwks']);
  });

  it('verify at first sight for any number of requests, with one request of ours', async () => {
    const { tenant, verify } = await setUpWarm();
    tenant.rotateKeys({ keepPrevious: true });
    const tokens = await Promise.all(Array.from({ length: 50 }, () => tenant.issueAccessToken()));
    await Promise.all(tokens.map(verify));
    expect(sent(tenant)).toEqual(['jwks']);
  });

  it('stop verifying with the set that lacks them', async () => {
    const scenario = await setUpWarm();
    const { tenant, clock, verify, accessToken } = scenario;
    tenant.rotateKeys();
    await expect(verify(accessToken)).resolves.toMatchObject({ sub: 'auth0|user' });
    clock.advance(16);
    await verify(accessToken);
    await untilSent(scenario, ['discovery', 'jwks']);
    await vi.waitFor(async () => {
      await expectRefusal(verify(accessToken), invalidToken('unknown_kid'));
    });
    await expect(verify(await tenant.issueAccessToken())).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it('stop verifying as soon as a new key makes us look', async () => {
    const { tenant, verify, accessToken } = await setUpWarm();
    tenant.rotateKeys();
    await verify(await tenant.issueAccessToken());
    await expectRefusal(verify(accessToken), invalidToken('unknown_kid'));
  });

  it('may change their algorithm with the set', async () => {
    const { tenant, createClient } = setUp();
    const client = createClient({ algorithms: ['ES256', 'EdDSA'] });
    const verify = async () => client.verifyAccessToken({ accessToken: await tenant.issueAccessToken() });
    await verify();
    tenant.rotateKeys({ algorithm: 'EdDSA' });
    await expect(verify()).resolves.toMatchObject({ sub: 'auth0|user' });
  });
});

describe('kids that nobody knows', () => {
  const withKid = (token: string, kid: string) =>
    replaceParts(token, { header: encode(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid })) });

  it('cost one request, however many they are, and leave the good keys alone', async () => {
    const { tenant, verify, accessToken } = await setUpWarm();
    const flood = Array.from({ length: 1000 }, (_, index) =>
      verify(withKid(accessToken, `made-up-${index}`)),
    );
    const outcomes = await Promise.allSettled(flood);
    expect(
      new Set(outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason as unknown).map(String))
        .size,
    ).toBe(1);
    await expectRefusal(verify(withKid(accessToken, 'one more')), invalidToken('unknown_kid'));
    await expect(verify()).resolves.toMatchObject({ sub: 'auth0|user' });
    expect(sent(tenant)).toEqual(['jwks']);
  });

  it('cost one request in 30 seconds', async () => {
    const { tenant, clock, verify, accessToken } = await setUpWarm({
      tenant: { cacheControl: 'max-age=600' },
    });
    for (let second = 0; second < 90; second += 10) {
      await expectRefusal(verify(withKid(accessToken, `made-up-${second}`)), invalidToken('unknown_kid'));
      clock.advance(10);
    }
    expect(sent(tenant)).toEqual(['jwks', 'jwks', 'jwks']);
  });

  it('cost nothing when the keys are not known yet but what the first request costs, and one look', async () => {
    const { tenant, client } = setUp();
    const accessToken = withKid(await tenant.issueAccessToken(), 'made-up');
    const all = Array.from({ length: 50 }, () => client.verifyAccessToken({ accessToken }));
    for (const one of all) await expectRefusal(one, invalidToken('unknown_kid'));
    expect(sent(tenant)).toEqual(['discovery', 'jwks', 'jwks']);
  });
});

describe('a set with odd members', () => {
  const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
  const publicJwk = (curve: string): object => ec(curve).publicKey.export({ format: 'jwk' });

  it('verifies with the good one', async () => {
    const { tenant, client } = setUp();
    const keys = await publishedKeys(tenant);
    const kid = keys[0]?.kid;
    const odd: unknown[] = [
      ...[null, 7, 'key', [], {}, { kid }, { kid, kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }],
      { ...publicJwk('P-256'), kid, x: 'AAAA' },
      { ...publicJwk('P-256'), kid, use: 'enc' },
      { ...publicJwk('P-521'), kid },
      { ...publicJwk('P-384'), kid, alg: 'ES256' },
      { ...ec('P-256').privateKey.export({ format: 'jwk' }), kid },
      { ...publicJwk('P-256'), kid: ['a'] },
      { ...publicJwk('P-256'), kid: undefined },
    ];
    tenant.fail('jwks', { body: { keys: [...odd, ...keys, ...odd] } });
    const accessToken = await tenant.issueAccessToken();
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it('verifies with the good one after a namesake that is no point of its curve', async () => {
    const { tenant, client } = setUp();
    const keys = await publishedKeys(tenant);
    const offCurve = keys.map((key) => ({ ...key, x: key.y, y: key.x }));
    tenant.fail('jwks', { body: { keys: [...offCurve, ...keys] } });
    const accessToken = await tenant.issueAccessToken();
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
  });
});

async function publishedKeys(tenant: TestTenant): Promise<{ kid: string; x: string; y: string }[]> {
  const response = await tenant.fetch(`${tenant.issuer}.well-known/jwks.json`);
  return ((await response.json()) as { keys: { kid: string; x: string; y: string }[] }).keys;
}
