import { describe, expect, it } from 'vitest';
import {
  ACCESS_TOKEN_TYPE,
  CONNECTION_TOKEN_TYPE,
  readTokenAnswer,
} from '../../../src/exchange/token-answer.ts';

const SENT_AT = 1_000;
const TEN_YEARS = 10 * 365 * 86_400;
const ID_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:id_token';

function read(json: unknown, requestedTokenType?: string) {
  return readTokenAnswer(json, { requestedTokenType, sentAtSeconds: SENT_AT });
}

function valueOf(json: unknown, requestedTokenType?: string) {
  const reading = read(json, requestedTokenType);
  if ('problem' in reading) throw new Error(`unexpected problem with ${reading.problem.name}`);
  return reading.value;
}

function problemOf(json: unknown, requestedTokenType?: string) {
  const reading = read(json, requestedTokenType);
  return 'problem' in reading ? reading.problem : undefined;
}

describe('readTokenAnswer', () => {
  it('translates every member it knows and drops the others', () => {
    const json = {
      access_token: 'a.b-c_d~e+f/g=',
      expires_in: 60,
      scope: 'x y',
      token_type: 'bearer',
      issued_token_type: ACCESS_TOKEN_TYPE,
      id_token: 'i',
      refresh_token: 'r',
      other: 'x',
    };
    expect(valueOf(json)).toEqual({
      issued: {
        accessToken: 'a.b-c_d~e+f/g=',
        expiresIn: 60,
        expiresAt: SENT_AT + 60,
        scope: 'x y',
        tokenType: 'bearer',
        issuedTokenType: ACCESS_TOKEN_TYPE,
      },
      companions: { idToken: 'i', refreshToken: 'r' },
    });
  });

  it('has no member for what the answer leaves out or sets to null', () => {
    const nothing = {
      scope: null,
      token_type: null,
      issued_token_type: null,
      id_token: null,
      refresh_token: null,
    };
    expect(Object.keys(valueOf({ access_token: 't', ...nothing }).issued)).toEqual([
      'accessToken',
      'expiresIn',
      'expiresAt',
    ]);
    expect(valueOf({ access_token: 't', ...nothing }).companions).toEqual({});
  });

  it('keeps an empty scope', () => {
    expect(valueOf({ access_token: 't', scope: '' }).issued.scope).toBe('');
  });

  it.each([
    ['null', null],
    ['a string', 'token'],
    ['a number', 1],
    ['an array', [{ access_token: 't' }]],
  ])('refuses %s in place of the object', (_title, json) => {
    expect(problemOf(json)).toMatchObject({ name: 'body', expected: 'a JSON object' });
  });

  it.each([
    ['absent', undefined],
    ['null', null],
    ['empty', ''],
    ['a number', 7],
    ['an array', ['t']],
    ['blank', ' '],
    ['with a space', 'a b'],
    ['with a line break', 'a\r\nX: y'],
    ['with a control character', 'a\u0000b'],
    ['outside ASCII', 'tökén'],
    ['longer than 64 KiB', 'x'.repeat(64 * 1024 + 1)],
  ])('refuses an access_token that is %s', (_title, token) => {
    expect(problemOf({ access_token: token })).toMatchObject({ name: 'access_token' });
  });

  it('accepts an access_token of 64 KiB', () => {
    expect(valueOf({ access_token: 'x'.repeat(64 * 1024) }).issued.accessToken).toHaveLength(64 * 1024);
  });

  it('counts 3600 seconds when expires_in is absent', () => {
    expect(valueOf({ access_token: 't' }).issued).toMatchObject({
      expiresIn: 3600,
      expiresAt: SENT_AT + 3600,
    });
  });

  it.each([
    [0, 0],
    [-0, 0],
    [1, 1],
    ['3600', 3600],
    ['0', 0],
    [59.9, 59],
    ['59.9', 59],
    [TEN_YEARS, TEN_YEARS],
    [TEN_YEARS + 1, TEN_YEARS],
    [Number.MAX_VALUE, TEN_YEARS],
    ['99999999999999999999', TEN_YEARS],
  ])('reads expires_in %j as %d', (given, seconds) => {
    const { issued } = valueOf({ access_token: 't', expires_in: given });
    expect(issued.expiresIn).toBe(seconds);
    expect(issued.expiresAt).toBe(SENT_AT + seconds);
  });

  it.each([
    -1,
    -0.5,
    '-1',
    '',
    ' ',
    'soon',
    '1e3',
    '0x10',
    '1h',
    '+5',
    '9'.repeat(400),
    Number.POSITIVE_INFINITY,
    null,
    true,
    false,
    [60],
    {},
  ])('refuses expires_in %j', (given) => {
    expect(problemOf({ access_token: 't', expires_in: given })).toMatchObject({ name: 'expires_in' });
  });

  it.each(['scope', 'token_type', 'issued_token_type', 'id_token', 'refresh_token'])(
    'refuses a %s that is no string, or of a length that could fill a cache',
    (name) => {
      for (const value of [1, true, ['x'], {}, 'x'.repeat(65_537)]) {
        expect(problemOf({ access_token: 't', [name]: value })).toMatchObject({
          name,
          expected: 'a string of at most 65536 characters',
        });
      }
    },
  );

  it('reads own members only', () => {
    const inherited = Object.create({ access_token: 't' }) as object;
    expect(problemOf(inherited)).toMatchObject({ name: 'access_token' });
    const json: unknown = JSON.parse(
      '{"__proto__":{"access_token":"t","scope":"admin"},"access_token":"own"}',
    );
    expect(valueOf(json).issued).toEqual({ accessToken: 'own', expiresIn: 3600, expiresAt: SENT_AT + 3600 });
  });

  describe('token_type', () => {
    it.each(['Bearer', 'bearer', 'BEARER'])('is fine when it is %s', (type) => {
      expect(valueOf({ access_token: 't', token_type: type }).issued.tokenType).toBe(type);
    });

    it.each([
      ['DPoP', 'DPoP'],
      ['dpop', 'DPoP'],
      ['mac', 'mac'],
      ['N_A', 'N_A'],
      ['', 'another type'],
      ['some-secret', 'another type'],
    ])('is refused when it is %j, and quoted only when it is a known word', (type, actual) => {
      expect(problemOf({ access_token: 't', token_type: type })).toEqual({
        name: 'token_type',
        expected: 'Bearer',
        actual,
      });
    });

    it('may be N_A where the request asked for something else than an access token', () => {
      const json = { access_token: 't', token_type: 'N_A' };
      expect(valueOf(json, ID_TOKEN_TYPE).issued.tokenType).toBe('N_A');
      expect(problemOf(json, ACCESS_TOKEN_TYPE)).toMatchObject({ name: 'token_type' });
      expect(problemOf(json, CONNECTION_TOKEN_TYPE)).toMatchObject({ name: 'token_type' });
    });

    it('may be N_A where nothing was asked for and the answer names another type', () => {
      const json = { access_token: 't', token_type: 'N_A', issued_token_type: ID_TOKEN_TYPE };
      expect(valueOf(json).issued.tokenType).toBe('N_A');
      expect(problemOf(json, ACCESS_TOKEN_TYPE)).toMatchObject({ name: 'token_type' });
    });

    it('is refused when it is DPoP, whatever was asked for', () => {
      const json = { access_token: 't', token_type: 'DPoP' };
      expect(problemOf(json, ID_TOKEN_TYPE)).toMatchObject({ expected: 'Bearer or N_A', actual: 'DPoP' });
    });
  });
});
