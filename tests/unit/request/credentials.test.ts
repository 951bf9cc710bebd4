import { describe, expect, it } from 'vitest';
import {
  InvalidAuthSchemeError,
  InvalidDpopProofError,
  InvalidRequestError,
  MissingAuthorizationError,
  MissingRequiredArgumentError,
  VerifyAccessTokenError,
} from '../../../src/errors/index.ts';
import {
  extractCredentials,
  readCredentials,
  type RequestHeaders,
} from '../../../src/request/credentials.ts';
import { causeOf, type Refusal, refusalBy, thrownBy } from '../platform/refusal.ts';

const authorization = (value: string | readonly string[]) => ({ authorization: value });

const missing: Refusal = {
  type: MissingAuthorizationError,
  code: 'unauthorized',
  reason: 'missing_credentials',
  statusCode: 401,
};
const unsupported: Refusal = {
  type: InvalidAuthSchemeError,
  code: 'unauthorized',
  reason: 'unsupported_scheme',
  statusCode: 401,
};
const multiple: Refusal = {
  type: InvalidRequestError,
  code: 'invalid_request',
  reason: 'multiple_credentials',
  statusCode: 400,
};
const malformed: Refusal = {
  type: VerifyAccessTokenError,
  code: 'invalid_token',
  reason: 'malformed_token',
  statusCode: 401,
};
const unreadable: Refusal = {
  type: InvalidRequestError,
  code: 'invalid_request',
  reason: 'invalid_headers',
  statusCode: 400,
};

