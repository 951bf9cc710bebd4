import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  asItIs,
  extensionChanges,
  headerValues,
  jsonChanges,
  payload,
  payloadValues,
  type Plan,
  signatureChanges,
  textChanges,
  textsOf,
} from './jws-plan.ts';
import { foreign, prover, SECONDS } from './tenant.ts';

export const ACCESS_TOKEN = 'header.payload.signature';
export const ATH = createHash('sha256').update(ACCESS_TOKEN).digest('base64url');
export const METHOD = 'POST';
export const URL_OF_REQUEST = 'https://api.example.com/a';
export const OFFSET_SECONDS = 300;
export const LEEWAY_SECONDS = 30;

const types = ['dpop+jwt', 'DPoP+JWT', 'application/dpop+jwt', 'JWT', 'at+jwt', '', 5, null, undefined];
const algorithms = ['none', 'HS256', 'ES256', 'ES384', 'RS256', 'EdDSA', 'es256', 5, null, undefined];
const { jwk } = prover;
const offCurve = Buffer.alloc(32, 1).toString('base64url');
const keys = [
  ...[foreign.ec.jwk, foreign.rsa.jwk, foreign.ed.jwk, prover.privateJwk, { kty: 'oct', k: 'AAAA' }],
  ...[undefined, null, 'key', [jwk], {}, 5],
  ...[
    { ...jwk, kid: 'x' },
    { ...jwk, use: 'sig' },
    { ...jwk, use: 'enc' },
    { ...jwk, alg: 'ES256' },
  ],
  ...[
    { ...jwk, alg: 'ES384' },
    { ...jwk, key_ops: ['verify'] },
    { ...jwk, key_ops: ['sign'] },
  ],
  ...[
    { ...jwk, d: '' },
    { ...jwk, p: 'AAAA' },
    { ...jwk, k: 'AAAA' },
    { ...jwk, ext: false },
  ],
  ...[
    { ...jwk, crv: 'P-384' },
    { ...jwk, kty: 'OKP' },
    { ...jwk, x: `${String(jwk.x)}=` },
    { ...jwk, x: offCurve },
  ],
  ...[
    { ...jwk, x: 5 },
    { ...jwk, y: undefined },
    { ...jwk, x: '' },
    { ...jwk, x: `AA${String(jwk.x)}` },
  ],
];
const times = [
  ...[-301, -300, -299.5, 0, 29.5, 30, 30.5, 31].map((offset) => SECONDS + offset),
  ...[String(SECONDS), null, true, undefined, 1e308, []],
];
const urls = [
  ...['https://API.example.com:443/a', 'https://api.example.com/a?b#c', 'https://api.example.com/%61'],
  ...['https://api.example.com/a/', 'http://api.example.com/a', 'https://api.example.com/A', '/a', '', ' '],
  ...[5, null, [URL_OF_REQUEST], undefined],
];
const methods = ['post', 'Post', 'GET', 'POST ', '', 5, null, [METHOD], undefined];
const identifiers = ['', ' ', '\t\n', 'x', 'x'.repeat(256), 'x'.repeat(257), 5, null, ['x'], {}, undefined];

const change = fc.oneof(
  headerValues('typ', ...types),
  headerValues('alg', ...algorithms),
  { weight: 4, arbitrary: headerValues('jwk', ...keys) },
  extensionChanges,
  payloadValues('jti', ...identifiers),
  payloadValues('htm', ...methods),
  payloadValues('htu', ...urls),
  payloadValues('iat', ...times),
  payloadValues('ath', ATH.toLowerCase(), `${ATH}=`, '', 5, null, [ATH], undefined),
  payloadValues('nonce', 'x', '', 5, null, undefined),
  payloadValues('exp', 1, 'x'),
  payloadValues('pad', 'x'.repeat(12_400)),
  fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }).map(payload),
  { weight: 3, arbitrary: jsonChanges },
  { weight: 1, arbitrary: signatureChanges },
  { weight: 4, arbitrary: textChanges },
);

const good: Plan = {
  header: { typ: 'dpop+jwt', alg: 'ES256', jwk },
  payload: { jti: 'id', htm: METHOD, htu: URL_OF_REQUEST, iat: SECONDS, ath: ATH },
  signer: prover.signer,
  ...{ json: asItIs, beforeSigning: asItIs, afterSigning: asItIs },
};

/** DPoP proofs that are good, odd or bad. */
export const proofs: fc.Arbitrary<string> = textsOf(fc.constant(good), change);
