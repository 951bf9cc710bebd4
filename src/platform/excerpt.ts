/** Longer texts and lists are cut before they become evidence: an attacker writes them, an operator reads them. */
const MOST = { characters: 300, entries: 10 };

/** A value of a token as it may stand in a log: texts and lists cut short, anything else by its type only. */
export function excerpt(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, MOST.characters);
  if (Array.isArray(value))
    return value.slice(0, MOST.entries).map((entry) => (Array.isArray(entry) ? 'array' : excerpt(entry)));
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? value : typeof value;
}
