import { describe, expect, it } from 'vitest';
import {
  boundKeyOf,
  checkRegisteredClaims,
  type ClaimPolicy,
} from '../../../src/access-token/claim-checks.ts';
import { type AccessTokenReason, VerifyAccessTokenError } from '../../../src/errors/index.ts';
import type { JsonObject } from '../../../src/jws/json.ts';
import { causeOf, refusalBy, thrownBy } from '../platform/refusal.ts';

const SECONDS = 1_800_000_000;
const ISSUER = 'https://tenant.example.com/';
const AUDIENCE = 'https://api.example.com';

const good = { iss: ISSUER, sub: 'auth0|1', aud: AUDIENCE, exp: SECONDS + 60, iat: SECONDS - 60 };

function check(members: JsonObject = {}, overrides: Partial<ClaimPolicy> = {}): void {
  const all: JsonObject = { ...good, ...members };
  const claims = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  const policy: ClaimPolicy = {
    issuer: ISSUER,
    audiences: [AUDIENCE],
    clockToleranceSeconds: 0,
    now: SECONDS * 1000,
    ...overrides,
  };
  checkRegisteredClaims(claims, policy);
}

const refused = (reason: AccessTokenReason) => ({
  type: VerifyAccessTokenError,
  code: 'invalid_token',
  reason,
  statusCode: 401,
});

const causeBy = (members: JsonObject) =>
  causeOf(
    thrownBy(() => {
      check(members);
    }),
  );

const refusalFor = (members: JsonObject, overrides: Partial<ClaimPolicy> = {}) =>
  refusalBy(() => {
    check(members, overrides);
  });

