import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readExtra } from '../../../src/exchange/extra.ts';

const RESERVED = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'subject_token',
  'subject_token_type',
  'requested_token_type',
  'actor_token',
  'actor_token_type',
  'subject_issuer',
  'audience',
  'aud',
  'resource',
  'resources',
  'resource_indicator',
  'scope',
  'connection',
  'login_hint',
  'organization',
  'assertion',
];

function problemOf(extra: unknown): unknown {
  const reading = readExtra(extra);
  return 'problem' in reading ? reading.problem : undefined;
}

describe('readExtra', () => {
  it('sends strings, numbers and booleans as text, in order', () => {
    expect(readExtra({ b: 'x', a: 1.5, c: false, d: '' })).toEqual({
      value: [
        ['b', 'x'],
        ['a', '1.5'],
        ['c', 'false'],
        ['d', ''],
      ],
    });
  });

  it('repeats the field for an array, and sends none for an empty one', () => {
    expect(readExtra({ roles: ['a', 2, true], none: [] })).toEqual({
      value: [
        ['roles', 'a'],
        ['roles', '2'],
        ['roles', 'true'],
      ],
    });
  });

  it('leaves out members that are undefined', () => {
    expect(readExtra({ a: undefined, b: 'x' })).toEqual({ value: [['b', 'x']] });
  });

  it('sends 20 values for one name and refuses 21', () => {
    const reading = readExtra({ a: Array.from({ length: 20 }, () => 'x') });
    expect('value' in reading && reading.value.length).toBe(20);
    expect(problemOf({ a: Array.from({ length: 21 }, () => 'x') })).toMatchObject({
      reason: 'invalid_parameter',
      actual: '21 values',
    });
  });

  it.each(RESERVED)('refuses %s in any case, also written as an array or nested field', (name) => {
    const mixed = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    for (const written of [name, name.toUpperCase(), mixed, `${name}[]`, `${name}[0]`, `[${name}]`]) {
      expect(problemOf({ [written]: 'x' })).toMatchObject({ reason: 'reserved_parameter', actual: name });
    }
  });

  it('accepts names that merely contain a reserved one', () => {
    const names = ['scopes', 'x_scope', 'audience_hint', 'filter[scope]'];
    expect(readExtra(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual({
      value: names.map((name) => [name, 'x']),
    });
  });

  it.each([
    ['empty', ''],
    ['with a space', 'a b'],
    ['blank', ' '],
    ['with a space before a reserved name', ' scope'],
    ['with a line break', 'a\nb'],
    ['outside ASCII', 'ſcope'],
    ['longer than 256 characters', 'x'.repeat(257)],
  ])('refuses a name that is %s', (_title, name) => {
    expect(problemOf({ [name]: 'x' })).toMatchObject({ reason: 'invalid_parameter', name });
  });

  it.each([
    ['null', null],
    ['an object', { a: 1 }],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a bigint', 1n],
    ['a symbol', Symbol('x')],
    ['a function', () => 'x'],
    ['a date', new Date(0)],
    ['an array in an array', [['x']]],
    ['an array with undefined', ['x', undefined]],
    // eslint-disable-next-line no-sparse-arrays -- the hole is what is tested
    ['an array with a hole', ['x', , 'y']],
    ['an array with null', [null]],
    ['half a surrogate pair', '\ud800'],
    ['too long a text', 'x'.repeat(64 * 1024 + 1)],
  ])('refuses %s as a value', (_title, value) => {
    expect(problemOf({ a: value })).toMatchObject({ reason: 'invalid_parameter', name: 'a' });
  });

  it.each([
    ['null', null],
    ['a string', 'a=b'],
    ['an array', [['a', 'b']]],
    ['a Map', new Map([['a', 'b']])],
    ['URLSearchParams', new URLSearchParams('a=b')],
    ['a number', 1],
  ])('refuses %s in place of the object', (_title, extra) => {
    expect(problemOf(extra)).toMatchObject({ reason: 'invalid_parameter' });
  });

  it('reads own enumerable members only', () => {
    const extra: object = Object.create(
      { scope: 'inherited' },
      { hidden: { value: 'x', enumerable: false } },
    ) as object;
    expect(readExtra(Object.assign(extra, { a: 'own' }))).toEqual({ value: [['a', 'own']] });
  });

  it('takes a member called __proto__ for a name like any other', () => {
    expect(readExtra(JSON.parse('{"__proto__":"x"}'))).toEqual({ value: [['__proto__', 'x']] });
  });

  it('survives form encoding: a server reads what was given', () => {
    const name = fc.stringMatching(/^x[!-~]{0,40}$/).filter((text) => !/[[\]]/.test(text));
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    );
    const extras = fc.dictionary(name, fc.oneof(value, fc.array(value, { maxLength: 20 })));
    fc.assert(
      fc.property(extras, (extra) => {
        const reading = readExtra(extra);
        if ('problem' in reading) throw new Error(reading.problem.expected);
        const body = new URLSearchParams();
        for (const [field, text] of reading.value) body.append(field, text);
        const read = new URLSearchParams(body.toString());
        for (const [field, given] of Object.entries(extra)) {
          expect(read.getAll(field)).toEqual([given].flat().map(String));
        }
        expect([...read]).toHaveLength(Object.values(extra).flat().length);
      }),
    );
  });
});
