/**
 * Sequences of calls with related tokens or proofs, while time goes by, keys are exchanged and each call demands
 * something else.
 */
import fc from 'fast-check';
import type { JWTPayload } from 'jose';
import type { AccessTokenChecks } from '../../src/access-token/call-checks.ts';
import { goodToken } from './access-tokens.ts';
import {
  changed,
  headerValues,
  payload,
  payloadValues,
  signatureChanges,
  textChanges,
  write,
} from './jws-plan.ts';
import { METHOD, mostlyGoodProofs, URL_OF_REQUEST } from './proofs.ts';
import { AUDIENCE, ec, ed, foreign, type Jwk, rsa, SECONDS } from './tenant.ts';
import { type Variant, variants } from './variants.ts';

const MOST_STEPS = 8;

const next = { ...foreign.ed.jwk, kid: 'next' };
const published = {
  ec: { ...ec.jwk, kid: 'ec' },
  ed: { ...ed.jwk, kid: 'ed', alg: 'EdDSA' },
  rsa: { ...rsa.jwk, kid: 'rsa', use: 'sig' },
};

/** What the tenant may publish: all; a key gone; another key of the same name; a new one; one with another purpose. */
export const KEY_SETS: readonly { readonly keys: Jwk[] }[] = [
  { keys: [published.ec, published.ed, published.rsa] },
  { keys: [published.ed, published.rsa] },
  { keys: [{ ...foreign.ec.jwk, kid: 'ec' }, published.ed, published.rsa] },
  { keys: [next, published.ec, published.ed] },
  { keys: [{ ...published.ec, use: 'enc' }, { ...published.ed, alg: 'Ed25519' }, next] },
  {
    keys: [
      { ...published.ec, kid: 'ed' },
      { ...published.ed, kid: 'ec' },
    ],
  },
];

/** The tokens of the tenant are accepted on the first alone. */
export const HOSTS = ['https://api.example.com/', 'https://other.example.com/'] as const;

const organisation: AccessTokenChecks<{ organisation: string }>['claimsSchema'] = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (claims) => {
      const { org_id } = claims as Record<string, unknown>;
      return typeof org_id === 'string'
        ? { value: { organisation: org_id } }
        : { issues: [{ message: 'no' }] };
    },
  },
};

export interface Demand {
  readonly checks: AccessTokenChecks;
  /** The same, written once more. */
  readonly isMet: (claims: JWTPayload) => boolean;
}

const has = (list: unknown, name: string) =>
  typeof list === 'string' ? list.split(' ').includes(name) : Array.isArray(list) && list.includes(name);

const NO_DEMAND: Demand = { checks: {}, isMet: () => true };
const DEMANDS: readonly Demand[] = [
  {
    checks: { requiredScopes: 'read:a' },
    isMet: ({ scope }) => typeof scope === 'string' && has(scope, 'read:a'),
  },
  {
    checks: { requiredScopes: ['read:a', 'write:a'] },
    isMet: ({ scope }) => typeof scope === 'string' && has(scope, 'read:a') && has(scope, 'write:a'),
  },
  {
    checks: { requiredPermissions: ['do:a'] },
    isMet: ({ permissions }) => Array.isArray(permissions) && has(permissions, 'do:a'),
  },
  { checks: { requiredClaims: ['org_id'] }, isMet: (claims) => Object.hasOwn(claims, 'org_id') },
  { checks: { claimsSchema: organisation }, isMet: ({ org_id }) => typeof org_id === 'string' },
];

const signers = [
  { alg: 'ES256', kid: 'ec', signer: ec.signer, weight: 4 },
  { alg: 'EdDSA', kid: 'ed', signer: ed.signer, weight: 3 },
  { alg: 'Ed25519', kid: 'ed', signer: ed.signer, weight: 1 },
  { alg: 'EdDSA', kid: 'next', signer: foreign.ed.signer, weight: 1 },
  { alg: 'ES256', kid: 'ec', signer: foreign.ec.signer, weight: 1 },
  { alg: 'RS256', kid: 'rsa', signer: rsa.signer, weight: 1 },
];

