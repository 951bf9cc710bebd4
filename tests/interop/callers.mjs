/**
 * Clients of three libraries, behind one interface. None of their proofs is made or mended here.
 *
 * `send` makes one request and has its answer, whatever the library makes of it; `call` is what a program would write:
 * it answers the demand for a nonce as the library's own documentation does.
 */
import * as dpop from 'dpop';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

export const callers = { oauth4webapi, 'openid-client': openidClient, dpop: dpopPackage };

async function oauth4webapi(algorithm) {
  const pair = await oauth.generateKeyPair(algorithm);
  const handle = oauth.DPoP({}, pair);
  const request = (accessToken, method, url, body, record) =>
    oauth.protectedResourceRequest(accessToken, method, new URL(url), headersFor(body), body, {
      DPoP: handle,
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: record,
    });
  return {
    jkt: await handle.calculateThumbprint(),
    send: firstAnswerOf(request),
    call: async (...call) => {
      try {
        return await request(...fill(call), fetch);
      } catch (error) {
        if (!oauth.isDPoPNonceError(error)) throw error;
        return await request(...fill(call), fetch);
      }
    },
  };
}

async function openidClient(algorithm) {
  const pair = await openid.randomDPoPKeyPair(algorithm);
  const metadata = { issuer: 'https://tenant.example', token_endpoint: 'https://tenant.example/token' };
  const config = new openid.Configuration(metadata, 'a-client');
  openid.allowInsecureRequests(config);
  const DPoP = openid.getDPoPHandle(config, pair);
  const request = (accessToken, method, url, body, record) => {
    config[openid.customFetch] = record;
    const headers = headersFor(body);
    return openid.fetchProtectedResource(config, accessToken, new URL(url), method, body, headers, { DPoP });
  };
  return {
    jkt: await DPoP.calculateThumbprint(),
    send: firstAnswerOf(request),
    call: (...call) => request(...fill(call), fetch),
  };
}

async function dpopPackage(algorithm) {
  const pair = await dpop.generateKeyPair(algorithm);
  let nonce;
  const send = async (accessToken, method, url, body = null) => {
    const target = new URL(url);
    const htu = `${target.origin}${target.pathname}`;
    const headers = headersFor(body);
    headers.set('DPoP', await dpop.generateProof(pair, htu, method, nonce, accessToken));
    headers.set('Authorization', `DPoP ${accessToken}`);
    const answer = await fetch(target, { method, headers, body });
    nonce = answer.headers.get('dpop-nonce') ?? nonce;
    return answer;
  };
  return {
    jkt: await dpop.calculateThumbprint(pair.publicKey),
    send,
    call: async (...call) => {
      const answer = await send(...call);
      const isDemand = answer.headers.get('www-authenticate')?.includes('use_dpop_nonce');
      return isDemand ? await send(...call) : answer;
    },
  };
}

/** The algorithms that a library can make keys for. */
export const algorithmsOf = {
  oauth4webapi: ['ES256', 'ES384', 'ES512', 'Ed25519', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  'openid-client': ['ES256', 'ES384', 'ES512', 'Ed25519', 'RS256', 'PS256'],
  dpop: ['ES256', 'Ed25519', 'RS256', 'PS256'],
};

/** Two of these libraries make errors of a 401: what came over the wire is looked at, and not that. */
function firstAnswerOf(request) {
  return async (...call) => {
    const answers = [];
    const record = async (...sent) => {
      const answer = await fetch(...sent);
      answers.push(answer.clone());
      return answer;
    };
    try {
      await request(...fill(call), record);
    } catch (error) {
      if (answers.length === 0) throw error;
    }
    return answers[0];
  };
}

function fill([accessToken, method, url, body = null]) {
  return [accessToken, method, url, body];
}

function headersFor(body) {
  return new Headers(body === null ? {} : { 'Content-Type': 'application/json' });
}
