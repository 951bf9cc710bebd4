/** A `fetch` whose network consists of the tenant alone. */

import type { Network } from './network.ts';

const REDIRECTS = [301, 302, 303, 307, 308];
/** As many as the Fetch standard follows. */
const MAX_REDIRECTS = 20;

export function createFetch(network: Network): typeof fetch {
  return async (input: string | URL | Request, init?: RequestInit) => {
    // The caller's own signal: the one of a new Request follows it only as long as nobody collects the garbage.
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    let request = new Request(input, init);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const replay = request.redirect === 'follow' ? request.clone() : request;
      const response = await untilAborted(() => dispatch(request, network), signal);
      const location = REDIRECTS.includes(response.status) ? response.headers.get('location') : null;
      // With `manual` Node, Deno and Bun hand out the redirect itself; browsers hide it.
      if (location === null || request.redirect === 'manual') return abortable(response, signal);
      if (request.redirect === 'error') throw new TypeError('fetch failed: unexpected redirect');
      request = redirected(replay, location, response.status);
    }
    throw new TypeError('fetch failed: too many redirects');
  };
}

async function dispatch(request: Request, { origin, answer }: Network): Promise<Response> {
  const url = new URL(request.url);
  if (url.origin !== origin) {
    throw new TypeError(`fetch failed: ${url.origin} cannot be reached; this is the test tenant ${origin}`);
  }
  const response = await answer(request);
  if (response.type === 'error') throw new TypeError('fetch failed');
  return response;
}

/** Fetch §4.4: some redirects turn a POST into a GET without a body. */
function redirected(request: Request, location: string, status: number): Request {
  const url = new URL(location, request.url);
  const becomesGet = status === 303 || (status < 303 && request.method === 'POST');
  if (!becomesGet) return new Request(url, request);
  const headers = new Headers(request.headers);
  for (const name of ['content-type', 'content-length']) headers.delete(name);
  return new Request(url, { headers, redirect: request.redirect });
}

async function untilAborted<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work();
  signal.throwIfAborted();
  const settled = new AbortController();
  const aborted = new Promise<'aborted'>((resolve) => {
    const listener = () => {
      resolve('aborted');
    };
    signal.addEventListener('abort', listener, { once: true, signal: settled.signal });
  });
  try {
    const outcome = await Promise.race([work(), aborted]);
    signal.throwIfAborted();
    if (outcome === 'aborted') throw new TypeError('fetch failed');
    return outcome;
  } finally {
    settled.abort();
  }
}

/** Aborting ends the body too, also while it is silent. */
function abortable(response: Response, signal: AbortSignal | undefined): Response {
  if (response.body === null || signal === undefined) return response;
  const { status, statusText, headers } = response;
  const body = response.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal });
  return new Response(body, { status, statusText, headers });
}