const tokenChange = fc.oneof(
  { weight: 2, arbitrary: payloadValues('exp', SECONDS + 20, SECONDS + 45, SECONDS + 45.5) },
  { weight: 2, arbitrary: payloadValues('nbf', SECONDS, SECONDS + 20, SECONDS - 15) },
  payloadValues('scope', 'read:a', 'read:a write:a', 'write:a', ['read:a']),
  payloadValues('permissions', ['do:a'], 'do:a', []),
  payloadValues('org_id', 'org_1', 5),
  payloadValues('sub', 'auth0|2', 'auth0|3'),
  payloadValues('aud', [AUDIENCE, 'x'], 'x'),
  payloadValues('iss', 'https://tenant.example.com', 'https://evil.example/'),
  headerValues('typ', 'at+jwt', 'JWT', 'id+jwt', undefined),
  headerValues('kid', 'ec', 'ed', 'next', 'none'),
  signatureChanges,
  textChanges,
);

/** Good for the whole session, unless a change says otherwise. */
const lasting = payload({ exp: SECONDS + 100_000 });

const token = fc
  .tuple(
    fc.oneof(
      ...signers.map((signer) => ({
        weight: signer.weight,
        arbitrary: fc.constant(lasting(goodToken(signer))),
      })),
    ),
    fc.oneof(fc.constant([]), fc.array(tokenChange, { minLength: 1, maxLength: 2 })),
  )
  .map(([plan, changes]) => write(changed(plan, changes)));

interface Event {
  /** Seconds that go by. */
  readonly elapsed: number;
  /** What the tenant publishes from now on; `undefined` for what it did before. */
  readonly keySet: number | undefined;
}

export interface Step {
  readonly event: Event;
  readonly which: number;
  readonly other: number;
  readonly variant: Variant;
  readonly demand: Demand;
  readonly host: string;
}

const rarely = <T>(usual: T, others: fc.Arbitrary<T>, weight = 7) =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 3, arbitrary: others });

const anyKeySet = fc.constantFrom(0, 1, 2, 2, 3, 4, 5);

/**
 * What happens before a step. Whatever is added up of these times, it is clear whether a key set is late: they stay well
 * below 1200 seconds, or go well beyond.
 */
const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Event>({ elapsed: 0, keySet: undefined }) },
  {
    weight: 6,
    arbitrary: fc.record({ elapsed: fc.constantFrom(0.5, 20, 30, -20), keySet: fc.constant(undefined) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ elapsed: fc.constantFrom(0, 30, 700, 7200, 7200), keySet: anyKeySet }),
  },
);

const step: fc.Arbitrary<Step> = fc.record({
  event: events,
  which: fc.constantFrom(0, 0, 0, 1, 2),
  other: fc.nat({ max: 2 }),
  variant: variants,
  demand: rarely(NO_DEMAND, fc.constantFrom(...DEMANDS)),
  host: rarely<string>(HOSTS[0], fc.constant(HOSTS[1]), 20),
});

export const tokenSessions = fc.record({
  tokens: fc.array(token, { minLength: 1, maxLength: 3 }),
  steps: fc.array(step, { minLength: 4, maxLength: MOST_STEPS }),
  milliseconds: fc.constantFrom(0, 0, 0, 500),
  maxEntries: fc.constantFrom(1, 2, 1000),
});

export const proofSessions = fc.record({
  proofs: fc.array(mostlyGoodProofs, { minLength: 1, maxLength: 3 }),
  steps: fc.array(
    fc.record({
      which: fc.nat({ max: 2 }),
      other: fc.nat({ max: 2 }),
      boundTo: fc.nat({ max: 2 }),
      isOwnToken: rarely(true, fc.constant(false)),
      variant: variants,
      elapsed: rarely(0, fc.constantFrom(299, 301, -29, -31, 0.5)),
      httpMethod: rarely(METHOD, fc.constantFrom('post', 'GET')),
      httpUrl: rarely(URL_OF_REQUEST, fc.constant('https://api.example.com/b')),
    }),
    { minLength: 2, maxLength: MOST_STEPS },
  ),
});
