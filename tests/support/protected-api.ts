/**
 * An API on a real socket, protected as a program without a framework would do it.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as sendRequest, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type AccessTokenChecks, type ApiClient, BaseAuthError } from '../../src/index.ts';

export interface ProtectedApi {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Answers the claims of a request, or its refusal. */
export async function serveApi(client: ApiClient, checks: AccessTokenChecks = {}): Promise<ProtectedApi> {
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing, client, checks).catch((error: unknown) => {
      outgoing.writeHead(500).end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  client: ApiClient,
  checks: AccessTokenChecks,
): Promise<void> {
  const { headers, headersDistinct, method, url = '' } = incoming;
  try {
    const claims = await client.verifyRequest(
      {
        // Node keeps the first of two Authorization headers; the distinct form shows both.
        headers: url.startsWith('/distinct') ? headersDistinct : headers,
        httpMethod: method,
        httpUrl: `http://${headers.host ?? ''}${url}`,
      },
      checks,
    );
    outgoing.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(claims));
  } catch (error) {
    if (!(error instanceof BaseAuthError)) throw error;
    outgoing.writeHead(error.statusCode, { ...error.headers, 'Content-Type': 'application/json' });
    outgoing.end(JSON.stringify(error));
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends headers exactly as listed, twice where they are listed twice, which `fetch` would join. */
export async function send(
  url: string,
  headers: [name: string, value: string][],
  method = 'GET',
): Promise<Answer> {
  const outgoing = sendRequest(url, { method, headers: ['Host', new URL(url).host, ...headers.flat()] });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const received = new Headers();
  for (const [name, values = []] of Object.entries(incoming.headersDistinct)) {
    for (const value of values) received.append(name, value);
  }
  const body = JSON.parse(await text(incoming)) as Record<string, unknown>;
  return { status: incoming.statusCode ?? 0, headers: received, body };
}
