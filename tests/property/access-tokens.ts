import fc from 'fast-check';
import {
  asItIs,
  extensionChanges,
  header,
  headerValues,
  jsonChanges,
  payload,
  payloadValues,
  type Plan,
  signatureChanges,
  textChanges,
  textsOf,
} from './jws-plan.ts';
import { AUDIENCE, foreign, ISSUER, profiles, SECONDS } from './tenant.ts';

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

const change = fc.oneof(
  headerValues('alg', ...algorithms),
  headerValues('kid', 'rsa', 'pss', 'ec', 'ed', 'unknown', '', ' ', 5, null, ['rsa'], undefined),
  headerValues('typ', ...types),
  fc.constant(header({ jwk: foreign.ec.jwk })),
  extensionChanges,
  payloadValues('iss', ...issuers),
  payloadValues('aud', ...audiences),
  payloadValues('exp', ...times),
  payloadValues('nbf', ...times),
  payloadValues('iat', ...times),
  payloadValues('sub', ...texts),
  payloadValues('jti', ...texts),
  payloadValues('scope', ...texts),
  payloadValues('cnf', { jkt: 'x' }, { jkt: '' }, { jkt: 5 }, { 'x5t#S256': 'y' }, {}, [], null, 'x', 5),
  payloadValues('pad', 'x'.repeat(12_400)),
  fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }).map(payload),
  { weight: 3, arbitrary: jsonChanges },
  { weight: 2, arbitrary: signatureChanges },
  { weight: 4, arbitrary: textChanges },
);

const good = fc.constantFrom(...profiles).map(({ alg, kid, signer }): Plan => ({
  header: { alg, kid, typ: 'JWT' },
  payload: { iss: ISSUER, sub: 'auth0|1', aud: AUDIENCE, exp: SECONDS + 60, iat: SECONDS - 60 },
  signer,
  ...{ json: asItIs, beforeSigning: asItIs, afterSigning: asItIs },
}));

/** Access tokens that are good, odd or bad. */
export const accessTokens: fc.Arbitrary<string> = textsOf(good, change);
