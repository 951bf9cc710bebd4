/**
 * One load of a document: a copy that another process has fetched, where that will do, or else the network.
 */
import { startStopwatch } from '../platform/stopwatch.ts';
import { pauseInBackground } from '../platform/time-limit.ts';
import type { LoadRequest } from './documents.ts';
import {
  type DocumentAddress,
  type DocumentFetch,
  fetchDocument,
  loadLimitSeconds,
} from './fetch-document.ts';
import { LoadFailure } from './load-failure.ts';
import { hold, type Loaded, phaseOf } from './phases.ts';
import type { SharedCopy, SharedDocument, SharedDocuments } from './shared-documents.ts';

/** The part of a load's time that may go into waiting for another process; the rest is for a fetch of our own. */
const WAITING_SHARE = 0.6;
/** Between two looks at the copy that another process is fetching. */
const PAUSE_MILLISECONDS = { first: 25, most: 200 };

export interface DocumentSource extends DocumentFetch {
  /** `undefined` when nothing is shared. */
  readonly shared: SharedDocuments | undefined;
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

  const elapsedSeconds = startStopwatch();
  const startedAt = now();
  const document = shared.open({ ...address, waitSeconds: WAITING_SHARE * limitSeconds });
  const isEnough = (copy: SharedCopy<T>) => copy.fetchedAt > startedAt || satisfies(copy, request, now());
  const copy = await findCopy(document, isEnough, limitSeconds);
  // A copy that came meanwhile is what the issuer says now: another process has asked for us.
  if (copy === undefined || !satisfies(copy, request, now())) request.onAsked?.();
  if (copy !== undefined && isEnough(copy)) return copy;

  const fetchedAt = now();
  try {
    const fetched = await fetchDocument(address, source, limitSeconds - elapsedSeconds());
    document.publish(fetched.json, fetchedAt, fetched.freshness);
    return fetched;
  } catch (error) {
    document.release();
    // Whoever has nothing better may serve from an old copy, for as long as it may serve in an outage.
    if (error instanceof LoadFailure && copy !== undefined) return { ...copy, failure: error };
    throw error;
  }
}

/** Whether a copy makes a fetch unnecessary. */
function satisfies<T>(copy: SharedCopy<T>, request: LoadRequest<T>, now: number): boolean {
  const { keptSince = Number.NEGATIVE_INFINITY } = request;
  // In a search, one of the same moment is another set, if it has what ours lacks.
  if (request.suffices === undefined ? copy.fetchedAt <= keptSince : copy.fetchedAt < keptSince) return false;
  const phase = phaseOf(hold(copy, copy.fetchedAt), false, now);
  const isTimely = phase === 'fresh' || (phase === 'stale' && request.acceptsStale);
  return isTimely && (request.suffices?.(copy.value) ?? true);
}

/** A copy that is enough; or the best there is, when it is for us to fetch or waiting for another took too long. */
async function findCopy<T>(
  document: SharedDocument<T>,
  isEnough: (copy: SharedCopy<T>) => boolean,
  leaseSeconds: number,
): Promise<SharedCopy<T> | undefined> {
  let copy = await document.read();
  for (let pause = PAUSE_MILLISECONDS.first; !document.isOver; pause *= 2) {
    if (copy !== undefined && isEnough(copy)) break;
    // With the lease, one more look: whoever had it before may have published a moment ago.
    if (await document.claim(leaseSeconds)) return (await document.read()) ?? copy;
    await pauseInBackground(Math.min(pause, PAUSE_MILLISECONDS.most));
    copy = (await document.read()) ?? copy;
  }
  return copy;
}
