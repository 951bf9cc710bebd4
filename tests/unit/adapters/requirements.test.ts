import { describe, expect, it } from 'vitest';
import { permissionRequirement, scopeRequirement } from '../../../src/adapters/requirements.ts';

describe('scopeRequirement', () => {
  it.each([
    [['read write'], ['read', 'write']],
    [[['read', 'write']], ['read', 'write']],
    [
      ['read', 'write'],
      ['read', 'write'],
    ],
    [[' read  write '], ['read', 'write']],
    [
      ['read', ['write', 'admin']],
      ['read', 'write', 'admin'],
    ],
  ])('reads %j', (given, requiredScopes) => {
    expect(scopeRequirement(given)).toEqual({ requiredScopes });
  });
});

describe('permissionRequirement', () => {
  it.each([
    [['books:delete'], ['books:delete']],
    [
      ['a', ['b', 'c']],
      ['a', 'b', 'c'],
    ],
    [['with a space'], ['with a space']],
  ])('reads %j', (given, requiredPermissions) => {
    expect(permissionRequirement(given)).toEqual({ requiredPermissions });
  });
});
