import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ALGORITHMS, findAlgorithm } from '../../../src/jws/algorithms.ts';
import type { JsonObject } from '../../../src/jws/json.ts';
import { algorithmsOf, jwkThumbprint, readPublicJwk } from '../../../src/jws/public-key.ts';
import { ALL_ALGORITHMS, algorithmNamed, exportJwk, keyPairFor } from './keys.ts';

const RS256 = algorithmNamed('RS256');
const ES256 = algorithmNamed('ES256');
const rsa = exportJwk(keyPairFor(RS256).publicKey);
const p256 = exportJwk(keyPairFor(ES256).publicKey);
const ed25519 = exportJwk(keyPairFor(algorithmNamed('EdDSA')).publicKey);

const names = (jwk: JsonObject) => algorithmsOf(jwk).map(({ name }) => name);
const modulusOf = (bytes: number) => Buffer.alloc(bytes, 0xff).toString('base64url');

describe('findAlgorithm', () => {
  it('knows the asymmetric algorithms and nothing else', () => {
    expect(ALGORITHMS.map(({ name }) => name)).toEqual([
      'RS256',
      'RS384',
      'RS512',
      'PS256',
      'PS384',
      'PS512',
      'ES256',
      'ES384',
      'ES512',
      'EdDSA',
      'Ed25519',
    ]);
  });

  it.each(['HS256', 'none', 'None', 'rs256', 'RS256 ', '', 'ES256K', 'Ed448', '__proto__', 'constructor'])(
    'has no entry for %j',
    (name) => {
      expect(findAlgorithm(name)).toBeUndefined();
    },
  );

  it.each([undefined, null, 5, {}, ['RS256']])('has no entry for %j', (name) => {
    expect(findAlgorithm(name)).toBeUndefined();
  });
});

