/** The signed statement with which a client proves who it is (RFC 7523 §2.2, §3), and the keys it is signed with. */

import type { CryptoKey, JWK } from 'jose';
import { ConfigurationError } from '../errors/index.ts';
import { isJsonObject, ownMember } from '../jws/json.ts';

/** A private key: PKCS#8 in PEM, a private JWK, or a `CryptoKey` that may sign. */
export type SigningKey = string | CryptoKey | JWK;

export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** How long an assertion is good for; it is sent at once. */
const LIFETIME_SECONDS = 60;

export interface Assertion {
  /** A {@link SigningKey}, unless a program is wrong. */
  readonly key: unknown;
  /** The `alg`; by default that of the key, and RS256 for a key that does not say. */
  readonly algorithm: string | undefined;
  readonly clientId: string;
  /** The issuer, as `https://host/`: what Auth0 wants, and what no other server would take for its own. */
  readonly audience: string;
  readonly nowSeconds: number;
}

/** Makes an assertion. @throws ConfigurationError when the key cannot be used */
export type AssertionSigner = (assertion: Assertion) => Promise<string>;

/** The `alg` that goes with each curve of a JWK. */
const ALGORITHM_OF_CURVE: ReadonlyMap<unknown, string> = new Map([
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
  ['P-521', 'ES512'],
  ['Ed25519', 'EdDSA'],
]);

/** The first two letters of `alg` for each kind of RSA `CryptoKey`; its hash says the rest. */
const RSA_FAMILIES: ReadonlyMap<unknown, string> = new Map([
  ['RSASSA-PKCS1-v1_5', 'RS'],
  ['RSA-PSS', 'PS'],
]);

interface ImportedKey {
  readonly source: unknown;
  readonly algorithm: string | undefined;
  readonly key: Promise<{ readonly alg: string; readonly kid: string | undefined; readonly key: CryptoKey }>;
}

/** A signer that remembers the key it used last, for importing one takes longer than signing. */
export function createAssertionSigner(): AssertionSigner {
  let last: ImportedKey | undefined;
  return async ({ key: source, algorithm, clientId, audience, nowSeconds }) => {
    // An object is known by itself: whoever rotates a key gives another one.
    const isKnown = last?.source === source && last?.algorithm === algorithm;
    const imported =
      isKnown && last !== undefined ? last : { source, algorithm, key: importKey(source, algorithm) };
    last = imported;
    try {
      const { alg, kid, key } = await imported.key;
      const { SignJWT } = await import('jose');
      return await new SignJWT()
        .setProtectedHeader({ alg, typ: 'JWT', ...(kid === undefined ? {} : { kid }) })
        .setIssuer(clientId)
        .setSubject(clientId)
        .setAudience(audience)
        .setJti(crypto.randomUUID())
        .setIssuedAt(nowSeconds)
        .setExpirationTime(nowSeconds + LIFETIME_SECONDS)
        .sign(key);
    } catch {
      // What the library says may quote the key.
      throw new ConfigurationError(
        '`clientAssertionSigningKey` must be a private key (PKCS#8 in PEM, a JWK, or a CryptoKey that may sign) ' +
          'that fits `clientAssertionSigningAlg`, which is RS256 unless the key says otherwise.',
      );
    }
  };
}

/** Rejects when it is no private key, or none for this algorithm. */
async function importKey(
  source: unknown,
  given: string | undefined,
): Promise<{ alg: string; kid: string | undefined; key: CryptoKey }> {
  const { importJWK, importPKCS8 } = await import('jose');
  if (typeof source === 'string') {
    const alg = given ?? 'RS256';
    return { alg, kid: undefined, key: await importPKCS8(source.trim(), alg) };
  }
  if (isPrivateCryptoKey(source)) {
    return { alg: given ?? algorithmOfCryptoKey(source), kid: undefined, key: source };
  }
  if (!isPrivateJwk(source)) throw new TypeError('no private key');
  const kid = ownMember(source, 'kid');
  const own = ownMember(source, 'alg');
  const alg = given ?? (typeof own === 'string' ? own : undefined) ?? algorithmOfJwk(source);
  const key = await importJWK(source, alg);
  // A symmetric key would come back as bytes.
  if (key instanceof Uint8Array) throw new TypeError('a symmetric key');
  return { alg, kid: typeof kid === 'string' ? kid : undefined, key };
}

/** By its members: the class may be that of another realm. Whether it can sign is seen when it does. */
function isPrivateCryptoKey(value: unknown): value is CryptoKey {
  return isJsonObject(value) && value.type === 'private' && Array.isArray(value.usages);
}

function isPrivateJwk(value: unknown): value is JWK {
  if (!isJsonObject(value) || ownMember(value, 'kty') === 'oct') return false;
  return typeof ownMember(value, 'kty') === 'string' && typeof ownMember(value, 'd') === 'string';
}

function algorithmOfJwk(jwk: object): string {
  return ALGORITHM_OF_CURVE.get(ownMember(jwk, 'crv')) ?? 'RS256';
}

function algorithmOfCryptoKey({ algorithm }: CryptoKey): string {
  const { name } = algorithm;
  const curve = 'namedCurve' in algorithm ? algorithm.namedCurve : name;
  const family = RSA_FAMILIES.get(name);
  const hash = 'hash' in algorithm && isJsonObject(algorithm.hash) ? algorithm.hash.name : undefined;
  if (family !== undefined && typeof hash === 'string') return hash.replace('SHA-', family);
  return ALGORITHM_OF_CURVE.get(curve) ?? 'RS256';
}
