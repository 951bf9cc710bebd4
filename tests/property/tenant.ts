import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export const SECONDS = 1_800_000_000;
export const ISSUER = 'https://tenant.example.com/';
export const AUDIENCE = 'https://api.example.com';
export const ALGORITHMS = ['RS256', 'PS384', 'ES256', 'EdDSA', 'Ed25519'];

export type Signer = (signingInput: string) => Uint8Array;

const generateRsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const generateEc = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

const exported = (key: KeyObject) => ({ ...key.export({ format: 'jwk' }) });
const withJwk = (pair: { publicKey: KeyObject; privateKey: KeyObject }) => ({
  ...pair,
  jwk: exported(pair.publicKey),
});

const rsa = generateRsa();
const otherRsa = generateRsa();
const ec = generateEc();
const ed = generateKeyPairSync('ed25519');

/** The keys of whoever is not the tenant. */
export const foreign = {
  rsa: withJwk(generateRsa()),
  ec: withJwk(generateEc()),
  ed: withJwk(generateKeyPairSync('ed25519')),
};

export const jwks = {
  keys: [
    { ...exported(rsa.publicKey), kid: 'rsa', alg: 'RS256', use: 'sig' },
    { ...exported(otherRsa.publicKey), kid: 'pss', alg: 'PS384' },
    { ...exported(ec.publicKey), kid: 'ec', use: 'sig', key_ops: ['verify'] },
    { ...exported(ed.publicKey), kid: 'ed' },
  ],
};

/** What the header of a good token says, and how it is signed. */
export const profiles: readonly { alg: string; kid: string; signer: Signer }[] = [
  { alg: 'RS256', kid: 'rsa', signer: (text) => sign('sha256', Buffer.from(text), rsa.privateKey) },
  { alg: 'PS384', kid: 'pss', signer: (text) => signPss(text, otherRsa.privateKey) },
  { alg: 'ES256', kid: 'ec', signer: (text) => signEc(text, ec.privateKey) },
  { alg: 'EdDSA', kid: 'ed', signer: (text) => sign(null, Buffer.from(text), ed.privateKey) },
  { alg: 'Ed25519', kid: 'ed', signer: (text) => sign(null, Buffer.from(text), ed.privateKey) },
];

const proverKeys = generateEc();

/** The client that makes DPoP proofs. */
export const prover = {
  jwk: exported(proverKeys.publicKey),
  privateJwk: exported(proverKeys.privateKey),
  signer: (text: string) => signEc(text, proverKeys.privateKey),
};

/** Signatures that are not what the header says. */
export const forgers: readonly Signer[] = [
  (text) => sign('sha256', Buffer.from(text), foreign.rsa.privateKey),
  (text) => signEc(text, foreign.ec.privateKey),
  (text) => sign(null, Buffer.from(text), foreign.ed.privateKey),
  (text) => signEc(text, ec.privateKey, 'der'),
  (text) => sign('sha512', Buffer.from(text), rsa.privateKey),
  (text) => sign('sha256', Buffer.from(text), rsa.privateKey),
  (text) =>
    createHmac('sha256', rsa.publicKey.export({ format: 'pem', type: 'spki' }))
      .update(text)
      .digest(),
  (text) =>
    createHmac('sha256', JSON.stringify(exported(rsa.publicKey)))
      .update(text)
      .digest(),
  () => new Uint8Array(64),
  () => new Uint8Array(256),
  () => Uint8Array.of(0),
];

function signEc(text: string, key: KeyObject, dsaEncoding: 'der' | 'ieee-p1363' = 'ieee-p1363'): Uint8Array {
  return sign('sha256', Buffer.from(text), { key, dsaEncoding });
}

function signPss(text: string, key: KeyObject): Uint8Array {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return sign('sha384', Buffer.from(text), { key, padding, saltLength: 48 });
}
