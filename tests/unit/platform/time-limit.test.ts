import { describe, expect, it } from 'vitest';
import { TimeLimitExceeded, withTimeLimit } from '../../../src/platform/time-limit.ts';
import { rejectionOf } from './refusal.ts';

describe('withTimeLimit', () => {
  it('hands on the outcome of work in time', async () => {
    expect(await withTimeLimit(Promise.resolve('done'), 1)).toBe('done');
    const failure = new Error('failed');
    expect(await rejectionOf(withTimeLimit(Promise.reject(failure), 1))).toBe(failure);
  });

  it('gives up on work that takes too long, and ignores how it ends', async () => {
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    const error = await rejectionOf(withTimeLimit(work, 0.01));
    expect(error).toBeInstanceOf(TimeLimitExceeded);
    expect(error).toMatchObject({ message: 'no answer within 0.01 s' });
    fail(new Error('too late to matter'));
    await Promise.resolve();
  });
});
