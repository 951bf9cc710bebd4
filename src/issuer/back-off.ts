/**
 * How long no load begins after one has failed: longer after each failure in a row. Pure.
 */
import type { LoadFailure } from './load-failure.ts';

export interface BackOff {
  readonly failures: number;
  /** Epoch milliseconds. */
  readonly until: number;
  readonly error: LoadFailure;
}

const BACK_OFF_SECONDS = { first: 1, most: 30 };
/** A server may ask for more patience than that, within reason. */
const RETRY_AFTER_MOST_SECONDS = 10 * 60;

export function backOffAfter(previous: BackOff | undefined, error: LoadFailure, now: number): BackOff {
  const failures = (previous?.failures ?? 0) + 1;
  const own = Math.min(BACK_OFF_SECONDS.first * 2 ** (failures - 1), BACK_OFF_SECONDS.most);
  const asked = Math.min(error.retryAfterSeconds, RETRY_AFTER_MOST_SECONDS);
  return { failures, error, until: now + Math.max(own, asked) * 1000 };
}
