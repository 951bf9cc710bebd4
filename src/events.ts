/**
 * What a client tells `onEvent`: a closed union of plain objects, for metrics and logs. No event holds a token, a
 * proof, a secret or a key, nor any text that an unverified token brought along.
 */
import type { ErrorReason } from './errors/index.ts';

/** The documents of an issuer: its metadata, and its key set. */
export type IssuerDocument = 'discovery' | 'jwks';

/**
 * The token requests: `getTokenOnBehalfOf`, `getTokenByExchangeProfile`, `getAccessTokenForConnection`,
 * `getTokenByClientCredentials`.
 */
export type ExchangeKind = 'on_behalf_of' | 'exchange_profile' | 'connection' | 'client_credentials';

/** A document of an issuer was had. */
export interface DocumentFetchedEvent {
  readonly type: 'document_fetched';
  readonly issuer: string;
  readonly document: IssuerDocument;
  /** `cache` when the `cacheAdapter` had a copy that another process fetched. */
  readonly source: 'network' | 'cache';
  readonly durationSeconds: number;
}

/** A document was served past its age, for the first time since the last load. A new load begins, or one has failed. */
export interface DocumentServedStaleEvent {
  readonly type: 'document_served_stale';
  readonly issuer: string;
  readonly document: IssuerDocument;
  /** The time since it was fetched. */
  readonly ageSeconds: number;
}

/** A document could not be had. What is kept goes on serving as long as it may. */
export interface DocumentFailedEvent {
  readonly type: 'document_failed';
  readonly issuer: string;
  readonly document: IssuerDocument;
  readonly durationSeconds: number;
  /** No other load begins before. */
  readonly retryAfterSeconds: number;
  /** What went wrong, for people to read. */
  readonly detail: string;
}

/** The key set is fetched for the sake of a `kid` that the kept one lacks: a rotation, or an invented token. */
export interface UnknownKidEvent {
  readonly type: 'unknown_kid';
  readonly issuer: string;
}

/** `verifyRequest` or `verifyAccessToken` accepted. */
export interface TokenVerifiedEvent {
  readonly type: 'token_verified';
  readonly issuer: string;
  readonly durationSeconds: number;
}

/** `verifyRequest` or `verifyAccessToken` refused; an outage has a `statusCode` of 500 or more. */
export interface TokenRejectedEvent {
  readonly type: 'token_rejected';
  /** The issuer, once the token was found to name one that is allowed. */
  readonly issuer: string | undefined;
  readonly code: string;
  readonly reason: ErrorReason;
  readonly statusCode: number;
  readonly durationSeconds: number;
}

/** A DPoP proof arrived a second time. */
export interface ProofReplayedEvent {
  readonly type: 'proof_replayed';
  /** The thumbprint of the proof's key, to which the access token is bound. */
  readonly jkt: string;
}

/**
 * The store of used proofs in this process was full, and forgot proofs that are still within their time window: they
 * could be used again. Told once in ten seconds while it goes on.
 */
export interface ReplayStoreOverflowedEvent {
  readonly type: 'replay_store_overflowed';
  /** How many proofs the store remembers. */
  readonly maxEntries: number;
}

/** The `replayStore` failed, and a proof was accepted unchecked, as `dpop.onStoreError: 'accept'` demands. */
export interface ReplayStoreFailedEvent {
  readonly type: 'replay_store_failed';
  /** What went wrong, for people to read: the name and the message of the store's error, cut short. */
  readonly detail: string;
}

/** A token request succeeded. */
export interface ExchangeDoneEvent {
  readonly type: 'exchange_done';
  readonly exchange: ExchangeKind;
  readonly issuer: string | undefined;
  /** `cache` when this call sent no request: the token was kept, or another call had just asked for it. */
  readonly source: 'network' | 'cache';
  readonly durationSeconds: number;
}

/** A token request failed; `statusCode` is that of the error which the call rejects with. */
export interface ExchangeFailedEvent {
  readonly type: 'exchange_failed';
  readonly exchange: ExchangeKind;
  readonly issuer: string | undefined;
  readonly code: string;
  readonly reason: ErrorReason;
  readonly statusCode: number;
  readonly durationSeconds: number;
}

/** The `cacheAdapter`, or the adapter of `onBehalfOfCache`, threw, rejected, took too long, or kept something that cannot be used. The network stepped in. */
export interface AdapterFailedEvent {
  readonly type: 'adapter_failed';
  readonly operation: 'get' | 'set' | 'setIfAbsent' | 'delete';
  /** What went wrong, for people to read: the name and the message of the adapter's error, cut short. */
  readonly detail: string;
}

/** Durations and ages are in seconds, with fractions. */
export type ApiClientEvent =
  | DocumentFetchedEvent
  | DocumentServedStaleEvent
  | DocumentFailedEvent
  | UnknownKidEvent
  | TokenVerifiedEvent
  | TokenRejectedEvent
  | ProofReplayedEvent
  | ReplayStoreOverflowedEvent
  | ReplayStoreFailedEvent
  | ExchangeDoneEvent
  | ExchangeFailedEvent
  | AdapterFailedEvent;

/** `undefined` when nobody listens, so that nothing is measured for nobody. */
export type Emit = ((event: ApiClientEvent) => void) | undefined;
