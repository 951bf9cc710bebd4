/**
 * From the options as they are written to those the parts work with, with every default.
 */
import type { ActorRequirements } from '../actors.ts';
import type { DpopReplayStore } from '../dpop/replay.ts';
import { ConfigurationError } from '../errors/index.ts';
import type { ApiClientEvent, Emit } from '../events.ts';
import type { RetryPolicy } from '../exchange/attempts.ts';
import type { ClientIdentity } from '../exchange/client-auth.ts';
import type { Rotated } from '../platform/rotated.ts';
import { type EncryptionKeys, readKeys } from '../exchange/encryption-key.ts';
import type { AllowedIssuers, DomainsResolver } from '../issuer/allowed-issuers.ts';
import { issuerOfDomain } from '../issuer/domain.ts';
import type { DecryptionKeyInput } from '../jwe/decryption-keys.ts';
import { isJsonObject } from '../jws/json.ts';
import type { ApiClientOptions } from './options.ts';
import { createRunInBackground, type RunInBackground } from '../platform/background.ts';
import type { CacheAdapter } from '../platform/cache-adapter.ts';
import { callQuietly } from '../platform/call-quietly.ts';
import type { HttpOptions } from '../platform/http.ts';
import { withTimeLimit } from '../platform/time-limit.ts';
import { type PublicUrl, readPublicUrl } from '../request/public-url.ts';
import { checkMembers, expected } from './rules.ts';

export interface KeptTokensSettings {
  readonly maxEntries: number;
  readonly maxAgeSeconds: number;
  /** The cache that processes share, and the key that only they have. */
  readonly shared:
    { readonly adapter: CacheAdapter; readonly encryptionKey: Rotated<EncryptionKeys> } | undefined;
}

/** The options with every default filled in and every domain made an issuer. */
export interface ResolvedOptions {
  readonly allowedIssuers: AllowedIssuers;
  /** The issuer whose token endpoint serves the exchange methods. */
  readonly clientIssuer: string | undefined;
  readonly audiences: readonly string[];
  readonly algorithms: ReadonlySet<string>;
  readonly clockToleranceSeconds: number;
  readonly requireAccessTokenType: boolean;
  readonly requireCertificateBinding: boolean;
  readonly decryptionKeys: readonly DecryptionKeyInput[] | undefined;
  readonly dpop: {
    readonly mode: 'allowed' | 'required' | 'disabled';
    readonly iatOffsetSeconds: number;
    readonly iatLeewaySeconds: number;
    readonly algorithms: ReadonlySet<string>;
    /** `undefined` asks for the store of this process. */
    readonly replayStore: DpopReplayStore | false | undefined;
    readonly onStoreError: 'refuse' | 'accept';
    readonly nonce: { readonly secrets: readonly string[]; readonly lifetimeSeconds: number } | undefined;
    readonly publicUrl: PublicUrl | undefined;
  };
  readonly actors: ActorRequirements;
  readonly client: ClientIdentity;
  /** How exchanged tokens are kept; `undefined` when they are not. */
  readonly keptTokens: KeptTokensSettings | undefined;
  /** `undefined`: no token request is sent again. */
  readonly retry: RetryPolicy | undefined;
  readonly http: HttpOptions;
  readonly cacheTtlSeconds: number;
  readonly cacheMaxEntries: number;
  readonly cacheAdapter: CacheAdapter | undefined;
  /** How many verified tokens are remembered; 0 for none. */
  readonly maxVerifiedTokens: number;
  readonly realm: string;
  readonly resourceMetadataUrl: string | undefined;
  readonly emit: Emit;
  readonly runInBackground: RunInBackground;
  readonly now: () => number;
}

/**
 * Checks the options and fills in the defaults. It does nothing else: no request, no timer, no randomness.
 *
 * @throws ConfigurationError naming the option and what to write instead
 */
