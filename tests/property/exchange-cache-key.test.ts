import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheKeyOf, endOfSubject, type RequestIdentity } from '../../src/exchange/cache-key.ts';
import { createTokenExchange } from '../../src/exchange/token-exchange.ts';
import { runs, TIME_LIMIT } from './runs.ts';

/** Texts that differ in little: blanks, order, composition, quotes, and pieces of the encoding itself. */
const tricky = fc.constantFrom(
  'a',
  'b',
  'ab',
  'a b',
  'b a',
  'a  b',
  'a\u00a0b',
  'a,b',
  'a","b',
  'a"],["scope","b',
  'é',
  'e\u0301',
  'ﬁ',
  'fi',
  'A',
  'К',
  'K',
  '__proto__',
  'null',
  '\\u0061',
  'https://a.example',
  'https://a.example/',
);
const text = fc.oneof({ weight: 4, arbitrary: tricky }, fc.string({ unit: 'grapheme', minLength: 1 }));
const field = fc.tuple(fc.oneof(fc.constantFrom('scope', 'audience', 'resource'), text), text);
const identity: fc.Arbitrary<RequestIdentity> = fc.record({
  issuer: fc.constantFrom('https://a.auth0.com/', 'https://b.auth0.com/'),
  clientId: text,
  fields: fc.array(field, { maxLength: 4 }),
  jkt: fc.option(fc.constantFrom('a'.repeat(43), 'b'.repeat(43)), { nil: undefined }),
});

describe('the key of a kept token', () => {
  it(
    'is the same only for what is the same',
    async () => {
      await fc.assert(
        fc.asyncProperty(identity, identity, async (left, right) => {
          const isSame = (await cacheKeyOf(left)) === (await cacheKeyOf(right));
          expect(isSame).toBe(sameIdentity(left, right));
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'is the same for a copy',
    async () => {
      await fc.assert(
        fc.asyncProperty(identity, async (one) => {
          expect(await cacheKeyOf(structuredClone(one))).toBe(await cacheKeyOf(one));
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );
});

/** Compared member by member, and not by any encoding. */
function sameIdentity(left: RequestIdentity, right: RequestIdentity): boolean {
  const sameFields =
    left.fields.length === right.fields.length &&
    left.fields.every(([name, value], at) => name === right.fields[at]?.[0] && value === right.fields[at][1]);
  return (
    sameFields && left.issuer === right.issuer && left.clientId === right.clientId && left.jkt === right.jkt
  );
}

/** The parameters of a call, each absent or one of few values, so that calls often differ in one of them alone. */
const call = fc.record(
  {
    accessToken: fc.constantFrom('subject-a', 'subject-b', 'subject-ab'),
    audience: fc.constantFrom('https://a.example', 'https://a.example/', 'https://a.example b'),
    scope: fc.constantFrom('a b', 'b a', 'a  b', 'a', 'é', 'e\u0301', 'a&audience=b'),
    organization: fc.constantFrom('org_1', 'org_2', 'a'),
    resource: fc.constantFrom<string | string[]>(
      'https://a.example',
      ['https://a.example', 'https://b.example'],
      ['https://b.example', 'https://a.example'],
      'https://a.example/',
    ),
    authorizationDetails: fc.constantFrom(
      [{ type: 'a' }],
      [{ type: 'a', b: 1 }],
      [{ type: 'a', b: '1' }],
      [{ type: 'a' }, { type: 'a' }],
    ),
    dpopKey: fc.constantFrom(
      { algorithm: 'ES256', jkt: 'a'.repeat(43) },
      { algorithm: 'ES256', jkt: 'b'.repeat(43) },
    ),
  },
  { requiredKeys: ['accessToken', 'audience'] },
);

describe('calls', () => {
  it(
    'share a token only if every parameter of theirs is equal',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(call, { minLength: 2, maxLength: 12 }), async (calls) => {
          const exchange = createExchange();
          const tokenOf = new Map<string, string>();
          const callOf = new Map<string, string>();
          for (const options of calls) {
            const { accessToken } = await exchange.onBehalfOf(options);
            // Key order is that of the record above, so this text stands for the call.
            const written = JSON.stringify(options);
            expect(accessToken).toBe(tokenOf.get(written) ?? accessToken);
            expect(written).toBe(callOf.get(accessToken) ?? written);
            tokenOf.set(written, accessToken);
            callOf.set(accessToken, written);
          }
        }),
        { ...runs, numRuns: Math.ceil((runs.numRuns ?? 100) / 4) },
      );
    },
    TIME_LIMIT,
  );
});

/** An exchange whose server answers each request with another token. */
function createExchange() {
  let count = 0;
  const fetch = (_input: string | URL | Request, init: RequestInit = {}) => {
    count += 1;
    const isBound = new Headers(init.headers).has('dpop');
    const answer = { access_token: `t${count}`, expires_in: 3600, token_type: isBound ? 'DPoP' : 'Bearer' };
    return Promise.resolve(Response.json(answer));
  };
  return createTokenExchange({
    client: { clientId: 'client', clientSecret: 'secret' },
    issuer: 'https://tenant.example.com/',
    tokenEndpointOf: () => Promise.resolve('https://tenant.example.com/oauth/token'),
    http: { fetch, timeoutSeconds: 5 },
    now: () => 1_800_000_000_000,
    cache: { maxEntries: 100, maxAgeSeconds: 600, shared: undefined },
    verifySubjectToken: () => Promise.resolve(),
    prove: ({ jkt }) => Promise.resolve(jkt),
  });
}

describe('the end of a subject token', () => {
  it(
    'is read without harm from any text',
    () => {
      fc.assert(
        fc.property(fc.oneof(fc.string(), fc.array(fc.base64String(), { maxLength: 6 })), (given) => {
          const end = endOfSubject(typeof given === 'string' ? given : given.join('.'));
          expect(end === undefined || typeof end === 'number').toBe(true);
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'is exp, whatever else the token says',
    () => {
      fc.assert(
        fc.property(fc.jsonValue(), fc.integer(), (claim, exp) => {
          const payload = JSON.stringify({ claim, exp });
          expect(endOfSubject(`e30.${Buffer.from(payload).toString('base64url')}.`)).toBe(exp);
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );
});
