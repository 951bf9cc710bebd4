import { describe, expect, it } from 'vitest';
import { extractCredentials, type RequestHeaders, type RequestParts } from '../../src/index.ts';
import {
  badProof,
  badRequest,
  expectRefusal,
  expectToBe,
  invalidToken,
  missingArgument,
  noCredentials,
  type Refusal,
  thrownBy,
} from '../support/assert-rejects.ts';
import { API_URL, createBoundRequest, offers, setUp } from '../support/scenario.ts';

const { tenant, createClient } = setUp();
const unbound = await tenant.issueAccessToken();
const TARGET = { httpMethod: 'GET', httpUrl: API_URL };
const onBearer = offers('allowed', 'Bearer', { error: 'invalid_request' });
const MEBIBYTE = 1024 * 1024;

const verify = (headers: unknown, parts: Partial<RequestParts> = TARGET) =>
  createClient().verifyRequest({ headers: headers as RequestHeaders, ...parts });

describe('headers that carry one token and one proof', () => {
  const forms: Record<string, (authorization: string, dpop: string) => RequestHeaders> = {
    'Fetch headers': (authorization, dpop) => new Headers({ authorization, dpop }),
    'an object in lower case': (authorization, dpop) => ({ authorization, dpop }),
    'an object in canonical case': (authorization, dpop) => ({ Authorization: authorization, DPoP: dpop }),
    'an object in upper case': (authorization, dpop) => ({ AUTHORIZATION: authorization, DPOP: dpop }),
    'arrays of one': (authorization, dpop) => ({ authorization: [authorization], dpop: [dpop] }),
    'an object without prototype': (authorization, dpop) =>
      Object.assign(Object.create(null) as Record<string, string>, { authorization, dpop }),
    'other spellings that are undefined': (authorization, dpop) => ({
      Authorization: undefined,
      authorization,
      DPOP: undefined,
      dpop,
    }),
    'blanks around the values': (authorization, dpop) => ({
      authorization: ` \t${authorization}\t `,
      dpop: `\t ${dpop} \t`,
    }),
    'other headers beside them': (authorization, dpop) => ({
      authorization,
      dpop,
      'proxy-authorization': 'Basic x',
      'x-dpop': 'y',
      'set-cookie': ['a', 'b'],
    }),
  };

  it.each(Object.entries(forms))('are read from %s', async (_form, write) => {
    const { accessToken, proof } = await createBoundRequest(tenant);
    await expect(verify(write(`DPoP ${accessToken}`, proof))).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it('are read from a Fetch request, which brings its method and URL', async () => {
    const { accessToken, proof } = await createBoundRequest(tenant, { proof: { httpMethod: 'POST' } });
    const request = new Request(`${API_URL}?page=2#top`, {
      method: 'POST',
      headers: { authorization: `DPoP ${accessToken}`, dpop: proof },
      body: 'nobody reads this',
    });
    await expect(createClient().verifyRequest(request)).resolves.toMatchObject({ sub: 'auth0|user' });
    expect(request.bodyUsed).toBe(false);
  });

  it('are read from parts that hold the headers of a Fetch request', async () => {
    const { accessToken, proof } = await createBoundRequest(tenant);
    const request = new Request('http://internal:8080/orders', {
      headers: { authorization: `DPoP ${accessToken}`, dpop: proof },
    });
    await expect(verify(request.headers)).resolves.toMatchObject({ sub: 'auth0|user' });
  });
});

describe('an Authorization header that occurs twice', () => {
  const value = `Bearer ${unbound}`;
  const appended = new Headers({ authorization: value });
  appended.append('Authorization', value);

  it.each<[string, unknown]>([
    ['an array of two', { authorization: [value, value] }],
    ['an array of a value and an empty one', { authorization: [value, ''] }],
    ['two spellings', { authorization: value, Authorization: value }],
    ['two spellings, one of them empty', { authorization: value, Authorization: '' }],
    ['appended Fetch headers', appended],
  ])('is refused: %s', async (_form, headers) => {
    await expectRefusal(verify(headers), badRequest('multiple_credentials', onBearer));
  });
});

describe('a DPoP header that occurs twice', () => {
  it.each<[string, (proof: string) => Record<string, string | string[]>]>([
    ['an array of two', (proof) => ({ dpop: [proof, proof] })],
    ['an array of a proof and an empty value', (proof) => ({ dpop: [proof, ''] })],
    ['a list', (proof) => ({ dpop: `${proof}, ${proof}` })],
    ['a list without a space', (proof) => ({ dpop: `${proof},${proof}` })],
    ['a list that ends with a comma', (proof) => ({ dpop: `${proof},` })],
    ['two spellings', (proof) => ({ dpop: proof, DPoP: proof })],
  ])('is refused: %s', async (_form, write) => {
    const { accessToken, proof } = await createBoundRequest(tenant);
    const challenges = offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' });
    const headers = { authorization: `DPoP ${accessToken}`, ...write(proof) };
    await expectRefusal(verify(headers), badProof('dpop_proof_multiple', challenges));
  });
});

describe('headers that cannot be read', () => {
  it.each<[string, unknown]>([
    ['a number as value', { authorization: 7 }],
    ['null as value', { authorization: null }],
    ['an object as value', { authorization: { Bearer: unbound } }],
    ['undefined in an array', { authorization: [undefined] }],
    ['an array in an array', { authorization: [[`Bearer ${unbound}`]] }],
    ['a Symbol as value', { authorization: Symbol('Bearer') }],
    ['a number as proof', { authorization: `Bearer ${unbound}`, dpop: 7 }],
    ['null as proof', { authorization: `Bearer ${unbound}`, dpop: null }],
    ['a get method that answers a number', { get: () => 7 }],
    ['a string instead of headers', `Bearer ${unbound}`],
    ['a number instead of headers', 7],
  ])('are the caller’s fault: %s', async (_form, headers) => {
    await expectRefusal(verify(headers), badRequest('invalid_headers', onBearer));
  });

  it.each([undefined, null])('are missing when they are %s', async (headers) => {
    await expectRefusal(verify(headers), missingArgument('headers', onBearer));
  });

  it.each<[string, unknown]>([
    ['inherited members', Object.create({ authorization: `Bearer ${unbound}` })],
    ['a Map with another case', new Map([['Authorization', `Bearer ${unbound}`]])],
    ['an empty array of values', { authorization: [] }],
    ['names that only look alike', { 'authorization ': `Bearer ${unbound}`, authorızation: 'Bearer x' }],
    ['a list of pairs', [['authorization', `Bearer ${unbound}`]]],
  ])('hold no credentials: %s', async (_form, headers) => {
    await expectRefusal(verify(headers), noCredentials(offers('allowed')));
  });
});

describe('hostile header values', () => {
  const tooLarge = invalidToken('token_too_large', offers('allowed', 'Bearer', { error: 'invalid_token' }));
  const malformed = invalidToken('malformed_token', offers('allowed', 'Bearer', { error: 'invalid_token' }));
  const multiple = badRequest('multiple_credentials', onBearer);

  it.each<[string, string, Refusal]>([
    ['a token of 1 MiB', 'a'.repeat(MEBIBYTE), tooLarge],
    ['1 MiB of equals signs', `a${'='.repeat(MEBIBYTE)}`, tooLarge],
    ['1 MiB that ends with a wrong character', `${'a='.repeat(MEBIBYTE / 2)}!`, malformed],
    ['1 MiB of spaces in the token', `a${' '.repeat(MEBIBYTE)}b`, malformed],
    ['1 MiB of commas', ','.repeat(MEBIBYTE), multiple],
  ])('are refused at once: %s', async (_what, token, refusal) => {
    await expectRefusal(verify({ authorization: `Bearer ${token}` }), refusal);
  });

  it.each([
    ['1 MiB of blanks', ' \t'.repeat(MEBIBYTE / 2)],
    ['1 MiB of blanks around a scheme', `${' '.repeat(MEBIBYTE)}Bearer${'\t'.repeat(MEBIBYTE)}`],
    ['a scheme of 1 MiB', 'x'.repeat(MEBIBYTE)],
  ])('hold no credentials: %s', async (_what, authorization) => {
    await expectRefusal(verify({ authorization }), noCredentials(offers('allowed')));
  });

  it.each([
    ['a proof of 1 MiB', 'a'.repeat(MEBIBYTE), 'dpop_proof_malformed' as const],
    ['1 MiB of dots', '.'.repeat(MEBIBYTE), 'dpop_proof_malformed' as const],
    ['1 MiB of commas', ','.repeat(MEBIBYTE), 'dpop_proof_multiple' as const],
    ['a proof with a line break', 'a.b.c\r\nx: y', 'dpop_proof_malformed' as const],
  ])('are refused as proofs: %s', async (_what, proof, reason) => {
    const { accessToken } = await createBoundRequest(tenant);
    const challenges = offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' });
    await expectRefusal(
      verify({ authorization: `DPoP ${accessToken}`, dpop: proof }),
      badProof(reason, challenges),
    );
  });
});

describe('extractCredentials', () => {
  it.each<[string, RequestHeaders, object]>([
    ['a token', { Authorization: 'bearer abc' }, { scheme: 'Bearer', accessToken: 'abc' }],
    [
      'a token and a proof',
      new Headers({ authorization: 'DPOP a.b.c', dpop: 'd.e.f' }),
      { scheme: 'DPoP', accessToken: 'a.b.c', dpopProof: 'd.e.f' },
    ],
    ['a token without its proof', { authorization: 'DPoP abc' }, { scheme: 'DPoP', accessToken: 'abc' }],
  ])('reads %s without verifying it', (_what, headers, expected) => {
    expect(extractCredentials(headers)).toEqual(expected);
  });

  it('refuses what it cannot read, without a challenge', async () => {
    const refusals = [
      [{}, noCredentials([])],
      [{ authorization: ['Bearer a', 'Bearer b'] }, badRequest('multiple_credentials')],
      [{ authorization: 'Bearer a b' }, invalidToken('malformed_token')],
      [{ authorization: 'DPoP a', dpop: 'b, c' }, badProof('dpop_proof_multiple')],
    ] as const;
    for (const [headers, refusal] of refusals) {
      await expectToBe(
        thrownBy(() => extractCredentials(headers)),
        refusal,
      );
    }
  });
});
