/**
 * The API under test, for every runtime that speaks Fetch. A request says in its `test-client` header which client
 * serves it: the client of that name is made when the name is first seen, so that each test begins with a cold one.
 */
import { ApiClient, BaseAuthError, extractCredentials } from 'auth0-api-ts';

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

  const clients = new Map();
  function clientOf({ name, options: own, waits }) {
    const known = clients.get(name);
    if (known !== undefined) return known;
    const made = { received: 0, secondsAhead: 0 };
    made.api = new ApiClient({
      ...options,
      customFetch,
      now: () => Date.now() + made.secondsAhead * 1000,
      ...(waits && { waitUntil }),
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
    const client = clientOf(test);
    // Never set back: the clock of a client only runs ahead.
    client.secondsAhead = Math.max(client.secondsAhead, test.secondsAhead ?? 0);
    client.received += 1;
    try {
      const before = webVerifications();
      const claims = await client.api.verifyRequest(request);
      const signature = webVerifications() > before ? 'web' : 'node';
      const body = pathname === '/exchange' ? await exchange(client.api, request) : claims;
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

async function exchange(api, request) {
  const { accessToken } = extractCredentials(request.headers);
  return await api.getTokenOnBehalfOf({ accessToken, audience: 'https://calendar.example.com' });
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
