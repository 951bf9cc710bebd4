import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BaseAuthError } from '../../src/errors/index.ts';
import { type Credentials, extractCredentials, type RequestHeaders } from '../../src/request/credentials.ts';
import { runs, TIME_LIMIT } from './runs.ts';

/** The credentials, or `undefined` when they are refused; any other error is a failure. */
function attempt(headers: unknown): Credentials | undefined {
  try {
    return extractCredentials(headers as RequestHeaders);
  } catch (error) {
    if (error instanceof BaseAuthError) return undefined;
    throw error;
  }
}

const piece = fc.constantFrom(
  ...['Bearer', 'bearer', 'DPoP', 'dpop', 'Basic', 'a.b.c', 'token', '=', '==', '"', '\\', '(', '/', '~'],
  ...[' ', '  ', '\t', ',', ', ', ';', '\r\n', '\0', '\u00e9', '\u{1f600}', '\ud800'],
);
const value = fc.oneof(
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const anyValue = fc.oneof(
  { weight: 6, arbitrary: value },
  { weight: 2, arbitrary: fc.array(value, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.anything() },
);
const name = fc.constantFrom(
  'authorization',
  'Authorization',
  'AUTHORIZATION',
  'dpop',
  'DPoP',
  'DPOP',
  'get',
  'x',
);
const headers = fc.dictionary(name, anyValue, { maxKeys: 4 });

describe('extractCredentials', () => {
  it(
    'reads or refuses whatever the headers hold',
    () => {
      fc.assert(
        fc.property(headers, (headers) => {
          const credentials = attempt(headers);
          if (credentials === undefined) return;
          expect(['Bearer', 'DPoP']).toContain(credentials.scheme);
          expect(credentials.accessToken).toMatch(/^[A-Za-z0-9\-._~+/]+=*$/);
          expect(credentials.dpopProof ?? 'x').toMatch(/^[^,]+$/);
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'reads or refuses whatever it is given in the place of headers',
    () => {
      fc.assert(
        fc.property(fc.anything(), (anything) => {
          expect(attempt(anything)?.accessToken ?? '').toBeTypeOf('string');
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'finds the token again under any spelling of scheme and header and any blanks around them',
    () => {
      const token = fc.stringMatching(/^[A-Za-z0-9\-._~+/]{1,40}={0,2}$/);
      const blanks = fc.stringMatching(/^[ \t]{0,3}$/);
      const spelling = (text: string) => fc.mixedCase(fc.constant(text));
      fc.assert(
        fc.property(
          ...([token, blanks, blanks, spelling('bearer'), spelling('authorization')] as const),
          fc.integer({ min: 1, max: 5 }),
          (token, before, after, scheme, name, spaces) => {
            const value = `${before}${scheme}${' '.repeat(spaces)}${token}${after}`;
            expect(attempt({ [name]: value })).toEqual({ scheme: 'Bearer', accessToken: token });
            expect(attempt(new Headers({ [name]: value }))).toEqual({ scheme: 'Bearer', accessToken: token });
          },
        ),
        runs,
      );
    },
    TIME_LIMIT,
  );

  const MEBIBYTE = 1024 * 1024;
  const patterns = [
    ' ',
    '\t',
    ' \t',
    ',',
    ', ',
    'a',
    'a ',
    ',a',
    ', a',
    '=',
    '"',
    'Bearer ',
    'Bearer a, ',
    ',\t',
    '\0',
  ];
  const beginnings = ['', 'Bearer', 'Bearer ', 'Bearer a', 'Basic ', 'Basic ,', ','];

  it.each(patterns)(
    'finishes with a mebibyte of %j',
    (pattern) => {
      const filler = pattern.repeat(MEBIBYTE / pattern.length);
      for (const beginning of beginnings) {
        attempt({ authorization: `${beginning}${filler}` });
        attempt({ authorization: `${beginning}${filler}\0` });
      }
      attempt({ authorization: 'DPoP a', dpop: `a${filler}a` });
      expect(attempt({ authorization: `Bearer a${filler}\0` })).toBeUndefined();
    },
    TIME_LIMIT,
  );
});
