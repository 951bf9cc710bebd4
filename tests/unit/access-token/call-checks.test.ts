import { describe, expect, it } from 'vitest';
import {
  type AccessTokenChecks,
  applyChecks,
  validateChecks,
  validateRequirements,
} from '../../../src/access-token/call-checks.ts';
import type { AccessTokenClaims } from '../../../src/claims.ts';
import {
  ConfigurationError,
  InsufficientScopeError,
  VerifyAccessTokenError,
} from '../../../src/errors/index.ts';
import type { StandardSchemaResult, StandardSchemaV1 } from '../../../src/standard-schema.ts';
import { causeOf, refusalBy, refusalIn, refusalOf, rejectionOf } from '../platform/refusal.ts';

const claims: AccessTokenClaims = Object.freeze({
  iss: 'https://tenant.example.com/',
  sub: 'auth0|1',
  aud: 'https://api.example.com',
  exp: 2,
  iat: 1,
  scope: 'read:a write:a',
  permissions: ['read:b'],
  nothing: null,
  tier: 'gold',
});

const misconfigured = {
  type: ConfigurationError,
  code: 'invalid_configuration',
  reason: 'invalid_option',
  statusCode: 500,
};
const claimInvalid = {
  type: VerifyAccessTokenError,
  code: 'invalid_token',
  reason: 'claim_invalid',
  statusCode: 401,
};

