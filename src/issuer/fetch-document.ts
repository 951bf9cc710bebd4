/**
 * One GET of a JSON document: a second try within the same time limit, 200 and nothing else.
 */
import { type HttpAnswer, HttpFailure, type HttpOptions, sendForJson } from '../platform/http.ts';
import { readRetryAfter } from '../platform/retry-after.ts';
import { startStopwatch } from '../platform/stopwatch.ts';
import { readFreshness } from './freshness.ts';
import { LoadFailure } from './load-failure.ts';
import type { Loaded } from './phases.ts';

/** A load, with its second try, takes no longer than this, or `timeoutSeconds` where that is less. */
const LOAD_LIMIT_SECONDS = 5;

export interface DocumentFetch {
  readonly http: HttpOptions;
  readonly cacheTtlSeconds: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export function loadLimitSeconds(http: HttpOptions): number {
  return Math.min(LOAD_LIMIT_SECONDS, http.timeoutSeconds);
}

/** Where a document is, and how it is read. */
export interface DocumentAddress<T> {
  readonly url: string;
  /** Makes the value from the JSON, or throws {@link LoadFailure}. */
  readonly parse: (json: unknown) => T;
  /** The same for another process's copy, where less is believed. */
  readonly parseCopy?: (json: unknown) => T;
}

/** A document and the JSON it was made from. */
export interface Fetched<T> extends Loaded<T> {
  readonly json: unknown;
}

/**
 * @param limitSeconds how long it may take, a second try included
 * @throws LoadFailure
 */
export async function fetchDocument<T>(
  { url, parse }: DocumentAddress<T>,
  { http, cacheTtlSeconds, now }: DocumentFetch,
  limitSeconds: number,
): Promise<Fetched<T>> {
  const fetchedAt = now();
  const answer = await getWithRetry(url, http, limitSeconds);
  if (answer.status !== 200) {
    throw new LoadFailure(`GET ${url} answered ${answer.status}`, {
      withdrawn: answer.status === 404 || answer.status === 410,
      retryAfterSeconds: readRetryAfter(answer.headers.get('retry-after'), now()) ?? 0,
    });
  }
  return {
    value: parse(answer.json),
    json: answer.json,
    fetchedAt,
    source: 'network',
    freshness: readFreshness(answer.headers.get('cache-control'), cacheTtlSeconds),
  };
}

async function getWithRetry(url: string, http: HttpOptions, limitSeconds: number): Promise<HttpAnswer> {
  const elapsedSeconds = startStopwatch();
  const first = await tryGet(url, { ...http, isBackground: true, timeoutSeconds: limitSeconds });
  const left = limitSeconds - elapsedSeconds();
  const worthAnother = first instanceof HttpFailure ? first.kind === 'network' : isPassing(first);
  const last =
    worthAnother && left > 0
      ? await tryGet(url, { ...http, isBackground: true, timeoutSeconds: left })
      : first;
  if (last instanceof HttpFailure) throw new LoadFailure(last.message, { cause: last });
  return last;
}

/** A 5xx without `Retry-After` may be over in a moment; with it, the server has said when. */
function isPassing(answer: HttpAnswer): boolean {
  return answer.status >= 500 && !answer.headers.has('retry-after');
}

async function tryGet(url: string, http: HttpOptions): Promise<HttpAnswer | HttpFailure> {
  try {
    return await sendForJson({ url, method: 'GET' }, http);
  } catch (error) {
    if (error instanceof HttpFailure) return error;
    throw error;
  }
}
