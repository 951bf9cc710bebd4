import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  asItIs,
  type Change,
  changed,
  changesOf,
  extensionChanges,
  headerValues,
  jsonChanges,
  payload,
  payloadValues,
  type Plan,
  signatureChanges,
  textChanges,
  write,
} from './jws-plan.ts';
import type { Mutation } from './mutations.ts';
import { costly, foreign, prover, provers, SECONDS, type Signer, weak } from './tenant.ts';

export interface ProvenCase {
  readonly proof: string;
  /** The token that the proof came with. */
  readonly accessToken: string;
}

export const METHOD = 'POST';
export const URL_OF_REQUEST = 'https://api.example.com/a';
export const OFFSET_SECONDS = 300;
export const LEEWAY_SECONDS = 30;

export const athOf = (accessToken: string) => createHash('sha256').update(accessToken).digest('base64url');

const types = ['dpop+jwt', 'DPoP+JWT', 'application/dpop+jwt', 'JWT', 'at+jwt', '', 5, null, undefined];
const algorithms = ['none', 'HS256', 'ES256', 'ES384', 'RS256', 'EdDSA', 'es256', 5, null, undefined];
const offCurve = Buffer.alloc(32, 1).toString('base64url');
const { jwk } = prover;
const keys = [
  ...[foreign.ec.jwk, foreign.rsa.jwk, foreign.ed.jwk, prover.privateJwk, { kty: 'oct', k: 'AAAA' }],
  ...[undefined, null, 'key', [jwk], {}, 5, weak.rsa.jwk, weak.ed.jwk],
];

/** Members that say something else about the key of the proof than what it is. */
const members = [
  ...[
    { kid: 'x' },
    { kid: 5 },
    { x5c: ['AAAA'] },
    { ext: false },
    { ext: true },
    { ext: 'true' },
    { ext: null },
  ],
  ...[{ use: 'sig' }, { use: 'enc' }, { use: null }, { use: 'SIG' }],
  ...[
    { alg: 'ES256' },
    { alg: 'ES384' },
    { alg: 'EdDSA' },
    { alg: 'RS256' },
    { alg: 'Ed25519' },
    { alg: null },
  ],
  ...[['verify'], ['sign'], [], ['verify', 'verify'], ['verify', 'sign'], 'verify', null, ['verify', 5]].map(
    (key_ops) => ({ key_ops }),
  ),
  ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].flatMap((name) => [
    { [name]: 'AAAA' },
    { [name]: '' },
  ]),
  ...[
    { crv: 'P-384' },
    { crv: 'Ed448' },
    { crv: 5 },
    { kty: 'OKP' },
    { kty: 'EC' },
    { kty: 'RSA' },
    { kty: 'ec' },
  ],
  ...[{ x: offCurve }, { x: 5 }, { x: '' }, { y: undefined }, { x: undefined }, { e: 'AQ' }, { n: 'AQAB' }],
];

const bytes = (text: string) => Buffer.from(text, 'base64url');
/** Other ways to write the bytes of a key, and other bytes for the same number. */
const spellings: readonly Mutation[] = [
  (text) => `${text}=`,
  (text) => ` ${text}`,
  (text) => `${text}\n`,
  (text) => `AA${text}`,
  (text) => text.replaceAll('-', '+').replaceAll('_', '/'),
  (text) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1),
  (text) => Buffer.concat([Buffer.alloc(1), bytes(text)]).toString('base64url'),
  (text) => bytes(text).subarray(1).toString('base64url'),
  (text) => bytes(text).subarray(0, -1).toString('base64url'),
];

function onKey(change: (jwk: Record<string, unknown>) => object): Change {
  return (plan) => {
    const { jwk } = plan.header;
    return typeof jwk === 'object' && jwk !== null
      ? { ...plan, header: { ...plan.header, jwk: change({ ...jwk }) } }
      : plan;
  };
}

