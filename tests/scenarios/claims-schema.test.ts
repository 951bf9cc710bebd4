import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { StandardSchemaV1 } from '../../src/index.ts';
import { expectRefusal, invalidToken, misconfigured } from '../support/assert-rejects.ts';
import { bearerRequest, offers, setUp } from '../support/scenario.ts';

const { tenant, client } = setUp();
const accessToken = await tenant.issueAccessToken({
  scope: 'read',
  claims: { 'https://example.com/plan': 'gold', seats: '7' },
});

type Validate<Output> = StandardSchemaV1<unknown, Output>['~standard']['validate'];

/** A schema by hand, as any library would make one. */
function schema<Output extends object>(validate: Validate<Output>): StandardSchemaV1<unknown, Output> {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

describe('a schema of zod', () => {
  const Plan = z.object({ 'https://example.com/plan': z.enum(['gold', 'silver']) });

  it('types and validates claims', async () => {
    const claims = await client.verifyAccessToken({ accessToken, claimsSchema: Plan });
    const plan: 'gold' | 'silver' = claims['https://example.com/plan'];
    expect(plan).toBe('gold');
    // The rest stays, though the schema does not name it.
    expect(claims.sub).toBe('auth0|user');
    expect(claims.seats).toBe('7');
  });

  it('types the claims of a whole request', async () => {
    const claims = await client.verifyRequest(bearerRequest(accessToken), { claimsSchema: Plan });
    expect(claims['https://example.com/plan'].toUpperCase()).toBe('GOLD');
  });

  it('refuses a token, and the operator learns where', async () => {
    const claimsSchema = z.object({ org: z.object({ id: z.string() }), seats: z.number() });
    const error = await expectRefusal(
      client.verifyAccessToken({ accessToken, claimsSchema }),
      invalidToken('claim_invalid'),
    );
    expect(error.cause).toMatchObject({ name: 'claimsSchema' });
    const { actual } = error.cause as { actual: string[] };
    expect(actual.map((line) => line.split(':')[0])).toEqual(['org', 'seats']);
    expect(error.message).not.toContain('seats');
  });

  it('refuses a request with a challenge', async () => {
    const claimsSchema = z.object({ seats: z.number() });
    const challenges = offers('allowed', 'Bearer', { error: 'invalid_token' });
    await expectRefusal(
      client.verifyRequest(bearerRequest(accessToken), { claimsSchema }),
      invalidToken('claim_invalid', challenges),
    );
  });
});

describe('a schema of any library', () => {
  it('may answer at once or later', async () => {
    const value = { seats: 7 };
    for (const claimsSchema of [schema(() => ({ value })), schema(() => Promise.resolve({ value }))]) {
      const claims = await client.verifyAccessToken({ accessToken, claimsSchema });
      expect(claims.seats satisfies number).toBe(7);
      expect(claims.scope).toBe('read');
    }
  });

  it('may be a function', async () => {
    const claimsSchema = Object.assign(
      () => undefined,
      schema(() => ({ value: { seats: 7 } })),
    );
    await expect(client.verifyAccessToken({ accessToken, claimsSchema })).resolves.toMatchObject({
      seats: 7,
    });
  });

  it('sees the verified claims, and cannot change them', async () => {
    const seen: unknown[] = [];
    const claimsSchema = schema((claims) => {
      seen.push(claims);
      return { value: {} };
    });
    const claims = await client.verifyAccessToken({ accessToken, claimsSchema });
    expect(seen).toEqual([claims]);
    expect(seen.every(Object.isFrozen)).toBe(true);
  });

  it('is not asked about a token that is refused before', async () => {
    let asked = 0;
    const claimsSchema = schema(() => {
      asked += 1;
      return { value: {} };
    });
    const verify = async (token: string, more: object = {}) =>
      client.verifyAccessToken({ accessToken: token, claimsSchema, ...more });
    await expectRefusal(verify('opaque'), invalidToken('opaque_token'));
    const expired = await tenant.issueAccessToken({ expiresInSeconds: -1 });
    await expectRefusal(verify(expired), invalidToken('token_expired'));
    await expectRefusal(verify(accessToken, { requiredClaims: ['org_id'] }), invalidToken('claim_missing'));
    await expect(verify(accessToken, { requiredScopes: 'write' })).rejects.toMatchObject({ statusCode: 403 });
    expect(asked).toBe(0);
  });

  it.each<[string, Validate<object>]>([
    ['names issues', () => ({ issues: [{ message: 'no' }] })],
    ['names issues later', () => Promise.resolve({ issues: [{ message: 'no', path: ['a', { key: 0 }] }] })],
    ['names an empty list of issues', () => ({ issues: [] })],
    [
      'throws',
      () => {
        throw new RangeError('no');
      },
    ],
    ['rejects', () => Promise.reject(new RangeError('no'))],
  ])('refuses the token when it %s', async (_how, validate) => {
    const verification = client.verifyAccessToken({ accessToken, claimsSchema: schema(validate) });
    const error = await expectRefusal(verification, invalidToken('claim_invalid'));
    expect(error.cause).toMatchObject({ name: 'claimsSchema' });
  });

  it('leaves the error it throws to the operator', async () => {
    const thrown = new RangeError('seats are out of range');
    const claimsSchema = schema(() => {
      throw thrown;
    });
    const verification = client.verifyAccessToken({ accessToken, claimsSchema });
    const error = await expectRefusal(verification, invalidToken('claim_invalid'));
    expect(error.cause).toEqual({ name: 'claimsSchema', error: thrown });
    expect(error.message).not.toContain('seats');
  });

  it.each([undefined, null, 'text', 7, [['seats', 7]]])(
    'must produce an object: %j is the program’s fault',
    async (value) => {
      const claimsSchema = schema(() => ({ value: value as unknown as object }));
      await expectRefusal(client.verifyAccessToken({ accessToken, claimsSchema }), misconfigured);
    },
  );

  it.each([undefined, null, 'text', 7, [], {}])(
    'must answer a result: %j is the program’s fault',
    async (result) => {
      const claimsSchema = schema(() => result as { value: object });
      await expectRefusal(client.verifyAccessToken({ accessToken, claimsSchema }), misconfigured);
    },
  );

  it('may write null for no issues', async () => {
    const claimsSchema = schema(
      () => ({ value: { seats: 7 }, issues: null }) as unknown as { value: object },
    );
    await expect(client.verifyAccessToken({ accessToken, claimsSchema })).resolves.toMatchObject({
      seats: 7,
    });
  });

  it('makes claims that are frozen through all levels, while its own classes stay as they are', async () => {
    const since = new Date(0);
    const claimsSchema = schema(() => ({ value: { org: { ids: [{ id: 1 }] }, since } }));
    const claims = await client.verifyAccessToken({ accessToken, claimsSchema });
    expect(Object.isFrozen(claims.org.ids[0])).toBe(true);
    expect(claims.since).toBe(since);
    expect(Object.isFrozen(since)).toBe(false);
  });

  it('gives each call an object of its own, frozen', async () => {
    const claimsSchema = schema(() => ({ value: { seats: 7 } }));
    const first = await client.verifyAccessToken({ accessToken, claimsSchema });
    const second = await client.verifyAccessToken({ accessToken, claimsSchema });
    expect(second).not.toBe(first);
    expect(Object.isFrozen(first)).toBe(true);
    // What the schema made of the claims is not what another call sees.
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ seats: '7' });
  });
});