describe('extractCredentials', () => {
  it.each([
    ['Bearer aaa.bbb.ccc', { scheme: 'Bearer', accessToken: 'aaa.bbb.ccc' }],
    ['bearer aaa', { scheme: 'Bearer', accessToken: 'aaa' }],
    ['BEARER   aaa', { scheme: 'Bearer', accessToken: 'aaa' }],
    [' \t Bearer aaa \t', { scheme: 'Bearer', accessToken: 'aaa' }],
    ['dpop aaa', { scheme: 'DPoP', accessToken: 'aaa' }],
    ['DPOP a-._~+/9==', { scheme: 'DPoP', accessToken: 'a-._~+/9==' }],
  ])('reads %j', (value, expected) => {
    expect(extractCredentials(authorization(value))).toEqual(expected);
  });

  it('finds headers under any spelling of their names', () => {
    expect(extractCredentials({ AUTHORIZATION: 'DPoP aaa', dPoP: 'proof' })).toEqual({
      scheme: 'DPoP',
      accessToken: 'aaa',
      dpopProof: 'proof',
    });
  });

  it('reads Fetch headers, and anything else with a get method', () => {
    const expected = { scheme: 'DPoP', accessToken: 'aaa', dpopProof: 'proof' };
    expect(extractCredentials(new Headers({ Authorization: 'DPoP aaa', DPoP: 'proof' }))).toEqual(expected);
    const map = new Map([
      ['authorization', 'DPoP aaa'],
      ['dpop', 'proof'],
    ]);
    expect(extractCredentials({ get: (name) => map.get(name) ?? null })).toEqual(expected);
  });

  it('takes a header named "get" for a header', () => {
    expect(extractCredentials({ get: 'x', authorization: 'Bearer aaa' })).toEqual({
      scheme: 'Bearer',
      accessToken: 'aaa',
    });
  });

  it('reads an array of one value, as Node writes some headers', () => {
    expect(extractCredentials({ authorization: ['DPoP aaa'], dpop: ['proof'] })).toEqual({
      scheme: 'DPoP',
      accessToken: 'aaa',
      dpopProof: 'proof',
    });
  });

  it('hands out the proof beside Bearer too: what it means there is for the policy to say', () => {
    expect(extractCredentials({ authorization: 'Bearer aaa', dpop: 'proof' })).toMatchObject({
      dpopProof: 'proof',
    });
  });

  it.each<[string, RequestHeaders]>([
    ['no header', {}],
    ['an undefined header', { authorization: undefined }],
    ['an empty header', authorization('')],
    ['a blank header', authorization(' \t ')],
    ['an empty list', authorization([])],
    ['a scheme alone', authorization('Bearer')],
    ['a scheme and blanks', authorization('DPoP  \t')],
    ['an unknown scheme alone', authorization('Basic')],
    ['empty Fetch headers', new Headers()],
  ])('reports missing credentials for %s', (_title, headers) => {
    expect(refusalBy(() => extractCredentials(headers))).toEqual(missing);
  });

  it.each([
    'Basic dXNlcjpwYXNz',
    'Digest username="a", realm="b"',
    'Digest username="a, Bearer b", realm="c"',
    'Bearerx aaa',
    '"Bearer" aaa',
    '(x) y',
  ])('refuses the scheme of %j', (value) => {
    expect(refusalBy(() => extractCredentials(authorization(value)))).toEqual(unsupported);
  });

  it.each<[string, RequestHeaders]>([
    ['an array of two values', authorization(['Bearer aaa', 'Bearer bbb'])],
    ['an array of an empty and a good value', authorization(['', 'Bearer aaa'])],
    ['two spellings of the name', { authorization: 'Bearer aaa', Authorization: 'Bearer aaa' }],
    ['a list in one value', authorization('Bearer aaa, Bearer bbb')],
    ['a list without a space', authorization('Bearer aaa,DPoP bbb')],
    ['another scheme before ours', authorization('Basic aaa, Bearer bbb')],
    ['our scheme without a token after another', authorization('Basic aaa, Bearer')],
    ['another scheme after ours', authorization('Bearer aaa, Basic bbb')],
    ['a comma after the scheme', authorization('Bearer,aaa')],
    ['a comma at the end', authorization('Bearer aaa,')],
  ])('refuses several credentials: %s', (_title, headers) => {
    expect(refusalBy(() => extractCredentials(headers))).toEqual(multiple);
  });

  it('refuses two Authorization headers that Fetch has joined', () => {
    const headers = new Headers([
      ['authorization', 'Bearer aaa'],
      ['authorization', 'DPoP bbb'],
    ]);
    expect(refusalBy(() => extractCredentials(headers))).toEqual(multiple);
  });

  it.each([
    'Bearer aaa bbb',
    'Bearer\taaa',
    'Bearer \taaa',
    'Bearer aaa\u0000',
    'Bearer aaa\r\nX: y',
    'Bearer "aaa"',
    'Bearer =aaa',
    'Bearer aa=a',
    'Bearer ===',
    'Bearer é',
    'Bearer=aaa',
    'DPoP:aaa bbb',
  ])('refuses the token of %j as malformed', (value) => {
    expect(refusalBy(() => extractCredentials(authorization(value)))).toEqual(malformed);
  });

  it('never quotes what it refuses', () => {
    const error = thrownBy(() => extractCredentials(authorization('Bearer secret-token with-tail')));
    expect(String(error)).not.toContain('secret');
    expect(causeOf(error)).toBeUndefined();
  });

  it.each<[string, RequestHeaders]>([
    ['an array', { authorization: 'DPoP aaa', dpop: ['one', 'two'] }],
    ['a list', { authorization: 'DPoP aaa', dpop: 'one, two' }],
    ['two spellings', { authorization: 'DPoP aaa', dpop: 'one', DPoP: 'one' }],
    ['an empty member', { authorization: 'DPoP aaa', dpop: 'one,' }],
    ['nothing but a comma', { authorization: 'DPoP aaa', dpop: ',' }],
  ])('refuses several proofs: %s', (_title, headers) => {
    expect(refusalBy(() => extractCredentials(headers))).toEqual({
      type: InvalidDpopProofError,
      code: 'invalid_dpop_proof',
      reason: 'dpop_proof_multiple',
      statusCode: 400,
    });
  });

  it.each(['', ' \t '])('takes a proof header of %j for none', (dpop) => {
    expect(extractCredentials({ authorization: 'DPoP aaa', dpop })).toEqual({
      scheme: 'DPoP',
      accessToken: 'aaa',
    });
  });

  it.each([
    ['a number', { authorization: 5 }],
    ['null', { authorization: null }],
    ['an object', { authorization: {} }],
    ['a number in a list', { authorization: ['Bearer aaa', 5] }],
    ['a number as proof', { authorization: 'DPoP aaa', dpop: 5 }],
  ])('refuses headers that hold %s', (_title, headers) => {
    const error = thrownBy(() => extractCredentials(headers as unknown as RequestHeaders));
    expect(refusalBy(() => extractCredentials(headers as unknown as RequestHeaders))).toEqual(unreadable);
    expect(causeOf(error)).toMatchObject({ expected: 'a string' });
  });

  it.each(['Bearer aaa', 5, true])('refuses %j in the place of headers', (headers) => {
    expect(refusalBy(() => extractCredentials(headers as unknown as RequestHeaders))).toEqual(unreadable);
  });

  it.each([undefined, null])('asks for headers when given %j', (headers) => {
    const error = thrownBy(() => extractCredentials(headers as unknown as RequestHeaders));
    expect(error).toBeInstanceOf(MissingRequiredArgumentError);
    expect(error).toMatchObject({ argument: 'headers', code: 'invalid_request', statusCode: 400 });
  });

  it('reads own headers only', () => {
    const headers = Object.create({ authorization: 'Bearer aaa' }) as RequestHeaders;
    expect(refusalBy(() => extractCredentials(headers))).toEqual(missing);
  });
});

describe('readCredentials', () => {
  it('keeps every proof, so that the scheme decides what several of them mean', () => {
    expect(readCredentials({ authorization: 'Bearer aaa', dpop: ['one', 'two , three'] })).toEqual({
      scheme: 'Bearer',
      accessToken: 'aaa',
      proofs: ['one', 'two', 'three'],
    });
    expect(readCredentials({ authorization: 'Bearer aaa' }).proofs).toEqual([]);
  });
});
