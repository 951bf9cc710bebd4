import { describe, expect, it } from 'vitest';
import { KeptDocument, type LoadRequest } from '../../../src/issuer/documents.ts';
import { LoadFailure } from '../../../src/issuer/load-failure.ts';
import type { Loaded } from '../../../src/issuer/phases.ts';
import { createRunInBackground } from '../../../src/platform/background.ts';
import { refusalOf } from '../platform/refusal.ts';
import { Clock, FRESHNESS, settle, START } from './loads.ts';

/** A document whose loads answer as a test says, with what each was asked for. */
function setUpCopies() {
  const clock = new Clock();
  const requests: LoadRequest<string>[] = [];
  const answers: (Loaded<string> | LoadFailure)[] = [];
  const document = new KeptDocument<string>({
    document: 'jwks',
    issuer: 'https://tenant.example.com/',
    loadLimitSeconds: 5,
    emit: undefined,
    runInBackground: createRunInBackground(undefined),
    now: clock.now,
    load: (request) => {
      requests.push(request);
      const answer = answers.shift() ?? new LoadFailure('one load too many');
      return answer instanceof LoadFailure ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
  return { clock, document, requests, answers };
}

/** A copy that was fetched so many seconds after the start. */
const copyOf = (value: string, seconds: number, failure?: LoadFailure): Loaded<string> => ({
  value,
  freshness: FRESHNESS,
  fetchedAt: START + seconds * 1000,
  ...(failure === undefined ? {} : { failure }),
});

describe('a document that takes copies', () => {
  it('counts their ages from when they were fetched', async () => {
    const { clock, document, answers, requests } = setUpCopies();
    clock.advance(14);
    answers.push(copyOf('copy', 0));
    expect(await document.get()).toBe('copy');
    clock.advance(0.999);
    expect(document.current()).toBe('copy');
    expect(requests).toHaveLength(1);
    clock.advance(0.001);
    expect(document.current()).toBe('copy');
    expect(requests).toHaveLength(2);
  });

  it('says since when it has its own, and whether one past its age will do', async () => {
    const { clock, document, answers, requests } = setUpCopies();
    answers.push(copyOf('first', 0), new LoadFailure('down'), new LoadFailure('down'));
    await document.get();
    clock.advance(20);
    document.current();
    await settle();
    clock.advance(FRESHNESS.staleWhileRevalidate);
    await document.get();
    expect(requests).toMatchObject([
      { keptSince: undefined, acceptsStale: true },
      { keptSince: START, acceptsStale: false },
      { keptSince: START, acceptsStale: true },
    ]);
  });

  it('says so by the real clock also after that was set back', async () => {
    const { clock, document, answers, requests } = setUpCopies();
    answers.push({ value: 'first', freshness: FRESHNESS });
    await document.get();
    clock.advance(-100);
    document.current();
    expect(requests[1]?.keptSince).toBeLessThanOrEqual(START);
  });

  it('never puts an older copy in the place of its own', async () => {
    const { clock, document, answers } = setUpCopies();
    clock.advance(10);
    answers.push({ value: 'own', freshness: FRESHNESS }, copyOf('older', 5));
    await document.get();
    expect(await document.refresh()).toBe('own');
    expect(document.current()).toBe('own');
  });

  it('serves an old copy after a failure, backs off, and fails whoever wants something newer', async () => {
    const { clock, document, answers } = setUpCopies();
    clock.advance(700);
    answers.push(copyOf('old', 0, new LoadFailure('down')));
    expect(await document.get()).toBe('old');
    expect(document.isBackingOff).toBe(true);
    const search = { suffices: () => false, onAsked: () => undefined };
    expect(await refusalOf(document.refresh(search))).toMatchObject({ reason: 'jwks_unavailable' });
    clock.advance(3600);
    expect(await refusalOf(document.get())).toMatchObject({ reason: 'jwks_unavailable' });
  });

  it('does not take a copy from before the issuer withdrew the document for its return', async () => {
    const { clock, document, answers } = setUpCopies();
    const lasting = { ...FRESHNESS, staleIfError: 24 * 3600 };
    answers.push({ value: 'first', freshness: lasting });
    await document.get();
    clock.advance(20);
    answers.push(new LoadFailure('gone', { withdrawn: true }));
    document.current();
    await settle();
    clock.advance(2);
    answers.push({ ...copyOf('copy', 10), freshness: lasting });
    await document.refresh();
    expect(document.current()).toBe('copy');
    clock.advance(3604);
    answers.push(new LoadFailure('down'));
    expect(await refusalOf(document.get())).toMatchObject({ reason: 'jwks_unavailable' });
  });
});
