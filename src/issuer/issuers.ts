/**
 * The issuers in use, each with its metadata and its keys. Only issuers that are allowed by configuration get here.
 */
import { IssuerUnavailableError } from '../errors.ts';
import { LruMap } from '../platform/lru-map.ts';
import type { JwsAlgorithm } from '../jws/algorithms.ts';
import type { Verifier } from '../jws/signature.ts';
import { discoveryUrl, type IssuerMetadata, parseMetadata } from './discovery.ts';
import { KeptDocument } from './documents.ts';
import { type DocumentFetch, fetchDocument, loadLimitSeconds } from './fetch-document.ts';
import { type KeyMiss, type KeySet, parseKeySet } from './jwks.ts';

/** However many unknown `kid`s arrive, the key set is fetched for their sake once in this time. */
const UNKNOWN_KID_INTERVAL_SECONDS = 30;

export interface IssuersOptions extends DocumentFetch {
  readonly maxIssuers: number;
}

/** One issuer. Its keys are never looked at for another: the metadata that names them is its own. */
export class KnownIssuer {
  readonly #metadata: KeptDocument<IssuerMetadata>;
  readonly #keySet: KeptDocument<KeySet>;
  readonly #now: () => number;
  #unknownKidRefresh: UnknownKidRefresh | undefined;

  constructor(issuer: string, fetching: DocumentFetch) {
    const shared = { loadLimitSeconds: loadLimitSeconds(fetching.http), now: fetching.now };
    this.#now = fetching.now;
    this.#metadata = new KeptDocument({
      ...shared,
      reason: 'discovery_unavailable',
      load: () => fetchDocument(discoveryUrl(issuer), (json) => parseMetadata(issuer, json), fetching),
    });
    this.#keySet = new KeptDocument({
      ...shared,
      reason: 'jwks_unavailable',
      // The address is read anew for each load, so a moved key set is followed as soon as the metadata says so.
      load: async () => fetchDocument((await this.#metadata.get()).jwksUri, parseKeySet, fetching),
    });
  }

  /** @throws IssuerUnavailableError */
  metadata(): Promise<IssuerMetadata> | IssuerMetadata {
    return this.#metadata.current() ?? this.#metadata.get();
  }

  /** Loads what the first verification needs. @throws IssuerUnavailableError */
  async warmUp(): Promise<void> {
    await this.metadata();
    await this.#keySet.get();
  }

  /**
   * The verifier for a key of this issuer. An unknown `kid` fetches the key set again, so that a token signed with a
   * key of a moment ago verifies at first sight.
   *
   * @throws IssuerUnavailableError
   */
  async verifier(kid: string, algorithm: JwsAlgorithm): Promise<Verifier | KeyMiss> {
    const kept = this.#keySet.current() ?? (await this.#keySet.get());
    const found = await kept.find(kid, algorithm);
    if (found !== 'unknown_kid') return found;

    // A load that is under way may bring the key; if it began too early to, the next step asks again.
    const joined = this.#keySet.isLoading ? await this.#keySet.refresh() : kept;
    const foundNow = joined === kept ? found : await joined.find(kid, algorithm);
    if (foundNow !== 'unknown_kid') return foundNow;

    return (await this.#refreshForUnknownKid(joined)).find(kid, algorithm);
  }

  async #refreshForUnknownKid(kept: KeySet): Promise<KeySet> {
    const now = this.#now();
    const last = this.#unknownKidRefresh;
    const waitSeconds =
      last === undefined ? 0 : UNKNOWN_KID_INTERVAL_SECONDS - Math.abs(now - last.at) / 1000;
    if (last !== undefined && waitSeconds > 0) {
      // The set is known to lack the key only if it came with that refresh or with a load after it.
      if (last.failure === undefined || last.keptThen !== kept) return kept;
      throw new IssuerUnavailableError('jwks_unavailable', waitSeconds, { cause: last.failure });
    }
    const refresh: UnknownKidRefresh = { at: now, keptThen: kept, failure: undefined };
    this.#unknownKidRefresh = refresh;
    try {
      return await this.#keySet.refresh();
    } catch (error) {
      refresh.failure = error instanceof Error ? error : new Error('the key set could not be fetched');
      throw error;
    }
  }
}

interface UnknownKidRefresh {
  readonly at: number;
  readonly keptThen: KeySet;
  failure: Error | undefined;
}

/** The issuers in use, the least recently used dropped first. */
export class Issuers {
  readonly #options: IssuersOptions;
  readonly #known: LruMap<string, KnownIssuer>;

  constructor(options: IssuersOptions) {
    this.#options = options;
    this.#known = new LruMap(options.maxIssuers);
  }

  /** @param issuer an allowed issuer, as `https://host/` */
  get(issuer: string): KnownIssuer {
    const known = this.#known.get(issuer) ?? new KnownIssuer(issuer, this.#options);
    this.#known.set(issuer, known);
    return known;
  }
}
