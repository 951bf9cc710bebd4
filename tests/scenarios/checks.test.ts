import { describe, expect, it } from 'vitest';
import { type AccessTokenChecks, InsufficientScopeError, type ScopeRequirements } from '../../src/index.ts';
import type { IssueAccessTokenOptions } from '../../src/testing/index.ts';
import {
  expectRefusal,
  expectToBe,
  invalidToken,
  misconfigured,
  missingArgument,
  type Refusal,
  thrownBy,
} from '../support/assert-rejects.ts';
import type { ParsedChallenge } from '../support/challenges.ts';
import { bearerRequest, createBoundRequest, jsonObject, offers, setUp } from '../support/scenario.ts';

const { tenant, client, createClient } = setUp();

const verify = async (token: IssueAccessTokenOptions, checks: AccessTokenChecks) =>
  client.verifyAccessToken({ accessToken: await tenant.issueAccessToken(token), ...checks });

const insufficient = (
  reason: 'insufficient_scope' | 'insufficient_permission',
  requiredScopes: readonly string[] = [],
  challenges: readonly ParsedChallenge[] = [],
): Refusal<InsufficientScopeError> => ({
  type: InsufficientScopeError,
  code: 'insufficient_scope',
  reason,
  statusCode: 403,
  challenges,
  members: { requiredScopes },
});

