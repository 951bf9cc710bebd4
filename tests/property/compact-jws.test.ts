import fc from 'fast-check';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { type CompactJws, JwsSyntaxError, parseCompactJws } from '../../src/jws/compact.ts';
import { mutations } from './mutations.ts';
import { runs, TIME_LIMIT } from './runs.ts';

/** The parsed JWS, or `undefined` when it is refused; any other error is a failure. */
function attempt(text: string): CompactJws | undefined {
  try {
    return parseCompactJws(text);
  } catch (error) {
    if (error instanceof JwsSyntaxError) return undefined;
    throw error;
  }
}

function expectSound(text: string): void {
  const jws = attempt(text);
  if (jws === undefined) return;
  expect(JSON.stringify(jws.header)).toBe(JSON.stringify(decodeProtectedHeader(text)));
  expect(JSON.stringify(jws.payload)).toBe(JSON.stringify(decodeJwt(text)));
  const signature = Buffer.from(jws.signature).toString('base64url');
  expect(`${jws.signingInput}.${signature}`).toBe(text);
}

const encode = (text: string) => Buffer.from(text).toString('base64url');
const json = fc.oneof(
  fc
    .dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 })
    .map((object) => JSON.stringify(object)),
  fc.json({ maxDepth: 2 }),
);
const token = fc
  .tuple(json, json, fc.uint8Array({ minLength: 1, maxLength: 64 }))
  .map(
    ([header, payload, signature]) =>
      `${encode(header)}.${encode(payload)}.${Buffer.from(signature).toString('base64url')}`,
  );

describe('parseCompactJws', () => {
  it(
    'parses or refuses any text, and what it accepts jose reads the same',
    () => {
      const alphabet = fc.constantFrom(
        '.',
        '..',
        'e30',
        'eyJhIjoxfQ',
        'AA',
        'A',
        '=',
        '-',
        '_',
        '+',
        '/',
        ' ',
        '\n',
        '\u00e9',
      );
      const text = fc.oneof(
        fc.array(alphabet, { maxLength: 8 }).map((parts) => parts.join('')),
        fc.string({ unit: 'binary' }),
      );
      fc.assert(fc.property(text, expectSound), runs);
    },
    TIME_LIMIT,
  );

  it(
    'parses every token whose parts are JSON objects, and refuses every other',
    () => {
      fc.assert(
        fc.property(token, (token) => {
          const isObject = (part: string | undefined) =>
            Buffer.from(part ?? '', 'base64url')
              .toString()
              .startsWith('{');
          const [header, payload] = token.split('.');
          expect(attempt(token) !== undefined).toBe(isObject(header) && isObject(payload));
          expectSound(token);
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'parses or refuses whatever becomes of a token that is tampered with',
    () => {
      fc.assert(
        fc.property(token, mutations, (token, mutate) => {
          expectSound(mutate(token));
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );
});
