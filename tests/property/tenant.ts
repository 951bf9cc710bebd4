/**
 * The keys of the comparisons with jose, and whoever signs with them. They are made anew for each process.
 */
import {
  constants,
  createHmac,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto';
import { craftRsaKey, padded } from './rsa-key.ts';

export const SECONDS = 1_800_000_000;
export const ISSUER = 'https://tenant.example.com/';
export const AUDIENCE = 'https://api.example.com';
export const ALGORITHMS = ['RS256', 'PS384', 'ES256', 'EdDSA', 'Ed25519'];

export type Signer = (signingInput: string) => Uint8Array;
export type Jwk = JsonWebKey & Record<string, unknown>;

interface SigningKey {
  readonly jwk: Jwk;
  readonly privateJwk: Jwk;
  readonly signer: Signer;
}

const exported = (key: KeyObject): Jwk => ({ ...key.export({ format: 'jwk' }) });

/** Making a signature costs more than all the rest of a case; what was signed once is not signed again. */
const MOST_REMEMBERED = 5000;
function remembered(signer: Signer): Signer {
  const made = new Map<string, Uint8Array>();
  return (text) => {
    const known = made.get(text);
    if (known !== undefined) return known;
    const signature = signer(text);
    if (made.size >= MOST_REMEMBERED) made.clear();
    // A long text would fill the memory.
    if (text.length < 2000) made.set(text, signature);
    return signature;
  };
}

type Sign = (text: string, key: KeyObject) => Uint8Array;

function signingKey(pair: { publicKey: KeyObject; privateKey: KeyObject }, signWith: Sign): SigningKey {
  const { publicKey, privateKey } = pair;
  return {
    jwk: exported(publicKey),
    privateJwk: exported(privateKey),
    signer: remembered((text) => signWith(text, privateKey)),
  };
}

const generateRsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const generateEc = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

const signRsa: Sign = (text, key) => sign('sha256', Buffer.from(text), key);
const signPss: Sign = (text, key) =>
  sign('sha384', Buffer.from(text), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 });
const signEc: Sign = (text, key) => sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
const signDer: Sign = (text, key) => sign('sha256', Buffer.from(text), { key, dsaEncoding: 'der' });
const signEd: Sign = (text, key) => sign(null, Buffer.from(text), key);

const rsaPair = generateRsa();
const ecPair = generateEc();

export const rsa = signingKey(rsaPair, signRsa);
export const ec = signingKey(ecPair, signEc);
export const ed = signingKey(generateKeyPairSync('ed25519'), signEd);
const pss = signingKey(generateRsa(), signPss);
const twinEc = signingKey(generateEc(), signEc);
const twinEd = signingKey(generateKeyPairSync('ed25519'), signEd);

/** The keys of whoever is not the tenant. */
export const foreign = {
  rsa: signingKey(generateRsa(), signRsa),
  ec: signingKey(generateEc(), signEc),
  ed: signingKey(generateKeyPairSync('ed25519'), signEd),
};

/** Keys with which anybody can sign, and how. With the exponent 1, the padded hash is its own signature. */
export const weak = {
  rsa: {
    jwk: { ...exported(generateRsa().publicKey), e: 'AQ' } as Jwk,
    signer: (text: string) => padded(text, 256),
  },
  /** The neutral element of the curve: one signature for all texts. */
  ed: {
    jwk: { kty: 'OKP', crv: 'Ed25519', x: neutralPoint().toString('base64url') } as Jwk,
    signer: () => Buffer.concat([neutralPoint(), Buffer.alloc(32)]),
  },
};

function neutralPoint(): Buffer {
  return Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]);
}

/** Keys that are good but cost too much. */
const crafted = {
  huge: craftRsaKey({ primes: 130, primeBits: 64, e: 65537n }),
  longExponent: craftRsaKey({ primes: 32, primeBits: 64, e: 2n ** 64n + 13n }),
};
export const costly = {
  huge: { ...crafted.huge, signer: remembered(crafted.huge.signer) },
  longExponent: { ...crafted.longExponent, signer: remembered(crafted.longExponent.signer) },
};