describe('requiredClaims', () => {
  it.each<[Record<string, unknown>, string[]]>([
    [{}, []],
    [{}, ['sub', 'azp']],
    [{ org_id: null }, ['org_id']],
    [{ org_id: '' }, ['org_id']],
    [{ org_id: false }, ['sub', 'org_id']],
    [jsonObject('{"__proto__":1,"constructor":2}'), ['__proto__', 'constructor']],
  ])('%j has them: %j', async (claims, requiredClaims) => {
    await expect(verify({ claims }, { requiredClaims })).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it.each(['org_id', 'Sub', '__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'are own members of the token, which %s is not',
    async (name) => {
      const verification = verify({}, { requiredClaims: ['sub', name] });
      const error = await expectRefusal(verification, invalidToken('claim_missing'));
      expect(error.cause).toEqual({ name });
    },
  );

  it('are refused with a challenge when the whole request is verified', async () => {
    const verification = client.verifyRequest(bearerRequest(await tenant.issueAccessToken()), {
      requiredClaims: ['org_id'],
    });
    const challenges = offers('allowed', 'Bearer', { error: 'invalid_token' });
    await expectRefusal(verification, invalidToken('claim_missing', challenges));
  });
});

describe('requiredScopes', () => {
  it.each<[unknown, string | string[]]>([
    ['read write', 'read'],
    ['read write', 'write read'],
    ['read write', ['write']],
    ['read write', []],
    [undefined, []],
    ['  read   write  ', ' read  write '],
    ['a:b/c.d-e_f*', 'a:b/c.d-e_f*'],
  ])('the scope %j has %j', async (scope, requiredScopes) => {
    await expect(verify({ claims: { scope } }, { requiredScopes })).resolves.toMatchObject({
      sub: 'auth0|user',
    });
  });

  it.each<[unknown, string | string[]]>([
    [undefined, 'read'],
    ['', 'read'],
    ['read', 'read write'],
    ['READ', ['read']],
    ['read:all', ['read']],
    ['reader', 'read'],
    ['read\twrite', 'read'],
    ['read,write', 'read'],
    [['read'], 'read'],
    [{ read: true }, 'read'],
    [7, '7'],
    [null, ['read']],
  ])('the scope %j lacks %j', async (scope, requiredScopes) => {
    const all = typeof requiredScopes === 'string' ? requiredScopes.split(' ') : requiredScopes;
    const verification = verify({ claims: { scope } }, { requiredScopes });
    const error = await expectRefusal(verification, insufficient('insufficient_scope', all));
    expect(error.cause).toMatchObject({ name: 'scope', expected: all });
    expect(Object.isFrozen(error.requiredScopes)).toBe(true);
  });
});

describe('requiredPermissions', () => {
  it.each<[unknown, string[]]>([
    [['read', 'write'], ['write']],
    [['read', 7], ['read']],
    [['has space'], ['has space']],
    [undefined, []],
  ])('the permissions %j have %j', async (permissions, requiredPermissions) => {
    const verification = verify({ claims: { permissions } }, { requiredPermissions });
    await expect(verification).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it.each<[unknown, string[]]>([
    [undefined, ['read']],
    [[], ['read']],
    [['read'], ['read', 'write']],
    ['read', ['read']],
    [{ 0: 'read', length: 1 }, ['read']],
    [[['read']], ['read']],
    [null, ['read']],
    [[7], ['7']],
  ])('the permissions %j lack %j', async (permissions, requiredPermissions) => {
    const verification = verify({ claims: { permissions } }, { requiredPermissions });
    const error = await expectRefusal(verification, insufficient('insufficient_permission'));
    expect(error.cause).toMatchObject({ name: 'permissions', expected: requiredPermissions });
  });

  it('are asked for after the scopes, and all of both are needed', async () => {
    const checks = { requiredScopes: ['read'], requiredPermissions: ['orders'] };
    await expectRefusal(
      verify({ permissions: ['orders'] }, checks),
      insufficient('insufficient_scope', ['read']),
    );
    await expectRefusal(verify({ scope: 'read' }, checks), insufficient('insufficient_permission'));
    await expect(verify({ scope: 'read', permissions: ['orders'] }, checks)).resolves.toBeTypeOf('object');
  });
});

describe('checks that are written wrongly', () => {
  it.each<[unknown, string]>([
    [{ requiredScope: 'read' }, '`requiredScope`'],
    [{ requiredscopes: 'read' }, '`requiredscopes`'],
    [{ scopes: undefined }, '`scopes`'],
    [{ requiredClaims: 'org_id' }, '`requiredClaims`'],
    [{ requiredClaims: [''] }, '`requiredClaims`'],
    [{ requiredClaims: [7] }, '`requiredClaims`'],
    [{ requiredClaims: Object.assign([], { 1: 'org_id' }) }, '`requiredClaims`'],
    [{ requiredClaims: null }, '`requiredClaims`'],
    [{ requiredClaims: { org_id: 'x' } }, '`requiredClaims`'],
    [{ requiredScopes: 7 }, '`requiredScopes`'],
    [{ requiredScopes: null }, '`requiredScopes`'],
    [{ requiredScopes: ['read', 7] }, '`requiredScopes`'],
    [{ requiredScopes: ['read write'] }, '`requiredScopes`'],
    [{ requiredScopes: [''] }, '`requiredScopes`'],
    [{ requiredScopes: '' }, '`requiredScopes`'],
    [{ requiredScopes: ' ' }, '`requiredScopes`'],
    [{ requiredScopes: 'read "write"' }, '`requiredScopes`'],
    [{ requiredScopes: 'read\nwrite' }, '`requiredScopes`'],
    [{ requiredPermissions: 'read' }, '`requiredPermissions`'],
    [{ requiredPermissions: [''] }, '`requiredPermissions`'],
    [{ requiredPermissions: null }, '`requiredPermissions`'],
    [{ claimsSchema: {} }, '`claimsSchema`'],
    [{ claimsSchema: null }, '`claimsSchema`'],
    [{ claimsSchema: () => true }, '`claimsSchema`'],
    [{ claimsSchema: { '~standard': { validate: 'no function' } } }, '`claimsSchema`'],
  ])('%j is the program’s fault, whatever the token', async (checks, name) => {
    const refusal = { ...misconfigured, message: name };
    const wrong = checks as AccessTokenChecks;
    tenant.clearRequests();
    await expectRefusal(client.verifyRequest({ headers: {} }, wrong), refusal);
    await expectRefusal(client.verifyAccessToken({ accessToken: 'opaque', ...wrong }), refusal);
    expect(tenant.requests).toEqual([]);
  });

  it.each([null, 'read', 7, [], ['requiredScopes']])('%j is no set of checks', async (checks) => {
    const verification = client.verifyRequest({ headers: {} }, checks as AccessTokenChecks);
    await expectRefusal(verification, misconfigured);
  });
});

it('checks that are inherited from shared defaults count as well', async () => {
  const accessToken = await tenant.issueAccessToken();
  const defaults = Object.create({ requiredScopes: 'read' }) as AccessTokenChecks;
  const refusal = insufficient('insufficient_scope', ['read']);
  await expectRefusal(client.verifyAccessToken(Object.assign(defaults, { accessToken })), refusal);
  const inherited = Object.create({ requiredScopes: 'read' }) as AccessTokenChecks;
  const challenges = offers('allowed', 'Bearer', { error: 'insufficient_scope', scope: 'read' });
  const verification = client.verifyRequest(bearerRequest(accessToken), inherited);
  await expectRefusal(verification, { ...refusal, challenges });
});

describe('authorize', () => {
  it('lets pass what the token allows', async () => {
    const verified = await verify({ scope: 'read', permissions: ['orders'] }, {});
    for (const requirements of [
      {},
      { requiredScopes: undefined },
      { requiredScopes: 'read', requiredPermissions: ['orders'] },
    ]) {
      expect(() => {
        client.authorize(verified, requirements);
      }).not.toThrow();
    }
  });

  it.each([
    ['allowed', undefined, 'Bearer'],
    ['allowed', 'Bearer', 'Bearer'],
    ['allowed', 'DPoP', 'DPoP'],
    ['required', undefined, 'DPoP'],
    ['required', 'DPoP', 'DPoP'],
    ['disabled', undefined, 'Bearer'],
  ] as const)('challenges in mode %s under the scheme %s on %s', async (mode, scheme, on) => {
    const other = createClient({ dpop: { mode } });
    const verified = await verify({ scope: 'read', permissions: ['orders'] }, {});
    const scopes = thrownBy(() => {
      other.authorize(verified, { requiredScopes: 'read write' }, { scheme });
    });
    const error = { error: 'insufficient_scope' };
    const challenges = offers(mode, on, { ...error, scope: 'read write' });
    await expectToBe(scopes, insufficient('insufficient_scope', ['read', 'write'], challenges));
    const permissions = thrownBy(() => {
      other.authorize(verified, { requiredPermissions: ['invoices'] }, { scheme });
    });
    await expectToBe(permissions, insufficient('insufficient_permission', [], offers(mode, on, error)));
  });

  it('works on claims of a DPoP request as well', async () => {
    const { request } = await createBoundRequest(tenant);
    const verified = await client.verifyRequest(request);
    expect(() => {
      client.authorize(verified, { requiredScopes: 'read' }, { scheme: 'DPoP' });
    }).toThrow(InsufficientScopeError);
  });

  it.each<[unknown]>([
    [{ requiredScope: 'read' }],
    [{ requiredScopes: ['a b'] }],
    [{ requiredPermissions: 'x' }],
    [{ requiredClaims: ['org_id'] }],
    [{ claimsSchema: { '~standard': { version: 1, vendor: 'mine', validate: () => ({ issues: [] }) } } }],
  ])('refuses a requirement that it would not enforce: %j', async (requirements) => {
    const verified = await verify({ scope: 'read', permissions: ['orders'] }, {});
    const error = thrownBy(() => {
      client.authorize(verified, requirements as ScopeRequirements);
    });
    await expectToBe(error, misconfigured);
  });

  it.each([undefined, null])('needs claims, and %s are none', async (nothing) => {
    const error = thrownBy(() => {
      client.authorize(nothing as never, { requiredScopes: 'read' });
    });
    await expectToBe(error, missingArgument('claims'));
  });
});
