import { describe, expect, it, vi } from 'vitest';
import { createRunInBackground } from '../../../src/platform/background.ts';
import { callQuietly } from '../../../src/platform/call-quietly.ts';

const fail = () => {
  throw new Error('broken');
};

/** What nobody observed, while an action ran and for a while after. */
async function unobserved(action: () => void): Promise<unknown[]> {
  const found: unknown[] = [];
  const note = (error: unknown) => void found.push(error);
  process.on('unhandledRejection', note);
  try {
    action();
    await new Promise(setImmediate);
    return found;
  } finally {
    process.off('unhandledRejection', note);
  }
}

describe('createRunInBackground', () => {
  it('observes the failure of the work, with waitUntil and without', async () => {
    for (const waitUntil of [undefined, () => undefined]) {
      const run = createRunInBackground(waitUntil);
      expect(
        await unobserved(() => {
          run(Promise.reject(new Error('down')));
        }),
      ).toEqual([]);
    }
  });

  it('hands waitUntil a promise that ends with the work and tells nothing of it', async () => {
    const waitUntil = vi.fn<(promise: Promise<unknown>) => void>();
    const run = createRunInBackground(waitUntil);
    run(Promise.resolve('secret'));
    run(Promise.reject(new Error('secret')));
    expect(await Promise.all(waitUntil.mock.calls.map(([promise]) => promise))).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('goes on when waitUntil throws or rejects', async () => {
    for (const waitUntil of [fail, () => Promise.reject(new Error('broken'))]) {
      const run = createRunInBackground(waitUntil);
      expect(
        await unobserved(() => {
          run(Promise.resolve());
        }),
      ).toEqual([]);
    }
  });
});

describe('callQuietly', () => {
  it.each([
    ['throws', fail],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['answers with a thenable that throws', () => ({ then: fail })],
    ['answers with a then that cannot be read', () => Object.defineProperty({}, 'then', { get: fail })],
  ])('drops the failure of a function that %s', async (_name, call) => {
    expect(
      await unobserved(() => {
        callQuietly(call);
      }),
    ).toEqual([]);
  });
});
