/**
 * The options of the client, and what they mean. What each may be is in rules.ts, every default in
 * resolve-options.ts.
 */
import type { DpopReplayStore } from '../dpop/replay.ts';
import type { ApiClientEvent } from '../events.ts';
import type { SigningKey } from '../exchange/client-assertion.ts';
import type { ClientAuthMethod } from '../exchange/client-auth.ts';
import type { Rotated } from '../platform/rotated.ts';
import type { EncryptionKeys } from '../exchange/encryption-key.ts';
import type { DomainsResolver } from '../issuer/allowed-issuers.ts';
import type { DecryptionKeyInput } from '../jwe/decryption-keys.ts';
import type { CacheAdapter } from '../platform/cache-adapter.ts';
import type { PublicUrlRequest } from '../request/public-url.ts';

/** How DPoP is handled (RFC 9449). */
export interface DpopOptions {
  /**
   * `allowed` (default): Bearer and DPoP. `required`: DPoP only. `disabled`: Bearer only, and a token that is bound to a
   * DPoP key is accepted without proof, which gives up what the binding was for.
   */
  readonly mode?: 'allowed' | 'required' | 'disabled' | undefined;
  /** How old a proof may be, in seconds; 300 by default, at most 3600. */
  readonly iatOffsetSeconds?: number | undefined;
  /** How far a proof's clock may be ahead of ours, in seconds; 30 by default, at most 3600. */
  readonly iatLeewaySeconds?: number | undefined;
  /** Algorithms accepted for proofs; `['ES256']` by default. */
  readonly algorithms?: readonly string[] | undefined;
  /**
   * Where used proofs are remembered; in this process by default. Give a shared store when several processes serve the
   * API. `false` switches the detection of replayed proofs off.
   */
  readonly replayStore?: DpopReplayStore | false | undefined;
  /**
   * What becomes of a request whose proof the `replayStore` cannot tell from a used one, because it fails or does not
   * answer in time. `refuse` (default): 503. `accept`: the request goes on, and so does whoever replays it; an event tells
   * of each.
   */
  readonly onStoreError?: 'refuse' | 'accept' | undefined;
  /** Demands a nonce of ours in each proof (RFC 9449 §9); off by default. */
  readonly nonce?: DpopNonceOptions | undefined;
  /**
   * Where clients reach this API, when the program sees another URL. Text is an origin, perhaps with a path prefix, and
   * takes the place of the origin of each request's URL, which may then be a mere path. A function returns an origin
   * without a path, to which the request's path is added, or the complete URL; it is called for each DPoP request, before
   * anything about that is verified. Without this option the URL that is passed counts as it is.
   */
  readonly publicUrl?: string | ((request: PublicUrlRequest) => string) | undefined;
}

/** Nonces without state: every process with the same secret issues and accepts the same ones. */
export interface DpopNonceOptions {
  /** At least 32 characters. Of a list, for rotation, the first signs and all are accepted. */
  readonly secret: string | readonly string[];
  /** A nonce is accepted for one to two lifetimes; 300 seconds by default, 10 to 86400. */
  readonly lifetimeSeconds?: number | undefined;
}

/** How many verified tokens are remembered. */
export interface VerifiedTokenCacheOptions {
  /** 1,000 by default, at most 1,000,000; the one not seen for longest is forgotten first. */
  readonly maxEntries?: number | undefined;
}

/** How exchanged tokens are kept. */
export interface OnBehalfOfCacheOptions {
  /** 1,000 by default, at most 1,000,000; the one not used for longest is forgotten first. */
  readonly maxEntries?: number | undefined;
  /**
   * How long a token is kept at most, in seconds; 600 by default, at most 86400. So long may a user who was blocked in
   * the meantime live on.
   */
  readonly maxAgeSeconds?: number | undefined;
  /** Shares tokens between processes, encrypted; each process keeps its own by default. Needs `encryptionKey`. */
  readonly adapter?: CacheAdapter | undefined;
  /**
   * 32 bytes, as base64url or hexadecimal text or a `Uint8Array`. Of a list, for rotation, the first encrypts and all
   * decrypt. A function is asked each time.
   */
  readonly encryptionKey?: Rotated<EncryptionKeys> | undefined;
}

/**
 * When a token request is sent again: when no connection came about, and after a 429 or 503 that says how long to wait.
 */
export interface ExchangeRetryOptions {
  /** How often it is sent, the first time included; 3 by default, 2 to 10. */
  readonly maxAttempts?: number | undefined;
  /** How long is waited between the attempts of one call, in all, in seconds; 5 by default, at most 300. */
  readonly maxDelaySeconds?: number | undefined;
}

