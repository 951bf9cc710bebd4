/**
 * Keys for the proofs we make ourselves (RFC 9449 §4.2): generated, or imported from a JWK. The private half is held where
 * nothing that prints, copies or clones a key can see it.
 */
import { ConfigurationError } from '../errors/index.ts';
import { ALGORITHMS, findAlgorithm, type JwsAlgorithm } from '../jws/algorithms.ts';
import { isJsonObject, type JsonObject, ownMember } from '../jws/json.ts';
import { jwkThumbprint, readPublicJwk } from '../jws/public-key.ts';
import type { PublicJwk } from '../jws/signature.ts';
import { webCryptoOf, type WebCryptoParameters } from '../jws/web-crypto.ts';
import { describeError } from '../platform/describe-error.ts';
import type { CreateDpopKeyOptions, DpopKey } from './types.ts';

/** What a proof needs of its key. */
export interface ProofSigner {
  readonly algorithm: string;
  readonly publicJwk: PublicJwk;
  readonly sign: (data: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>;
}

/** Not members of the key: what is not there cannot be printed. A look-alike has no entry. */
const SIGNERS = new WeakMap<DpopKey, ProofSigner>();

const RSA_MODULUS_BITS = 2048;
const RSA_EXPONENT = Uint8Array.from([1, 0, 1]);

/** What `createDpopKey` of the root loads. */
export async function createDpopKey(options: CreateDpopKeyOptions = {}): Promise<DpopKey> {
  const { algorithm, jwk } = readOptions(options);
  const { publicHalf, privateKey } =
    jwk === undefined ? await generate(algorithm) : await importPrivate(jwk, algorithm);
  const publicJwk = readPublicJwk(publicHalf, algorithm);
  if (publicJwk === undefined) throw notAKey(algorithm);

  const key: DpopKey = Object.freeze({ algorithm: algorithm.name, jkt: await jwkThumbprint(publicJwk) });
  SIGNERS.set(key, {
    algorithm: algorithm.name,
    publicJwk,
    sign: (data) => crypto.subtle.sign(webCryptoOf(algorithm), privateKey, data),
  });
  return key;
}

/** @throws ConfigurationError for anything that {@link createDpopKey} did not make */
export function signerOf(key: unknown): ProofSigner {
  const signer = isJsonObject(key) ? SIGNERS.get(key as object as DpopKey) : undefined;
  if (signer === undefined)
    throw new ConfigurationError('The DPoP key must be one that `createDpopKey` made.');
  return signer;
}

function readOptions(options: CreateDpopKeyOptions): {
  algorithm: JwsAlgorithm;
  jwk: JsonObject | undefined;
} {
  if (!isJsonObject(options))
    throw new ConfigurationError('The options of `createDpopKey` must be an object.');
  const { algorithm: name = 'ES256', jwk, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `\`${unknown.slice(0, 50)}\` is no option of \`createDpopKey\`; there are algorithm, jwk.`,
    );
  }
  const algorithm = findAlgorithm(name);
  if (algorithm === undefined) {
    const names = ALGORITHMS.map((known) => known.name).join(', ');
    throw new ConfigurationError(`\`algorithm\` must be one of ${names}.`);
  }
  if (jwk !== undefined && !isJsonObject(jwk)) throw notAKey(algorithm);
  return { algorithm, jwk };
}

async function generate(algorithm: JwsAlgorithm) {
  const size =
    algorithm.kty === 'RSA' ? { modulusLength: RSA_MODULUS_BITS, publicExponent: RSA_EXPONENT } : {};
  try {
    const parameters = { ...webCryptoOf(algorithm), ...size };
    const pair = await crypto.subtle.generateKey(parameters, false, ['sign', 'verify']);
    if (!('privateKey' in pair)) throw new TypeError('one key and no pair');
    const exported = await exportPublic(pair.publicKey, parameters);
    return { publicHalf: publicMembers({ ...exported }), privateKey: pair.privateKey };
  } catch (error) {
    // Not every runtime knows every curve.
    const cause = { name: 'algorithm', error: describeError(error) };
    throw new ConfigurationError(`This runtime cannot make a key for ${algorithm.name}.`, { cause });
  }
}

