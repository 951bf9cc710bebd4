/**
 * An issuer's key set (RFC 7517 §5): the members that can verify a signature, found by `kid`.
 */
import { importVerifier } from '#signature';
import type { JwsAlgorithm } from '../jws/algorithms.ts';
import { isJsonObject, type JsonObject, ownMember } from '../jws/json.ts';
import { algorithmsOf, readPublicJwk } from '../jws/public-key.ts';
import type { Verifier } from '../jws/signature.ts';
import { LoadFailure } from './load-failure.ts';

/** Why a set has no verifier for a token. */
export type KeyMiss = 'unknown_kid' | 'unsupported_algorithm';

interface KeyEntry {
  readonly jwk: JsonObject;
  /** Imported when first used, once for each algorithm, and gone with the set; `undefined` when that is impossible. */
  readonly verifiers: Map<JwsAlgorithm, Verifier | undefined>;
}

export class KeySet {
  readonly #keys = new Map<string, KeyEntry[]>();

  constructor(jwks: readonly JsonObject[]) {
    for (const jwk of jwks) {
      const kid = ownMember(jwk, 'kid');
      if (typeof kid !== 'string' || algorithmsOf(jwk).length === 0) continue;
      const entry: KeyEntry = { jwk, verifiers: new Map() };
      const namesakes = this.#keys.get(kid);
      if (namesakes === undefined) this.#keys.set(kid, [entry]);
      else namesakes.push(entry);
    }
  }

  get isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  has(kid: string): boolean {
    return this.#keys.has(kid);
  }

  /** The same as {@link find}, at once, when the first key of that `kid` was imported already. */
  imported(kid: string, algorithm: JwsAlgorithm): Verifier | undefined {
    return this.#keys.get(kid)?.[0]?.verifiers.get(algorithm);
  }

  /**
   * The verifier of the key with that `kid`. Of keys that share a `kid` (RFC 7517 §4.5 lets keys of different types
   * do so), the first that allows the algorithm counts.
   */
  async find(kid: string, algorithm: JwsAlgorithm): Promise<Verifier | KeyMiss> {
    const namesakes = this.#keys.get(kid);
    if (namesakes === undefined) return 'unknown_kid';
    for (const entry of namesakes) {
      if (!entry.verifiers.has(algorithm)) {
        // Kept when it is there, not while it is made: a promise of one request may never settle for another.
        entry.verifiers.set(algorithm, await importKey(entry.jwk, algorithm));
      }
      const verifier = entry.verifiers.get(algorithm);
      if (verifier !== undefined) return verifier;
    }
    return 'unsupported_algorithm';
  }
}

/**
 * Reads a key set; what no signature can be verified with (symmetric, for encryption, broken) is passed over.
 *
 * @throws LoadFailure also for a set without a usable key: it may be meant, so it counts as withdrawn
 */
export function parseKeySet(json: unknown): KeySet {
  const keys = isJsonObject(json) ? ownMember(json, 'keys') : undefined;
  if (!Array.isArray(keys)) throw new LoadFailure('the answer is not a key set');
  const keySet = new KeySet(keys.filter(isJsonObject));
  if (keySet.isEmpty) throw new LoadFailure('the key set has no usable key', { withdrawn: true });
  return keySet;
}

/** `undefined` when the key does not allow the algorithm, or does not exist, such as a point off its curve. */
async function importKey(jwk: JsonObject, algorithm: JwsAlgorithm): Promise<Verifier | undefined> {
  const publicJwk = readPublicJwk(jwk, algorithm);
  if (publicJwk === undefined) return undefined;
  try {
    return await importVerifier(publicJwk, algorithm);
  } catch {
    return undefined;
  }
}
