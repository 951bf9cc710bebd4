/**
 * Where a document stands in its ages, as data and as functions of the time. Pure.
 */
import { type Freshness, WITHDRAWN_SECONDS } from './freshness.ts';
import type { LoadFailure } from './load-failure.ts';

/** A document that a load has brought. */
export interface Loaded<T> {
  readonly value: T;
  readonly freshness: Freshness;
  /** When it was asked for, by this process or another, in epoch milliseconds. */
  readonly fetchedAt: number;
  /** `cache` when it is another process's copy. */
  readonly source: 'network' | 'cache';
  /** Why it is an old copy and not what the issuer says now. */
  readonly failure?: LoadFailure;
}

/** Points in time, in milliseconds. */
export interface Held<T> {
  readonly value: T;
  readonly fetchedAt: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly lateUntil: number;
  /** The end of all, once the server has answered that the document is gone. */
  readonly withdrawnUntil: number;
}

export type Phase = 'cold' | 'fresh' | 'stale' | 'late' | 'expired';

/** @param withdrawn whether the server has answered, since, that the document is gone */
export function phaseOf(held: Held<unknown> | undefined, withdrawn: boolean, now: number): Phase {
  if (held === undefined) return 'cold';
  if (now < held.freshUntil) return 'fresh';
  if (withdrawn && now >= held.withdrawnUntil) return 'expired';
  if (now < held.staleUntil) return 'stale';
  return now < held.lateUntil ? 'late' : 'expired';
}

/** The points in time that follow from the ages of a document. */
export function hold<T>(
  { value, freshness }: Pick<Loaded<T>, 'value' | 'freshness'>,
  fetchedAt: number,
): Held<T> {
  const { maxAge, staleWhileRevalidate, staleIfError } = freshness;
  const freshUntil = fetchedAt + maxAge * 1000;
  return {
    value,
    fetchedAt,
    freshUntil,
    staleUntil: freshUntil + staleWhileRevalidate * 1000,
    lateUntil: freshUntil + staleIfError * 1000,
    withdrawnUntil: freshUntil + WITHDRAWN_SECONDS * 1000,
  };
}
