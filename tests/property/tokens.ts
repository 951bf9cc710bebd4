/**
 * Access tokens for the comparison with jose: each is a good one with up to three things wrong, or merely odd.
 */
import fc from 'fast-check';
import { type Mutation, mutations } from './mutations.ts';
import { AUDIENCE, foreignJwk, forgers, ISSUER, profiles, SECONDS, type Signer } from './tenant.ts';

interface Plan {
  readonly header: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
  readonly signer: Signer;
  /** What becomes of the JSON before it is encoded. */
  readonly json: (text: string, part: 'header' | 'payload') => string | Uint8Array;
  /** What becomes of the first two parts before they are signed. */
  readonly beforeSigning: Mutation;
  readonly afterSigning: Mutation;
}

type Change = (plan: Plan) => Plan;

const header =
  (members: object): Change =>
  (plan) => ({ ...plan, header: { ...plan.header, ...members } });
const payload =
  (members: object): Change =>
  (plan) => ({ ...plan, payload: { ...plan.payload, ...members } });
const json =
  (json: Plan['json']): Change =>
  (plan) => ({ ...plan, json });

const headerChanges = fc.oneof(
  fc
    .constantFrom(
      'none',
      'HS256',
      'RS256',
      'RS512',
      'PS384',
      'ES256',
      'EdDSA',
      'rs256',
      '',
      5,
      null,
      ['RS256'],
      undefined,
    )
    .map((alg) => header({ alg })),
  fc
    .constantFrom('rsa', 'pss', 'ec', 'ed', 'unknown', '', ' ', 5, null, ['rsa'], undefined)
    .map((kid) => header({ kid })),
  fc
    .constantFrom(
      'JWT',
      'jwt',
      'at+jwt',
      'AT+JWT',
      'application/at+jwt',
      'id+jwt',
      'dpop+jwt',
      '',
      5,
      null,
      undefined,
    )
    .map((typ) => header({ typ })),
  fc
    .constantFrom<object>(
      ...[
        { crit: [] },
        { crit: ['exp'] },
        { crit: ['b64'], b64: true },
        { crit: ['b64'], b64: false },
        { crit: 'b64' },
      ],
      ...[{ b64: false }, { b64: true }, { zip: 'DEF' }, { zip: null }, { crit: null }, { crit: ['b64'] }],
      ...[
        { jwk: foreignJwk },
        { jku: 'https://evil.example/' },
        { x5c: ['AAAA'] },
        { cty: 'JWT' },
        { enc: 'A256GCM' },
      ],
    )
    .map(header),
);

const time = fc.oneof(
  fc.integer({ min: -2, max: 2 }).map((offset) => SECONDS + offset),
  fc.constantFrom(
    SECONDS + 0.5,
    SECONDS - 0.5,
    0,
    -1,
    1e308,
    null,
    true,
    [],
    {},
    undefined,
    String(SECONDS + 60),
    '',
  ),
);
const text = fc.constantFrom('', ' ', 'x', 5, 0, null, true, [], ['x'], {}, undefined);
const payloadChanges = fc.oneof(
  fc
    .constantFrom(
      ISSUER.slice(0, -1),
      ISSUER.toUpperCase(),
      'https://evil.example/',
      `${ISSUER}/`,
      [ISSUER],
      5,
      '',
      undefined,
    )
    .map((iss) => payload({ iss })),
  fc
    .constantFrom<unknown>(
      ...[
        [AUDIENCE],
        ['x', AUDIENCE],
        [AUDIENCE, AUDIENCE],
        [AUDIENCE, 5],
        [AUDIENCE, null],
        [[AUDIENCE]],
        [],
      ],
      ...['x', `${AUDIENCE} `, { 0: AUDIENCE, length: 1 }, 5, null, undefined],
    )
    .map((aud) => payload({ aud })),
  fc.tuple(fc.constantFrom('exp', 'nbf', 'iat'), time).map(([name, value]) => payload({ [name]: value })),
  fc.tuple(fc.constantFrom('sub', 'jti', 'scope'), text).map(([name, value]) => payload({ [name]: value })),
  fc
    .constantFrom<unknown>({ jkt: 'x' }, { jkt: '' }, { jkt: 5 }, { 'x5t#S256': 'y' }, {}, [], null, 'x', 5)
    .map((cnf) => payload({ cnf })),
  fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }).map(payload),
  fc.constant(payload({ pad: 'x'.repeat(12_400) })),
);

