/** The issuer of a row: its keys, and every way in which a library may want to be given them. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createSigningKey } from '../common/tokens.mjs';

export const AUDIENCE = 'https://api.example.com';
/** As Auth0 states it. */
const CACHE_CONTROL = 'max-age=15, stale-while-revalidate=15, stale-if-error=86400';

/** Two keys are published, as Auth0 does; the first one signs. */
export async function createIssuer(alg) {
  const issuer = 'https://tenant.example.com/';
  const jwksUri = `${issuer}.well-known/jwks.json`;
  const keys = [createSigningKey(alg), createSigningKey(alg)];
  const jwks = { keys: keys.map(({ jwk }) => jwk) };
  const metadata = { issuer, jwks_uri: jwksUri };
  const { server, uri: loopbackJwksUri } = await serveOnLoopback(jwks);
  return {
    issuer,
    audience: AUDIENCE,
    alg,
    keys,
    jwks,
    jwksUri,
    /** For libraries that cannot be given a `fetch`. */
    loopbackJwksUri,
    publicKeys: new Map(
      keys.map(({ kid, publicKey }) => [kid, publicKey.export({ format: 'pem', type: 'spki' })]),
    ),
    fetch: async (input) => {
      const { href } = new URL(input);
      return Response.json(href === jwksUri ? jwks : metadata, {
        headers: { 'Cache-Control': CACHE_CONTROL },
      });
    },
    request: { method: 'GET', url: 'https://api.example.com/books/42' },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function serveOnLoopback(jwks) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': CACHE_CONTROL });
    response.end(JSON.stringify(jwks));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, uri: `http://127.0.0.1:${server.address().port}/jwks.json` };
}
