import { describe, expect, it } from 'vitest';
import type { AccessTokenClaims } from '../../src/claims.ts';
import {
  ConfigurationError,
  InsufficientScopeError,
  MissingRequiredArgumentError,
} from '../../src/errors/index.ts';
import { getPermissions, getScopes, requireScopes, type ScopeRequirements } from '../../src/scopes.ts';
import { causeOf, refusalBy, thrownBy } from './platform/refusal.ts';

function claimsWith(members: object): AccessTokenClaims {
  return { iss: 'https://tenant.example.com/', sub: 'me', aud: 'api', exp: 2, iat: 1, ...members };
}

const insufficient = (reason: 'insufficient_scope' | 'insufficient_permission') => ({
  type: InsufficientScopeError,
  code: 'insufficient_scope',
  reason,
  statusCode: 403,
});
const misconfigured = {
  type: ConfigurationError,
  code: 'invalid_configuration',
  reason: 'invalid_option',
  statusCode: 500,
};

const requireOf = (claims: object, requirements: ScopeRequirements) => () => {
  requireScopes(claimsWith(claims), requirements);
};

describe('getScopes', () => {
  it.each<[unknown, string[]]>([
    ['read:a write:a', ['read:a', 'write:a']],
    ['  read:a   write:a ', ['read:a', 'write:a']],
    ['', []],
    ['   ', []],
    ['read:a\twrite:a', ['read:a\twrite:a']],
    [undefined, []],
    [null, []],
    [5, []],
    [['read:a'], []],
    [{ 'read:a': true }, []],
  ])('reads %j as %j', (scope, scopes) => {
    expect(getScopes({ scope } as Pick<AccessTokenClaims, 'scope'>)).toEqual(scopes);
  });

  it('inherits no scope', () => {
    expect(getScopes(Object.create({ scope: 'admin' }) as object)).toEqual([]);
  });
});

describe('getPermissions', () => {
  it.each<[unknown, string[]]>([
    [
      ['read:a', 'write:a'],
      ['read:a', 'write:a'],
    ],
    [['read:a', 5, null, ['write:a'], { b: 1 }], ['read:a']],
    [[], []],
    ['read:a', []],
    [undefined, []],
    [null, []],
    [{ 0: 'read:a', length: 1 }, []],
  ])('reads %j as %j', (permissions, names) => {
    expect(getPermissions({ permissions } as Pick<AccessTokenClaims, 'permissions'>)).toEqual(names);
  });

  it('inherits no permission', () => {
    expect(getPermissions(Object.create({ permissions: ['admin'] }) as object)).toEqual([]);
  });
});

describe('without claims', () => {
  it.each([undefined, null, 'token'])('there is an error and no empty list: %j', (claims) => {
    expect(() => getScopes(claims as never)).toThrow(MissingRequiredArgumentError);
    expect(() => getPermissions(claims as never)).toThrow(MissingRequiredArgumentError);
  });
});

describe('requireScopes', () => {
  it.each<[string, object, ScopeRequirements]>([
    ['nothing is required', {}, {}],
    ['the scope is there', { scope: 'read:a' }, { requiredScopes: 'read:a' }],
    ['all scopes are there, in any order', { scope: 'c b a' }, { requiredScopes: 'a b' }],
    ['the scopes are given as a list', { scope: 'c b a' }, { requiredScopes: ['a', 'b'] }],
    ['the permission is there', { permissions: ['b', 'a'] }, { requiredPermissions: ['a'] }],
    [
      'both are there',
      { scope: 'a', permissions: ['b'] },
      { requiredScopes: 'a', requiredPermissions: ['b'] },
    ],
    ['an empty list is required', {}, { requiredScopes: [], requiredPermissions: [] }],
    ['undefined is required', {}, { requiredScopes: undefined, requiredPermissions: undefined }],
  ])('passes when %s', (_title, claims, requirements) => {
    expect(requireOf(claims, requirements)).not.toThrow();
  });

  it.each<[string, object, string | string[]]>([
    ['there is none', {}, 'a'],
    ['one of two lacks', { scope: 'a' }, 'a b'],
    ['it only starts alike', { scope: 'read:ab' }, 'read:a'],
    ['it is in another case', { scope: 'READ:a' }, 'read:a'],
    ['scope is a list', { scope: ['a'] }, 'a'],
    ['it is a permission', { permissions: ['a'] }, ['a']],
    ['it is a name of objects', { scope: 'a' }, 'constructor'],
  ])('refuses when %s', (_title, claims, requiredScopes) => {
    expect(refusalBy(requireOf(claims, { requiredScopes }))).toEqual(insufficient('insufficient_scope'));
  });

  it('names all scopes of the operation, also those the token has', () => {
    const error = thrownBy(
      requireOf({ scope: 'a x' }, { requiredScopes: 'a b', requiredPermissions: ['p'] }),
    );
    expect(error).toMatchObject({ requiredScopes: ['a', 'b'] });
    expect(causeOf(error)).toEqual({ name: 'scope', expected: ['a', 'b'], actual: ['a', 'x'] });
  });

  it('names no scope when only a permission lacks, which no scope could bring', () => {
    const error = thrownBy(
      requireOf({ scope: 'a', permissions: ['x'] }, { requiredScopes: 'a', requiredPermissions: ['p', 'x'] }),
    );
    expect(error).toMatchObject({
      ...{ reason: 'insufficient_permission', statusCode: 403 },
      requiredScopes: [],
    });
    expect(causeOf(error)).toEqual({ name: 'permissions', expected: ['p', 'x'], actual: ['x'] });
  });

  it.each<[string, object]>([
    ['there is none', {}],
    ['permissions is a string', { permissions: 'p' }],
    ['it is a scope', { scope: 'p' }],
  ])('refuses for a permission when %s', (_title, claims) => {
    expect(refusalBy(requireOf(claims, { requiredPermissions: ['p'] }))).toEqual(
      insufficient('insufficient_permission'),
    );
  });

  it.each([
    { requiredScopes: 5 },
    { requiredScopes: null },
    { requiredScopes: true },
    { requiredScopes: { a: true } },
    { requiredScopes: [5] },
    { requiredScopes: [''] },
    { requiredScopes: '' },
    { requiredScopes: ' \t' },
    { requiredScopes: Object.assign(['a'], { length: 2 }) },
    { requiredPermissions: Object.assign(['a'], { length: 2 }) },
    { requiredScopes: ['a b'] },
    { requiredScopes: 'a\tb' },
    { requiredScopes: 'a,\u00e9' },
    { requiredScopes: ['a"b'] },
    { requiredScopes: ['a\\b'] },
    { requiredScopes: ['a\nb'] },
    { requiredPermissions: 'a' },
    { requiredPermissions: null },
    { requiredPermissions: [5] },
    { requiredPermissions: [''] },
  ])('calls %j a mistake of the program', (requirements) => {
    expect(refusalBy(requireOf({ scope: 'a' }, requirements as ScopeRequirements))).toEqual(misconfigured);
  });
});
