/**
 * Public keys from outside: members of a key set and the `jwk` of a DPoP proof. Pure.
 */
import { decodeBase64url, sha256 } from '#signature';
import { ALGORITHMS, type JwsAlgorithm } from './algorithms.ts';
import { type JsonObject, ownMember } from './json.ts';
import type { PublicJwk } from './signature.ts';

/** RFC 7518 §3.3 asks for 2048 bits at least. The upper limit keeps one verification from costing milliseconds. */
const RSA_MODULUS_BYTES = { least: 256, most: 1024 };
const RSA_EXPONENT_MOST_BYTES = 8;
/** With the exponent 1 anybody can sign. */
const WEAK_EXPONENTS = new Set(['AQ']);

/**
 * The encodings of the Ed25519 points of small order, sign bit cleared (RFC 8032 §5.1.3 admits them as keys): one
 * signature under them verifies for many messages or for all.
 */
const SMALL_ORDER_POINTS = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]);

/** Members that only a private or a symmetric key has (RFC 7518 §6.2.2, §6.3.2, §6.4.1; `priv` of newer types). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/**
 * The key in its canonical public form, or `undefined` when it is not a public key for this algorithm: another
 * type or curve, a private member, a coordinate of the wrong length, a modulus too small, meant for something else.
 */
export function readPublicJwk(jwk: JsonObject, algorithm: JwsAlgorithm): PublicJwk | undefined {
  if (!isMeantFor(jwk, algorithm)) return undefined;
  const kty = ownMember(jwk, 'kty');
  const crv = ownMember(jwk, 'crv');
  if (kty !== algorithm.kty || (algorithm.crv !== undefined && crv !== algorithm.crv)) return undefined;

  const { crv: curve = '', coordinateBytes = 0 } = algorithm;
  const coordinate = (name: string) => readBytes(jwk, name, coordinateBytes, coordinateBytes);
  switch (algorithm.kty) {
    case 'RSA': {
      const e = readBytes(jwk, 'e', 1, RSA_EXPONENT_MOST_BYTES);
      const n = readBytes(jwk, 'n', RSA_MODULUS_BYTES.least, RSA_MODULUS_BYTES.most);
      if (e === undefined || n === undefined || WEAK_EXPONENTS.has(e)) return undefined;
      return { e, kty: 'RSA', n };
    }
    case 'EC': {
      const x = coordinate('x');
      const y = coordinate('y');
      return x === undefined || y === undefined ? undefined : { crv: curve, kty: 'EC', x, y };
    }
    case 'OKP': {
      const x = coordinate('x');
      return x === undefined || isSmallOrder(x) ? undefined : { crv: curve, kty: 'OKP', x };
    }
  }
}

/** The algorithms for which a member of a key set may be used: the one it names, or all that fit its type. */
export function algorithmsOf(jwk: JsonObject): readonly JwsAlgorithm[] {
  return ALGORITHMS.filter((algorithm) => readPublicJwk(jwk, algorithm) !== undefined);
}

/** The SHA-256 thumbprint of a key (RFC 7638): its canonical form is already in the order that is hashed. */
export function jwkThumbprint(jwk: PublicJwk): string | Promise<string> {
  return sha256(JSON.stringify(jwk));
}

function isMeantFor(jwk: JsonObject, algorithm: JwsAlgorithm): boolean {
  const use = ownMember(jwk, 'use');
  const operations = ownMember(jwk, 'key_ops');
  const alg = ownMember(jwk, 'alg');
  const ext = ownMember(jwk, 'ext');
  return (
    (use === undefined || use === 'sig') &&
    // Nothing beside it: a public key does nothing else (RFC 7517 §4.3).
    (operations === undefined ||
      (Array.isArray(operations) && operations.length === 1 && operations[0] === 'verify')) &&
    (ext === undefined || typeof ext === 'boolean') &&
    (alg === undefined || alg === algorithm.name) &&
    !SECRET_MEMBERS.some((name) => Object.hasOwn(jwk, name))
  );
}

function isSmallOrder(x: string): boolean {
  const point = Uint8Array.from(decodeBase64url(x) ?? []);
  point[31] = (point[31] ?? 0) & 0x7f;
  return SMALL_ORDER_POINTS.has(Array.from(point, (byte) => byte.toString(16).padStart(2, '0')).join(''));
}

function readBytes(jwk: JsonObject, name: string, least: number, most: number): string | undefined {
  const text = ownMember(jwk, name);
  if (typeof text !== 'string' || text.length > 2 * most) return undefined;
  const bytes = decodeBase64url(text);
  if (bytes === undefined || bytes.byteLength < least || bytes.byteLength > most) return undefined;
  // A leading zero would give one RSA number two spellings, and a small modulus the length of a large one.
  return least !== most && bytes[0] === 0 ? undefined : text;
}
