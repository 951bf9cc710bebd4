/** An API that is protected by the resource server side of oauth4webapi. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import * as oauth from 'oauth4webapi';

/**
 * @param as the authorization server, as oauth4webapi wants it described
 * @param customFetch leads to its keys
 * @returns the URL; what was received; and what it demands or refuses, which a test may change
 */
export async function serveResource({ as, audience, customFetch }) {
  const api = {
    url: '',
    /** A nonce that every proof must carry; `undefined` demands none. */
    nonce: undefined,
    /** Tokens that are refused although they are good. */
    revoked: new Set(),
    /** Method, token, body and status of each request. */
    calls: [],
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const server = createServer((incoming, outgoing) => {
    answer(incoming).then(
      ({ status, headers = {}, body }) => outgoing.writeHead(status, headers).end(body),
      (error) => outgoing.writeHead(500).end(String(error)),
    );
  });

  async function answer(incoming) {
    const body = String(await buffer(incoming));
    const { method, headers } = incoming;
    const made = await verdict(incoming);
    const accessToken = headers.authorization?.split(' ')[1];
    api.calls.push({ method, accessToken, body, status: made.status });
    return made;
  }

  async function verdict({ method, url, headers }) {
    const refusal = (error, more) => ({
      status: 401,
      headers: { 'WWW-Authenticate': `DPoP error="${error}"`, ...more },
    });
    let claims;
    try {
      const request = new Request(`${api.url}${url}`, { method, headers });
      claims = await oauth.validateJwtAccessToken(as, request, audience, {
        requireDPoP: true,
        [oauth.customFetch]: customFetch,
      });
    } catch (error) {
      return { ...refusal('invalid_token'), body: String(error.cause?.message ?? error.message) };
    }
    // Nonces and revocation are what that library leaves to its users.
    const { nonce } = api;
    if (nonce !== undefined && nonceIn(headers.dpop) !== nonce)
      return refusal('use_dpop_nonce', { 'DPoP-Nonce': nonce });
    if (api.revoked.has(headers.authorization.split(' ')[1])) return refusal('invalid_token');
    return { status: 200, body: JSON.stringify(claims) };
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  api.url = `http://127.0.0.1:${server.address().port}`;
  return api;
}

function nonceIn(proof) {
  return JSON.parse(Buffer.from(proof.split('.')[1], 'base64url').toString()).nonce;
}
