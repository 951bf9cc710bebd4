import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basicAuthorization, formEncode } from '../../../src/exchange/client-auth.ts';

describe('basicAuthorization', () => {
  it('joins id and secret with a colon in base64', () => {
    expect(basicAuthorization('id', 'secret')).toBe('Basic aWQ6c2VjcmV0');
  });

  it('form-encodes both parts first', () => {
    const credentials = atob(basicAuthorization('a:b c', 'p+ä%/€').slice('Basic '.length));
    expect(credentials).toBe('a%3Ab+c:p%2B%C3%A4%25%2F%E2%82%AC');
  });

  it('gives back every id and secret a server decodes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (id, secret) => {
        const [left = '', right = '', ...rest] = atob(basicAuthorization(id, secret).slice(6)).split(':');
        expect(rest).toEqual([]);
        expect(new URLSearchParams(`a=${left}&b=${right}`).get('a')).toBe(id);
        expect(new URLSearchParams(`a=${left}&b=${right}`).get('b')).toBe(secret);
      }),
    );
  });
});

describe('formEncode', () => {
  it('leaves empty text empty', () => {
    expect(formEncode('')).toBe('');
  });
});
