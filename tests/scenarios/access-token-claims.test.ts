import { describe, expect, it } from 'vitest';
import type { ApiClientOptions, ErrorReason } from '../../src/index.ts';
import type { IssueAccessTokenOptions } from '../../src/testing/index.ts';
import { expectRefusal, invalidToken } from '../support/assert-rejects.ts';
import { craftIssuer } from '../support/crafted-issuer.ts';
import { jsonObject, NOW_SECONDS, setUp } from '../support/scenario.ts';

const { tenant, createClient } = setUp();
const { audience, issuer, domain } = tenant;

const verify = async (token: IssueAccessTokenOptions, options: Partial<ApiClientOptions> = {}) =>
  createClient(options).verifyAccessToken({ accessToken: await tenant.issueAccessToken(token) });
const verifyClaims = (claims: Record<string, unknown>, options: Partial<ApiClientOptions> = {}) =>
  verify({ claims }, options);

describe('the issuer', () => {
  it.each<[unknown, ErrorReason]>([
    [undefined, 'issuer_missing'],
    [null, 'issuer_missing'],
    ['', 'issuer_missing'],
    [7, 'issuer_missing'],
    [[issuer], 'issuer_missing'],
    [{ [issuer]: true }, 'issuer_missing'],
    ['https://other.auth0.test/', 'issuer_not_allowed'],
    [`http://${domain}/`, 'issuer_not_allowed'],
    [`https://${domain}/path`, 'issuer_not_allowed'],
    [`https://${domain}/?a=b`, 'issuer_not_allowed'],
    [`https://${domain}/#a`, 'issuer_not_allowed'],
    [`https://user@${domain}/`, 'issuer_not_allowed'],
    [`https://${domain}.evil.example/`, 'issuer_not_allowed'],
    [`https://${domain}:8443/`, 'issuer_not_allowed'],
    ['/', 'issuer_not_allowed'],
    ['\u0000', 'issuer_not_allowed'],
    [`x${'x'.repeat(5000)}`, 'issuer_not_allowed'],
  ])('%j is refused before anything is fetched: %s', async (iss, reason) => {
    tenant.clearRequests();
    await expectRefusal(verifyClaims({ iss }), invalidToken(reason));
    expect(tenant.requests).toEqual([]);
  });

  it.each([
    `https://${domain}`,
    `https://${domain.toUpperCase()}/`,
    `https://${domain}:443/`,
    domain,
    ` ${issuer}`,
  ])('must be spelt exactly as the metadata spell it: %j is refused', async (iss) => {
    tenant.clearRequests();
    await expectRefusal(verifyClaims({ iss }), invalidToken('issuer_mismatch'));
    // The spelling is found in the metadata; the keys of an issuer that is not the token's are never asked for.
    expect(tenant.requests.map(({ kind }) => kind)).toEqual(['discovery']);
  });

  it('may be spelt without a slash where the metadata do so', async () => {
    const other = setUp({ tenant: { discovery: { issuer: `https://${domain}` } } });
    const verifyIssuer = async (iss: string) =>
      other.client.verifyAccessToken({
        accessToken: await other.tenant.issueAccessToken({ claims: { iss } }),
      });
    await expect(verifyIssuer(`https://${domain}`)).resolves.toMatchObject({ iss: `https://${domain}` });
    await expectRefusal(verifyIssuer(issuer), invalidToken('issuer_mismatch'));
  });
});

describe('the audience', () => {
  it.each<[unknown]>([
    [audience],
    [[audience]],
    [['https://other.example', audience]],
    [[audience, audience]],
  ])('%j is accepted', async (aud) => {
    await expect(verifyClaims({ aud })).resolves.toMatchObject({ aud });
  });

  it.each<[unknown, ErrorReason]>([
    [undefined, 'audience_mismatch'],
    [null, 'audience_mismatch'],
    ['', 'audience_mismatch'],
    [7, 'audience_mismatch'],
    [[], 'audience_mismatch'],
    [{}, 'audience_mismatch'],
    ['https://other.example', 'audience_mismatch'],
    [`${audience}/`, 'audience_mismatch'],
    [audience.toUpperCase(), 'audience_mismatch'],
    [`${audience} https://other.example`, 'audience_mismatch'],
    [[7, null], 'audience_mismatch'],
    [[[audience]], 'audience_mismatch'],
    [[audience, 7], 'claim_invalid'],
    [[null, audience], 'claim_invalid'],
  ])('%j is refused: %s', async (aud, reason) => {
    await expectRefusal(verifyClaims({ aud }), invalidToken(reason));
  });

  it('may be any of several that are configured', async () => {
    const audiences = { audience: ['https://a.example', 'https://b.example'] };
    await expect(verifyClaims({ aud: 'https://b.example' }, audiences)).resolves.toBeTypeOf('object');
    await expectRefusal(verifyClaims({ aud: audience }, audiences), invalidToken('audience_mismatch'));
  });

  it('tells an ID token from an access token', async () => {
    const profiles = setUp();
    const { idToken = '' } = await profiles.client.getTokenByExchangeProfile({
      subjectToken: 'user:ada',
      subjectTokenType: 'urn:example:subject-token',
      scope: 'openid',
    });
    await expectRefusal(
      profiles.client.verifyAccessToken({ accessToken: idToken }),
      invalidToken('audience_mismatch'),
    );
  });
});

