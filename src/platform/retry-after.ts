/** The longest wait that is taken seriously: one day. */
const MOST_SECONDS = 24 * 60 * 60;

/**
 * The seconds a `Retry-After` header asks for (RFC 9110 §10.2.3): delta-seconds or a date; 0 to one day. `undefined`
 * when the header is absent or unreadable.
 *
 * @param now epoch milliseconds
 */
export function readRetryAfter(header: unknown, now: number): number | undefined {
  const text = typeof header === 'string' ? header.trim() : '';
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : secondsUntil(text, now);
  return seconds === undefined ? undefined : Math.min(Math.max(seconds, 0), MOST_SECONDS);
}

/** Dates are read in the one form that is written today (IMF-fixdate): `Date.parse` alone accepts almost anything. */
function secondsUntil(text: string, now: number): number | undefined {
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.ceil((date - now) / 1000);
}
