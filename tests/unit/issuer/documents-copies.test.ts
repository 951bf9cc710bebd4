import { describe, expect, it } from 'vitest';
import { KeptDocument, type LoadRequest } from '../../../src/issuer/documents.ts';
import { LoadFailure } from '../../../src/issuer/load-failure.ts';
import type { Loaded } from '../../../src/issuer/phases.ts';
import { createRunInBackground } from '../../../src/platform/background.ts';
import { refusalOf } from '../platform/refusal.ts';
import { Clock, FRESHNESS, own, settle, START } from './loads.ts';

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
  source: 'cache',
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

  it('accepts newer copies only, and while it has something to serve, fresh ones only', async () => {
    const { clock, document, answers, requests } = setUpCopies();
    answers.push(own('first'), new LoadFailure('down'), new LoadFailure('down'));
    await document.get();
    clock.advance(40);
    document.current();
    await settle();
    const accepts = (seconds: number) => requests[1]?.accepts(copyOf('copy', seconds));
    expect([0, 10, 24.9, 25.1, 39].map(accepts)).toEqual([false, false, false, true, true]);

    clock.advance(FRESHNESS.staleWhileRevalidate);
    await document.get();
    const waitedFor = (seconds: number) => requests[2]?.accepts(copyOf('copy', seconds));
    // Late itself, so that a request waits: one that is stale will do, one that is late will not.
    expect([0, 24, 26, 600].map(waitedFor)).toEqual([false, false, true, true]);
  });

  it('accepts in a search what has the thing searched for, and is no older', async () => {
    const { clock, document, answers, requests } = setUpCopies();
    answers.push(own('first'), new LoadFailure('down'));
    clock.advance(10);
    await document.get();
    const search = { suffices: (value: string) => value === 'wanted', onAsked: () => undefined };
    await refusalOf(document.refresh(search));
    const accepts = (value: string, seconds: number) => requests[1]?.accepts(copyOf(value, seconds));
    expect([accepts('wanted', 9), accepts('wanted', 10), accepts('other', 10)]).toEqual([false, true, false]);
  });

  it('prefers what it asked for itself to a copy that was asked for before, though the load began earlier still', async () => {
    const { clock, document, answers, requests } = setUpCopies();
    // The load waited for three seconds before it asked.
    answers.push({ ...own('mine'), fetchedAt: START + 3000 }, new LoadFailure('down'));
    await document.get();
    clock.advance(5);
    const search = { suffices: () => true, onAsked: () => undefined };
    await refusalOf(document.refresh(search));
    expect(requests[1]?.accepts(copyOf('earlier', 1))).toBe(false);
    expect(requests[1]?.accepts(copyOf('later', 4))).toBe(true);
  });

  it('takes a copy from before the clock was set back for as old as it is', async () => {
    const { clock, document, answers, requests } = setUpCopies();
    answers.push(copyOf('first', 0));
    await document.get();
    clock.advance(3000);
    answers.push(new LoadFailure('down'));
    await document.get();
    clock.advance(-3000);
    answers.push(new LoadFailure('down'));
    clock.advance(60);
    await document.get();
    // By the clock it is a minute old; in truth, it is an hour and the clock has shown its time twice.
    expect(requests.at(-1)?.accepts(copyOf('again', 0))).toBe(false);
    expect(requests.at(-1)?.accepts(copyOf('ambiguous', 50))).toBe(false);
    clock.advance(700);
    expect(await refusalOf(document.get())).toMatchObject({ reason: 'jwks_unavailable' });
  });

  it('does not give up what may serve for longer, after a failure', async () => {
    const { clock, document, answers } = setUpCopies();
    answers.push(own('lasting', { ...FRESHNESS, staleIfError: 24 * 3600 }));
    await document.get();
    clock.advance(700);
    answers.push(copyOf('newer', 10, new LoadFailure('down')));
    expect(await document.get()).toBe('lasting');
    clock.advance(3600);
    answers.push(new LoadFailure('down'));
    expect(await document.get()).toBe('lasting');
  });

  it('never puts an older copy in the place of its own', async () => {
    const { clock, document, answers } = setUpCopies();
    clock.advance(10);
    answers.push(own('own'), copyOf('older', 5));
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
    answers.push(own('first', lasting));
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
