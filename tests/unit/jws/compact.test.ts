import { describe, expect, it } from 'vitest';
import { JwsSyntaxError, parseCompactJws, unsupportedParameter } from '../../../src/jws/compact.ts';
import { thrownBy } from '../platform/refusal.ts';

const encode = (value: string | Uint8Array) => Buffer.from(value).toString('base64url');

const HEADER = encode('{"alg":"RS256"}');
const PAYLOAD = encode('{"sub":"me"}');
const SIGNATURE = encode('signature');

describe('parseCompactJws', () => {
  it('decodes the three parts and keeps what was signed as it stands', () => {
    expect(parseCompactJws(`${HEADER}.${PAYLOAD}.${SIGNATURE}`)).toEqual({
      header: { alg: 'RS256' },
      payload: { sub: 'me' },
      signature: Buffer.from('signature'),
      signingInput: `${HEADER}.${PAYLOAD}`,
    });
  });

  it('reads UTF-8', () => {
    const payload = encode('{"name":"J\u00fcrgen \u{1f600}"}');
    expect(parseCompactJws(`${HEADER}.${payload}.${SIGNATURE}`).payload).toEqual({
      name: 'J\u00fcrgen \u{1f600}',
    });
  });

  it('keeps names such as __proto__ as members of the object itself', () => {
    const payload = encode('{"__proto__":{"sub":"admin"},"constructor":1}');
    const parsed = parseCompactJws(`${HEADER}.${payload}.${SIGNATURE}`).payload;
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(Object.keys(parsed)).toEqual(['__proto__', 'constructor']);
    expect(parsed.sub).toBeUndefined();
  });

  it('reads objects that nest deeper than a stack', () => {
    const depth = 100_000;
    const payload = encode(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
    expect(parseCompactJws(`${HEADER}.${payload}.${SIGNATURE}`).payload).toHaveProperty('a');
  });

  it.each([
    ['no dot', HEADER],
    ['one dot', `${HEADER}.${PAYLOAD}`],
    ['three dots', `${HEADER}.${PAYLOAD}.${SIGNATURE}.`],
    ['five parts', `${HEADER}.${PAYLOAD}.${SIGNATURE}.${PAYLOAD}.${PAYLOAD}`],
    ['nothing', ''],
  ])('refuses a text with %s', (_title, text) => {
    expect(thrownBy(() => parseCompactJws(text))).toEqual(new JwsSyntaxError('a JWS has three parts'));
  });

  it.each([
    ['an empty header', `.${PAYLOAD}.${SIGNATURE}`, 'the header is not base64url'],
    ['an empty payload', `${HEADER}..${SIGNATURE}`, 'the payload is not base64url'],
    ['an empty signature', `${HEADER}.${PAYLOAD}.`, 'the signature is not base64url'],
    ['a padded header', `${HEADER}=.${PAYLOAD}.${SIGNATURE}`, 'the header is not base64url'],
    ['a padded signature', `${HEADER}.${PAYLOAD}.AA==`, 'the signature is not base64url'],
    ['the other alphabet', `${HEADER}.${PAYLOAD}.+/+/`, 'the signature is not base64url'],
    ['bits left over', `${HEADER}.${PAYLOAD}.AB`, 'the signature is not base64url'],
    ['a space in front', ` ${HEADER}.${PAYLOAD}.${SIGNATURE}`, 'the header is not base64url'],
    ['a line break behind', `${HEADER}.${PAYLOAD}.${SIGNATURE}\n`, 'the signature is not base64url'],
    [
      'a header that is no JSON',
      `${encode('{alg}')}.${PAYLOAD}.${SIGNATURE}`,
      'the header is not JSON in UTF-8',
    ],
    [
      'a payload that is no JSON',
      `${HEADER}.${encode('sub=me')}.${SIGNATURE}`,
      'the payload is not JSON in UTF-8',
    ],
    ['two values', `${HEADER}.${encode('{}{}')}.${SIGNATURE}`, 'the payload is not JSON in UTF-8'],
    ['a byte order mark', `${HEADER}.${encode('\ufeff{}')}.${SIGNATURE}`, 'the payload is not JSON in UTF-8'],
    [
      'bytes that are not UTF-8',
      `${HEADER}.${encode(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))}.${SIGNATURE}`,
      'the payload is not JSON in UTF-8',
    ],
    ['an array as payload', `${HEADER}.${encode('[{}]')}.${SIGNATURE}`, 'the payload is not a JSON object'],
    ['a string as payload', `${HEADER}.${encode('"{}"')}.${SIGNATURE}`, 'the payload is not a JSON object'],
    ['null as header', `${encode('null')}.${PAYLOAD}.${SIGNATURE}`, 'the header is not a JSON object'],
    ['a number as header', `${encode('1')}.${PAYLOAD}.${SIGNATURE}`, 'the header is not a JSON object'],
  ])('refuses %s and says which part it is', (_title, text, message) => {
    expect(thrownBy(() => parseCompactJws(text))).toEqual(new JwsSyntaxError(message));
  });

  it('quotes nothing of what it refuses', () => {
    const error = thrownBy(() => parseCompactJws(`${HEADER}.${encode('secret{')}.${SIGNATURE}`));
    expect(JSON.stringify([String(error), error instanceof Error && error.cause])).not.toContain('secret');
  });
});

describe('unsupportedParameter', () => {
  it.each([
    ['crit', { crit: ['exp'] }],
    ['crit', { crit: [] }],
    ['crit', { crit: null }],
    ['b64', { b64: false }],
    ['b64', { b64: true }],
    ['zip', { zip: 'DEF' }],
    ['zip', { alg: 'RS256', zip: '' }],
  ])('finds %s in %j', (name, header) => {
    expect(unsupportedParameter(header)).toBe(name);
  });

  it('finds nothing in an ordinary header, nor in a prototype', () => {
    expect(
      unsupportedParameter({ alg: 'RS256', kid: 'a', typ: 'JWT', jku: 'https://evil.example' }),
    ).toBeUndefined();
    expect(unsupportedParameter(Object.create({ crit: ['b64'] }) as Record<string, unknown>)).toBeUndefined();
  });
});
