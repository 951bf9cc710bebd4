import { describe, expect, it } from 'vitest';
import { parseToken, readToken } from '../../../src/access-token/read-token.ts';
import { MAX_TOKEN_LENGTH } from '../../../src/jwt/read-jwt.ts';
import { type AccessTokenReason, VerifyAccessTokenError } from '../../../src/errors/index.ts';
import { JwsSyntaxError } from '../../../src/jws/compact.ts';
import { causeOf, refusalBy, thrownBy } from '../platform/refusal.ts';

const ISSUER = 'https://tenant.example.com/';
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

const header = { alg: 'RS256', kid: 'a', typ: 'JWT' };
const payload = { iss: ISSUER, sub: 'me' };
const policy = { algorithms: new Set(['RS256']), requireAccessTokenType: false };

function token(headerMembers: object = {}, payloadMembers: object = {}): string {
  return `${encode({ ...header, ...headerMembers })}.${encode({ ...payload, ...payloadMembers })}.AAAA`;
}

const refused = (reason: AccessTokenReason) => ({
  type: VerifyAccessTokenError,
  code: 'invalid_token',
  reason,
  statusCode: 401,
});

describe('parseToken', () => {
  it('splits and decodes', () => {
    expect(parseToken(token())).toMatchObject({ header, payload });
  });

  it('takes a token of the largest size, and refuses a longer one before anything else', () => {
    const space = MAX_TOKEN_LENGTH - token({}, { pad: '' }).length;
    const padded = token({}, { pad: 'x'.repeat(Math.floor((space * 3) / 4) - 2) });
    expect(padded.length).toBeLessThanOrEqual(MAX_TOKEN_LENGTH);
    expect(parseToken(padded).payload.sub).toBe('me');
    expect(refusalBy(() => parseToken('.'.repeat(MAX_TOKEN_LENGTH + 1)))).toEqual(refused('token_too_large'));
    expect(refusalBy(() => parseToken('\u0000'.repeat(MAX_TOKEN_LENGTH + 1)))).toEqual(
      refused('token_too_large'),
    );
  });

  it.each([
    ['one part', 'opaque', 'opaque_token'],
    ['two parts', 'aaa.bbb', 'opaque_token'],
    ['four parts', 'aaa.bbb.ccc.ddd', 'opaque_token'],
    ['six parts', 'a.b.c.d.e.f', 'opaque_token'],
    ['five parts', 'aaa.bbb.ccc.ddd.eee', 'encrypted_token'],
    ['five parts, some of them empty', 'aaa..ccc.ddd.eee', 'encrypted_token'],
    ['nothing', '', 'malformed_token'],
    ['a space', 'aaa.bbb.ccc ddd', 'malformed_token'],
    ['a line break', `${token()}\n`, 'malformed_token'],
    ['a comma', `${token()},${token()}`, 'malformed_token'],
    ['a scheme', `Bearer ${token()}`, 'malformed_token'],
    ['letters beyond ASCII', 'aaa.b\u00fcb.ccc', 'malformed_token'],
    ['padding within', 'aa=.bbb.ccc', 'malformed_token'],
    ['padding behind', `${token()}=`, 'malformed_token'],
    ['no JSON', 'aaaa.bbbb.cccc', 'malformed_token'],
    ['an empty signature', token().replace(/AAAA$/, ''), 'malformed_token'],
    ['an empty payload', `${encode(header)}..AAAA`, 'malformed_token'],
    ['an array as payload', `${encode(header)}.${encode([payload])}.AAAA`, 'malformed_token'],
  ] as const)('refuses a token with %s', (_title, text, reason) => {
    expect(refusalBy(() => parseToken(text))).toEqual(refused(reason));
  });

  it.each([undefined, null, 5, {}, ['aaa.bbb.ccc']])('refuses %j in the place of a token', (value) => {
    expect(refusalBy(() => parseToken(value))).toEqual(refused('malformed_token'));
  });

  it('keeps which part is broken as its cause, and quotes none of it', () => {
    const error = thrownBy(() =>
      parseToken(`${encode(header)}.${Buffer.from('secret').toString('base64url')}.AAAA`),
    );
    expect(causeOf(error)).toEqual(new JwsSyntaxError('the payload is not JSON in UTF-8'));
  });
});