describe('times', () => {
  it.each(['exp', 'iat'])('%s must be there', async (name) => {
    const error = await expectRefusal(verifyClaims({ [name]: undefined }), invalidToken('claim_missing'));
    expect(error.cause).toMatchObject({ name });
  });

  it.each(
    ['exp', 'iat', 'nbf'].flatMap((name) =>
      [null, '', String(NOW_SECONDS), true, [NOW_SECONDS], {}].map((value): [string, unknown] => [
        name,
        value,
      ]),
    ),
  )('%s must be a number, which %j is not', async (name, value) => {
    const error = await expectRefusal(verifyClaims({ [name]: value }), invalidToken('claim_invalid'));
    expect(error.cause).toMatchObject({ name });
  });

  it.each(['exp', 'iat', 'nbf'])('%s must be finite', async (name) => {
    const other = setUp();
    const crafted = craftIssuer(other.tenant);
    const claims = { iss: issuer, aud: audience, sub: 'a', iat: NOW_SECONDS, exp: NOW_SECONDS + 60 };
    for (const number of ['1e999', '-1e999']) {
      const payload = JSON.stringify({ ...claims, [name]: 0 }).replace(`"${name}":0`, `"${name}":${number}`);
      const accessToken = crafted.sign(`{"alg":"ES256","kid":"${crafted.kid}"}`, payload);
      await expectRefusal(other.client.verifyAccessToken({ accessToken }), invalidToken('claim_invalid'));
    }
  });

  const early = NOW_SECONDS + 1;
  it.each<[string, Record<string, unknown>, number, ErrorReason | 'accepted']>([
    ['ends in a millisecond', { exp: NOW_SECONDS + 0.001 }, 0, 'accepted'],
    ['ends now', { exp: NOW_SECONDS }, 0, 'token_expired'],
    ['ended a second ago', { exp: NOW_SECONDS - 1 }, 0, 'token_expired'],
    ['ended within the tolerance', { exp: NOW_SECONDS - 59.999 }, 60, 'accepted'],
    ['ended when the tolerance began', { exp: NOW_SECONDS - 60 }, 60, 'token_expired'],
    ['ends never, almost', { exp: Number.MAX_SAFE_INTEGER }, 0, 'accepted'],
    ['ended before 1970', { exp: -1 }, 60, 'token_expired'],
    ['ended in 1970', { exp: 0 }, 60, 'token_expired'],
    ['begins now', { nbf: NOW_SECONDS }, 0, 'accepted'],
    ['begins in a millisecond', { nbf: NOW_SECONDS + 0.001 }, 0, 'token_not_yet_valid'],
    ['begins in a second, within the tolerance', { nbf: early }, 1, 'accepted'],
    ['begins beyond the tolerance', { nbf: early + 0.001 }, 1, 'token_not_yet_valid'],
    ['was issued by a clock ahead of ours', { iat: NOW_SECONDS + 30 }, 0, 'accepted'],
    ['was issued long ago', { iat: 0 }, 0, 'accepted'],
    ['was issued at a fraction of a second', { iat: NOW_SECONDS - 0.5 }, 0, 'accepted'],
    ['begins after it ended', { exp: NOW_SECONDS - 1, nbf: early }, 0, 'token_expired'],
  ])('a token that %s', async (_when, claims, clockToleranceSeconds, outcome) => {
    const verification = verifyClaims(claims, { clockToleranceSeconds });
    if (outcome === 'accepted') await expect(verification).resolves.toMatchObject(claims);
    else await expectRefusal(verification, invalidToken(outcome));
  });

  it('are measured on the injected clock each time', async () => {
    const { tenant: other, client, clock } = setUp();
    const accessToken = await other.issueAccessToken({ expiresInSeconds: 60 });
    clock.advance(59);
    await expect(client.verifyAccessToken({ accessToken })).resolves.toBeTypeOf('object');
    clock.advance(1);
    await expectRefusal(client.verifyAccessToken({ accessToken }), invalidToken('token_expired'));
  });
});