function schema<Output extends object>(
  validate: (value: unknown) => StandardSchemaResult<Output> | Promise<StandardSchemaResult<Output>>,
): StandardSchemaV1<unknown, Output> {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

/** `[, name]`: to `every` a list of one name, to `find` one that begins with `undefined`. */
function withHole(name: string): string[] {
  const list: string[] = [];
  list[1] = name;
  return list;
}

const refusalForChecks = (checks: unknown) =>
  refusalBy(() => {
    validateChecks(checks as AccessTokenChecks);
  });

describe('validateChecks', () => {
  it.each<[string, AccessTokenChecks]>([
    ['none', {}],
    [
      'all of them',
      {
        requiredClaims: ['a'],
        requiredScopes: 'a b',
        requiredPermissions: ['c'],
        claimsSchema: schema(() => ({ value: {} })),
      },
    ],
    ['undefined ones', { requiredClaims: undefined, requiredScopes: undefined, claimsSchema: undefined }],
    ['an empty list', { requiredClaims: [] }],
  ])('takes %s', (_title, checks) => {
    expect(() => {
      validateChecks(checks);
    }).not.toThrow();
  });

  it('takes a schema that is a function', () => {
    const callable = Object.assign(
      () => undefined,
      schema(() => ({ value: {} })),
    );
    expect(() => {
      validateChecks({ claimsSchema: callable });
    }).not.toThrow();
  });

  it.each([
    ['null', null],
    ['a list', ['sub']],
    ['a string', 'read:a'],
    ['a misspelt name', { requiredScope: 'read:a' }],
    ['an unknown name', { audience: 'https://api.example.com' }],
    ['claims in a string', { requiredClaims: 'sub' }],
    ['a claim that is no string', { requiredClaims: ['sub', 5] }],
    ['an empty claim name', { requiredClaims: [''] }],
    ['null for claims', { requiredClaims: null }],
    ['a list of claims with a hole', { requiredClaims: withHole('org_id') }],
    ['a schema that is none', { claimsSchema: {} }],
    ['null for a schema', { claimsSchema: null }],
    ['a schema that is a string', { claimsSchema: 'string' }],
    ['blank scopes', { requiredScopes: '' }],
    ['scopes that are a number', { requiredScopes: 5 }],
    ['permissions in a string', { requiredPermissions: 'read:b' }],
    ['a schema without validate', { claimsSchema: { '~standard': { version: 1 } } }],
  ])('refuses %s', (_title, checks) => {
    expect(refusalForChecks(checks)).toEqual(misconfigured);
  });

  it('names the checks there are when one is misspelt', () => {
    expect(() => {
      validateChecks({ requiredScope: 'a' } as AccessTokenChecks);
    }).toThrow(
      '`requiredScope` is no check; there are requiredClaims, requiredScopes, requiredPermissions, allowedActors, requireActor, claimsSchema, clientCertificate.',
    );
  });
});

describe('validateRequirements', () => {
  const validating = (requirements: object) => () => {
    validateRequirements(requirements);
  };

  it('takes scopes and permissions', () => {
    expect(validating({ requiredScopes: 'a b', requiredPermissions: ['c'] })).not.toThrow();
  });

  it.each([
    ['a check that would not be enforced', { requiredClaims: ['sub'] }],
    ['a schema that would not be applied', { claimsSchema: schema(() => ({ value: {} })) }],
    ['blank scopes', { requiredScopes: '  ' }],
    ['permissions in a string', { requiredPermissions: 'a' }],
    ['a list', ['a']],
  ])('refuses %s', (_title, requirements) => {
    expect(refusalBy(validating(requirements))).toEqual(misconfigured);
  });
});

/** Whether it waits or not, a refusal is a rejection here. */
async function applied<Claims extends object>(given: AccessTokenClaims, checks: AccessTokenChecks<Claims>) {
  return await applyChecks(given, checks, {});
}

describe('applyChecks', () => {
  it('returns the very claims when there is no schema', async () => {
    expect(await applied(claims, {})).toBe(claims);
    const checks = {
      requiredClaims: ['tier', 'nothing'],
      requiredScopes: 'read:a',
      requiredPermissions: ['read:b'],
    };
    expect(await applied(claims, checks)).toBe(claims);
  });

  it.each(['email', 'constructor', '__proto__', 'toString'])('misses the claim %s', async (name) => {
    const error = await rejectionOf(applied(claims, { requiredClaims: ['sub', name] }));
    expect(refusalIn(error)).toEqual({ ...claimInvalid, reason: 'claim_missing' });
    expect(causeOf(error)).toEqual({ name });
  });

  it('misses a scope with all scopes of the operation', async () => {
    const error = await rejectionOf(applied(claims, { requiredScopes: ['read:a', 'admin'] }));
    expect(refusalIn(error)).toEqual({
      type: InsufficientScopeError,
      code: 'insufficient_scope',
      reason: 'insufficient_scope',
      statusCode: 403,
    });
    expect(error).toMatchObject({ requiredScopes: ['read:a', 'admin'] });
  });

  it('looks for claims before scopes, because a bad token comes before a weak one', async () => {
    const checks = { requiredClaims: ['email'], requiredScopes: 'admin' };
    expect(await refusalOf(applied(claims, checks))).toMatchObject({ reason: 'claim_missing' });
  });

  it.each<[string, StandardSchemaV1<unknown, { level: number }>]>([
    ['at once', schema(() => ({ value: { level: 3 } }))],
    ['later', schema(() => Promise.resolve({ value: { level: 3 } }))],
  ])('lays what a schema makes over the claims, %s, and freezes the result', async (_title, claimsSchema) => {
    const checked = await applied(claims, { claimsSchema });
    expect(checked).toEqual({ ...claims, level: 3 });
    expect(Object.isFrozen(checked)).toBe(true);
    expect(claims).not.toHaveProperty('level');
  });

  it('freezes what a schema nests, and leaves other things than plain objects and lists alone', async () => {
    const day = new Date(0);
    const checked = await applied(claims, {
      claimsSchema: schema(() => ({ value: { address: { lines: ['a'] }, day } })),
    });
    expect(checked).toMatchObject({ address: { lines: ['a'] } });
    const { address } = checked as unknown as { address: { lines: string[] } };
    expect(Object.isFrozen(address) && Object.isFrozen(address.lines)).toBe(true);
    expect(Object.isFrozen(day)).toBe(false);
  });

  it('takes null for no issues, as some libraries write', async () => {
    const validate = () => ({ value: { level: 3 }, issues: null }) as unknown as StandardSchemaResult<object>;
    expect(await applied(claims, { claimsSchema: schema(validate) })).toMatchObject({ level: 3 });
  });

  it.each([undefined, null, 'text', {}])('is misconfigured when a schema answers %j', async (answer) => {
    const claimsSchema = schema(() => answer as StandardSchemaResult<object>);
    expect(await refusalOf(applied(claims, { claimsSchema }))).toEqual(misconfigured);
  });

  it('gives a schema the claims', async () => {
    let seen: unknown;
    const claimsSchema = schema((value) => {
      seen = value;
      return { value: {} };
    });
    await applied(claims, { claimsSchema });
    expect(seen).toBe(claims);
  });

  it('refuses the token when the schema does, and keeps its issues for the operator', async () => {
    const issues = [
      { message: 'expected number', path: ['tier'] },
      { message: 'too small', path: [{ key: 'list' }, 0, Symbol('s')] },
      { message: 'wrong altogether' },
      { message: 'wrong at the top', path: [] },
    ];
    const error = await rejectionOf(applied(claims, { claimsSchema: schema(() => ({ issues })) }));
    expect(refusalIn(error)).toEqual(claimInvalid);
    expect(causeOf(error)).toEqual({
      name: 'claimsSchema',
      actual: [
        'tier: expected number',
        'list.0.Symbol(s): too small',
        'wrong altogether',
        'wrong at the top',
      ],
    });
    expect(String(error)).not.toContain('tier');
  });

  it('refuses a token with no issue named as well', async () => {
    expect(await refusalOf(applied(claims, { claimsSchema: schema(() => ({ issues: [] })) }))).toEqual(
      claimInvalid,
    );
  });

  it.each<[string, () => StandardSchemaResult<object> | Promise<StandardSchemaResult<object>>]>([
    [
      'throws',
      () => {
        throw new Error('cannot read properties');
      },
    ],
    ['rejects', () => Promise.reject(new Error('cannot read properties'))],
  ])('takes a schema that %s over a token for a refusal of it', async (_title, validate) => {
    const error = await rejectionOf(applied(claims, { claimsSchema: schema(validate) }));
    expect(refusalIn(error)).toEqual(claimInvalid);
    expect(causeOf(error)).toEqual({ name: 'claimsSchema', error: new Error('cannot read properties') });
  });

  it.each([undefined, null, 'text', 5, []])(
    'is misconfigured when a schema makes %j of claims',
    async (value) => {
      const claimsSchema = schema(() => ({ value }) as unknown as StandardSchemaResult<object>);
      expect(await refusalOf(applied(claims, { claimsSchema }))).toEqual(misconfigured);
    },
  );
});
