import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { ALGORITHMS, findAlgorithm, type JwsAlgorithm } from '../../../src/jws/algorithms.ts';
import type { JsonObject } from '../../../src/jws/json.ts';
import { readPublicJwk } from '../../../src/jws/public-key.ts';
import type { PublicJwk } from '../../../src/jws/signature.ts';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const pairs = new Map<string, KeyPair>();

/** A key pair that fits an algorithm; the same for every algorithm of its type and curve. */
export function keyPairFor({ kty, crv = '' }: JwsAlgorithm): KeyPair {
  const name = kty === 'RSA' ? 'rsa' : crv;
  const pair = pairs.get(name) ?? generate(name);
  pairs.set(name, pair);
  return pair;
}

export function generate(name: string): KeyPair {
  if (name === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (name === 'Ed25519') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: name });
}

export function exportJwk(key: KeyObject): JsonObject {
  return { ...key.export({ format: 'jwk' }) };
}

export function algorithmNamed(name: string): JwsAlgorithm {
  const algorithm = findAlgorithm(name);
  if (algorithm === undefined) throw new Error(`no algorithm ${name}`);
  return algorithm;
}

export function publicJwkOf(key: KeyObject, algorithm: JwsAlgorithm): PublicJwk {
  const jwk = readPublicJwk(exportJwk(key), algorithm);
  if (jwk === undefined) throw new Error('expected a public key');
  return jwk;
}

/** A signature by node:crypto, whose parameters are written out here and not read from the table under test. */
export function signWith(
  algorithm: JwsAlgorithm,
  key: KeyObject,
  text: string,
  overrides: { saltLength?: number; dsaEncoding?: 'der' } = {},
): Uint8Array {
  const data = Buffer.from(text);
  const { name } = algorithm;
  const hash = `sha${name.slice(2)}`;
  if (name.startsWith('Ed')) return sign(null, data, key);
  if (name.startsWith('RS')) return sign(hash, data, key);
  if (name.startsWith('ES')) {
    return sign(hash, data, { key, dsaEncoding: overrides.dsaEncoding ?? 'ieee-p1363' });
  }
  const saltLength = overrides.saltLength ?? Number(name.slice(2)) / 8;
  return sign(hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}

export const ALL_ALGORITHMS = ALGORITHMS.map((algorithm) => [algorithm.name, algorithm] as const);