describe('readPublicJwk', () => {
  it.each(ALL_ALGORITHMS)('reads a public key for %s, with its public members alone', (_name, algorithm) => {
    const jwk = exportJwk(keyPairFor(algorithm).publicKey);
    const padded = {
      ...jwk,
      kid: 'a',
      use: 'sig',
      key_ops: ['verify'],
      alg: algorithm.name,
      x5c: ['x'],
      ext: true,
    };
    expect(readPublicJwk(padded, algorithm)).toEqual(jwk);
  });

  it.each(ALL_ALGORITHMS)('refuses a private key for %s', (_name, algorithm) => {
    expect(readPublicJwk(exportJwk(keyPairFor(algorithm).privateKey), algorithm)).toBeUndefined();
  });

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])(
    'refuses a key with the member %s, whatever its value',
    (name) => {
      for (const value of ['AA', '', null, 0]) {
        expect(readPublicJwk({ ...rsa, [name]: value }, RS256)).toBeUndefined();
      }
    },
  );

  it('refuses an RSA key of 1024 bits', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(readPublicJwk(exportJwk(publicKey), RS256)).toBeUndefined();
  });

  it.each([
    ['255 bytes', modulusOf(255), false],
    ['256 bytes', modulusOf(256), true],
    ['1024 bytes', modulusOf(1024), true],
    ['1025 bytes', modulusOf(1025), false],
    ['256 bytes with a leading zero', `AA${modulusOf(256).slice(2)}`, false],
    ['padding', `${modulusOf(256)}==`, false],
    ['megabytes', 'A'.repeat(4_000_000), false],
  ])('judges an RSA modulus of %s', (_title, n, accepted) => {
    expect(readPublicJwk({ kty: 'RSA', e: 'AQAB', n }, RS256) !== undefined).toBe(accepted);
  });

  it.each(['', 'AAEC', 'A'.repeat(16), 5, null, ['AQAB'], undefined])('refuses the RSA exponent %j', (e) => {
    expect(readPublicJwk({ ...rsa, e }, RS256)).toBeUndefined();
  });

  it.each([
    ['another type', { kty: 'RSA' }],
    ['another case of the type', { kty: 'ec' }],
    ['another curve', { crv: 'P-384' }],
    ['a curve that is not signed with', { crv: 'secp256k1' }],
    ['no curve', { crv: undefined }],
    ['a short coordinate', { x: 'AAEC' }],
    ['a long coordinate', { y: Buffer.alloc(33).toString('base64url') }],
    ['a coordinate that is no string', { x: 5 }],
    ['a coordinate of bits left over', { x: `${'A'.repeat(42)}B` }],
    ['no y', { y: undefined }],
    ['encryption as its use', { use: 'enc' }],
    ['a use that is no string', { use: ['sig'] }],
    ['no operation', { key_ops: [] }],
    ['other operations', { key_ops: ['sign', 'deriveKey'] }],
    ['another operation besides', { key_ops: ['verify', 'sign'] }],
    ['one operation twice', { key_ops: ['verify', 'verify'] }],
    ['an operation that is no text', { key_ops: ['verify', 5] }],
    ['an `ext` that is no boolean', { ext: 'true' }],
    ['operations in a string', { key_ops: 'verify' }],
    ['another algorithm', { alg: 'ES384' }],
    ['an algorithm that is no string', { alg: ['ES256'] }],
  ])('refuses an EC key with %s', (_title, members) => {
    expect(readPublicJwk({ ...p256, ...members }, ES256)).toBeUndefined();
  });

  it('refuses the exponent 1, under which anybody can sign', () => {
    expect(readPublicJwk({ ...rsa, e: 'AQ' }, RS256)).toBeUndefined();
    expect(readPublicJwk({ ...rsa, e: 'Aw' }, RS256)).toEqual({ ...rsa, e: 'Aw' });
  });

  it.each([
    ['the neutral element', `01${'00'.repeat(31)}`],
    ['the neutral element with its sign bit', `01${'00'.repeat(30)}80`],
    ['the neutral element, not reduced', `ee${'ff'.repeat(30)}7f`],
    ['a point of order two', `ec${'ff'.repeat(30)}7f`],
    ['a point of order four', '00'.repeat(32)],
    ['a point of order four with its sign bit', `${'00'.repeat(31)}80`],
    ['a point of order four, not reduced', `ed${'ff'.repeat(30)}ff`],
    ['a point of order eight', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['another point of order eight', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'],
  ])('refuses an Ed25519 key that is %s', (_title, hex) => {
    const x = Buffer.from(hex, 'hex').toString('base64url');
    expect(readPublicJwk({ ...ed25519, x }, algorithmNamed('EdDSA'))).toBeUndefined();
  });

  it('refuses a symmetric key, and one that only inherits its members', () => {
    expect(readPublicJwk({ kty: 'oct', k: 'AAAA' }, RS256)).toBeUndefined();
    expect(readPublicJwk(Object.create(p256) as JsonObject, ES256)).toBeUndefined();
  });

  it('refuses X25519, which shares its type with Ed25519', () => {
    expect(readPublicJwk({ ...ed25519, crv: 'X25519' }, algorithmNamed('EdDSA'))).toBeUndefined();
  });
});

describe('algorithmsOf', () => {
  it('lists what fits the type of a key that names no algorithm', () => {
    expect(names(rsa)).toEqual(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']);
    expect(names(p256)).toEqual(['ES256']);
    expect(names(ed25519)).toEqual(['EdDSA', 'Ed25519']);
  });

  it('lists the algorithm that the key names, and nothing when it does not fit the key', () => {
    expect(names({ ...rsa, alg: 'PS384' })).toEqual(['PS384']);
    expect(names({ ...rsa, alg: 'ES256' })).toEqual([]);
    expect(names({ ...rsa, alg: 'HS256' })).toEqual([]);
    expect(names({ ...ed25519, alg: 'EdDSA' })).toEqual(['EdDSA']);
  });
});

describe('jwkThumbprint', () => {
  it('is the same for a key however its members are ordered, and for no other key', async () => {
    const reversed = Object.fromEntries(Object.entries(p256).reverse());
    const [one, two, other] = [
      readPublicJwk(p256, ES256),
      readPublicJwk(reversed, ES256),
      readPublicJwk(rsa, RS256),
    ];
    if (one === undefined || two === undefined || other === undefined) throw new Error('expected keys');
    expect(await jwkThumbprint(two)).toBe(await jwkThumbprint(one));
    expect(await jwkThumbprint(other)).not.toBe(await jwkThumbprint(one));
    expect(await jwkThumbprint(one)).toMatch(/^[\w-]{43}$/);
  });
});