/** JSON that is not what JSON.stringify writes. */
const jsonChanges = fc.constantFrom<Change>(
  json((text, part) => (part === 'payload' ? text.replace(/"exp":[^,}]*/, '"exp":1e999') : text)),
  json((text, part) => (part === 'payload' ? text.replace(/"iat":[^,}]*/, '"iat":-1e999') : text)),
  json((text, part) => (part === 'payload' ? `{"nbf":-1e999,${text.slice(1)}` : text)),
  json((text, part) => (part === 'payload' ? `{"exp":1,${text.slice(1)}` : text)),
  json((text, part) => (part === 'payload' ? `${text.slice(0, -1)},"exp":1}` : text)),
  json((text, part) => (part === 'payload' ? `${text.slice(0, -1)},"iss":"https://evil.example/"}` : text)),
  json((text, part) => (part === 'header' ? `{"alg":"none",${text.slice(1)}` : text)),
  json((text, part) => (part === 'header' ? `${text.slice(0, -1)},"alg":"none"}` : text)),
  json((text, part) => (part === 'header' ? text.replace('"alg"', '"\\u0061lg"') : text)),
  json((text) => `\ufeff${text}`),
  json((text, part) => (part === 'header' ? `\ufeff${text}` : text)),
  json((text) => ` \r\n\t${text}\n`),
  json((text) => `${text}\0`),
  json((text) => `[${text}]`),
  json((text, part) => (part === 'payload' ? 'null' : text)),
  json((text, part) => (part === 'payload' ? `{"__proto__":${text}}` : text)),
  json((text, part) => (part === 'payload' ? `${text.slice(0, -1)},"__proto__":{"sub":""}}` : text)),
  json((text, part) =>
    part === 'payload'
      ? Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"x":"\xff"}', 'latin1')])
      : text,
  ),
);

const signatureChanges = fc.constantFrom(...forgers).map((signer): Change => (plan) => ({ ...plan, signer }));
const textChanges = fc.oneof(
  mutations.map((mutation): Change => (plan) => ({ ...plan, beforeSigning: mutation })),
  mutations.map((mutation): Change => (plan) => ({ ...plan, afterSigning: mutation })),
);

const change = fc.oneof(
  { weight: 3, arbitrary: headerChanges },
  { weight: 4, arbitrary: payloadChanges },
  { weight: 2, arbitrary: jsonChanges },
  { weight: 1, arbitrary: signatureChanges },
  { weight: 3, arbitrary: textChanges },
);

const asItIs: Mutation = (text) => text;

function goodPlan({ alg, kid, signer }: (typeof profiles)[number]): Plan {
  return {
    header: { alg, kid, typ: 'JWT' },
    payload: { iss: ISSUER, sub: 'auth0|1', aud: AUDIENCE, exp: SECONDS + 60, iat: SECONDS - 60 },
    signer,
    json: asItIs,
    beforeSigning: asItIs,
    afterSigning: asItIs,
  };
}

function write({ header, payload, signer, json, beforeSigning, afterSigning }: Plan): string {
  const encode = (value: object, part: 'header' | 'payload') =>
    Buffer.from(json(JSON.stringify(value), part)).toString('base64url');
  const signingInput = beforeSigning(`${encode(header, 'header')}.${encode(payload, 'payload')}`);
  return afterSigning(`${signingInput}.${Buffer.from(signer(signingInput)).toString('base64url')}`);
}

export const accessTokens: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...profiles), fc.array(change, { maxLength: 3 }))
  .map(([profile, changes]) => write(changes.reduce((plan, change) => change(plan), goodPlan(profile))));
