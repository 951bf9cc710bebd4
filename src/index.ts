export { ApiClient } from './api-client.ts';
export type {
  ApiClientDescription,
  TypedChecks,
  VerifyAccessTokenOptions,
  VerifyDpopProofOptions,
  VerifyIdTokenOptions,
} from './client-types.ts';
export type { ActorRequirements } from './actors.ts';
export type { AccessTokenChecks, CheckedClaims } from './access-token/call-checks.ts';
export {
  type AuditActor,
  type AuditContext,
  type AuditedClaims,
  type AuditedRequest,
  type AuditOutcome,
  type AuditRecord,
  type AuditRequest,
  createAuditRecord,
  formatDelegationChain,
} from './audit.ts';
export type { ClientCertificate } from './access-token/certificate-binding.ts';
export type {
  AccessTokenClaims,
  ActorClaim,
  ConfirmationClaim,
  DpopProofClaims,
  IdTokenClaims,
} from './claims.ts';
export { type DelegatedClaims, getCurrentActor, getDelegationChain } from './delegation.ts';
export { createDownstreamFetch } from './downstream/create-downstream-fetch.ts';
export type { DownstreamFetchOptions, OnBehalfOfClient } from './downstream/types.ts';
export { createDpopFetch, createDpopKey, createDpopProof } from './dpop/outgoing.ts';
export type { DpopReplayStore } from './dpop/replay.ts';
export type {
  CreateDpopKeyOptions,
  CreateDpopProofOptions,
  DpopFetchOptions,
  DpopKey,
} from './dpop/types.ts';
export {
  ActorNotAllowedError,
  ApiError,
  BaseAuthError,
  ConfigurationError,
  DomainsResolverError,
  DpopNonceRequiredError,
  GetAccessTokenForConnectionError,
  GetTokenByClientCredentialsError,
  GetTokenByExchangeProfileError,
  InsufficientScopeError,
  InvalidAuthSchemeError,
  InvalidDpopProofError,
  InvalidRequestError,
  IssuerUnavailableError,
  MissingAuthorizationError,
  MissingRequiredArgumentError,
  ReplayStoreUnavailableError,
  VerifyAccessTokenError,
  VerifyIdTokenError,
} from './errors/index.ts';
export type { ErrorBody, ErrorCode, ErrorReason, Evidence } from './errors/index.ts';
export type {
  AdapterFailedEvent,
  ApiClientEvent,
  DocumentFailedEvent,
  DocumentFetchedEvent,
  DocumentServedStaleEvent,
  ExchangeDoneEvent,
  ExchangeFailedEvent,
  ExchangeKind,
  IssuerDocument,
  ProofReplayedEvent,
  ReplayStoreFailedEvent,
  ReplayStoreOverflowedEvent,
  TokenRejectedEvent,
  TokenVerifiedEvent,
  UnknownKidEvent,
} from './events.ts';
export type { SigningKey } from './exchange/client-assertion.ts';
export type { ClientAuthMethod } from './exchange/client-auth.ts';
export type { Rotated } from './platform/rotated.ts';
export type { EncryptionKey, EncryptionKeys } from './exchange/encryption-key.ts';
export type {
  AuthorizationDetail,
  ConnectionTokenResult,
  ExchangeDpopKey,
  ExtraValue,
  GetAccessTokenForConnectionOptions,
  GetTokenByClientCredentialsOptions,
  GetTokenByExchangeProfileOptions,
  GetTokenOnBehalfOfOptions,
  OnBehalfOfTokenResult,
  TokenExchangeResult,
} from './exchange/types.ts';
export type { DomainsResolver, DomainsResolverContext } from './issuer/allowed-issuers.ts';
export type {
  ApiClientOptions,
  DpopNonceOptions,
  DpopOptions,
  ExchangeRetryOptions,
  OnBehalfOfCacheOptions,
  VerifiedTokenCacheOptions,
} from './options/options.ts';
export type { DecryptionKeyInput } from './jwe/decryption-keys.ts';
export type { CacheAdapter } from './platform/cache-adapter.ts';
export type { ChallengeContext } from './request/challenge-context.ts';
export {
  type AuthScheme,
  type Credentials,
  extractCredentials,
  type RequestHeaders,
} from './request/credentials.ts';
export type { PublicUrlRequest } from './request/public-url.ts';
export type { FetchRequest, RequestParts } from './request/verify-request.ts';
export { getPermissions, getScopes, type ScopeRequirements } from './scopes.ts';
export type { StandardSchemaV1 } from './standard-schema.ts';
