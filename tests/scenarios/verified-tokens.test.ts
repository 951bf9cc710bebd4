import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { DomainsResolver } from '../../src/index.ts';
import { expectRefusal, invalidToken, outage, rejectionOf } from '../support/assert-rejects.ts';
import { bearerRequest, createBoundRequest, offers, setUp, type Setting } from '../support/scenario.ts';

const DAY = 24 * 60 * 60;

/** A client that has verified a token of ten days; what it remembers is told by the identity of the claims. */
async function setUpVerified(setting: Setting = {}) {
  const scenario = setUp(setting);
  const accessToken = await scenario.tenant.issueAccessToken({
    expiresInSeconds: 10 * DAY,
    scope: 'read:books',
  });
  const verify = () => scenario.client.verifyAccessToken({ accessToken });
  return { ...scenario, accessToken, verify, claims: await verify() };
}

describe('a token that was verified', () => {
  it('is not verified again, unless that is switched off', async () => {
    const { claims, verify } = await setUpVerified();
    expect(await verify()).toBe(claims);
    const off = await setUpVerified({ client: { verifiedTokenCache: false } });
    expect(await off.verify()).not.toBe(off.claims);
    expect(await off.verify()).toEqual(off.claims);
  });

  it('is remembered by one client and no other', async () => {
    const { createClient, accessToken, claims } = await setUpVerified();
    const other = createClient({ audience: 'https://other.example.com' });
    await expectRefusal(other.verifyAccessToken({ accessToken }), invalidToken('audience_mismatch'));
    expect(await createClient().verifyAccessToken({ accessToken })).not.toBe(claims);
  });

  it('expires in memory as elsewhere, to the second', async () => {
    const { clock, verify, claims } = await setUpVerified();
    clock.advance(10 * DAY - 1);
    expect(await verify()).toMatchObject({ sub: claims.sub });
    clock.advance(1);
    await expectRefusal(verify(), invalidToken('token_expired'));
  });

  it('is not valid yet, when the clock was set back behind its nbf', async () => {
    const { tenant, client, clock } = setUp();
    const nbf = Math.floor(clock.now() / 1000);
    const accessToken = await tenant.issueAccessToken({ claims: { nbf } });
    await client.verifyAccessToken({ accessToken });
    clock.advance(-1);
    await expectRefusal(client.verifyAccessToken({ accessToken }), invalidToken('token_not_yet_valid'));
  });

  it('dies with its key', async () => {
    const { tenant, clock, verify } = await setUpVerified();
    tenant.rotateKeys({ keepPrevious: false });
    clock.advance(16);
    await verify();
    await vi.waitFor(async () => {
      await expectRefusal(verify(), invalidToken('unknown_kid'));
    });
  });

  it('says nothing about another key of the same kid', async () => {
    const { tenant, clock, verify, accessToken } = await setUpVerified();
    const [header = ''] = accessToken.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    tenant.fail('jwks', { body: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256' }] } });
    clock.advance(16);
    await verify();
    await vi.waitFor(async () => {
      await expectRefusal(verify(), invalidToken('signature_invalid'));
    });
  });

  it('is verified again with a new set that still has its key, and remembered anew', async () => {
    const { tenant, clock, verify, claims } = await setUpVerified();
    clock.advance(16);
    expect(await verify()).toBe(claims);
    await vi.waitFor(() => {
      expect(tenant.requests.filter(({ status }) => status === 200)).toHaveLength(4);
    });
    expect(await verify()).toEqual(claims);
    expect(await verify()).toBe(await verify());
  });

  it('refreshes the keys like any other, and fails when they may no longer be served', async () => {
    const { tenant, clock, verify } = await setUpVerified();
    tenant.clearRequests();
    clock.advance(16);
    await verify();
    await vi.waitFor(() => {
      expect(tenant.requests.map(({ kind }) => kind).toSorted()).toEqual(['discovery', 'jwks']);
    });
    tenant.fail('jwks', 500);
    tenant.fail('discovery', 500);
    clock.advance(DAY + 16);
    await expectRefusal(verify(), outage('discovery_unavailable'));
  });

  it('is refused as soon as its issuer is no longer allowed: the resolver is asked each time', async () => {
    let domains: readonly string[] = [];
    const resolver = vi.fn<DomainsResolver>(() => domains);
    const { tenant, createClient } = setUp();
    domains = [tenant.domain];
    const client = createClient({
      domain: undefined,
      domains: resolver,
      clientId: undefined,
      clientSecret: undefined,
    });
    const accessToken = await tenant.issueAccessToken();
    const claims = await client.verifyAccessToken({ accessToken });
    expect(await client.verifyAccessToken({ accessToken })).toBe(claims);
    domains = ['other.example.com'];
    await expectRefusal(client.verifyAccessToken({ accessToken }), invalidToken('issuer_not_allowed'));
    expect(resolver).toHaveBeenCalledTimes(3);
  });

  it('is held against the checks of each call', async () => {
    const { client, accessToken } = await setUpVerified();
    const check = (requiredScopes: string) => client.verifyAccessToken({ accessToken, requiredScopes });
    await check('read:books');
    expect((await rejectionOf(check('write:books'))).reason).toBe('insufficient_scope');
    const requiredClaims = client.verifyAccessToken({ accessToken, requiredClaims: ['org_id'] });
    await expectRefusal(requiredClaims, invalidToken('claim_missing'));
    await check('read:books');
  });

  it('gives claims that no caller can change for another', async () => {
    const { verify, claims } = await setUpVerified();
    expect(() => Object.assign(claims, { sub: 'auth0|admin' })).toThrow(TypeError);
    expect(() => Object.defineProperty(claims, 'permissions', { value: ['everything'] })).toThrow(TypeError);
    expect(await verify()).toMatchObject({ sub: 'auth0|user' });
  });

  it('gives a schema a value of its own to change', async () => {
    const { client, accessToken, verify, claims } = await setUpVerified();
    const claimsSchema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: () => ({ value: { sub: 'auth0|transformed' } }),
      },
    };
    expect(await client.verifyAccessToken({ accessToken, claimsSchema })).toMatchObject({
      sub: 'auth0|transformed',
    });
    expect(await verify()).toBe(claims);
  });

  it('has nothing in common with one that differs in a single character', async () => {
    const { client, accessToken } = await setUpVerified();
    for (let index = 0; index < accessToken.length; index += 1) {
      const character = accessToken[index] === 'A' ? 'B' : 'A';
      const other = accessToken.slice(0, index) + character + accessToken.slice(index + 1);
      const { statusCode } = await rejectionOf(client.verifyAccessToken({ accessToken: other }));
      expect([index, statusCode]).toEqual([index, 401]);
    }
    for (const other of [`${accessToken}=`, `${accessToken}A`, accessToken.slice(0, -1)]) {
      expect((await rejectionOf(client.verifyAccessToken({ accessToken: other }))).statusCode).toBe(401);
    }
  });

  it('still needs its proof', async () => {
    const { tenant, client } = setUp();
    const { accessToken, request } = await createBoundRequest(tenant);
    await client.verifyRequest(request);
    const params = { error: 'invalid_token' };
    await expectRefusal(
      client.verifyRequest(bearerRequest(accessToken)),
      invalidToken('dpop_bound_token_as_bearer', offers('allowed', 'Bearer', params)),
    );
    expect((await rejectionOf(client.verifyRequest(request))).reason).toBe('dpop_proof_replayed');
  });

  it('is forgotten for others, the one not seen for longest first', async () => {
    const { tenant, client } = setUp({ client: { verifiedTokenCache: { maxEntries: 2 } } });
    const [first = '', second = '', third = ''] = await Promise.all(
      ['a', 'b', 'c'].map((sub) => tenant.issueAccessToken({ sub })),
    );
    const verify = (accessToken: string) => client.verifyAccessToken({ accessToken });
    const [a, b] = [await verify(first), await verify(second)];
    expect(await verify(first)).toBe(a);
    await verify(third);
    expect(await verify(first)).toBe(a);
    expect(await verify(second)).not.toBe(b);
    expect(await verify(first)).toBe(a);
  });

  it('was accepted: a refused one is refused by a look at it, each time', async () => {
    const { tenant, client, clock } = setUp();
    const expired = await tenant.issueAccessToken({ expiresInSeconds: -1 });
    await expectRefusal(client.verifyAccessToken({ accessToken: expired }), invalidToken('token_expired'));
    clock.advance(-10);
    await expect(client.verifyAccessToken({ accessToken: expired })).resolves.toMatchObject({
      sub: 'auth0|user',
    });
  });
});
