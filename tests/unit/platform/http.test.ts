import { describe, expect, it } from 'vitest';
import { HttpFailure, type HttpRequest, MAX_BODY_BYTES, sendForJson } from '../../../src/platform/http.ts';
import { causeOf, rejectionOf } from './refusal.ts';

const GET: HttpRequest = { url: 'https://tenant.example.com/document', method: 'GET' };

type FakeFetch = (url: unknown, init: RequestInit) => Response | Promise<Response>;

function sendWith(fake: FakeFetch, request: HttpRequest = GET, timeoutSeconds = 10) {
  const fetch = async (input: string | URL | Request, init: RequestInit = {}) => await fake(input, init);
  return sendForJson(request, { fetch, timeoutSeconds });
}

const respond = (body: BodyInit | null, init?: ResponseInit) => () => new Response(body, init);

/** A body that goes on for as long as it is read. */
function endless(chunk: Uint8Array): { body: ReadableStream<Uint8Array>; chunks: () => number } {
  let chunks = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      chunks += 1;
      controller.enqueue(chunk);
    },
  });
  return { body, chunks: () => chunks };
}

const stalled = () =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"a":'));
    },
  });

const broken = () =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      controller.error(new TypeError('terminated'));
    },
  });

describe('sendForJson', () => {
  it('sends the request and returns status, headers and JSON', async () => {
    const seen: unknown[] = [];
    const answer = await sendWith(
      (url, init) => {
        seen.push(
          url,
          init.method,
          init.headers,
          init.body,
          init.redirect,
          init.signal instanceof AbortSignal,
        );
        return new Response('{"a":[1]}', { status: 201, headers: { 'X-Test': 'yes' } });
      },
      { ...GET, method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'hello' },
    );
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-test')).toBe('yes');
    expect(answer.json).toEqual({ a: [1] });
    expect(seen).toEqual([
      GET.url,
      'POST',
      { Accept: 'application/json', 'Content-Type': 'text/plain' },
      'hello',
      'manual',
      true,
    ]);
  });

  it('sends no body member with a GET', async () => {
    let init: RequestInit = {};
    await sendWith((_url, given) => {
      init = given;
      return new Response('{}');
    });
    expect(init).not.toHaveProperty('body');
  });

  it.each([
    ['text', respond('<html>')],
    ['nothing', respond(null)],
    ['an empty body', respond('')],
    ['invalid UTF-8', respond(Uint8Array.of(0x22, 0xff, 0x22))],
    ['a surrogate in UTF-8', respond(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))],
    ['JSON and more', respond('{} {}')],
  ])('has no JSON when the body is %s', async (_title, fake) => {
    const answer = await sendWith(fake);
    expect(answer.status).toBe(200);
    expect(answer.json).toBeUndefined();
  });

  it('tells JSON null from no JSON', async () => {
    expect((await sendWith(respond('null'))).json).toBeNull();
  });

  it('reads JSON whatever its content type', async () => {
    const fake = respond('{"a":1}', { headers: { 'Content-Type': 'text/html' } });
    expect((await sendWith(fake)).json).toEqual({ a: 1 });
  });

  it('reads characters that are split between chunks', async () => {
    const bytes = new TextEncoder().encode('"\u{1f600}"');
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect((await sendWith(respond(body))).json).toBe('\u{1f600}');
  });

  it('reports a fetch that fails as a network failure with its cause', async () => {
    const cause = new TypeError('fetch failed');
    const error = await rejectionOf(sendWith(() => Promise.reject(cause)));
    expect(error).toBeInstanceOf(HttpFailure);
    expect(error).toMatchObject({ kind: 'network', message: `GET ${GET.url} could not be reached` });
    expect(causeOf(error)).toBe(cause);
  });

  it('reports a fetch that throws before it returns a promise', async () => {
    const fetch = () => {
      throw new TypeError('no network');
    };
    const sending = sendForJson(GET, { fetch, timeoutSeconds: 10 });
    expect(await rejectionOf(sending)).toMatchObject({ kind: 'network' });
  });

  it('gives up on a fetch that ignores its signal, and signals it', async () => {
    let signal: AbortSignal | null | undefined;
    const sending = sendWith(
      (_url, init) => {
        signal = init.signal;
        return new Promise(() => undefined);
      },
      GET,
      0.02,
    );
    const error = await rejectionOf(sending);
    expect(error).toBeInstanceOf(HttpFailure);
    expect(error).toMatchObject({ kind: 'timeout', message: `GET ${GET.url} did not answer within 0.02 s` });
    expect(signal?.aborted).toBe(true);
  });

  it('counts the body into the time limit', async () => {
    expect(await rejectionOf(sendWith(respond(stalled()), GET, 0.02))).toMatchObject({ kind: 'timeout' });
  });

  it('releases the connection after an answer too', async () => {
    let signal: AbortSignal | null | undefined;
    await sendWith((_url, init) => {
      signal = init.signal;
      return new Response('{}');
    });
    expect(signal?.aborted).toBe(true);
  });

  it('refuses a body that is too large by its own account, without reading it', async () => {
    const { body, chunks } = endless(new Uint8Array(1024));
    const before = chunks();
    const fake = respond(body, { headers: { 'Content-Length': String(MAX_BODY_BYTES + 1) } });
    expect(await rejectionOf(sendWith(fake))).toMatchObject({
      kind: 'body_too_large',
      message: `GET ${GET.url} answered with more than ${MAX_BODY_BYTES} bytes`,
    });
    expect(chunks() - before).toBeLessThanOrEqual(1);
  });

  it('stops reading a body that never ends', async () => {
    const { body, chunks } = endless(new Uint8Array(64 * 1024));
    expect(await rejectionOf(sendWith(respond(body)))).toMatchObject({ kind: 'body_too_large' });
    expect(chunks()).toBeLessThan(20);
  });

  it('stops reading a body that never ends and says nothing', async () => {
    const { body, chunks } = endless(new Uint8Array());
    expect(await rejectionOf(sendWith(respond(body)))).toMatchObject({ kind: 'body_too_large' });
    expect(chunks()).toBeLessThan(MAX_BODY_BYTES + 10);
  });

  it('stops reading a body that never ends and is no stream of bytes', async () => {
    let chunks = 0;
    const body = new ReadableStream<unknown>({
      pull(controller) {
        chunks += 1;
        if (chunks > MAX_BODY_BYTES) controller.close();
        else controller.enqueue('x');
      },
    });
    const fake = () => Object.defineProperty(new Response(null), 'body', { value: body });
    expect(await rejectionOf(sendWith(fake))).toMatchObject({ kind: 'network' });
    expect(chunks).toBeLessThan(10);
  });

  it('tells the body of an answer that comes too late that nobody reads it', async () => {
    let answer: (response: Response) => void = () => undefined;
    const sending = sendWith(
      () =>
        new Promise<Response>((resolve) => {
          answer = resolve;
        }),
      GET,
      0.02,
    );
    expect(await rejectionOf(sending)).toMatchObject({ kind: 'timeout' });
    await new Promise<void>((resolve) => {
      answer(
        new Response(
          new ReadableStream<Uint8Array>({
            cancel: () => {
              resolve();
            },
          }),
        ),
      );
    });
  });

  it('tells the body that nobody reads it any more', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      cancel() {
        cancelled = true;
      },
    });
    await rejectionOf(sendWith(respond(body), GET, 0.02));
    expect(cancelled).toBe(true);
  });

  it('does not believe a small content-length', async () => {
    const { body } = endless(new Uint8Array(64 * 1024));
    const fake = respond(body, { headers: { 'Content-Length': '2' } });
    expect(await rejectionOf(sendWith(fake))).toMatchObject({ kind: 'body_too_large' });
  });

  it('takes a body of exactly the largest size', async () => {
    const text = JSON.stringify('x'.repeat(MAX_BODY_BYTES - 2));
    expect((await sendWith(respond(text))).json).toBe('x'.repeat(MAX_BODY_BYTES - 2));
    expect(await rejectionOf(sendWith(respond(`${text} `)))).toMatchObject({ kind: 'body_too_large' });
  });

  it('reports a body that breaks off', async () => {
    const error = await rejectionOf(sendWith(respond(broken())));
    expect(error).toMatchObject({ kind: 'network', message: `GET ${GET.url} broke off its answer` });
    expect(causeOf(error)).toBeInstanceOf(TypeError);
  });

  it('refuses a redirect that fetch hides', async () => {
    const opaque = Object.defineProperty(new Response(null), 'type', { value: 'opaqueredirect' });
    expect(await rejectionOf(sendWith(() => opaque))).toMatchObject({ kind: 'redirect' });
  });

  it('refuses the answer of a fetch that has followed a redirect all the same', async () => {
    const followed = Object.defineProperty(new Response('{}'), 'redirected', { value: true });
    expect(await rejectionOf(sendWith(() => followed))).toMatchObject({ kind: 'redirect' });
  });

  it('hands on a redirect that fetch shows, without following it', async () => {
    const headers = { Location: 'https://evil.example/' };
    expect((await sendWith(respond(null, { status: 302, headers }))).status).toBe(302);
  });

  it.each<[string, FakeFetch]>([
    ['is no JSON', respond('<html>', { status: 429, headers: { 'Retry-After': '3' } })],
    [
      'is too large',
      respond(endless(new Uint8Array(65_536)).body, { status: 429, headers: { 'Retry-After': '3' } }),
    ],
    ['breaks off', respond(broken(), { status: 429, headers: { 'Retry-After': '3' } })],
    ['never ends', respond(stalled(), { status: 429, headers: { 'Retry-After': '3' } })],
  ])('keeps status and headers of a refusal whose body %s', async (_title, fake) => {
    const answer = await sendWith(fake, GET, 0.2);
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('3');
    expect(answer.json).toBeUndefined();
  });

  it('puts neither headers nor body of the request into a failure', async () => {
    const request: HttpRequest = {
      ...GET,
      method: 'POST',
      headers: { Authorization: 'Basic c2VjcmV0' },
      body: 'client_secret=secret',
    };
    const error = await rejectionOf(sendWith(() => Promise.reject(new Error('down')), request));
    expect(JSON.stringify([error, String(error), Object.entries(error as object)])).not.toMatch(
      /secret|c2VjcmV0/,
    );
  });
});
