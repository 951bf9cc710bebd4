/** Serves the API on a free port, on Node, Deno and Bun, and prints the port. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { createApi } from './api.mjs';

const { Deno, Bun } = globalThis;
const hostname = '127.0.0.1';
const port = await serve(createApi(JSON.parse(process.argv[2])));
console.log(JSON.stringify({ port }));

// The parent holds the other end: nothing outlives it.
process.stdin.on('end', () => process.exit()).resume();

async function serve(api) {
  if (Deno !== undefined) return Deno.serve({ hostname, port: 0, onListen() {} }, api).addr.port;
  if (Bun !== undefined) return Bun.serve({ hostname, port: 0, fetch: api }).port;
  const server = createServer(async (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const body = method === 'GET' ? undefined : await text(incoming);
    const response = await api(new Request(`http://${headers.host}${url}`, { method, headers, body }));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(await response.text());
  });
  server.listen(0, hostname);
  await once(server, 'listening');
  return server.address().port;
}
