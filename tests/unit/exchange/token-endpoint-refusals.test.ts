import { describe, expect, it } from 'vitest';
import { NOW_MS, json } from './support.ts';
import { answering, apiErrorOf, endlessBody, request, silentBody } from './token-endpoint-support.ts';

describe('a refusal by the token endpoint', () => {
  it.each([
    [302, false, 502],
    [304, false, 502],
    [400, false, 502],
    [401, false, 502],
    [403, false, 502],
    [404, false, 502],
    [429, true, 503],
    [500, true, 502],
    [502, true, 502],
    [503, true, 503],
    [504, true, 502],
    [599, true, 502],
  ])('of status %d keeps its status', async (status, retryable, responseStatusCode) => {
    const empty = status === 304 ? null : '{"error":"invalid_grant","error_description":"Not today."}';
    const error = await apiErrorOf(request(answering(() => new Response(empty, { status }))));
    const code = status === 304 ? 'token_exchange_error' : 'invalid_grant';
    expect(error).toMatchObject({ reason: 'upstream_refused', code, statusCode: status });
    expect(error).toMatchObject({ retryable, responseStatusCode, retryAfterSeconds: undefined });
    expect(error.error).toBe(status === 304 ? undefined : 'invalid_grant');
    expect(error.errorDescription).toBe(status === 304 ? undefined : 'Not today.');
  });

  it.each([
    ['no JSON', () => new Response('{"error":', { status: 429 })],
    ['HTML', () => new Response('<html>429</html>', { status: 429 })],
    ['empty', () => new Response(null, { status: 429 })],
    ['no UTF-8', () => new Response(new Uint8Array([0x22, 0xff, 0x22]), { status: 429 })],
    ['endless', () => new Response(endlessBody(), { status: 429 })],
    ['an array', () => json([{ error: 'x' }], 429)],
    ['null', () => json(null, 429)],
    ['a string', () => json('error', 429)],
    [
      'broken off',
      () =>
        new Response(
          new ReadableStream({
            start: (c) => {
              c.error(new Error('cut'));
            },
          }),
          { status: 429 },
        ),
    ],
  ])('keeps its status when its body is %s', async (_title, response) => {
    const error = await apiErrorOf(request(answering(response)));
    expect(error).toMatchObject({
      reason: 'upstream_refused',
      code: 'token_exchange_error',
      statusCode: 429,
    });
    expect(error).toMatchObject({ retryable: true, responseStatusCode: 503 });
    expect(error.error).toBeUndefined();
    expect(error.errorDescription).toBeUndefined();
  });

  it('keeps its status when its body never comes', async () => {
    const silent = answering(() => new Response(silentBody(), { status: 503 }));
    expect(await apiErrorOf(request(silent, 0.02))).toMatchObject({
      reason: 'upstream_refused',
      statusCode: 503,
      responseStatusCode: 503,
    });
  });

  it.each([
    ['empty', ''],
    ['blank', ' '],
    ['no string', 42],
    ['null', null],
    ['an object', { code: 'x' }],
    ['too long', 'x'.repeat(101)],
    ['with a quote', 'a"b'],
    ['with a backslash', 'a\\b'],
    ['with a line break', 'a\nb'],
    ['outside ASCII', 'ungültig'],
    ['a secret of the request', 'the-subject'],
    ['a text with a secret', 'bad: the-secret'],
  ])('has a code of ours when the error is %s', async (_title, code) => {
    const error = await apiErrorOf(request(answering(() => json({ error: code }, 400))));
    expect(error.code).toBe('token_exchange_error');
    expect(error.error).toBeUndefined();
  });

  it("keeps an error of the upstream's own", async () => {
    const error = await apiErrorOf(request(answering(() => json({ error: 'x-custom.error 1' }, 400))));
    expect(error.code).toBe('x-custom.error 1');
  });

  it('reads own members only', async () => {
    const body = '{"__proto__":{"error":"inherited","error_description":"inherited"}}';
    const error = await apiErrorOf(request(answering(() => new Response(body, { status: 400 }))));
    expect(error.code).toBe('token_exchange_error');
    expect(error.errorDescription).toBeUndefined();
  });

  it('keeps a description in one line of at most 1000 characters', async () => {
    const description = `a\r\nforged line\u0007${'x'.repeat(2000)}`;
    const error = await apiErrorOf(
      request(answering(() => json({ error: 'e', error_description: description }, 400))),
    );
    expect(error.errorDescription).toBe(`a  forged line ${'x'.repeat(985)}`);
  });

  it('ignores a description that is no string', async () => {
    const error = await apiErrorOf(
      request(answering(() => json({ error: 'e', error_description: { a: 1 } }, 400))),
    );
    expect(error.errorDescription).toBeUndefined();
  });

  it.each([
    ['0', 0],
    ['17', 17],
    ['999999', 86_400],
    [new Date(NOW_MS + 10_000).toUTCString(), 10],
    [new Date(NOW_MS - 10_000).toUTCString(), 0],
  ])('passes on Retry-After %s as %d seconds', async (header, seconds) => {
    const error = await apiErrorOf(request(answering(() => json({}, 429, { 'Retry-After': header }))));
    expect(error.retryAfterSeconds).toBe(seconds);
    expect(error.headers['Retry-After']).toBe(String(seconds));
  });

  it.each(['-1', '1.5', 'soon', '', '1, 2', '2030-01-01'])('ignores Retry-After %j', async (header) => {
    const error = await apiErrorOf(request(answering(() => json({}, 429, { 'Retry-After': header }))));
    expect(error.retryAfterSeconds).toBeUndefined();
    expect(error.headers).toEqual({});
  });
});
