/**
 * A client of which is known with which key set it has verified, and jose's verdict with that one.
 */
import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { ApiClient } from '../../src/api-client.ts';
import type { ApiClientOptions } from '../../src/options/options.ts';
import { HOSTS, KEY_SETS, type Step } from './sessions.ts';
import { ALGORITHMS, AUDIENCE, ISSUER } from './tenant.ts';
import { ourVerdict } from './verdicts.ts';

/** Seconds until the key set is old, and until it is so old that nobody is answered before there is a new one. */
const MAX_AGE = 600;
const LATE = 1200;

export interface World {
  /** Epoch milliseconds. */
  now: number;
  /** The same by a clock that is never set back. */
  steady: number;
  keySet: number;
}

export function createWatched(world: World, options: Pick<ApiClientOptions, 'verifiedTokenCache'>) {
  let background: Promise<unknown>[] = [];
  let fetched: { readonly keySet: number; readonly at: number } | undefined;
  let kept: typeof fetched;
  const client = new ApiClient({
    ...options,
    domains: ({ requestUrl }) => (requestUrl === HOSTS[1] ? ['another.example.com'] : [ISSUER]),
    audience: AUDIENCE,
    algorithms: ALGORITHMS,
    now: () => world.now,
    waitUntil: (promise) => {
      background.push(promise);
    },
    onEvent: (event) => {
      if (event.type === 'document_fetched' && event.document === 'jwks') kept = fetched;
    },
    customFetch: (input) => {
      const isKeySet = (input instanceof Request ? input.url : input.toString()) === `${ISSUER}jwks`;
      if (isKeySet) fetched = { keySet: world.keySet, at: world.steady };
      const document = isKeySet ? KEY_SETS[world.keySet] : { issuer: ISSUER, jwks_uri: `${ISSUER}jwks` };
      return Promise.resolve(Response.json(document, { headers: { 'cache-control': `max-age=${MAX_AGE}` } }));
    },
  });
  return {
    /** Our verdict, and with which of the key sets it was found. */
    judge: async (accessToken: string, { demand, host }: Step) => {
      const before = kept;
      const verdict = await ourVerdict(
        client.verifyAccessToken({ accessToken, httpUrl: host, ...demand.checks }),
      );
      await Promise.all(background);
      background = [];
      // An old set goes on serving while a new one is fetched; not so when it is late, or lacks the key.
      const isLate = before !== undefined && (world.steady - before.at) / 1000 >= LATE;
      const isServed = before !== undefined && !isLate && lists(before.keySet, accessToken);
      return { verdict, keySet: (isServed ? before : kept)?.keySet ?? 0 };
    },
  };
}

/** A key for another purpose is none, so it is looked for as if it were not there. */
function lists(keySet: number, accessToken: string): boolean {
  try {
    const { kid } = decodeProtectedHeader(accessToken);
    return KEY_SETS[keySet]?.keys.some((key) => key.kid === kid && key.use !== 'enc') ?? false;
  } catch {
    return false;
  }
}

const oracles = KEY_SETS.map((keySet) => createLocalJWKSet(keySet));

export async function judgeByJose(
  accessToken: string,
  { demand, host }: Step,
  keySet: number,
  now: number,
): Promise<unknown> {
  const keys = oracles[keySet] ?? createLocalJWKSet({ keys: [] });
  const { payload } = await jwtVerify(accessToken, keys, {
    algorithms: ALGORITHMS,
    issuer: ISSUER,
    audience: AUDIENCE,
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
    currentDate: new Date(now),
  });
  if (host === HOSTS[1]) throw new errors.JWTInvalid('not on this host');
  if (!demand.isMet(payload)) throw new errors.JWTInvalid('the call demands more');
  return demand.checks.claimsSchema === undefined ? payload : { ...payload, organisation: payload.org_id };
}
