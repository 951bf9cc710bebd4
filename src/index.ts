export { ApiClient } from './api-client.ts';
export type { TypedChecks, VerifyAccessTokenOptions, VerifyDpopProofOptions } from './api-client.ts';
export type { AccessTokenChecks, CheckedClaims } from './access-token/call-checks.ts';
export type { AccessTokenClaims, ActorClaim, ConfirmationClaim, DpopProofClaims } from './claims.ts';
export { type DelegatedClaims, getCurrentActor, getDelegationChain } from './delegation.ts';
export type { DpopReplayStore } from './dpop/replay.ts';
export {
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
  TokenRejectedEvent,
  TokenVerifiedEvent,
  UnknownKidEvent,
} from './events.ts';
export type { SigningKey } from './exchange/client-assertion.ts';
export type { ClientAuthMethod, Rotated } from './exchange/client-auth.ts';
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
export type { CacheAdapter } from './platform/cache-adapter.ts';
export {
  type AuthScheme,
  type Credentials,
  extractCredentials,
  type RequestHeaders,
} from './request/credentials.ts';
export type { FetchRequest, RequestParts } from './request/verify-request.ts';
export { type ScopeRequirements } from './scopes.ts';
export type { StandardSchemaV1 } from './standard-schema.ts';
