/**
 * All that one client knows of proofs: the keys it has seen, the proofs that were used, its nonces. Most APIs see no proof,
 * so the client loads this with the first.
 */
import type { DpopProofClaims } from '../claims.ts';
import { issueNonce } from './nonce.ts';
import { KnownProofKeys } from './proof-key.ts';
import { type DpopReplayStore, InMemoryReplayStore } from './replay.ts';
import { type ProofPolicy, type ProvenRequest, verifyProof } from './verify-proof.ts';

export interface ProofVerifierOptions extends Omit<ProofPolicy, 'knownKeys' | 'replayStore'> {
  /** `undefined` asks for a store of this verifier's own. */
  readonly replayStore: DpopReplayStore | false | undefined;
}

export class ProofVerifier {
  readonly #policy: ProofPolicy;

  constructor(options: ProofVerifierOptions) {
    this.#policy = {
      ...options,
      knownKeys: new KnownProofKeys(),
      replayStore: options.replayStore ?? new InMemoryReplayStore(options),
    };
  }

  /** Verifies a proof and marks it as used; rejects as {@link verifyProof}. */
  verify(request: ProvenRequest): Promise<DpopProofClaims> {
    return verifyProof(request, this.#policy);
  }

  /** `undefined` when no nonces are demanded. */
  async nextNonce(): Promise<string | undefined> {
    const { nonce, now } = this.#policy;
    return nonce && (await issueNonce(nonce, now()));
  }
}
