/**
 * Everything about a signature algorithm in one table, and the two things done with it: making keys and signing.
 */

import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
} from 'node:crypto';
import type { PublicJwk, SigningAlgorithm } from './types.ts';

/**
 * Keys are made as bytes and read from there. Node 20 can wait for ever when it exports a key at the moment in which it
 * collects the job that made it.
 */
const SPKI = { type: 'spki', format: 'der' } as const;
const PKCS8 = { type: 'pkcs8', format: 'der' } as const;
const rsa = (): MadeKeys =>
  generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 });
const ec = (namedCurve: string) => (): MadeKeys =>
  generateKeyPairSync('ec', { namedCurve, publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 });
const ed25519 = (): MadeKeys =>
  generateKeyPairSync('ed25519', { publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 });

interface MadeKeys {
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

const PSS = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
} as const;
// JWS wants r and s side by side (RFC 7518 §3.4), not the DER sequence that is the default of node:crypto.
const P1363 = { dsaEncoding: 'ieee-p1363' } as const;

interface AlgorithmFacts {
  /** `null` where the signature scheme does its own hashing. */
  readonly hash: string | null;
  readonly generate: () => MadeKeys;
  readonly parameters?: typeof PSS | typeof P1363;
}

const ALGORITHMS: Readonly<Record<SigningAlgorithm, AlgorithmFacts>> = {
  RS256: { hash: 'sha256', generate: rsa },
  RS384: { hash: 'sha384', generate: rsa },
  RS512: { hash: 'sha512', generate: rsa },
  PS256: { hash: 'sha256', generate: rsa, parameters: PSS },
  PS384: { hash: 'sha384', generate: rsa, parameters: PSS },
  PS512: { hash: 'sha512', generate: rsa, parameters: PSS },
  ES256: { hash: 'sha256', generate: ec('P-256'), parameters: P1363 },
  ES384: { hash: 'sha384', generate: ec('P-384'), parameters: P1363 },
  ES512: { hash: 'sha512', generate: ec('P-521'), parameters: P1363 },
  EdDSA: { hash: null, generate: ed25519 },
  Ed25519: { hash: null, generate: ed25519 },
};

export const SIGNING_ALGORITHMS: readonly string[] = Object.keys(ALGORITHMS);

/** The members that make a key and its thumbprint, in the order RFC 7638 §3.2 hashes them. */
const MEMBERS = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
} as const;

export interface SigningKey {
  readonly algorithm: SigningAlgorithm;
  readonly publicJwk: PublicJwk;
  readonly privateKey: KeyObject;
}

export function generateSigningKey(algorithm: SigningAlgorithm): SigningKey {
  const { publicKey, privateKey } = ALGORITHMS[algorithm].generate();
  return {
    algorithm,
    publicJwk: exportPublicJwk(createPublicKey({ key: publicKey, ...SPKI })),
    privateKey: createPrivateKey({ key: privateKey, ...PKCS8 }),
  };
}

function exportPublicJwk(key: KeyObject): PublicJwk {
  const { kty = '', crv, x, y, n, e } = key.export({ format: 'jwk' });
  const members = Object.entries({ crv, x, y, n, e }).filter(([, value]) => value !== undefined);
  return { kty, ...Object.fromEntries(members) };
}

/** RFC 7638 with SHA-256. */
export function thumbprint(jwk: PublicJwk): string {
  const members = jwk.kty === 'EC' || jwk.kty === 'OKP' ? MEMBERS[jwk.kty] : MEMBERS.RSA;
  return sha256(JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]]))));
}

/** base64url of the SHA-256 of a text, as `ath` and `jkt` are written. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/**
 * A compact JWS over exactly this header and payload. Unlike a library's, it signs whatever it is given, so that
 * tokens no honest issuer would make can be made.
 */
export function signCompact(header: object, payload: object, key: SigningKey): string {
  const { hash, parameters } = ALGORITHMS[key.algorithm];
  const input = signingInput(header, payload);
  const signature = signBytes(hash, Buffer.from(input), { key: key.privateKey, ...parameters });
  return `${input}.${signature.toString('base64url')}`;
}

/** The same with HMAC-SHA-256 in place of a signature (RFC 7518 §3.2). */
export function macCompact(header: object, payload: object, secret: string): string {
  const input = signingInput(header, payload);
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

function signingInput(...parts: object[]): string {
  return parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}
