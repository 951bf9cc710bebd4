/**
 * All that an `ApiClient` sends: a time limit on the whole exchange, a size limit on the body, no redirects, JSON.
 */

import { TimeLimitExceeded, withTimeLimit } from './time-limit.ts';

/** A body is read up to this many bytes; discovery documents, key sets and token answers are far smaller. */
export const MAX_BODY_BYTES = 1024 * 1024;

export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpOptions {
  readonly fetch: typeof fetch;
  readonly timeoutSeconds: number;
  /** Whether the time limit lets the process end, because others wait in their own time; `false` by default. */
  readonly isBackground?: boolean | undefined;
}

/** An answer of any status; `json` is `undefined` when the body is not JSON in UTF-8. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

export type HttpFailureKind = 'network' | 'timeout' | 'redirect' | 'body_too_large';

/** No usable answer was had. The request and its secrets are not part of it. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly kind: HttpFailureKind;

  constructor(kind: HttpFailureKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/**
 * Sends one request and reads the JSON answer. A body that cannot be read costs an answer outside 2xx only its
 * body, never its status: the caller learns that the upstream said 429 although the text was garbage.
 *
 * @throws HttpFailure
 */
export async function sendForJson(request: HttpRequest, options: HttpOptions): Promise<HttpAnswer> {
  const abort = new AbortController();
  let response: Response | undefined;
  let body: ReadableStreamDefaultReader<Uint8Array> | undefined;
  // A fetch that ignores its signal still owns a connection; nobody waits for it to be told.
  const giveUp = (): void => {
    abort.abort();
    body?.cancel().catch(() => undefined);
  };
  const exchange = async (): Promise<HttpAnswer> => {
    response = await send(request, options.fetch, abort.signal);
    body = response.body?.getReader();
    // Too late: its body might go on for ever.
    if (abort.signal.aborted) giveUp();
    return answerOf(response, await readJson(body, response.headers, request));
  };
  try {
    // A fetch that ignores its signal must not hold the caller, so the limit is raced as well as signalled.
    return await withTimeLimit(exchange(), options.timeoutSeconds, options);
  } catch (error) {
    if (response !== undefined && !response.ok) return answerOf(response, undefined);
    if (!(error instanceof TimeLimitExceeded)) throw error;
    throw new HttpFailure('timeout', `${place(request)} did not answer within ${options.timeoutSeconds} s`);
  } finally {
    giveUp();
  }
}

function answerOf({ status, headers }: Response, json: unknown): HttpAnswer {
  return { status, headers, json };
}

async function send(
  request: HttpRequest,
  fetchFunction: typeof fetch,
  signal: AbortSignal,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetchFunction(request.url, {
      method: request.method,
      headers: { Accept: 'application/json', ...request.headers },
      redirect: 'manual',
      signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
  } catch (error) {
    throw new HttpFailure('network', `${place(request)} could not be reached`, error);
  }
  // A fetch that follows redirects whatever it is told would let one host answer for another.
  if (response.type === 'opaqueredirect' || response.redirected) {
    throw new HttpFailure('redirect', `${place(request)} answered with a redirect`);
  }
  return response;
}

type BodyReader = ReadableStreamDefaultReader<Uint8Array> | undefined;

async function readJson(body: BodyReader, headers: Headers, request: HttpRequest): Promise<unknown> {
  const bytes = await readBytes(body, Number(headers.get('content-length') ?? 0), request);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}

async function readBytes(body: BodyReader, announced: number, request: HttpRequest): Promise<Uint8Array> {
  const tooLarge = () =>
    new HttpFailure('body_too_large', `${place(request)} answered with more than ${MAX_BODY_BYTES} bytes`);
  if (announced > MAX_BODY_BYTES) throw tooLarge();

  const chunks: Uint8Array[] = [];
  let size = 0;
  let cost = 0;
  try {
    for (let chunk = await body?.read(); chunk?.done === false; chunk = await body?.read()) {
      // A stream of text, for one, has no size that could be counted, and might never end.
      if (!ArrayBuffer.isView(chunk.value)) throw new TypeError('the body is no stream of bytes');
      chunks.push(chunk.value);
      size += chunk.value.byteLength;
      // An empty chunk counts, too: without end, they would keep the process from anything else.
      cost += Math.max(1, chunk.value.byteLength);
      if (cost > MAX_BODY_BYTES) throw tooLarge();
    }
  } catch (error) {
    if (error instanceof HttpFailure) throw error;
    throw new HttpFailure('network', `${place(request)} broke off its answer`, error);
  }
  return concatenate(chunks, size);
}

function concatenate(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

function place(request: HttpRequest): string {
  return `${request.method} ${request.url}`;
}
