/**
 * A verifier for `requireBearerAuth` of the MCP packages, which turns errors of their own classes into answers.
 */
import {
  type AccessTokenClaims,
  BaseAuthError,
  ConfigurationError,
  InsufficientScopeError,
  VerifyAccessTokenError,
} from '../index.ts';
import { authInfoOf } from './auth-info.ts';
import type { ProtectedResource } from './resource.ts';
import type { McpClient, McpErrorsV1, McpErrorsV2, McpTokenVerifier } from './types.ts';

/** How the package that calls makes its errors. */
interface ErrorFactory {
  readonly invalidToken: (message: string) => Error;
  readonly insufficientScope: (message: string) => Error;
}

export function createTokenVerifier<Code>(
  client: McpClient,
  resource: ProtectedResource,
  errors: McpErrorsV1 | McpErrorsV2<Code>,
): McpTokenVerifier {
  const factory = factoryOf(errors);
  return {
    async verifyAccessToken(token) {
      try {
        // As a request: under Bearer, a token that is bound to a key is refused, and a blank one is no token.
        const headers = { authorization: `Bearer ${token}` };
        const claims: AccessTokenClaims = await client.verifyRequest({ headers });
        return authInfoOf(token, claims, resource);
      } catch (error) {
        throw translated(error, factory);
      }
    },
  };
}

/** Outages and faults of ours stay what they are: the MCP packages answer 500, and no token is blamed. */
function translated(error: unknown, { invalidToken, insufficientScope }: ErrorFactory): unknown {
  if (!(error instanceof BaseAuthError) || error.statusCode >= 500) return error;
  const { message } = error;
  const isScope = !(error instanceof VerifyAccessTokenError) && error.statusCode === 403;
  const theirs =
    isScope || error instanceof InsufficientScopeError ? insufficientScope(message) : invalidToken(message);
  // The evidence stays with the operator.
  theirs.cause = error;
  return theirs;
}

function factoryOf<Code>(errors: McpErrorsV1 | McpErrorsV2<Code>): ErrorFactory {
  const given: unknown = errors;
  if (typeof given === 'object' && given !== null) {
    if ('OAuthErrorCode' in errors && isFunction(errors.OAuthError) && isObject(errors.OAuthErrorCode)) {
      const { OAuthError, OAuthErrorCode } = errors;
      return {
        invalidToken: (message) => new OAuthError(OAuthErrorCode.InvalidToken, message),
        insufficientScope: (message) => new OAuthError(OAuthErrorCode.InsufficientScope, message),
      };
    }
    if ('InvalidTokenError' in errors && isFunction(errors.InvalidTokenError)) {
      const { InvalidTokenError, InsufficientScopeError: TheirScopeError } = errors;
      if (isFunction(TheirScopeError)) {
        return {
          invalidToken: (message) => new InvalidTokenError(message),
          insufficientScope: (message) => new TheirScopeError(message),
        };
      }
    }
  }
  throw new ConfigurationError(
    '`tokenVerifier` needs { InvalidTokenError, InsufficientScopeError } or { OAuthError, OAuthErrorCode } of the MCP package.',
  );
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