describe('names and bindings', () => {
  it.each<[string, unknown, ErrorReason]>([
    ['sub', undefined, 'claim_missing'],
    ['sub', null, 'claim_invalid'],
    ['sub', '', 'claim_invalid'],
    ['sub', 7, 'claim_invalid'],
    ['sub', ['auth0|user'], 'claim_invalid'],
    ['sub', { id: 'auth0|user' }, 'claim_invalid'],
    ['jti', null, 'claim_invalid'],
    ['jti', 7, 'claim_invalid'],
    ['jti', ['a'], 'claim_invalid'],
    ['cnf', null, 'claim_invalid'],
    ['cnf', [], 'claim_invalid'],
    ['cnf', ['jkt'], 'claim_invalid'],
    ['cnf', 'jkt', 'claim_invalid'],
    ['cnf', true, 'claim_invalid'],
    ['cnf', { jkt: '' }, 'claim_invalid'],
    ['cnf', { jkt: null }, 'claim_invalid'],
    ['cnf', { jkt: 7 }, 'claim_invalid'],
    ['cnf', { jkt: ['a'] }, 'claim_invalid'],
  ])('%s may not be %j: %s', async (name, value, reason) => {
    await expectRefusal(verifyClaims({ [name]: value }), invalidToken(reason));
  });

  it.each<[string, unknown]>([
    ['jti', undefined],
    ['cnf', {}],
    ['cnf', { jkt: 'thumbprint' }],
    ['cnf', { jkt: 'thumbprint', 'x5t#S256': 'certificate', extra: [1] }],
    ['cnf', { 'x5t#S256': 'certificate' }],
    ['cnf', jsonObject('{"__proto__":{"jkt":7}}')],
    ['act', 'not looked at here'],
    ['scope', ['not', 'looked', 'at']],
  ])('%s may be %j', async (name, value) => {
    const claims = await verifyClaims({ [name]: value });
    expect(claims[name]).toEqual(value);
  });
});

describe('the claims that are handed out', () => {
  const HOSTILE =
    '{"__proto__":{"admin":true},"constructor":{"prototype":1},"toString":"x","hasOwnProperty":0}';

  it('hold names of Object.prototype as ordinary members', async () => {
    const claims = await verifyClaims(jsonObject(HOSTILE));
    expect(JSON.parse(JSON.stringify(claims))).toMatchObject({
      constructor: { prototype: 1 },
      toString: 'x',
    });
    expect(Object.getOwnPropertyDescriptor(claims, '__proto__')?.value).toEqual({ admin: true });
    expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
    expect(claims.admin).toBeUndefined();
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });

  it('are frozen through all levels', async () => {
    const nested = { list: [{ deep: [[]] }], empty: {}, ...jsonObject('{"__proto__":{"deep":{}}}') };
    const claims = await verify({
      claims: { nested },
      act: ['b', 'a'],
      permissions: ['x'],
      audience: [audience],
    });
    expect(unfrozen(claims)).toEqual([]);
    expect(() => Object.assign(claims, { sub: 'auth0|admin' })).toThrow(TypeError);
    expect(() => (claims.permissions as string[]).push('admin')).toThrow(TypeError);
  });

  it('are frozen however deep they are', async () => {
    const depth = 3000;
    const deep = jsonObject(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    const claims = await verifyClaims(deep);
    let levels = 0;
    for (let at = claims.a; Array.isArray(at); at = (at as unknown[])[0])
      levels += Object.isFrozen(at) ? 1 : 0;
    expect(levels).toBe(depth);
  });

  it('are the same for two calls and can be changed by neither', async () => {
    const client = createClient();
    const accessToken = await tenant.issueAccessToken({
      permissions: ['read'],
      claims: { nested: { a: [1] } },
    });
    const first = await client.verifyAccessToken({ accessToken });
    expect(() => ((first.nested as { a: number[] }).a[0] = 2)).toThrow(TypeError);
    expect(Reflect.deleteProperty(first, 'sub')).toBe(false);
    const second = await client.verifyAccessToken({ accessToken });
    expect(second).toEqual(first);
    expect(unfrozen(second)).toEqual([]);
  });
});

/** The paths of what is not frozen. */
function unfrozen(value: unknown, path = '$'): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Object.entries(value).flatMap(([name, member]) => unfrozen(member, `${path}.${name}`));
  return Object.isFrozen(value) ? own : [path, ...own];
}