describe('readToken', () => {
  it('returns what is needed to ask the issuer for its key', () => {
    expect(readToken(token(), policy)).toMatchObject({
      algorithm: { name: 'RS256' },
      kid: 'a',
      unverifiedIss: ISSUER,
      jws: { header, payload },
    });
  });

  it.each([
    ['alg none', { alg: 'none' }, 'unsupported_algorithm'],
    ['a symmetric alg', { alg: 'HS256' }, 'unsupported_algorithm'],
    ['an alg that is not configured', { alg: 'RS512' }, 'unsupported_algorithm'],
    ['an alg in another case', { alg: 'rs256' }, 'unsupported_algorithm'],
    ['an alg that is no string', { alg: ['RS256'] }, 'unsupported_algorithm'],
    ['no alg', { alg: undefined }, 'unsupported_algorithm'],
    ['no kid', { kid: undefined }, 'missing_kid'],
    ['an empty kid', { kid: '' }, 'missing_kid'],
    ['a kid that is no string', { kid: 5 }, 'missing_kid'],
    ['a kid in a list', { kid: ['a'] }, 'missing_kid'],
    ['crit', { crit: ['exp'] }, 'unsupported_header'],
    ['an empty crit', { crit: [] }, 'unsupported_header'],
    ['b64', { b64: false }, 'unsupported_header'],
    ['zip', { zip: 'DEF' }, 'unsupported_header'],
    ['the type of an ID token of another profile', { typ: 'id+jwt' }, 'unsupported_token_type'],
    ['the type of a proof', { typ: 'dpop+jwt' }, 'unsupported_token_type'],
    ['the type of a logout token', { typ: 'logout+jwt' }, 'unsupported_token_type'],
    ['application/jwt', { typ: 'application/jwt' }, 'unsupported_token_type'],
    ['an empty type', { typ: '' }, 'unsupported_token_type'],
    ['a type that is no string', { typ: ['JWT'] }, 'unsupported_token_type'],
    ['null as type', { typ: null }, 'unsupported_token_type'],
  ] as const)('refuses %s', (_title, members, reason) => {
    expect(refusalBy(() => readToken(token(members), policy))).toEqual(refused(reason));
  });

  it.each([undefined, '', 5, [ISSUER], { toString: 'x' }])('refuses the issuer %j', (iss) => {
    expect(refusalBy(() => readToken(token({}, { iss }), policy))).toEqual(refused('issuer_missing'));
  });

  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/AT+jwt'])(
    'takes the type %j',
    (typ) => {
      expect(readToken(token({ typ }), policy).kid).toBe('a');
    },
  );

  it.each([
    ['at+jwt', true],
    ['application/at+JWT', true],
    ['JWT', false],
    [undefined, false],
  ])('judges the type %j when access tokens must say what they are: %s', (typ, accepted) => {
    const strict = { ...policy, requireAccessTokenType: true };
    if (accepted) expect(readToken(token({ typ }), strict).kid).toBe('a');
    else
      expect(refusalBy(() => readToken(token({ typ }), strict))).toEqual(refused('unsupported_token_type'));
  });

  it('names in its cause what is accepted, and repeats an alg only if it is a known one', () => {
    expect(causeOf(thrownBy(() => readToken(token({ alg: 'ES256' }), policy)))).toEqual({
      name: 'alg',
      expected: ['RS256'],
      actual: 'ES256',
    });
    expect(causeOf(thrownBy(() => readToken(token({ alg: 'made up' }), policy)))).toEqual({
      name: 'alg',
      expected: ['RS256'],
      actual: undefined,
    });
  });

  it('reads own members only', () => {
    const header = Buffer.from('{"alg":"RS256","__proto__":{"kid":"a"}}').toString('base64url');
    const text = `${header}.${encode(payload)}.AAAA`;
    expect(refusalBy(() => readToken(text, policy))).toEqual(refused('missing_kid'));
  });
});
