/**
 * Every error this package throws.
 */
export {
  BaseAuthError,
  type ErrorBody,
  type ErrorDetails,
  type Evidence,
  setChallenges,
} from './base-auth-error.ts';
export {
  ApiError,
  type ExchangeInputReason,
  GetAccessTokenForConnectionError,
  GetTokenByClientCredentialsError,
  GetTokenByExchangeProfileError,
  type UpstreamFailure,
  type UpstreamReason,
} from './exchange-errors.ts';
export type { ErrorCode, ErrorReason } from './reasons.ts';
export {
  type AccessTokenReason,
  ActorNotAllowedError,
  ConfigurationError,
  DomainsResolverError,
  type DpopProofReason,
  DpopNonceRequiredError,
  type IdTokenReason,
  InsufficientScopeError,
  InvalidAuthSchemeError,
  InvalidDpopProofError,
  InvalidRequestError,
  IssuerUnavailableError,
  MissingAuthorizationError,
  MissingRequiredArgumentError,
  ReplayStoreUnavailableError,
  type TokenReason,
  type TokenRefusal,
  VerifyAccessTokenError,
  VerifyIdTokenError,
} from './verification-errors.ts';
