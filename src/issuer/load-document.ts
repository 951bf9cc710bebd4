/**
 * One load of a document: a copy that another process has fetched, where that will do, or else the network.
 */
import { pauseInBackground } from '../platform/time-limit.ts';
import type { LoadRequest } from './documents.ts';
import {
  type DocumentAddress,
  type DocumentFetch,
  fetchDocument,
  loadLimitSeconds,
} from './fetch-document.ts';
import { LoadFailure } from './load-failure.ts';
import type { Loaded } from './phases.ts';
import type { SharedCopy, SharedDocument, SharedDocuments } from './shared-documents.ts';

/** How long a load waits for another process, as a share of what its own fetch may take. */
const WAITING_SHARE = 0.6;
/** Between two looks at the copy that another process is fetching. */
const PAUSE_MILLISECONDS = { first: 25, most: 200 };

export interface DocumentSource extends DocumentFetch {
  /** `undefined` when nothing is shared. */
  readonly shared: SharedDocuments | undefined;
}

/**
 * Longer than any load takes: a fetch with its second try, before it the wait for another process, and the slowest
 * operations of a cache before and after.
 */
export function longestLoadSeconds({ http, shared }: DocumentSource): number {
  return (shared === undefined ? 1 : 1 + 2 * WAITING_SHARE) * loadLimitSeconds(http);
}

/** @throws LoadFailure */
export async function loadDocument<T>(
  address: DocumentAddress<T>,
  request: LoadRequest<T>,
  source: DocumentSource,
): Promise<Loaded<T>> {
  const { shared, now } = source;
  const limitSeconds = loadLimitSeconds(source.http);
  if (shared === undefined) {
    request.onAsked?.();
    return await fetchDocument(address, source, limitSeconds);
  }

  const startedAt = now();
  const waitSeconds = WAITING_SHARE * limitSeconds;
  const document = shared.open({ ...address, waitSeconds, leaseSeconds: limitSeconds });
  // A copy that came meanwhile is what the issuer says now: another process has asked for us.
  const isNews = (copy: SharedCopy<T>) => copy.fetchedAt > startedAt;
  const isEnough = (copy: SharedCopy<T>) => request.accepts(copy) || isNews(copy);
  const copy = await findCopy(document, isEnough);
  if (copy === undefined || !request.accepts(copy)) request.onAsked?.();
  if (copy !== undefined && isEnough(copy)) {
    document.release();
    return copy;
  }

  try {
    const fetched = await fetchDocument(address, source, limitSeconds);
    document.publish(fetched);
    return fetched;
  } catch (error) {
    if (!(error instanceof LoadFailure)) throw error;
    // Another process may have had what we did not get.
    const last = (await document.look()) ?? copy;
    const isSaved = last !== undefined && isEnough(last);
    document.release(error.withdrawn && !isSaved ? last : undefined);
    if (last === undefined) throw error;
    // Whoever has nothing better may serve from an old copy, for as long as it may serve in an outage.
    return isSaved ? last : { ...last, failure: error };
  }
}

/** A copy that is enough; or the best there is, when it is for us to fetch or waiting for another took too long. */
async function findCopy<T>(
  document: SharedDocument<T>,
  isEnough: (copy: SharedCopy<T>) => boolean,
): Promise<SharedCopy<T> | undefined> {
  let copy = await document.look();
  for (let pause = PAUSE_MILLISECONDS.first; !document.isOver; pause *= 2) {
    if (copy !== undefined && isEnough(copy)) break;
    // With the lease, one more look: whoever had it before may have published a moment ago.
    if (await document.claim()) return (await document.look()) ?? copy;
    await pauseInBackground(Math.min(pause, PAUSE_MILLISECONDS.most));
    copy = (await document.look()) ?? copy;
  }
  return copy;
}
