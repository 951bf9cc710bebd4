/** An API on node:http: what it returns becomes JSON, what it throws becomes the answer that the SDK wrote. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { BaseAuthError } from 'auth0-api-ts';

/**
 * @typedef {{ headers: NodeJS.Dict<string[]>, httpMethod: string | undefined, httpUrl: string }} IncomingRequest
 * @param {string} name
 * @param {(request: IncomingRequest) => Promise<unknown>} handle
 */
export async function startApi(name, handle) {
  const counts = { accepted: 0, refused: 0 };
  /** What an operator reads about the latest refusal; no client sees it. */
  let lastReason;
  let url = '';

  const server = createServer((incoming, outgoing) => {
    // `headersDistinct` keeps a header that was sent twice; the URL is our own and not what `Host` says.
    const { headersDistinct: headers, method: httpMethod } = incoming;
    handle({ headers, httpMethod, httpUrl: `${url}${incoming.url}` }).then(
      (body) => {
        counts.accepted += 1;
        return send(outgoing, Response.json(body));
      },
      (error) => {
        if (!(error instanceof BaseAuthError)) {
          console.error(error);
          return send(outgoing, new Response(null, { status: 500 }));
        }
        counts.refused += 1;
        lastReason = error.reason;
        return send(outgoing, error.toResponse());
      },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${server.address().port}`;

  return {
    name,
    url,
    counts,
    lastReason: () => lastReason,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/**
 * @param {import('node:http').ServerResponse} outgoing
 * @param {Response} response
 */
async function send(outgoing, response) {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(await response.text());
}