const keyChanges = fc.oneof(
  headerValues('jwk', ...keys),
  {
    weight: 2,
    arbitrary: fc.constantFrom(...members).map((other) => onKey((jwk) => ({ ...jwk, ...other }))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('x', 'y', 'n', 'e'), fc.constantFrom(...spellings))
      .map(([name, spell]) =>
        onKey((jwk) => {
          const value = jwk[name];
          return typeof value === 'string' ? { ...jwk, [name]: spell(value) } : jwk;
        }),
      ),
  },
  fc.constant(onKey((jwk) => Object.fromEntries(Object.entries(jwk).reverse()))),
);

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

/** A symbol is left out of JSON. */
const hashes = [
  athOf('another token'),
  athOf('').toLowerCase(),
  '',
  ' ',
  5,
  false,
  ['x'],
  {},
  Symbol('none'),
];

const change = fc.oneof(
  headerValues('typ', ...types),
  headerValues('alg', ...algorithms),
  { weight: 5, arbitrary: keyChanges },
  extensionChanges,
  payloadValues('jti', ...identifiers),
  payloadValues('htm', ...methods),
  payloadValues('htu', ...urls),
  payloadValues('iat', ...times),
  payloadValues('ath', ...hashes),
  payloadValues('nonce', 'x', '', 5, null, undefined),
  payloadValues('exp', 1, 'x'),
  payloadValues('pad', 'x'.repeat(12_400)),
  fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }).map(payload),
  { weight: 3, arbitrary: jsonChanges },
  { weight: 1, arbitrary: signatureChanges },
  { weight: 8, arbitrary: textChanges },
);

/** An access token as far as a proof can see it: the thumbprint it is bound to. */
export function tokenBoundTo(jkt: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'ES256' })}.${part({ cnf: { jkt } })}.AAAA`;
}

/** The thumbprint of a key however it is written (RFC 7638): whoever issued the token may have taken any key. */
export function thumbprint(jwk: unknown): string {
  const { crv, e, kty, n, x, y } = (typeof jwk === 'object' ? (jwk ?? {}) : {}) as Record<string, unknown>;
  const members = kty === 'RSA' ? { e, kty, n } : kty === 'OKP' ? { crv, kty, x } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}

const ACCESS_TOKEN = tokenBoundTo(thumbprint(prover.jwk));

const good = (alg: string, { jwk, signer }: { jwk: object; signer: Signer }): Plan => ({
  header: { typ: 'dpop+jwt', alg, jwk },
  payload: { jti: 'id', htm: METHOD, htu: URL_OF_REQUEST, iat: SECONDS, ath: undefined },
  signer,
  ...{ json: asItIs, beforeSigning: asItIs, afterSigning: asItIs },
});

const plans = fc.oneof(
  { weight: 22, arbitrary: fc.constant(good('ES256', prover)) },
  { weight: 22, arbitrary: fc.constant(good('EdDSA', provers.ed)) },
  { weight: 3, arbitrary: fc.constant(good('RS256', provers.rsa)) },
  { weight: 1, arbitrary: fc.constant(good('RS256', weak.rsa)) },
  { weight: 1, arbitrary: fc.constant(good('EdDSA', weak.ed)) },
  { weight: 1, arbitrary: fc.constant(good('RS256', costly.huge)) },
  { weight: 1, arbitrary: fc.constant(good('RS256', costly.longExponent)) },
);

/** Mostly with an access token that is bound to the key they carry. */
function provenCases(changes: fc.Arbitrary<readonly Change[]>): fc.Arbitrary<ProvenCase> {
  const isBound = fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false));
  return fc.tuple(plans, changes, isBound).map(([plan, changes, isBound]) => {
    const planned = changed(plan, changes);
    const accessToken = isBound ? tokenBoundTo(thumbprint(planned.header.jwk)) : ACCESS_TOKEN;
    const ath = planned.payload.ath ?? athOf(accessToken);
    return { proof: write({ ...planned, payload: { ...planned.payload, ath } }), accessToken };
  });
}

/** DPoP proofs that are good, odd or bad. */
export const proofs = provenCases(changesOf(change));

const jtiChange = payloadValues('jti', 'a', 'b', 'c');
export const mostlyGoodProofs = provenCases(
  fc.oneof({ weight: 4, arbitrary: fc.tuple(jtiChange) }, fc.tuple(change)),
);
