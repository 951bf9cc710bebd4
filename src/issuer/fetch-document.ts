/**
 * One GET of a JSON document: a second try within the same time limit, 200 and nothing else.
 */
import { type HttpAnswer, HttpFailure, type HttpOptions, sendForJson } from '../platform/http.ts';
import { readRetryAfter } from '../platform/retry-after.ts';
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

/**
 * @param parse makes the value from the JSON, or throws {@link LoadFailure}
 * @throws LoadFailure
 */
export async function fetchDocument<T>(
  url: string,
  parse: (json: unknown) => T,
  { http, cacheTtlSeconds, now }: DocumentFetch,
): Promise<Loaded<T>> {
  const answer = await getWithRetry(url, http);
  if (answer.status !== 200) {
    throw new LoadFailure(`GET ${url} answered ${answer.status}`, {
      withdrawn: answer.status === 404 || answer.status === 410,
      retryAfterSeconds: readRetryAfter(answer.headers.get('retry-after'), now()) ?? 0,
    });
  }
  return {
    value: parse(answer.json),
    freshness: readFreshness(answer.headers.get('cache-control'), cacheTtlSeconds),
  };
}

async function getWithRetry(url: string, http: HttpOptions): Promise<HttpAnswer> {
  // Real time, not the injected clock: what is limited here is how long a caller waits.
  const limit = loadLimitSeconds(http);
  const start = performance.now();
  const first = await tryGet(url, { ...http, timeoutSeconds: limit });
  const left = limit - (performance.now() - start) / 1000;
  const worthAnother = first instanceof HttpFailure ? first.kind === 'network' : isPassing(first);
  const last = worthAnother && left > 0 ? await tryGet(url, { ...http, timeoutSeconds: left }) : first;
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
