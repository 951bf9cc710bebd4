/**
 * An issuer on https://localhost that counts what it is asked, and fails or rotates on command. Each side gets one of
 * its own for each scenario, so that nothing one scenario did is left for the next.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { accessTokenClaims, hostileTokens, signToken } from '../common/tokens.mjs';

export const AUDIENCE = 'https://api.example.com';

/**
 * @param {{ certificate: { key: string, cert: string }, keys: object[], ageSeconds: number }} options of `keys` the first
 *   one signs until the rotation, the second one from then on; `ageSeconds` is stated as `max-age`
 */
export async function startTenant({ certificate, keys: [firstKey, nextKey], ageSeconds }) {
  const cacheControl = `max-age=${ageSeconds}, stale-while-revalidate=${ageSeconds}, stale-if-error=86400`;
  const requests = { discovery: 0, jwks: 0 };
  let published = [firstKey];
  let failure;

  const server = createServer(certificate, (request, response) => {
    const isJwks = request.url === '/.well-known/jwks.json';
    if (!isJwks && request.url !== '/.well-known/openid-configuration') return response.writeHead(404).end();
    requests[isJwks ? 'jwks' : 'discovery'] += 1;
    if (isJwks && failure === 'hang') return undefined;
    if (isJwks && failure !== undefined) return response.writeHead(failure).end('{"error":"server_error"}');
    const body = isJwks ? { keys: published.map(({ jwk }) => jwk) } : metadata;
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': cacheControl });
    return response.end(JSON.stringify(body));
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');

  const issuer = `https://localhost:${server.address().port}/`;
  const jwksUri = `${issuer}.well-known/jwks.json`;
  const metadata = { issuer, jwks_uri: jwksUri, id_token_signing_alg_values_supported: ['RS256'] };
  const issue = (header) =>
    signToken(published[0], { header, claims: accessTokenClaims({ issuer, audience: AUDIENCE }) });

  return {
    issuer,
    jwksUri,
    requests,
    token: () => issue(),
    tokenOfUnknownKey: () => issue({ kid: randomUUID() }),
    hostileTokens: () => hostileTokens(published[0], { issuer, audience: AUDIENCE }),
    /** @param {number | 'hang'} how a status, or silence */
    failJwks: (how) => (failure = how),
    /** Signs with a new key from now on; the old one stays published unless it is withdrawn. */
    rotate: ({ withdraw = false } = {}) => (published = [nextKey, ...(withdraw ? [] : published)]),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
