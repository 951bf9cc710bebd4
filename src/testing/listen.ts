/** The tenant behind a real HTTP server on the loopback interface. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Network } from './network.ts';
import type { TestServer } from './types.ts';

export async function serve(network: Network, port: number): Promise<TestServer> {
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing, network).catch((error: unknown) => {
      sendError(outgoing, error);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const url = `http://127.0.0.1:${address.port}`;
  let closed: Promise<void> | undefined;
  return {
    url,
    fetch: loopbackFetch(network.origin, url),
    close: () =>
      (closed ??= new Promise((resolve, reject) => {
        server.close((error) => {
          if (error === undefined) resolve();
          else reject(error);
        });
        server.closeAllConnections();
      })),
  };
}

function loopbackFetch(origin: string, loopback: string): typeof fetch {
  return async (input: string | URL | Request, init?: RequestInit) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== origin) return fetch(input, init);
    const target = `${loopback}${url.pathname}${url.search}`;
    return input instanceof Request ? fetch(new Request(target, input), init) : fetch(target, init);
  };
}

async function handle(incoming: IncomingMessage, outgoing: ServerResponse, network: Network): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => {
    gone.abort();
  });
  const response = await network.answer(await toRequest(incoming, network.origin, gone.signal));
  if (response.type === 'error') {
    outgoing.destroy();
    return;
  }
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  await send(response.body, outgoing, gone.signal);
}

/** The request as the tenant's origin would have got it. */
async function toRequest(incoming: IncomingMessage, origin: string, signal: AbortSignal): Promise<Request> {
  const headers = new Headers();
  // The raw list, because `incoming.headers` drops what it takes for a needless repetition.
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
    headers.append(incoming.rawHeaders[at] ?? '', incoming.rawHeaders[at + 1] ?? '');
  }
  const { method = 'GET', url = '/' } = incoming;
  const body = method === 'GET' || method === 'HEAD' ? null : await buffer(incoming);
  return new Request(`${origin}${url}`, { method, headers, body, signal });
}

/** Takes from the body only what the connection carries away, until one of them ends. */
async function send(body: ReadableStream<Uint8Array> | null, outgoing: ServerResponse, gone: AbortSignal) {
  outgoing.flushHeaders();
  const reader = body?.getReader();
  gone.addEventListener('abort', () => {
    reader?.cancel().catch(() => undefined);
  });
  for (let chunk = await reader?.read(); chunk?.done === false; chunk = await reader?.read()) {
    if (!outgoing.write(chunk.value)) await once(outgoing, 'drain', { signal: gone });
  }
  outgoing.end();
}

/** An endpoint function of the test threw: what it said is worth more than a broken connection. */
function sendError(outgoing: ServerResponse, error: unknown): void {
  if (outgoing.headersSent || outgoing.destroyed) {
    outgoing.destroy();
    return;
  }
  outgoing.writeHead(500, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ error: 'test_tenant_failed', error_description: String(error) }));
}