export const jwks: { keys: Jwk[] } = {
  keys: [
    { ...rsa.jwk, kid: 'rsa', alg: 'RS256', use: 'sig' },
    { ...pss.jwk, kid: 'pss', alg: 'PS384', ext: true },
    { ...ec.jwk, kid: 'ec', use: 'sig', key_ops: ['verify'] },
    { ...ed.jwk, kid: 'ed' },
    { ...twinEc.jwk, kid: 'twin' },
    { ...twinEd.jwk, kid: 'twin' },
    { ...weak.rsa.jwk, kid: 'weak-rsa', alg: 'RS256' },
    { ...weak.ed.jwk, kid: 'weak-ed' },
    { ...ec.jwk, kid: 'for-encryption', use: 'enc' },
    { ...ec.jwk, kid: 'for-another', alg: 'ES384' },
    { ...ec.jwk, kid: 'for-nothing', key_ops: [] },
    { ...ec.jwk, kid: 'for-signing', key_ops: ['verify', 'sign'] },
    { ...ec.jwk, kid: 'said-twice', key_ops: ['verify', 'verify'] },
    { ...ec.jwk, kid: 'badly-exportable', ext: 'true' },
    { ...ec.privateJwk, kid: 'private' },
    { ...ec.jwk, kid: 'half-private', q: 'AAAA' },
    { ...ec.jwk, kid: 'padded', x: `${String(ec.jwk.x)}=` },
    { ...costly.huge.jwk, kid: 'huge', alg: 'RS256' },
    { ...costly.longExponent.jwk, kid: 'long-exponent', alg: 'RS256' },
  ],
};

/** What the header of a good token says, how it is signed, and how often it occurs. */
export interface Profile {
  readonly alg: string;
  readonly kid: string;
  readonly signer: Signer;
  readonly weight: number;
}

export const profiles: readonly Profile[] = [
  { alg: 'ES256', kid: 'ec', signer: ec.signer, weight: 16 },
  { alg: 'EdDSA', kid: 'ed', signer: ed.signer, weight: 12 },
  { alg: 'Ed25519', kid: 'ed', signer: ed.signer, weight: 12 },
  { alg: 'RS256', kid: 'rsa', signer: rsa.signer, weight: 4 },
  { alg: 'PS384', kid: 'pss', signer: pss.signer, weight: 3 },
  { alg: 'ES256', kid: 'twin', signer: twinEc.signer, weight: 2 },
  { alg: 'EdDSA', kid: 'twin', signer: twinEd.signer, weight: 2 },
  { alg: 'RS256', kid: 'weak-rsa', signer: weak.rsa.signer, weight: 1 },
  { alg: 'EdDSA', kid: 'weak-ed', signer: weak.ed.signer, weight: 1 },
  { alg: 'ES256', kid: 'half-private', signer: ec.signer, weight: 1 },
  { alg: 'ES256', kid: 'padded', signer: ec.signer, weight: 1 },
  { alg: 'RS256', kid: 'huge', signer: costly.huge.signer, weight: 1 },
  { alg: 'RS256', kid: 'long-exponent', signer: costly.longExponent.signer, weight: 1 },
];

/** The client that makes DPoP proofs. */
export const prover = signingKey(generateEc(), signEc);
export const provers = {
  rsa: signingKey(generateRsa(), signRsa),
  ed: signingKey(generateKeyPairSync('ed25519'), signEd),
};

/** Signatures that are not what the header says. */
export const forgers: readonly Signer[] = [
  foreign.rsa.signer,
  foreign.ec.signer,
  foreign.ed.signer,
  remembered((text) => signDer(text, ecPair.privateKey)),
  remembered((text) => sign('sha512', Buffer.from(text), rsaPair.privateKey)),
  rsa.signer,
  (text) =>
    createHmac('sha256', rsaPair.publicKey.export({ format: 'pem', type: 'spki' }))
      .update(text)
      .digest(),
  (text) => createHmac('sha256', JSON.stringify(rsa.jwk)).update(text).digest(),
  weak.rsa.signer,
  weak.ed.signer,
  () => new Uint8Array(64),
  () => new Uint8Array(256),
  () => Uint8Array.of(0),
];
