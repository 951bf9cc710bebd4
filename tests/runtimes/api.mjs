/**
 * The API under test, for every runtime that speaks Fetch. A request says in its `test-client` header which client
 * serves it: the client of that name is made when the name is first seen, so that each test begins with a cold one.
 */
import {
  ApiClient,
  BaseAuthError,
  createAuditRecord,
  createDpopKey,
  createDpopProof,
  extractCredentials,
} from 'auth0-api-ts';
import { getAuth, requireScopes, withAuth } from 'auth0-api-ts/fetch';

const webVerifications = countWebVerifications();

/**
 * @param {{ tenantUrl: string, options: object }} config
 * @param {((promise: Promise<unknown>) => void) | undefined} waitUntil of the runtime, where it has one
 * @returns {(request: Request) => Promise<Response>}
 */
export function createApi({ tenantUrl, options }, waitUntil) {
  const { origin } = new URL(`https://${options.domain}`);
  /** Issuers are https; the tenant listens on the loopback interface. */
  const customFetch = (url, init) => fetch(url.replace(origin, tenantUrl), init);

  const cache = sharedCache();
  const clients = new Map();
  function clientOf({ name, options: own, waits, shares }) {
    const known = clients.get(name);
    if (known !== undefined) return known;
    const made = { received: 0, secondsAhead: 0 };
    made.api = new ApiClient({
      ...options,
      customFetch,
      now: () => Date.now() + made.secondsAhead * 1000,
      ...(waits && { waitUntil }),
      ...(shares && { onBehalfOfCache: { adapter: cache, encryptionKey: shares } }),
      ...own,
    });
    clients.set(name, made);
    return made;
  }

  return async (request) => {
    const test = JSON.parse(request.headers.get('test-client'));
    const { pathname } = new URL(request.url);
    if (pathname === '/received') {
      return Response.json({ received: clients.get(test.name)?.received ?? 0 });
    }
    if (pathname === '/shared') {
      return Response.json({ texts: cache.texts() });
    }
    const client = clientOf(test);
    // Never set back: the clock of a client only runs ahead.
    client.secondsAhead = Math.max(client.secondsAhead, test.secondsAhead ?? 0);
    client.received += 1;
    if (pathname === '/guarded') return await (client.guarded ??= guard(client.api))(request);
    try {
      if (pathname === '/proof') return Response.json(await prove(client, request));
      const before = webVerifications();
      const claims = await client.api.verifyRequest(request);
      const signature = webVerifications() > before ? 'web' : 'node';
      const body = await (bodies[pathname]?.(client, request, claims) ?? claims);
      return Response.json(body, { headers: { 'test-signature': signature } });
    } catch (error) {
      if (!(error instanceof BaseAuthError))
        return new Response(String(error?.stack ?? error), { status: 500 });
      const response = error.toResponse();
      response.headers.set('test-reason', error.reason);
      return response;
    }
  };
}

/** What is answered to a request that is verified, by path; its claims otherwise. */
const bodies = {
  '/exchange': async ({ api, dpopKey }, request) => {
    const { accessToken } = extractCredentials(request.headers);
    return await api.getTokenOnBehalfOf({ accessToken, audience: 'https://calendar.example.com', dpopKey });
  },
  '/audit': (_client, request, claims) => createAuditRecord(claims, { request, outcome: 'allowed' }),
};

/** Makes a key for the client, and a proof for the request that the body of this one describes. */
async function prove(client, request) {
  const { algorithm, ...target } = await request.json();
  // As a program must: what is kept between the requests of a Worker is the key, and not the promise of it.
  client.dpopKey ??= await createDpopKey({ algorithm });
  return { jkt: client.dpopKey.jkt, proof: await createDpopProof(client.dpopKey, target) };
}

/** A handler behind the entry for Fetch, with a certificate in a header. */
function guard(api) {
  const clientCertificate = ({ headers }) => headers.get('x-client-cert');
  const requireRead = requireScopes('read:books');
  return withAuth(
    api,
    (request, auth) => {
      requireRead(request);
      const { scheme, scopes, claims, actor } = auth;
      return Response.json({ scheme, scopes, sub: claims.sub, actor, isKept: getAuth(request) === auth });
    },
    undefined,
    { clientCertificate },
  );
}

/** What the processes of a fleet share, here the clients of one. */
function sharedCache() {
  const texts = new Map();
  return {
    get: (key) => (texts.has(key) ? JSON.parse(texts.get(key)) : undefined),
    set: (key, value) => void texts.set(key, JSON.stringify(value)),
    delete: (key) => void texts.delete(key),
    clear: () => texts.clear(),
    texts: () => [...texts.values()],
  };
}

/** WebCrypto verifies signatures on one of the two signature modules, and never on the other. */
function countWebVerifications() {
  const subtle = Object.getPrototypeOf(globalThis.crypto.subtle);
  const { verify } = subtle;
  let count = 0;
  subtle.verify = function (...parameters) {
    count += 1;
    return verify.apply(this, parameters);
  };
  return () => count;
}
