/**
 * The key that a proof carries (RFC 9449 §4.2), ready to verify with.
 */
import { importVerifier } from '#signature';
import { InvalidDpopProofError } from '../errors/index.ts';
import type { JwsAlgorithm } from '../jws/algorithms.ts';
import { type CompactJws, KnownHeaders } from '../jws/compact.ts';
import { isJsonObject, type JsonObject } from '../jws/json.ts';
import { jwkThumbprint, readPublicJwk } from '../jws/public-key.ts';
import type { Verifier } from '../jws/signature.ts';

export interface ProofKey {
  /** The SHA-256 thumbprint of the key (RFC 7638). */
  readonly jkt: string;
  readonly verifier: Verifier;
}

/**
 * Keys with which a proof was signed before. A client sends the same header with each proof, so the key is found by it:
 * neither read nor imported nor hashed again.
 */
export class KnownProofKeys {
  readonly headers = new KnownHeaders();
  readonly #keys = new WeakMap<JsonObject, ProofKey>();

  /** @param header as it was parsed; a known one is always the same object */
  get(header: JsonObject): ProofKey | undefined {
    return this.#keys.get(header);
  }

  /** @param jws a proof that was accepted: nobody else decides what is remembered */
  remember(jws: CompactJws, key: ProofKey): void {
    if (this.#keys.has(jws.header)) return;
    this.#keys.set(jws.header, key);
    this.headers.remember(jws);
  }
}

/** @throws InvalidDpopProofError `dpop_proof_key` for anything but a public key of the algorithm's type */
export async function importProofKey(jwk: unknown, algorithm: JwsAlgorithm): Promise<ProofKey> {
  const publicJwk = isJsonObject(jwk) ? readPublicJwk(jwk, algorithm) : undefined;
  if (publicJwk === undefined) throw new InvalidDpopProofError('dpop_proof_key');
  try {
    return {
      jkt: await jwkThumbprint(publicJwk),
      verifier: await importVerifier(publicJwk, algorithm),
    };
  } catch {
    // A point off its curve, say. The library's message may describe the key, so it is not kept.
    throw new InvalidDpopProofError('dpop_proof_key');
  }
}
