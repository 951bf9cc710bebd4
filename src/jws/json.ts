/** A parsed JSON object. Members are read with {@link ownMember}: `__proto__` and friends are ordinary names. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member of that name if the object itself has it, never one inherited from a prototype. */
export function ownMember(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as JsonObject)[name] : undefined;
}

/**
 * Freezes plain objects and arrays through all levels; what a schema made of a claim, a `Date` for example, is left as
 * it is. Iterative: a token can nest deeper than the stack.
 */
export function deepFreeze<T extends object>(root: T): T {
  const open: object[] = [root];
  // What a schema returns may be frozen at its own level only, so those are looked into as well, but once.
  const foundFrozen = new Set<object>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    Object.freeze(next);
    for (const value of Object.values(next)) {
      if (!isPlain(value) || foundFrozen.has(value)) continue;
      if (Object.isFrozen(value)) foundFrozen.add(value);
      open.push(value);
    }
  }
  return root;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}