describe('checkRegisteredClaims', () => {
  it.each<[string, JsonObject]>([
    ['only what is required', {}],
    ['a list of audiences', { aud: ['https://other.example.com', AUDIENCE] }],
    ['everything optional', { nbf: SECONDS, jti: 'x', cnf: { jkt: 'y' } }],
    ['an issue time ahead of our clock', { iat: SECONDS + 3600 }],
    ['fractions of seconds', { exp: SECONDS + 0.5, iat: SECONDS - 0.25, nbf: SECONDS - 0.25 }],
    ['a binding to a certificate', { cnf: { 'x5t#S256': 'z' } }],
    ['an empty cnf', { cnf: {} }],
    ['a malformed act, which is for the delegation helpers', { act: 'nonsense' }],
  ])('accepts %s', (_title, members) => {
    expect(() => {
      check(members);
    }).not.toThrow();
  });

  it.each<[string, JsonObject, AccessTokenReason]>([
    ['another issuer', { iss: 'https://evil.example/' }, 'issuer_mismatch'],
    ['the issuer without its slash', { iss: ISSUER.slice(0, -1) }, 'issuer_mismatch'],
    ['the issuer in another case', { iss: 'https://TENANT.example.com/' }, 'issuer_mismatch'],
    ['the issuer in a list', { iss: [ISSUER] }, 'issuer_mismatch'],
    ['no issuer', { iss: undefined }, 'issuer_mismatch'],
    ['no subject', { sub: undefined }, 'claim_missing'],
    ['an empty subject', { sub: '' }, 'claim_invalid'],
    ['a subject that is a number', { sub: 1 }, 'claim_invalid'],
    ['a subject that is null', { sub: null }, 'claim_invalid'],
    ['a subject in a list', { sub: ['auth0|1'] }, 'claim_invalid'],
    ['another audience', { aud: 'https://other.example.com' }, 'audience_mismatch'],
    ['an audience that starts alike', { aud: `${AUDIENCE}/` }, 'audience_mismatch'],
    ['no audience', { aud: undefined }, 'audience_mismatch'],
    ['an empty list of audiences', { aud: [] }, 'audience_mismatch'],
    ['an audience within an object', { aud: { [AUDIENCE]: true } }, 'audience_mismatch'],
    ['a nested list of audiences', { aud: [[AUDIENCE]] }, 'audience_mismatch'],
    ['a list that is not all strings', { aud: [AUDIENCE, 5] }, 'claim_invalid'],
    ['no expiry', { exp: undefined }, 'claim_missing'],
    ['an expiry that is a string', { exp: String(SECONDS + 60) }, 'claim_invalid'],
    ['an expiry that is null', { exp: null }, 'claim_invalid'],
    ['an infinite expiry', { exp: Number.POSITIVE_INFINITY }, 'claim_invalid'],
    ['no issue time', { iat: undefined }, 'claim_missing'],
    ['an issue time that is a string', { iat: '0' }, 'claim_invalid'],
    ['an infinite issue time', { iat: Number.NEGATIVE_INFINITY }, 'claim_invalid'],
    ['a start that is a string', { nbf: '0' }, 'claim_invalid'],
    ['a start that is null', { nbf: null }, 'claim_invalid'],
    ['an infinite start', { nbf: Number.NEGATIVE_INFINITY }, 'claim_invalid'],
    ['an identifier that is a number', { jti: 5 }, 'claim_invalid'],
    ['an identifier in a list', { jti: ['x'] }, 'claim_invalid'],
    ['an empty identifier', { jti: '' }, 'claim_invalid'],
    ['a confirmation that is a string', { cnf: 'jkt' }, 'claim_invalid'],
    ['a confirmation that is null', { cnf: null }, 'claim_invalid'],
    ['a confirmation in a list', { cnf: [{ jkt: 'x' }] }, 'claim_invalid'],
    ['a thumbprint that is a number', { cnf: { jkt: 5 } }, 'claim_invalid'],
    ['a thumbprint that is null', { cnf: { jkt: null } }, 'claim_invalid'],
    ['an empty thumbprint', { cnf: { jkt: '' } }, 'claim_invalid'],
    ['a thumbprint in a list', { cnf: { jkt: ['x'] } }, 'claim_invalid'],
  ])('refuses %s', (_title, members, reason) => {
    expect(refusalFor(members)).toEqual(refused(reason));
  });

  it.each([
    ['before the end', { exp: SECONDS + 0.001 }, 0, undefined],
    ['at the end', { exp: SECONDS }, 0, 'token_expired'],
    ['after the end', { exp: SECONDS - 1 }, 0, 'token_expired'],
    ['within the tolerance', { exp: SECONDS - 29.999 }, 30, undefined],
    ['at the end of the tolerance', { exp: SECONDS - 30 }, 30, 'token_expired'],
    ['at the start', { nbf: SECONDS }, 0, undefined],
    ['before the start', { nbf: SECONDS + 0.001 }, 0, 'token_not_yet_valid'],
    ['before the start, within the tolerance', { nbf: SECONDS + 30 }, 30, undefined],
    ['before the start, beyond the tolerance', { nbf: SECONDS + 30.001 }, 30, 'token_not_yet_valid'],
  ] as const)('judges a moment %s', (_title, members, clockToleranceSeconds, reason) => {
    const overrides = { clockToleranceSeconds };
    if (reason === undefined)
      expect(() => {
        check(members, overrides);
      }).not.toThrow();
    else expect(refusalFor(members, overrides)).toEqual(refused(reason));
  });

  it('reads own claims only', () => {
    const inherited = Object.create(good) as JsonObject;
    const policy = { issuer: ISSUER, audiences: [AUDIENCE], clockToleranceSeconds: 0, now: SECONDS * 1000 };
    expect(
      refusalBy(() => {
        checkRegisteredClaims(inherited, policy);
      }),
    ).toEqual(refused('issuer_mismatch'));
  });

  it('accepts any of several audiences', () => {
    const audiences = ['https://other.example.com', AUDIENCE];
    for (const aud of audiences)
      expect(() => {
        check({ aud }, { audiences });
      }).not.toThrow();
    expect(refusalFor({ aud: 'https://third.example.com' }, { audiences })).toEqual(
      refused('audience_mismatch'),
    );
  });

  it('keeps what was expected and what was found as evidence', () => {
    expect(causeBy({ aud: 'x' })).toEqual({ name: 'aud', expected: [AUDIENCE], actual: 'x' });
    expect(causeBy({ exp: 1 })).toEqual({ name: 'exp', expected: SECONDS, actual: 1 });
    expect(causeBy({ nbf: SECONDS + 9 })).toEqual({ name: 'nbf', expected: SECONDS, actual: SECONDS + 9 });
    expect(causeBy({ sub: undefined })).toEqual({ name: 'sub' });
    expect(causeBy({ cnf: { jkt: 5 } })).toMatchObject({ name: 'cnf.jkt' });
  });
});

describe('boundKeyOf', () => {
  it.each<[JsonObject, string | undefined]>([
    [{}, undefined],
    [{ cnf: {} }, undefined],
    [{ cnf: { 'x5t#S256': 'z' } }, undefined],
    [{ cnf: { jkt: 'thumbprint', kid: 'x' } }, 'thumbprint'],
  ])('finds in %j the key %s', (claims, jkt) => {
    expect(boundKeyOf(claims)).toBe(jkt);
  });

  it.each([null, 'x', 5, [], { jkt: '' }, { jkt: 5 }, { jkt: null }])(
    'refuses the confirmation %j',
    (cnf) => {
      expect(refusalBy(() => boundKeyOf({ cnf }))).toEqual(refused('claim_invalid'));
    },
  );

  it('does not find a thumbprint in a prototype', () => {
    const cnf = JSON.parse('{"__proto__":{"jkt":"x"}}') as JsonObject;
    expect(boundKeyOf({ cnf })).toBeUndefined();
  });
});