export function resolveOptions(options: ApiClientOptions): ResolvedOptions {
  if (!isJsonObject(options)) {
    throw new ConfigurationError('The options must be an object with at least `domain` and `audience`.');
  }
  checkMembers(options, '');
  const { dpop = {}, customFetch, timeoutSeconds = 10, verifiedTokenCache = {} } = options;
  const clientIssuer = issuerOfDomain(options.domain);
  if (clientIssuer === undefined && options.domains === undefined) {
    throw new ConfigurationError(`\`domain\` is missing: write ${expected('domain')}; or give \`domains\`.`);
  }
  if (clientIssuer === undefined && options.clientId !== undefined) {
    throw new ConfigurationError(
      '`clientId` needs `domain`: write the domain whose token endpoint the client belongs to.',
    );
  }
  return Object.freeze({
    allowedIssuers: allowedIssuersOf(options.domains ?? [options.domain ?? ''], timeoutSeconds),
    clientIssuer,
    audiences: asList(options.audience),
    algorithms: new Set(options.algorithms ?? ['RS256']),
    clockToleranceSeconds: options.clockToleranceSeconds ?? 0,
    requireAccessTokenType: options.requireAccessTokenType ?? false,
    requireCertificateBinding: options.requireCertificateBinding ?? false,
    decryptionKeys: options.decryptionKeys && [...options.decryptionKeys],
    dpop: {
      mode: dpop.mode ?? 'allowed',
      iatOffsetSeconds: dpop.iatOffsetSeconds ?? 300,
      iatLeewaySeconds: dpop.iatLeewaySeconds ?? 30,
      algorithms: new Set(dpop.algorithms ?? ['ES256']),
      replayStore: dpop.replayStore,
      onStoreError: dpop.onStoreError ?? 'refuse',
      nonce: dpop.nonce && {
        secrets: asList(dpop.nonce.secret),
        lifetimeSeconds: dpop.nonce.lifetimeSeconds ?? 300,
      },
      publicUrl: typeof dpop.publicUrl === 'function' ? dpop.publicUrl : readPublicUrl(dpop.publicUrl),
    },
    actors: {
      allowedActors: options.allowedActors && [...options.allowedActors],
      requireActor: options.requireActor,
    },
    client: {
      clientId: options.clientId,
      clientSecret: options.clientSecret,
      clientAssertionSigningKey: options.clientAssertionSigningKey,
      clientAssertionSigningAlg: options.clientAssertionSigningAlg,
      clientAuthMethod: options.clientAuthMethod,
    },
    keptTokens: keptTokensOf(options.onBehalfOfCache),
    retry: retryOf(options.retry),
    http: {
      // Looked up at the time of the call, so that whoever instruments or mocks the global fetch is seen.
      fetch: customFetch ?? ((...request) => fetch(...request)),
      timeoutSeconds,
    },
    cacheTtlSeconds: options.cacheTtlSeconds ?? 600,
    cacheMaxEntries: options.cacheMaxEntries ?? 100,
    cacheAdapter: options.cacheAdapter,
    maxVerifiedTokens: verifiedTokenCache === false ? 0 : (verifiedTokenCache.maxEntries ?? 1000),
    realm: options.realm ?? 'api',
    resourceMetadataUrl: options.resourceMetadataUrl,
    emit: createEmit(options.onEvent),
    runInBackground: createRunInBackground(options.waitUntil),
    now: options.now === undefined ? Date.now : checkedClock(options.now),
  });
}

/** @throws ConfigurationError */
function keptTokensOf(cache: ApiClientOptions['onBehalfOfCache'] = {}): KeptTokensSettings | undefined {
  if (cache === false) return undefined;
  const { maxEntries = 1000, maxAgeSeconds = 600, adapter, encryptionKey } = cache;
  if (adapter === undefined) return { maxEntries, maxAgeSeconds, shared: undefined };
  if (encryptionKey === undefined) {
    throw new ConfigurationError(
      `\`onBehalfOfCache.adapter\` needs \`onBehalfOfCache.encryptionKey\`: write ${expected('onBehalfOfCache.encryptionKey')}.`,
    );
  }
  // A copy: programs wipe keys that they have handed over, and zeros are a key like any other.
  const key =
    typeof encryptionKey === 'function' ? encryptionKey : Object.freeze(readKeys(encryptionKey) ?? []);
  return { maxEntries, maxAgeSeconds, shared: { adapter, encryptionKey: key } };
}

function retryOf(retry: ApiClientOptions['retry'] = false): RetryPolicy | undefined {
  if (retry === false) return undefined;
  return { maxAttempts: retry.maxAttempts ?? 3, maxDelaySeconds: retry.maxDelaySeconds ?? 5 };
}

/** A listener that throws, or rejects, harms nothing. */
function createEmit(onEvent: ((event: ApiClientEvent) => unknown) | undefined): Emit {
  if (onEvent === undefined) return undefined;
  return (event) => {
    callQuietly(() => onEvent(event));
  };
}

function allowedIssuersOf(
  domains: readonly string[] | DomainsResolver,
  timeoutSeconds: number,
): AllowedIssuers {
  if (typeof domains === 'function') {
    return (context) => withTimeLimit(Promise.resolve(domains(context)), timeoutSeconds);
  }
  return new Set(domains.map(issuerOfDomain).filter((issuer) => issuer !== undefined));
}

/** A clock that is broken must not make an expired token valid: with NaN every comparison is false. */
function checkedClock(clock: () => number): () => number {
  return () => {
    const now: unknown = clock();
    if (typeof now === 'number' && Number.isFinite(now)) return now;
    throw new ConfigurationError(`\`now\` must be ${expected('now')}.`);
  };
}

function asList(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : [...value];
}
