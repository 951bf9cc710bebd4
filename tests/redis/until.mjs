import { setTimeout } from 'node:timers/promises';

/**
 * Waits until a condition holds, and looks often.
 *
 * @param {string} what for the error when it never does
 * @param {() => boolean | Promise<boolean>} condition
 */
export async function until(what, condition, limitSeconds = 20) {
  const end = performance.now() + limitSeconds * 1000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${limitSeconds} s: ${what}`);
    await setTimeout(5);
  }
}
