/** The ways in which an endpoint of the tenant can misbehave. */

import { isRecord } from './members.ts';
import { CANNED_CHECKS, checkOptions } from './options.ts';
import type { CannedAnswer, Failure, FailureName, FailureTarget } from './types.ts';

/** The request to fail, and what the answer would have been. */
export interface FailureContext {
  readonly target: FailureTarget;
  readonly request: Request;
  /** The headers of a successful answer. */
  readonly headers: Headers;
  readonly real: () => Promise<Response>;
}

export type FailingAnswer = (context: FailureContext) => Response | Promise<Response>;

const FAILURES: Record<FailureName, FailingAnswer> = {
  network: () => Response.error(),
  hang: () => silence(),
  html: ({ headers }) => {
    headers.set('content-type', 'text/html; charset=utf-8');
    return new Response('<!doctype html><title>Sign in to the network</title>', { headers });
  },
  truncated: async ({ real }) => {
    const { status, headers, text } = await taken(real());
    return new Response(text.slice(0, text.length / 2), { status, headers });
  },
  empty: ({ target, headers }) => Response.json(target === 'jwks' ? { keys: [] } : {}, { headers }),
  'wrong-issuer': async ({ real }) => {
    const { headers, text } = await taken(real());
    const metadata: unknown = JSON.parse(text);
    return Response.json({ ...(isRecord(metadata) && metadata), issuer: elsewhere('/') }, { headers });
  },
  redirect: ({ request }) =>
    new Response(null, { status: 302, headers: { location: elsewhere(new URL(request.url).pathname) } }),
  endless: ({ headers }) =>
    new Response(
      lazyBody(() => encoded(' '.repeat(16 * 1024))),
      { headers },
    ),
  slow: ({ headers }) => {
    const bytes = [encoded('{')];
    return new Response(
      lazyBody(() => bytes.shift() ?? silence()),
      { headers },
    );
  },
};

/** @throws TypeError when there is no such failure of this endpoint */
export function toFailingAnswer(target: FailureTarget, how: Failure): FailingAnswer {
  if (typeof how === 'function') return ({ request }) => how(request);
  if (typeof how === 'number') return toCannedAnswer({ status: how });
  if (typeof how !== 'string') return toCannedAnswer(how);
  if (!Object.hasOwn(FAILURES, how) || (how === 'wrong-issuer' && target !== 'discovery')) {
    throw new TypeError(
      `fail: '${target}' cannot fail as '${how}'; write a status, a function, { status, headers, body } ` +
        `or one of ${Object.keys(FAILURES).join(', ')} (wrong-issuer: only discovery)`,
    );
  }
  return FAILURES[how];
}

type Chunk = Uint8Array<ArrayBuffer>;

/** Statuses that a Fetch `Response` cannot combine with a body. */
const BODILESS = [204, 205, 304];

function toCannedAnswer(canned: CannedAnswer): FailingAnswer {
  checkOptions('fail', canned, CANNED_CHECKS);
  const { status = 200 } = canned;
  return async (context) => {
    const isReal = canned.body === undefined && status < 300;
    const base = isReal ? await context.real() : madeUp(status, canned.body, context.headers);
    const headers = new Headers(base.headers);
    for (const [name, value] of Object.entries(canned.headers ?? {})) {
      if (value === undefined) headers.delete(name);
      else headers.set(name, value);
    }
    const body = BODILESS.includes(status) ? null : base.body;
    return new Response(body, { status: canned.status ?? base.status, headers });
  };
}

function madeUp(status: number, body: unknown, headers: Headers): Response {
  if (status >= 300) headers.delete('cache-control');
  const text = toText(body ?? (status < 400 ? '' : errorBody(status)));
  return new Response(BODILESS.includes(status) ? null : text, { status, headers });
}

function errorBody(status: number) {
  const error = status >= 500 ? 'server_error' : status === 429 ? 'too_many_requests' : 'access_denied';
  return { error, error_description: `The test tenant was told to answer ${status}.` };
}

function toText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function elsewhere(path: string): string {
  return `https://elsewhere.auth0.test${path}`;
}

async function taken(answer: Promise<Response>) {
  const response = await answer;
  return { status: response.status, headers: response.headers, text: await response.text() };
}

function silence(): Promise<never> {
  return new Promise(() => undefined);
}

function encoded(text: string): Chunk {
  return new TextEncoder().encode(text);
}

/** A body that makes nothing before it is read. */
function lazyBody(next: () => Chunk | Promise<Chunk>): ReadableStream<Chunk> {
  const pull = async (controller: ReadableStreamDefaultController<Chunk>) => {
    controller.enqueue(await next());
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}