/** What an {@link ApiClient} is made from. Durations are in seconds and may be fractions. */
export interface ApiClientOptions {
  /**
   * The tenant, such as `tenant.us.auth0.com`; an https URL without path is taken too. Its tokens are accepted, unless
   * `domains` says whose are, and its token endpoint serves the exchange methods.
   */
  readonly domain?: string | undefined;
  /** Domains whose tokens are accepted, or a resolver asked for each request: multiple custom domains. */
  readonly domains?: readonly string[] | DomainsResolver | undefined;
  /** The identifier of this API, or several; a token must be issued for one of them. */
  readonly audience: string | readonly string[];
  /** Signature algorithms accepted for access tokens; `['RS256']` by default. Asymmetric ones only. */
  readonly algorithms?: readonly string[] | undefined;
  /** Tolerance for `exp` and `nbf`, in seconds; 0 by default, at most 60. */
  readonly clockToleranceSeconds?: number | undefined;
  /** Accept only tokens whose header says `at+jwt` (RFC 9068 §2.1); `false` by default. */
  readonly requireAccessTokenType?: boolean | undefined;
  /**
   * Accept only tokens that are bound to a client certificate, and only in calls that pass it (RFC 8705 §3); `false` by
   * default.
   */
  readonly requireCertificateBinding?: boolean | undefined;
  /**
   * Private keys for access tokens that Auth0 encrypts for this API (JWE), at most 10: PEM (PKCS #8), JWK or CryptoKey,
   * RSA for RSA-OAEP-256 or an elliptic curve for ECDH-ES. Without them, encrypted tokens are refused. Tokens that are
   * only signed are accepted as before.
   */
  readonly decryptionKeys?: readonly DecryptionKeyInput[] | undefined;
  readonly dpop?: DpopOptions | undefined;
  /**
   * The services that may act for a user: the `sub` of a token's outermost `act` must be one of them. Tokens that are
   * not delegated are not concerned, and an empty list refuses all that are; without a list, whoever acts is accepted.
   * A list of a single call narrows this one.
   */
  readonly allowedActors?: readonly string[] | undefined;
  /** Accept only delegated tokens, with which somebody acts for the user; `false` by default. */
  readonly requireActor?: boolean | undefined;
  /** For the exchange methods, together with `domain` and a secret, a signing key, or a certificate. */
  readonly clientId?: string | undefined;
  /** The secret, or a function that has the one of the moment; it is called for each token request. */
  readonly clientSecret?: Rotated<string> | undefined;
  /**
   * Signs assertions (`private_key_jwt`, RFC 7523) and wins over `clientSecret`: PKCS#8 in PEM, a private JWK or a
   * `CryptoKey`, or a function that has the one of the moment.
   */
  readonly clientAssertionSigningKey?: Rotated<SigningKey> | undefined;
  /** The algorithm of these assertions; that of the key by default, and `RS256` for a key that does not say. */
  readonly clientAssertionSigningAlg?: string | undefined;
  /**
   * How the client proves who it is; by default `private_key_jwt` with a signing key, else `client_secret_basic`. With
   * `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705) no secret is sent, and `customFetch` shows the
   * certificate.
   */
  readonly clientAuthMethod?: ClientAuthMethod | undefined;
  /**
   * Keeps the tokens of `getTokenOnBehalfOf` and `getTokenByClientCredentials` for the very same call, until a minute
   * before one of the tokens ends; on by default. `false` asks each time.
   */
  readonly onBehalfOfCache?: OnBehalfOfCacheOptions | false | undefined;
  /** Sends token requests again that cannot have been processed; off by default. */
  readonly retry?: ExchangeRetryOptions | false | undefined;
  /** Sends every request of the SDK; the runtime's `fetch` at the time of the call by default. */
  readonly customFetch?: typeof fetch | undefined;
  /** The limit for each HTTP call, in seconds; 10 by default, at most 300. */
  readonly timeoutSeconds?: number | undefined;
  /**
   * Remembers tokens that were verified, so that the same token costs almost nothing the next time; 1,000 tokens by
   * default. Issuer, key, times and the checks of the call count every time. `false` verifies each time.
   */
  readonly verifiedTokenCache?: VerifiedTokenCacheOptions | false | undefined;
  /**
   * Shares metadata and keys between processes, such as `createRedisStore` of `auth0-api-ts/redis`; each process keeps
   * its own by default. Who can write to this cache can forge tokens.
   */
  readonly cacheAdapter?: CacheAdapter | undefined;
  /** The longest age of metadata and keys, and their age when the server states none; 600 seconds by default. */
  readonly cacheTtlSeconds?: number | undefined;
  /** How many issuers are kept; 100 by default. */
  readonly cacheMaxEntries?: number | undefined;
  /** The `realm` of Bearer challenges; `api` by default. */
  readonly realm?: string | undefined;
  /** The URL of this API's metadata document (RFC 9728), put into every challenge. */
  readonly resourceMetadataUrl?: string | undefined;
  /** Called with what happens, for metrics and logs. It is not waited for, and its failure harms nothing. */
  readonly onEvent?: ((event: ApiClientEvent) => void) | undefined;
  /** Keeps a request's background work alive, on runtimes that end it with the request, such as Cloudflare Workers. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** The clock, in epoch milliseconds; `Date.now` by default. */
  readonly now?: (() => number) | undefined;
}
