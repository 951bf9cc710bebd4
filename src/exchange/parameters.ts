/**
 * The rules for what a caller hands to a token request, and their translation into form fields. Nothing here sends
 * anything; a problem names the parameter and the rule, never the value.
 */

import { readExtra, type FormField } from './extra.ts';
import { MAX_VALUE_LENGTH, kindOf, type Reading } from './values.ts';

/** How one member of the options is checked and where it goes. */
export type Parameter =
  | {
      /** A `subjectToken` differs from a `token` only in the reason of its refusal. */
      readonly kind: 'subjectToken' | 'token' | 'text';
      /** The name on the wire. */
      readonly field: string;
      readonly required?: true;
      /** Another member without which this one means nothing. */
      readonly needs?: string;
    }
  | { readonly kind: 'extra' }
  /** Read into texts, each of which has a field of its own; a problem is told as the rule that was broken. */
  | {
      readonly kind: 'texts';
      readonly field: string;
      readonly read: (value: unknown) => Reading<readonly string[], string>;
    }
  /** Not sent: it says how the request is made. */
  | { readonly kind: 'setting'; readonly expected: string; readonly accepts: (value: unknown) => boolean };

/** All members the options may have, by name, in the order of the form body. */
export type ParameterTable = Readonly<Record<string, Parameter>>;

/** Makes a table that covers every member of its options: forgetting one does not compile. */
export type ParametersOf<Options> = { readonly [Name in keyof Options]-?: Parameter };

/** The options as they were given: own members only, each read once, without those that are `undefined`. */
export type Given = ReadonlyMap<string, unknown>;

/** Why the options cannot be sent. */
export interface InputProblem {
  readonly reason: 'subject_token_invalid' | 'reserved_parameter' | 'invalid_parameter';
  /** Safe to show: it holds names of ours and no value of the caller's. */
  readonly message: string;
  readonly expected: string;
  readonly actual: string;
  /** The member, or the caller's own name of a field: not safe to show as it is. */
  readonly name: string;
}

/** A value of `extra` is taken for a secret from this length on; shorter ones are words like `eu` and `true`. */
const SHORTEST_SECRET_EXTRA = 8;

/** Control characters, and halves of surrogate pairs, which encoding would replace. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/** The first required member that is absent, null or empty. */
export function missingParameter(table: ParameterTable, given: Given): string | undefined {
  const isMissing = ([name, parameter]: [string, Parameter]): boolean =>
    'required' in parameter && isNothing(given.get(name));
  return Object.entries(table).find(isMissing)?.[0];
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** The form fields of these options, or the first problem with them. */
export function readParameters(
  table: ParameterTable,
  given: Given,
): Reading<readonly FormField[], InputProblem> {
  const unknown = [...given.keys()].find((name) => !Object.hasOwn(table, name));
  if (unknown !== undefined) return { problem: unknownName(unknown, table) };

  const fields: FormField[] = [];
  for (const [name, parameter] of Object.entries(table)) {
    const value = given.get(name);
    if (value === undefined) continue;
    const reading = readParameter(name, parameter, value, given);
    if ('problem' in reading) return reading;
    fields.push(...reading.value);
  }
  return { value: fields };
}

/** The values that must never be shown, for the redactor. */
export function secretsIn(table: ParameterTable, given: Given): string[] {
  return [...given].flatMap(([name, value]) => {
    const kind = Object.hasOwn(table, name) ? table[name]?.kind : undefined;
    if (kind === 'extra') return stringsIn(value).filter((text) => text.length >= SHORTEST_SECRET_EXTRA);
    return typeof value === 'string' && (kind === 'token' || kind === 'subjectToken') ? [value] : [];
  });
}

function stringsIn(extra: unknown): string[] {
  const members: unknown[] = typeof extra === 'object' && extra !== null ? Object.values(extra) : [extra];
  return members
    .flat()
    .filter((member) => typeof member === 'string' || typeof member === 'number')
    .map(String);
}

function readParameter(
  name: string,
  parameter: Parameter,
  value: unknown,
  given: Given,
): Reading<readonly FormField[], InputProblem> {
  if (parameter.kind === 'setting') {
    const { accepts, expected } = parameter;
    return accepts(value) ? { value: [] } : { problem: invalid(name, expected, value) };
  }
  if ('read' in parameter) {
    const reading = parameter.read(value);
    if ('problem' in reading) return { problem: invalid(name, reading.problem, value) };
    return { value: reading.value.map((text): FormField => [parameter.field, text]) };
  }
  if (parameter.kind === 'extra') {
    const reading = readExtra(value, given.has('authorizationDetails') ? ['authorization_details'] : []);
    if ('value' in reading) return reading;
    const { problem } = reading;
    const message =
      problem.reason === 'reserved_parameter'
        ? `\`${name}\` must not hold \`${problem.actual}\`: the SDK sets it itself.`
        : `\`${name}\` takes ${problem.expected}.`;
    return { problem: { name, ...problem, message } };
  }

  const reason = parameter.kind === 'subjectToken' ? 'subject_token_invalid' : 'invalid_parameter';
  const expected = parameter.kind === 'text' ? unmetByText(value) : unmetByToken(value);
  if (expected !== undefined || typeof value !== 'string') {
    const rule = expected ?? 'a string';
    return { problem: { ...invalid(name, rule, value), reason } };
  }
  if (parameter.needs !== undefined && !given.has(parameter.needs)) {
    const message = `\`${name}\` needs \`${parameter.needs}\` beside it.`;
    return { problem: { reason, message, expected: parameter.needs, actual: 'undefined', name } };
  }
  return { value: [[parameter.field, value]] };
}

function invalid(name: string, expected: string, value: unknown): InputProblem {
  const message = `\`${name}\` must be ${expected}.`;
  return { reason: 'invalid_parameter', message, expected, actual: kindOf(value), name };
}

/** Which rule for tokens a value breaks: it is sent as it is, and must not need repair. */
function unmetByToken(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'a string';
  if (value.trim() === '') return 'a token, not blank text';
  if (value.length > MAX_VALUE_LENGTH) return `a token of at most ${MAX_VALUE_LENGTH} characters`;
  if (value.trim() !== value) return 'a token without whitespace around it';
  if (/^(?:bearer|dpop)\s/i.test(value)) return 'the bare token, without an authentication scheme before it';
  return UNPRINTABLE.test(value) ? 'a token without control characters' : undefined;
}

function unmetByText(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'a string';
  // An empty scope or organization left out in silence would ask for more than was meant.
  if (value.trim() === '') return 'text that is not blank';
  if (value.length > MAX_VALUE_LENGTH) return `text of at most ${MAX_VALUE_LENGTH} characters`;
  return UNPRINTABLE.test(value) ? 'text without control characters' : undefined;
}

function unknownName(name: string, table: ParameterTable): InputProblem {
  const known = Object.keys(table).join(', ');
  const message = `Only these options are known here: ${known}.`;
  return { reason: 'invalid_parameter', message, expected: known, actual: 'another option', name };
}
