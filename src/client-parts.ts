/**
 * The parts of a client, wired. What only some programs need is loaded with its first use: an API that only verifies Bearer
 * tokens loads nothing for proofs, exchanges and encrypted tokens.
 */
import type { AccessTokenPolicy } from './access-token/verify-access-token.ts';
import { createDpopProof } from './dpop/outgoing.ts';
import type { ProofVerifier } from './dpop/proof-verifier.ts';
import type { TokenExchange, TokenExchangeDependencies } from './exchange/token-exchange.ts';
import { Issuers } from './issuer/issuers.ts';
import { SharedDocuments } from './issuer/shared-documents.ts';
import type { Decrypter } from './jwe/decrypt.ts';
import { KnownHeaders } from './jws/compact.ts';
import type { ResolvedOptions } from './options/resolve-options.ts';
import { LruMap } from './platform/lru-map.ts';
import type { ChallengePolicy } from './request/challenge.ts';
import type { DpopMode } from './request/scheme-policy.ts';

/** What challenges are written from. */
export type ClientChallenges = Omit<ChallengePolicy, 'schemes'> & { readonly mode: DpopMode };

export class ClientParts {
  readonly options: ResolvedOptions;
  readonly issuers: Issuers;
  readonly accessTokenPolicy: AccessTokenPolicy;
  /** What every challenge of this client says. */
  readonly challenges: ClientChallenges;
  readonly #verifySubjectToken: (accessToken: string) => Promise<unknown>;
  #proofVerifier: ProofVerifier | undefined;
  #decrypter: Decrypter | undefined;
  #exchange: TokenExchange | undefined;

  /** @param verifySubjectToken verifies a token of this API, for an exchange that asks for it */
  constructor(options: ResolvedOptions, verifySubjectToken: (accessToken: string) => Promise<unknown>) {
    const { dpop, realm, resourceMetadataUrl, maxVerifiedTokens, decryptionKeys } = options;
    this.options = options;
    this.issuers = createIssuers(options);
    this.challenges = { mode: dpop.mode, realm, resourceMetadataUrl, dpopAlgorithms: dpop.algorithms };
    this.accessTokenPolicy = {
      ...options,
      decrypt: decryptionKeys && (async (jwe) => await (await this.decrypter()).decrypt(jwe)),
      knownHeaders: new KnownHeaders(),
      signatures: { count: 0 },
      verifiedTokens: maxVerifiedTokens === 0 ? undefined : new LruMap(maxVerifiedTokens),
    };
    this.#verifySubjectToken = verifySubjectToken;
  }

  /** The same as {@link proofVerifier}, at once, when it was loaded before. */
  get loadedProofVerifier(): ProofVerifier | undefined {
    return this.#proofVerifier;
  }

  async proofVerifier(): Promise<ProofVerifier> {
    const { ProofVerifier } = await import('./dpop/proof-verifier.ts');
    const { dpop, http, emit, now } = this.options;
    const { timeoutSeconds } = http;
    return (this.#proofVerifier ??= new ProofVerifier({ ...dpop, timeoutSeconds, emit, now }));
  }

  async decrypter(): Promise<Decrypter> {
    const { Decrypter } = await import('./jwe/decrypt.ts');
    return (this.#decrypter ??= new Decrypter(this.options.decryptionKeys ?? []));
  }

  async exchange(): Promise<TokenExchange> {
    const { createTokenExchange } = await import('./exchange/token-exchange.ts');
    return (this.#exchange ??= createTokenExchange(this.#exchangeDependencies()));
  }

  #exchangeDependencies(): TokenExchangeDependencies {
    const { keptTokens, emit, now, clientIssuer } = this.options;
    const onFailure = (operation: 'get' | 'set' | 'delete', detail: string): void =>
      emit?.({ type: 'adapter_failed', operation, detail });
    return {
      ...this.options,
      issuer: clientIssuer,
      tokenEndpointOf: async (issuer, usesTls) => {
        const { tokenEndpoint, mtlsTokenEndpoint } = await this.issuers.get(issuer).metadata();
        return usesTls ? mtlsTokenEndpoint : tokenEndpoint;
      },
      cache: keptTokens && {
        ...keptTokens,
        shared: keptTokens.shared && { ...keptTokens.shared, onFailure },
      },
      verifySubjectToken: this.#verifySubjectToken,
      prove: (key, proven) => createDpopProof(key, { ...proven, now }),
    };
  }
}

function createIssuers(options: ResolvedOptions): Issuers {
  const { allowedIssuers, cacheAdapter, cacheMaxEntries } = options;
  // A list of domains is known to fit: no flood of tokens can push one of them out.
  const listed = typeof allowedIssuers === 'function' ? 0 : allowedIssuers.size + 1;
  return new Issuers({
    ...options,
    maxIssuers: Math.max(cacheMaxEntries, listed),
    shared: cacheAdapter && new SharedDocuments({ ...options, adapter: cacheAdapter }),
  });
}
