/**
 * The issuers in use, each with its metadata and its keys. Only issuers that are allowed by configuration get here.
 */
import { IssuerUnavailableError } from '../errors/index.ts';
import type { Emit } from '../events.ts';
import type { RunInBackground } from '../platform/background.ts';
import { LruMap } from '../platform/lru-map.ts';
import type { JwsAlgorithm } from '../jws/algorithms.ts';
import type { Verifier } from '../jws/signature.ts';
import { discoveryUrl, type IssuerMetadata, parseCopiedMetadata, parseMetadata } from './discovery.ts';
import { KeptDocument } from './documents.ts';
import { type KeyMiss, type KeySet, parseKeySet } from './jwks.ts';
import { type DocumentSource, loadDocument, longestLoadSeconds } from './load-document.ts';

/** Timers may be late; a load that is about to end must not be taken for lost. */
const MARGIN_SECONDS = 1;

/** However many unknown `kid`s arrive, the key set is fetched for their sake once in this time. */
const SEARCH_INTERVAL_SECONDS = 30;

/** How many loads are joined in turn for the sake of a `kid`, should they be lost, before the issuer is asked anew. */
const MOST_JOINS = 2;

export interface IssuersOptions extends DocumentSource {
  readonly maxIssuers: number;
  readonly emit: Emit;
  readonly runInBackground: RunInBackground;
}

/** One issuer. Its keys are never looked at for another: the metadata that names them is its own. */
export class KnownIssuer {
  readonly #issuer: string;
  readonly #emit: Emit;
  readonly #metadata: KeptDocument<IssuerMetadata>;
  readonly #keySet: KeptDocument<KeySet>;
  #lastSearch: KeySearch | undefined;

  constructor(issuer: string, options: Omit<IssuersOptions, 'maxIssuers'>) {
    const { now, emit, runInBackground } = options;
    const limitSeconds = longestLoadSeconds(options);
    const metadataAddress = {
      url: discoveryUrl(issuer),
      parse: (json: unknown) => parseMetadata(issuer, json),
      parseCopy: (json: unknown) => parseCopiedMetadata(issuer, json),
    };
    this.#issuer = issuer;
    this.#emit = emit;
    this.#metadata = new KeptDocument({
      document: 'discovery',
      loadLimitSeconds: limitSeconds + MARGIN_SECONDS,
      load: (request) => loadDocument(metadataAddress, request, options),
      ...{ issuer, now, emit, runInBackground },
    });
    this.#keySet = new KeptDocument({
      document: 'jwks',
      // It may have to wait for the metadata first.
      loadLimitSeconds: 2 * limitSeconds + MARGIN_SECONDS,
      // The address is read anew for each load, so a moved key set is followed as soon as the metadata says so.
      load: async (request) => {
        const { jwksUri } = await this.#metadata.get();
        return await loadDocument({ url: jwksUri, parse: parseKeySet }, request, options);
      },
      ...{ issuer, now, emit, runInBackground },
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

  /** The same as {@link verifier}, at once, when the key was used before and its set may be served without waiting. */
  importedVerifier(kid: string, algorithm: JwsAlgorithm): Verifier | undefined {
    return this.#keySet.current()?.imported(kid, algorithm);
  }

  /**
   * The verifier for a key of this issuer. An unknown `kid` fetches the key set again, so that a token signed with a
   * key of a moment ago verifies at first sight.
   *
   * @throws IssuerUnavailableError
   */
  async verifier(kid: string, algorithm: JwsAlgorithm): Promise<Verifier | KeyMiss> {
    const kept = this.#keySet.current() ?? (await this.#keySet.get());
    const keySet = kept.has(kid) ? kept : await this.#searchFor(kid, kept);
    return await keySet.find(kid, algorithm);
  }

  /** The newest key set there is to be had for the sake of a `kid` that the kept one lacks. */
  async #searchFor(kid: string, kept: KeySet): Promise<KeySet> {
    let newest = kept;
    // A load that is under way may bring the key; if it began too early to, the next step asks again.
    for (let joins = 0; joins < MOST_JOINS && this.#keySet.isLoading; joins += 1) {
      newest = (await this.#keySet.join()) ?? newest;
      if (newest.has(kid)) return newest;
    }
    const last = this.#lastSearch;
    const now = this.#keySet.time;
    const waitSeconds = last === undefined ? 0 : intervalAfter(last) - (now - last.at) / 1000;
    if (last !== undefined && waitSeconds > 0) {
      // The set is known to lack the key only if it came with that search or was asked for after it.
      const isAnswered = last.failure === undefined || (this.#keySet.heldSince ?? now) > last.at;
      if (isAnswered) return newest;
      throw new IssuerUnavailableError('jwks_unavailable', waitSeconds, { cause: last.failure });
    }
    return await this.#search(kid);
  }

  async #search(kid: string): Promise<KeySet> {
    const last = this.#lastSearch;
    const search: KeySearch = {
      at: this.#keySet.time,
      hasEnded: false,
      unendedBefore: last === undefined || last.hasEnded ? 0 : last.unendedBefore + 1,
      failure: new Error('the search has not ended'),
    };
    try {
      const found = await this.#keySet.refresh({
        suffices: (copy) => copy.has(kid),
        // While backing off nothing is asked, and nothing is used up; nor by a copy that has the key.
        onAsked: () => {
          this.#lastSearch = search;
          this.#emit?.({ type: 'unknown_kid', issuer: this.#issuer });
        },
      });
      search.failure = undefined;
      return found;
    } catch (error) {
      search.failure = error instanceof Error ? error : new Error('the key set could not be fetched');
      throw error;
    } finally {
      search.hasEnded = true;
    }
  }
}

/** A fetch of the key set for the sake of an unknown `kid`. */
interface KeySearch {
  /** By the clock of the key set. */
  readonly at: number;
  hasEnded: boolean;
  /** How many in a row, just before, did not end. */
  readonly unendedBefore: number;
  /** Why it is not known whether the issuer has the key; `undefined` once it is. */
  failure: Error | undefined;
}

/**
 * How long after a search there is no other, in seconds. One that never ended was dropped by the runtime together with
 * its request. It has told nothing, so it is repeated at once; but each further time later, for a caller who always
 * leaves must not make us ask the issuer at every request.
 */
function intervalAfter({ hasEnded, unendedBefore }: KeySearch): number {
  if (hasEnded) return SEARCH_INTERVAL_SECONDS;
  return unendedBefore === 0 ? 0 : Math.min(2 ** (unendedBefore - 1), SEARCH_INTERVAL_SECONDS);
}

/** Where verification finds an issuer. */
export interface KnownIssuers {
  /** @param issuer an allowed issuer, as `https://host/` */
  get(issuer: string): KnownIssuer;
}

/** The issuers in use, the least recently used dropped first. */
export class Issuers implements KnownIssuers {
  readonly #options: IssuersOptions;
  readonly #known: LruMap<string, KnownIssuer>;

  constructor(options: IssuersOptions) {
    this.#options = options;
    this.#known = new LruMap(options.maxIssuers);
  }

  get(issuer: string): KnownIssuer {
    const known = this.#known.get(issuer);
    if (known !== undefined) return known;
    const created = new KnownIssuer(issuer, this.#options);
    this.#known.set(issuer, created);
    return created;
  }
}
