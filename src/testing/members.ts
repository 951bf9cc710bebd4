/** JSON objects, put together member by member so that any name is a plain member, `__proto__` included. */

/** `base` with members replaced, added and, where an override is `undefined`, removed. */
export function withOverrides(
  base: Readonly<Record<string, unknown>>,
  overrides: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const members = new Map([...Object.entries(base), ...Object.entries(overrides)]);
  return Object.fromEntries([...members].filter(([, value]) => value !== undefined));
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
