/** Small shared vocabulary for looking at values of unknown shape. */

/** What a reader found: the value, or what is wrong with it. */
export type Reading<Value, Problem> = { readonly value: Value } | { readonly problem: Problem };

/** Longer tokens and parameters are refused: a SAML assertion fits, a body limit of 100 kB is not reached. */
export const MAX_VALUE_LENGTH = 64 * 1024;

/** The own members of a JSON object; `undefined` for anything else. In a Map no name means more than another. */
export function membersOf(json: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  return new Map<string, unknown>(Object.entries(json));
}

/** The kind of a value, for evidence that must not show the value itself. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