/**
 * The public half as a JWK, by way of a copy: Node 20 can wait for ever when it writes the JWK of a key in the moment in
 * which it collects the job that made it.
 */
async function exportPublic(publicKey: CryptoKey, parameters: WebCryptoParameters): Promise<JsonWebKey> {
  const spki = await crypto.subtle.exportKey('spki', publicKey);
  const copy = await crypto.subtle.importKey('spki', spki, parameters, true, ['verify']);
  return await crypto.subtle.exportKey('jwk', copy);
}

async function importPrivate(jwk: JsonObject, algorithm: JwsAlgorithm) {
  const publicHalf = publicMembers(jwk);
  // Read before anything is imported: WebCrypto would take a key of another size or curve than the algorithm asks for.
  const publicJwk = readPublicJwk(publicHalf, algorithm);
  if (publicJwk === undefined || !isMeantForSigning(jwk, algorithm)) throw notAKey(algorithm);
  const members = Object.fromEntries(
    PRIVATE_MEMBERS[algorithm.kty].map((name) => [name, ownMember(jwk, name)]),
  );
  try {
    const complete = { ...publicJwk, ...members };
    const privateKey = await crypto.subtle.importKey('jwk', complete, webCryptoOf(algorithm), false, [
      'sign',
    ]);
    await checkPair(publicJwk, privateKey, algorithm);
    return { publicHalf, privateKey };
  } catch {
    // The runtime's own message may describe the key, so it is not kept.
    throw notAKey(algorithm);
  }
}

/** A public half of another key would make proofs that nobody accepts, or claim a key that is not ours. */
async function checkPair(
  publicJwk: PublicJwk,
  privateKey: CryptoKey,
  algorithm: JwsAlgorithm,
): Promise<void> {
  const parameters = webCryptoOf(algorithm);
  const data = Uint8Array.from([0]);
  const publicKey = await crypto.subtle.importKey('jwk', { ...publicJwk }, parameters, false, ['verify']);
  const signature = await crypto.subtle.sign(parameters, privateKey, data);
  if (!(await crypto.subtle.verify(parameters, publicKey, signature, data))) throw new Error('two keys');
}

/** The private members of each key type (RFC 7518 §6.2.2, §6.3.2, RFC 8037 §2). */
const PRIVATE_MEMBERS: Readonly<Record<JwsAlgorithm['kty'], readonly string[]>> = {
  RSA: ['d', 'p', 'q', 'dp', 'dq', 'qi'],
  EC: ['d'],
  OKP: ['d'],
};
const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e'];

function publicMembers(jwk: JsonObject): JsonObject {
  return Object.fromEntries(
    PUBLIC_MEMBERS.filter((name) => Object.hasOwn(jwk, name)).map((name) => [name, jwk[name]]),
  );
}

/** What the key says of itself (RFC 7517 §4.2 to §4.4) must not contradict what it is used for. */
function isMeantForSigning(jwk: JsonObject, algorithm: JwsAlgorithm): boolean {
  const [use, alg, operations] = ['use', 'alg', 'key_ops'].map((name) => ownMember(jwk, name));
  return (
    (use === undefined || use === 'sig') &&
    (alg === undefined || alg === algorithm.name) &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('sign')))
  );
}

function notAKey({ name, kty, crv }: JwsAlgorithm): ConfigurationError {
  const kind =
    crv === undefined ? `${kty} of at least ${RSA_MODULUS_BITS} bits` : `${kty} on the curve ${crv}`;
  return new ConfigurationError(`\`jwk\` must be a private key for ${name}: ${kind}.`);
}
