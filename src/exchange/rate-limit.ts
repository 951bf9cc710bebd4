/** When a rate limit starts anew, where a server says it in a header of its own. Pure. */

/** The longest wait that is taken seriously: one day. */
const MOST_SECONDS = 24 * 60 * 60;

/**
 * The seconds until a rate limit starts anew, from a header that tells the moment in epoch seconds, such as Auth0's
 * `x-ratelimit-reset`; 0 to one day. `undefined` when it is absent or unreadable.
 *
 * @param now epoch milliseconds
 */
export function readRateLimitReset(header: unknown, now: number): number | undefined {
  const text = typeof header === 'string' ? header.trim() : '';
  if (!/^\d{1,11}$/.test(text)) return undefined;
  return Math.min(Math.max(Math.ceil(Number(text) - now / 1000), 0), MOST_SECONDS);
}
