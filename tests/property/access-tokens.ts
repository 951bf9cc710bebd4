import fc from 'fast-check';
import {
  asItIs,
  changed,
  changesOf,
  extensionChanges,
  header,
  headerValues,
  jsonChanges,
  payload,
  payloadValues,
  type Plan,
  signatureChanges,
  textChanges,
  write,
} from './jws-plan.ts';
import { AUDIENCE, foreign, ISSUER, jwks, type Profile, profiles, SECONDS } from './tenant.ts';

const times = [
  ...[-2, -1, -0.5, 0, 0.5, 1, 2].map((offset) => SECONDS + offset),
  ...[0, -1, 1e308, null, true, [], {}, undefined, String(SECONDS + 60), ''],
];
const texts = ['', ' ', 'x', 5, 0, null, true, [], ['x'], {}, undefined];
const audiences = [
  ...[[AUDIENCE], ['x', AUDIENCE], [AUDIENCE, AUDIENCE], [AUDIENCE, 5], [AUDIENCE, null], [[AUDIENCE]], []],
  ...['x', `${AUDIENCE} `, { 0: AUDIENCE, length: 1 }, 5, null, undefined],
];
const issuers = [
  ...[ISSUER.slice(0, -1), ISSUER.toUpperCase(), 'https://evil.example/', `${ISSUER}/`],
  ...[[ISSUER], 5, '', undefined],
];
const algorithms = [
  ...['none', 'HS256', 'RS256', 'RS512', 'PS384', 'ES256', 'EdDSA', 'rs256', ''],
  ...[5, null, ['RS256'], undefined],
];
const types = [
  ...['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'id+jwt', 'dpop+jwt', ''],
  ...[5, null, undefined],
];

const kids = [
  ...jwks.keys.map(({ kid }) => kid),
  ...['unknown', '', ' ', 'constructor', '__proto__', 5, null, ['rsa']],
];

const change = fc.oneof(
  headerValues('alg', ...algorithms),
  headerValues('kid', ...kids),
  headerValues('kid', undefined),
  headerValues('typ', ...types),
  fc.constant(header({ jwk: foreign.ec.jwk })),
  extensionChanges,
  payloadValues('iss', ...issuers),
  payloadValues('aud', ...audiences),
  payloadValues('exp', ...times),
  payloadValues('nbf', ...times),
  payloadValues('iat', ...times),
  payloadValues('exp', SECONDS + 0.25, SECONDS + 0.75),
  payloadValues('nbf', SECONDS + 0.25, SECONDS + 0.75),
  payloadValues('sub', ...texts),
  payloadValues('jti', ...texts),
  payloadValues('scope', ...texts),
  payloadValues('cnf', { jkt: 'x' }, { jkt: '' }, { jkt: 5 }, { 'x5t#S256': 'y' }, {}, [], null, 'x', 5),
  payloadValues('pad', 'x'.repeat(12_400)),
  fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }).map(payload),
  { weight: 3, arbitrary: jsonChanges },
  { weight: 2, arbitrary: signatureChanges },
  { weight: 8, arbitrary: textChanges },
);

export function goodToken({ alg, kid, signer }: Profile): Plan {
  return {
    header: { alg, kid, typ: 'JWT' },
    payload: { iss: ISSUER, sub: 'auth0|1', aud: AUDIENCE, exp: SECONDS + 60, iat: SECONDS - 60 },
    signer,
    ...{ json: asItIs, beforeSigning: asItIs, afterSigning: asItIs },
  };
}

const good = fc.oneof(
  ...profiles.map((profile) => ({
    weight: profile.weight,
    arbitrary: fc.constant(goodToken(profile)),
  })),
);

/** An access token, and the time at which it comes. */
export interface TokenCase {
  readonly token: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Mostly whole seconds: it is then that a time of the token can be just reached. */
const clocks = fc
  .oneof(
    { weight: 7, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.constantFrom(1, 250, 500, 999) },
  )
  .map((milliseconds) => SECONDS * 1000 + milliseconds);

/** Access tokens that are good, odd or bad. */
export const accessTokens: fc.Arbitrary<TokenCase> = fc
  .tuple(good, changesOf(change), clocks)
  .map(([plan, changes, now]) => ({ token: write(changed(plan, changes)), now }));
