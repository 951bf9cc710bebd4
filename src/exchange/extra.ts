/** The caller's own form fields, kept apart from those the SDK sets. */

import { MAX_VALUE_LENGTH, kindOf, type Reading } from './values.ts';

/** One field of the form body. */
export type FormField = readonly [name: string, value: string];

/** Why `extra` cannot be sent. `name` is the caller's, and not safe to show as it is. */
export interface ExtraProblem {
  readonly reason: 'reserved_parameter' | 'invalid_parameter';
  readonly expected: string;
  readonly actual: string;
  readonly name?: string;
}

const MAX_VALUES_PER_NAME = 20;

/** What decides who gets which token; a caller who could set it through `extra` could undo the other options. */
const RESERVED_NAMES: ReadonlySet<string> = new Set([
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
]);

const INVALID = { reason: 'invalid_parameter' } as const;

/**
 * Turns `extra` into form fields: own enumerable members, in their order; an array repeats its field.
 *
 * @param taken names of fields that another option has set, and that a second value would contradict
 */
export function readExtra(
  extra: unknown,
  taken: readonly string[] = [],
): Reading<readonly FormField[], ExtraProblem> {
  // A Map, an array or URLSearchParams has no members to read, and would be dropped without a word.
  if (
    typeof extra !== 'object' ||
    extra === null ||
    Object.prototype.toString.call(extra) !== '[object Object]'
  ) {
    return { problem: { ...INVALID, expected: 'an object of form fields', actual: kindOf(extra) } };
  }
  const members: [string, unknown][] = Object.entries(extra);
  const fields: FormField[] = [];
  for (const [name, member] of members) {
    if (member === undefined) continue;
    const values: readonly unknown[] = Array.isArray(member) ? member : [member];
    const problem = nameProblem(name, taken) ?? valuesProblem(values);
    if (problem !== undefined) return { problem: { ...problem, name } };
    fields.push(...values.map((value): FormField => [name, String(value)]));
  }
  return { value: fields };
}

function nameProblem(name: string, taken: readonly string[]): ExtraProblem | undefined {
  // Letters outside ASCII are refused too: some become ASCII letters when an upstream changes their case.
  if (!/^[\x21-\x7e]{1,256}$/.test(name)) {
    return { ...INVALID, expected: 'names of 1 to 256 visible ASCII characters', actual: 'another name' };
  }
  // Form parsers take `scope[]`, `scope[0]` and `[scope]` for `scope`.
  const bare = name
    .toLowerCase()
    .split(/[[\]]/)
    .find((part) => part !== '');
  if (bare === undefined || !(RESERVED_NAMES.has(bare) || taken.includes(bare))) return undefined;
  return { reason: 'reserved_parameter', expected: 'names that the SDK does not set itself', actual: bare };
}

function valuesProblem(values: readonly unknown[]): ExtraProblem | undefined {
  if (values.length > MAX_VALUES_PER_NAME) {
    return {
      ...INVALID,
      expected: `at most ${MAX_VALUES_PER_NAME} values for one name`,
      actual: `${values.length} values`,
    };
  }
  for (const value of values) {
    const expected = unmetByValue(value);
    if (expected !== undefined) return { ...INVALID, expected, actual: kindOf(value) };
  }
  return undefined;
}

function unmetByValue(value: unknown): string | undefined {
  if (typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'finite numbers';
  if (typeof value !== 'string') return 'strings, finite numbers, booleans and arrays of them';
  if (value.length > MAX_VALUE_LENGTH) return `values of at most ${MAX_VALUE_LENGTH} characters`;
  // Encoding would replace half a surrogate pair, and the value would arrive as another one.
  return /\p{Cs}/u.test(value) ? 'well-formed Unicode' : undefined;
}
