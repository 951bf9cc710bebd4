/**
 * The only caller of `fetch`: a time limit on the whole exchange, a size limit on the body, no redirects, JSON.
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
  const exchange = async (): Promise<HttpAnswer> => {
    response = await send(request, options.fetch, abort.signal);
    return answerOf(response, await readJson(response, request));
  };
  try {
    // A fetch that ignores its signal must not hold the caller, so the limit is raced as well as signalled.
    return await withTimeLimit(exchange(), options.timeoutSeconds);
  } catch (error) {
    if (response !== undefined && !response.ok) return answerOf(response, undefined);
    if (!(error instanceof TimeLimitExceeded)) throw error;
    throw new HttpFailure('timeout', `${place(request)} did not answer within ${options.timeoutSeconds} s`);
  } finally {
    abort.abort();
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
  if (response.type === 'opaqueredirect') {
    throw new HttpFailure('redirect', `${place(request)} answered with a redirect`);
  }
  return response;
}

async function readJson(response: Response, request: HttpRequest): Promise<unknown> {
  const bytes = await readBytes(response, request);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}

async function readBytes(response: Response, request: HttpRequest): Promise<Uint8Array> {
  const tooLarge = () =>
    new HttpFailure('body_too_large', `${place(request)} answered with more than ${MAX_BODY_BYTES} bytes`);
  if (response.body === null) return new Uint8Array();
  if (Number(response.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge();

  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      size += chunk.value.byteLength;
      if (size > MAX_BODY_BYTES) throw tooLarge();
      chunks.push(chunk.value);
    }
  } catch (error) {
    if (error instanceof HttpFailure) throw error;
    throw new HttpFailure('network', `${place(request)} broke off its answer`, error);
  }

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
