/**
 * The one table about signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1): everything the SDK knows about an `alg`
 * stands here, and nothing below enumerates algorithms again. Symmetric algorithms and `none` are not in it.
 */

export interface JwsAlgorithm {
  readonly name: string;
  readonly kty: 'RSA' | 'EC' | 'OKP';
  /** The curve; absent for RSA. */
  readonly crv?: string;
  readonly scheme: 'pkcs1' | 'pss' | 'ecdsa' | 'eddsa';
  /** The hash, as node:crypto names it; Ed25519 brings its own. */
  readonly hash?: 'sha256' | 'sha384' | 'sha512';
  /** Bytes of the hash, which is also the salt length of RSASSA-PSS. */
  readonly hashBytes?: number;
  /** Exact signature length for elliptic curves (IEEE P1363: r and s side by side). */
  readonly signatureBytes?: number;
  /** Exact length of a public key coordinate. */
  readonly coordinateBytes?: number;
}

const SHA256 = { hash: 'sha256', hashBytes: 32 } as const;
const SHA384 = { hash: 'sha384', hashBytes: 48 } as const;
const SHA512 = { hash: 'sha512', hashBytes: 64 } as const;
const ED25519 = {
  kty: 'OKP',
  crv: 'Ed25519',
  scheme: 'eddsa',
  signatureBytes: 64,
  coordinateBytes: 32,
} as const;

export const ALGORITHMS: readonly JwsAlgorithm[] = [
  { name: 'RS256', kty: 'RSA', scheme: 'pkcs1', ...SHA256 },
  { name: 'RS384', kty: 'RSA', scheme: 'pkcs1', ...SHA384 },
  { name: 'RS512', kty: 'RSA', scheme: 'pkcs1', ...SHA512 },
  { name: 'PS256', kty: 'RSA', scheme: 'pss', ...SHA256 },
  { name: 'PS384', kty: 'RSA', scheme: 'pss', ...SHA384 },
  { name: 'PS512', kty: 'RSA', scheme: 'pss', ...SHA512 },
  {
    name: 'ES256',
    kty: 'EC',
    crv: 'P-256',
    scheme: 'ecdsa',
    ...SHA256,
    signatureBytes: 64,
    coordinateBytes: 32,
  },
  {
    name: 'ES384',
    kty: 'EC',
    crv: 'P-384',
    scheme: 'ecdsa',
    ...SHA384,
    signatureBytes: 96,
    coordinateBytes: 48,
  },
  {
    name: 'ES512',
    kty: 'EC',
    crv: 'P-521',
    scheme: 'ecdsa',
    ...SHA512,
    signatureBytes: 132,
    coordinateBytes: 66,
  },
  { name: 'EdDSA', ...ED25519 },
  { name: 'Ed25519', ...ED25519 },
];

const BY_NAME: ReadonlyMap<unknown, JwsAlgorithm> = new Map(
  ALGORITHMS.map((algorithm) => [algorithm.name, algorithm]),
);

/** The entry of an `alg`, which may be anything a header can hold. */
export function findAlgorithm(name: unknown): JwsAlgorithm | undefined {
  return BY_NAME.get(name);
}

/**
 * The one length that a signature has: of an RSA key, that of its modulus (RFC 8017 §8.1.2, §8.2.2). OpenSSL alone
 * would take one that lacks leading zeros.
 */
export function signatureBytesOf(
  algorithm: JwsAlgorithm,
  jwk: { readonly kty: string; readonly n?: string },
): number {
  return algorithm.signatureBytes ?? Math.floor(((jwk.n ?? '').length * 3) / 4);
}
