import { inspect } from 'node:util';

/** All that a program or a log can see of a value, however deep. */
export function everythingIn(value: unknown): string {
  return inspect(value, { depth: Infinity, showHidden: true, getters: true });
}
