/**
 * How a JWS for the comparisons with jose is made: from a good plan and a few changes to it.
 */
import fc from 'fast-check';
import { type Mutation, mutations } from './mutations.ts';
import { forgers, type Signer } from './tenant.ts';

type Part = 'header' | 'payload';

export interface Plan {
  readonly header: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
  readonly signer: Signer;
  /** What becomes of the JSON before it is encoded. */
  readonly json: (text: string, part: Part) => string | Uint8Array;
  /** What becomes of the first two parts before they are signed. */
  readonly beforeSigning: Mutation;
  readonly afterSigning: Mutation;
}

export type Change = (plan: Plan) => Plan;

export const asItIs: Mutation = (text) => text;

export function header(members: object): Change {
  return (plan) => ({ ...plan, header: { ...plan.header, ...members } });
}

export function payload(members: object): Change {
  return (plan) => ({ ...plan, payload: { ...plan.payload, ...members } });
}

/** Each value in turn as that member of the header; `undefined` leaves it out. */
export function headerValues(name: string, ...values: readonly unknown[]): fc.Arbitrary<Change> {
  return fc.constantFrom(...values).map((value) => header({ [name]: value }));
}

export function payloadValues(name: string, ...values: readonly unknown[]): fc.Arbitrary<Change> {
  return fc.constantFrom(...values).map((value) => payload({ [name]: value }));
}

function onJson(only: Part | undefined, change: (text: string) => string | Uint8Array): Change {
  return (plan) => ({
    ...plan,
    json: (text, part) => (only === undefined || only === part ? change(text) : text),
  });
}

/** UTF-8 and what only looks like it: a stray byte, overlong, a surrogate, beyond Unicode, cut off; then good ones. */
const OCTETS = [
  ...['ff', 'c0af', 'e080af', 'eda080', 'f4908080', 'e282', '80', 'f0288cbc'],
  ...['efbfbd', 'f09f9880', 'c3a9', 'efbbbf', '7f', '5c7564383030'],
].map((hex) => Buffer.from(hex, 'hex'));

function withMember(json: string, octets: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${json.slice(0, -1)},"x":"`), octets, Buffer.from('"}')]);
}

/** JSON that is not what JSON.stringify writes. */
export const jsonChanges = fc.constantFrom<Change>(
  onJson('payload', (text) => text.replace(/"exp":[^,}]*/, '"exp":1e999')),
  onJson('payload', (text) => text.replace(/"iat":[^,}]*/, '"iat":-1e999')),
  onJson('payload', (text) => `{"nbf":-1e999,${text.slice(1)}`),
  onJson('payload', (text) => `{"exp":1,"iat":2,${text.slice(1)}`),
  onJson('payload', (text) => `${text.slice(0, -1)},"exp":1,"jti":2}`),
  onJson('payload', (text) => `${text.slice(0, -1)},"iss":"https://evil.example/","htm":"PUT"}`),
  onJson('header', (text) => `{"alg":"none",${text.slice(1)}`),
  onJson('header', (text) => `${text.slice(0, -1)},"alg":"none"}`),
  onJson('header', (text) => text.replace('"alg"', '"\\u0061lg"')),
  onJson(undefined, (text) => `\ufeff${text}`),
  onJson('header', (text) => `\ufeff${text}`),
  onJson(undefined, (text) => ` \r\n\t${text}\n`),
  onJson(undefined, (text) => `${text}\0`),
  onJson(undefined, (text) => `[${text}]`),
  onJson('payload', () => 'null'),
  onJson('payload', (text) => `{"__proto__":${text}}`),
  onJson('header', (text) => `{"__proto__":${text}}`),
  onJson('payload', (text) => `${text.slice(0, -1)},"__proto__":{"sub":""}}`),
  ...OCTETS.map((octets) => onJson('payload', (text) => withMember(text, octets))),
  ...OCTETS.map((octets) => onJson('header', (text) => withMember(text, octets))),
);

/** Header parameters that mean something to somebody. */
export const extensionChanges = fc
  .constantFrom<object>(
    ...[{ crit: [] }, { crit: ['exp'] }, { crit: ['b64'], b64: true }, { crit: ['b64'], b64: false }],
    ...[{ crit: 'b64' }, { crit: null }, { crit: ['b64'] }, { b64: false }, { b64: true }, { zip: 'DEF' }],
    ...[
      { zip: null },
      { jku: 'https://evil.example/' },
      { x5c: ['AAAA'] },
      { cty: 'JWT' },
      { enc: 'A256GCM' },
    ],
  )
  .map(header);

export const signatureChanges = fc
  .constantFrom(...forgers)
  .map((signer): Change => (plan) => ({ ...plan, signer }));

export const textChanges = fc.oneof(
  mutations.map((mutation): Change => (plan) => ({ ...plan, beforeSigning: mutation })),
  mutations.map((mutation): Change => (plan) => ({ ...plan, afterSigning: mutation })),
);

/** Most cases come with one change, which is where the interesting ones are; few with none. */
export function changesOf(change: fc.Arbitrary<Change>): fc.Arbitrary<readonly Change[]> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 5, arbitrary: fc.tuple(change) },
    { weight: 2, arbitrary: fc.tuple(change, change) },
    { weight: 1, arbitrary: fc.tuple(change, change, change) },
  );
}

export function changed(plan: Plan, changes: readonly Change[]): Plan {
  return changes.reduce((planned, change) => change(planned), plan);
}

export function write({ header, payload, signer, json, beforeSigning, afterSigning }: Plan): string {
  const encode = (value: object, part: Part) =>
    Buffer.from(json(JSON.stringify(value), part)).toString('base64url');
  const signingInput = beforeSigning(`${encode(header, 'header')}.${encode(payload, 'payload')}`);
  return afterSigning(`${signingInput}.${Buffer.from(signer(signingInput)).toString('base64url')}`);
}
