/**
 * The private keys of this API, from `decryptionKeys` as it is written to keys that can decrypt.
 */
import { type CryptoKey, importJWK, importPKCS8, type JWK } from 'jose';
import { ConfigurationError } from '../errors/index.ts';
import { isJsonObject, type JsonObject, ownMember } from '../jws/json.ts';
import { CURVES, findKeyManagement, type KeyFamily } from './algorithms.ts';
import type { JweHeader } from './read-jwe.ts';

/** A private key: PEM (PKCS #8), JWK, or CryptoKey. */
export type DecryptionKeyInput = string | JWK | CryptoKey;

/** A key, ready to decrypt with, and what it may be used for. */
export interface DecryptionKey {
  readonly key: CryptoKey;
  readonly family: KeyFamily;
  /** Only tokens that name it, or none; `undefined` for any. */
  readonly kid: string | undefined;
  /** The one algorithm it is meant for; `undefined` for all of its family. */
  readonly algorithm: string | undefined;
  /** `undefined` for RSA. */
  readonly curve: string | undefined;
}

/** What a key of each family must be able to do, and by which algorithm it is imported. */
const FAMILIES = {
  'RSA-OAEP': { importedAs: 'RSA-OAEP-256', usage: 'decrypt', operations: ['decrypt', 'unwrapKey'] },
  ECDH: { importedAs: 'ECDH-ES', usage: 'deriveBits', operations: ['deriveBits', 'deriveKey'] },
} as const;
const FAMILY_OF_KTY: Readonly<Record<string, KeyFamily>> = { RSA: 'RSA-OAEP', EC: 'ECDH' };

/** Members of a private JWK (RFC 7518 §6.2, §6.3). Others say what it is for, and have been looked at by then. */
const KEY_MEMBERS = ['kty', 'crv', 'x', 'y', 'd', 'n', 'e', 'p', 'q', 'dp', 'dq', 'qi'];
/** As for public keys: below 2048 bits is weak, above 8192 each token costs too much. */
const MODULUS_BITS = { least: 2048, most: 8192 };

/** @throws ConfigurationError naming the option, and never anything of the key */
export async function loadDecryptionKeys(inputs: readonly DecryptionKeyInput[]): Promise<DecryptionKey[]> {
  const keys: DecryptionKey[] = [];
  for (const [index, input] of inputs.entries()) {
    const key = await loadKey(input);
    if (key === undefined) {
      throw new ConfigurationError(
        `\`decryptionKeys[${index}]\` cannot be used: write a private RSA key of 2048 to 8192 bits for RSA-OAEP-256, or a ` +
          'private key of P-256, P-384 or P-521 for ECDH-ES.',
      );
    }
    keys.push(key);
  }
  return keys;
}

/**
 * The keys with which a token may be tried. One that names its key is tried with the keys of that name, or where there is
 * none, with those that have no name; one that names none, with all that fit.
 */
export function keysFor(
  { algorithm, kid, curve }: JweHeader,
  keys: readonly DecryptionKey[],
): readonly DecryptionKey[] {
  const fitting = keys.filter(
    (key) =>
      key.family === algorithm.family &&
      key.curve === curve &&
      (key.algorithm === undefined || key.algorithm === algorithm.name),
  );
  if (kid === undefined) return fitting;
  const named = fitting.filter((key) => key.kid === kid);
  return named.length > 0 ? named : fitting.filter((key) => key.kid === undefined);
}

/** `undefined` when it cannot be used. The library's message may describe the key, so it is not kept. */
async function loadKey(input: unknown): Promise<DecryptionKey | undefined> {
  try {
    if (typeof input === 'string') return describe(await importPem(input), {});
    if (isCryptoKey(input)) return describe(input, {});
    return isJsonObject(input) ? await loadJwk(input) : undefined;
  } catch {
    return undefined;
  }
}

async function importPem(pem: string): Promise<CryptoKey> {
  const importAs = async (family: KeyFamily) =>
    await importPKCS8(pem.trim(), FAMILIES[family].importedAs, { extractable: false });
  // What kind of key it is stands inside.
  return await importAs('RSA-OAEP').catch(() => importAs('ECDH'));
}

async function loadJwk(jwk: JsonObject): Promise<DecryptionKey | undefined> {
  const [kid, alg, use, operations] = ['kid', 'alg', 'use', 'key_ops'].map((name) => ownMember(jwk, name));
  const family = FAMILY_OF_KTY[String(ownMember(jwk, 'kty'))];
  if (family === undefined || (kid !== undefined && (typeof kid !== 'string' || kid === '')))
    return undefined;
  if (use !== undefined && use !== 'enc') return undefined;
  const mayDecrypt =
    Array.isArray(operations) && FAMILIES[family].operations.some((name) => operations.includes(name));
  if (operations !== undefined && !mayDecrypt) return undefined;
  const algorithm = findKeyManagement(alg);
  if (alg !== undefined && algorithm?.family !== family) return undefined;

  const members = KEY_MEMBERS.map((name) => [name, ownMember(jwk, name)]).filter(
    ([, value]) => value !== undefined,
  );
  const key = await importJWK(Object.fromEntries(members), FAMILIES[family].importedAs, {
    extractable: false,
  });
  return isCryptoKey(key) ? describe(key, { kid, algorithm: algorithm?.name }) : undefined;
}

function describe(
  key: CryptoKey,
  { kid, algorithm }: { kid?: string | undefined; algorithm?: string | undefined },
): DecryptionKey | undefined {
  const facts: unknown = key.algorithm;
  if (key.type !== 'private' || !isJsonObject(facts)) return undefined;
  const { name: family, modulusLength, namedCurve, hash } = facts;
  if (family === 'RSA-OAEP') {
    const bits = Number(modulusLength);
    const isStrong = bits >= MODULUS_BITS.least && bits <= MODULUS_BITS.most;
    const isSha256 = isJsonObject(hash) && hash.name === 'SHA-256';
    if (!isStrong || !isSha256 || !key.usages.includes('decrypt')) return undefined;
    return { key, family, kid, algorithm, curve: undefined };
  }
  const curve = CURVES.find(({ crv }) => crv === namedCurve)?.crv;
  if (family !== 'ECDH' || curve === undefined || !key.usages.includes('deriveBits')) return undefined;
  return { key, family, kid, algorithm, curve };
}

function isCryptoKey(value: unknown): value is CryptoKey {
  return Object.prototype.toString.call(value) === '[object CryptoKey]';
}
