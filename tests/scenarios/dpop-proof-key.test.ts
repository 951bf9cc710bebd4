import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { badProof, expectRefusal } from '../support/assert-rejects.ts';
import { createBoundRequest, jsonObject, offers, setUp } from '../support/scenario.ts';

const { tenant, createClient } = setUp();
const key = tenant.createDpopKey();
const { x = '', y = '' } = key.publicJwk;
const EC = { kty: 'EC', crv: 'P-256', x, y };
const algorithms = ['ES256', 'ES384', 'RS256', 'EdDSA'];

const privateMembers = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  format: 'jwk',
});
const rsa = (modulusLength: number) => ({
  ...generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' }),
});
const RSA = rsa(2048);
const RSA_1024 = rsa(1024);

function flipped(text: string): string {
  const bytes = Buffer.from(text, 'base64url');
  bytes[5] = (bytes[5] ?? 0) ^ 1;
  return bytes.toString('base64url');
}

async function verify(header: Record<string, unknown>): Promise<unknown> {
  const { request } = await createBoundRequest(tenant, { key, proof: { header } });
  return createClient({ dpop: { algorithms } }).verifyRequest(request);
}

const refusal = badProof(
  'dpop_proof_key',
  offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' }).map((challenge) =>
    challenge.scheme === 'DPoP'
      ? { ...challenge, params: { ...challenge.params, algs: algorithms.join(' ') } }
      : challenge,
  ),
);

describe('the jwk of a proof', () => {
  it.each<[string, unknown]>([
    ['absent', undefined],
    ['null', null],
    ['a list', [EC]],
    ['an empty list', []],
    ['an empty object', {}],
    ['a text', JSON.stringify(EC)],
    ['a number', 7],
    ['without kty', { ...EC, kty: undefined }],
    ['without crv', { ...EC, crv: undefined }],
    ['without x', { ...EC, x: undefined }],
    ['without y', { ...EC, y: undefined }],
    ['with an empty y', { ...EC, y: '' }],
    ['with a y off the curve', { ...EC, y: flipped(y) }],
    ['with x and y exchanged', { ...EC, x: y, y: x }],
    ['with a point of zeros', { ...EC, x: 'A'.repeat(43), y: 'A'.repeat(43) }],
    ['with a short x', { ...EC, x: x.slice(0, 40) }],
    ['with a long x', { ...EC, x: `AAAA${x}` }],
    ['with padding', { ...EC, x: `${x}=` }],
    ['with base64 instead of base64url', { ...EC, x: `+/${x.slice(2)}` }],
    ['with a list for x', { ...EC, x: [x] }],
    ['with a number for y', { ...EC, y: 7 }],
    ['with its private member', { ...EC, d: privateMembers.d }],
    ['with an empty private member', { ...EC, d: '' }],
    ['with a private member that is null', { ...EC, d: null }],
    ['with a symmetric member', { ...EC, k: 'c2VjcmV0' }],
    ['with RSA factors', { ...EC, p: 'AQAB', q: 'AQAB' }],
    ['on another curve', { ...EC, crv: 'P-384' }],
    ['on a curve of another kind', { ...EC, crv: 'secp256k1' }],
    ['on a curve that is a list', { ...EC, crv: ['P-256'] }],
    ['symmetric', { kty: 'oct', k: 'c2VjcmV0' }],
    ['symmetric beside its coordinates', { ...EC, kty: 'oct' }],
    ['of type RSA', RSA],
    ['of type OKP', { kty: 'OKP', crv: 'Ed25519', x }],
    ['for another algorithm', { ...EC, alg: 'ES384' }],
    ['for encryption', { ...EC, use: 'enc' }],
    ['for other operations', { ...EC, key_ops: ['sign'] }],
    ['with operations that are no list', { ...EC, key_ops: 'verify' }],
    ['with inherited members only', jsonObject(`{"__proto__":${JSON.stringify(EC)}}`)],
    ['of 10 kB in one member', { ...EC, x: 'A'.repeat(10_000) }],
  ])('may not be %s', async (_what, jwk) => {
    await expectRefusal(verify({ jwk }), refusal);
  });

  it.each<[string, string, unknown]>([
    ['a small RSA key', 'RS256', RSA_1024],
    ['an RSA key without n', 'RS256', { ...RSA, n: undefined }],
    ['an RSA key without e', 'RS256', { ...RSA, e: undefined }],
    ['an RSA key with the exponent 1', 'RS256', { ...RSA, e: 'AQ' }],
    ['an RSA key with a huge e', 'RS256', { ...RSA, e: 'A'.repeat(400) }],
    ['an RSA key with a modulus of 10 kB', 'RS256', { ...RSA, n: 'q'.repeat(10_000) }],
    ['an RSA key with a leading zero', 'RS256', { ...RSA, n: Buffer.alloc(257).toString('base64url') }],
    ['an RSA key for RS384', 'RS256', { ...RSA, alg: 'RS384' }],
    ['an elliptic key', 'RS256', EC],
    ['an elliptic key', 'EdDSA', EC],
    ['a short Edwards key', 'EdDSA', { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' }],
    ['an Edwards key of small order', 'EdDSA', { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }],
    ['the neutral Edwards key', 'EdDSA', { kty: 'OKP', crv: 'Ed25519', x: `AQ${'A'.repeat(41)}` }],
    ['an X25519 key', 'EdDSA', { kty: 'OKP', crv: 'X25519', x }],
    ['a P-256 key', 'ES384', EC],
  ])('may not be %s for %s', async (_what, alg, jwk) => {
    await expectRefusal(verify({ alg, jwk }), refusal);
  });

  it('may be a good key whose signature is not there', async () => {
    await expect(verify({ alg: 'RS256', jwk: RSA })).rejects.toMatchObject({
      reason: 'dpop_proof_signature',
    });
  });

  it.each<[string, object]>([
    ['its use', { use: 'sig' }],
    ['its operations', { key_ops: ['verify'] }],
    ['its algorithm', { alg: 'ES256' }],
    ['a name', { kid: 'my key' }],
    ['members nobody knows', { ...jsonObject('{"__proto__":{"d":"x"}}'), 'x5t#S256': 'a', note: ['b'] }],
    ['10 kB that nobody reads', { note: 'x'.repeat(10_000) }],
  ])('may hold %s, which changes no thumbprint', async (_what, more) => {
    await expect(verify({ jwk: { ...EC, ...more } })).resolves.toMatchObject({ cnf: { jkt: key.jkt } });
  });
});
