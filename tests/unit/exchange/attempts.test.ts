import { describe, expect, it } from 'vitest';
import { ApiError, ConfigurationError, type UpstreamFailure } from '../../../src/errors/index.ts';
import { attempt, type RetryPolicy } from '../../../src/exchange/attempts.ts';
import { rejectionOf } from './support.ts';

const refused = (statusCode: number, more: Partial<UpstreamFailure> = {}) =>
  new ApiError({ reason: 'upstream_refused', code: 'odd', statusCode, ...more });
const unreachable = (cause: unknown) =>
  new ApiError(
    { reason: 'upstream_unreachable', code: 'network_error', statusCode: 502 },
    { cause: Object.assign(new Error('no answer'), { cause }) },
  );
const retry: RetryPolicy = { maxAttempts: 3, maxDelaySeconds: 5 };

/** What comes of these outcomes in turn: how often was sent, what was waited, how it ended. */
async function run(
  outcomes: readonly unknown[],
  policy: RetryPolicy | undefined = retry,
  hasNewNonce = () => false,
) {
  const left = [...outcomes];
  const pauses: number[] = [];
  const send = async () => {
    const next = left.shift();
    if (next instanceof Error) throw next;
    return Promise.resolve(next);
  };
  const pause = (seconds: number) => {
    pauses.push(seconds);
    return Promise.resolve();
  };
  const work = attempt(send, { retry: policy, hasNewNonce, pause });
  const end = await work.catch((error: unknown) => error);
  return { sent: outcomes.length - left.length, pauses, end };
}

describe('a request', () => {
  it.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'ConnectionRefused'])(
    'is sent again after %s, each time later',
    async (code) => {
      const error = unreachable({ cause: { code } });
      expect(await run([error, error, 'token'])).toEqual({ sent: 3, pauses: [0.2, 0.4], end: 'token' });
    },
  );

  it.each([429, 503])('is sent again after %d that says when', async (status) => {
    const error = refused(status, { retryAfterSeconds: 2 });
    expect(await run([error, 'token'])).toEqual({ sent: 2, pauses: [2], end: 'token' });
  });

  it.each<[string, Error]>([
    ['a connection that broke', unreachable({ code: 'ECONNRESET' })],
    ['a network error that says nothing', unreachable(undefined)],
    ['a code that is no text', unreachable({ code: 7 })],
    [
      'a code too deep to be its own',
      unreachable({ cause: { cause: { cause: { cause: { code: 'ECONNREFUSED' } } } } }),
    ],
    ['a timeout', new ApiError({ reason: 'upstream_timeout', code: 'timeout_error', statusCode: 504 })],
    ['429 without a word', refused(429)],
    ['503 without a word', refused(503)],
    ['500 with Retry-After', refused(500, { retryAfterSeconds: 1 })],
    ['400', refused(400, { retryAfterSeconds: 1 })],
    [
      'an answer that cannot be used',
      new ApiError({ reason: 'upstream_invalid_answer', code: 'x', statusCode: 502 }),
    ],
    ['an error of another kind', new ConfigurationError('`clientSecret` is wrong.')],
    ['a stranger', new Error('ECONNREFUSED')],
  ])('is not sent again after %s', async (_title, error) => {
    expect(await run([error, 'token'])).toEqual({ sent: 1, pauses: [], end: error });
  });

  it('is sent once when nothing else was asked for', async () => {
    const error = unreachable({ code: 'ECONNREFUSED' });
    const send = () => Promise.reject(error);
    const options = { retry: undefined, hasNewNonce: () => false, pause: () => Promise.reject(error) };
    expect(await rejectionOf(attempt(send, options))).toBe(error);
  });

  it('is sent as often as allowed, and fails as it did last', async () => {
    const errors = [1, 2, 3, 4].map(() => refused(429, { retryAfterSeconds: 0 }));
    expect(await run(errors)).toEqual({ sent: 3, pauses: [0, 0], end: errors[2] });
  });

  it('waits no longer than allowed, in all', async () => {
    const errors = [refused(429, { retryAfterSeconds: 3 }), refused(429, { retryAfterSeconds: 3 })];
    expect(await run([...errors, 'token'])).toEqual({ sent: 2, pauses: [3], end: errors[1] });
    const long = refused(503, { retryAfterSeconds: 86_400 });
    expect(await run([long, 'token'])).toEqual({ sent: 1, pauses: [], end: long });
  });
});

describe('a nonce', () => {
  const asks = (statusCode: number) =>
    refused(statusCode, { code: 'use_dpop_nonce', error: 'use_dpop_nonce' });
  const once = { sent: 1, pauses: [], end: expect.any(ApiError) as ApiError };

  it.each([400, 401])('is tried at once after %d, also without retries', async (status) => {
    const send = () => (tries++ === 0 ? Promise.reject(asks(status)) : Promise.resolve('token'));
    let tries = 0;
    const pause = () => Promise.reject(new Error('there is nothing to wait for'));
    await expect(attempt(send, { retry: undefined, hasNewNonce: () => true, pause })).resolves.toBe('token');
  });

  it('is tried once', async () => {
    expect(await run([asks(400), asks(400), 'token'], retry, () => true)).toMatchObject({ ...once, sent: 2 });
  });

  it.each([
    ['that did not come', asks(400), () => false],
    ['after another status', asks(403), () => true],
    ['after another error', refused(400, { error: 'invalid_grant' }), () => true],
  ])('%s is not tried', async (_title, error, hasNewNonce) => {
    expect(await run([error, 'token'], retry, hasNewNonce)).toMatchObject(once);
  });
});
