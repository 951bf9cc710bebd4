/**
 * A verifier for `requireBearerAuth` of the MCP packages, which turns errors of their own classes into answers.
 */
import { BaseAuthError, ConfigurationError } from '../index.ts';
import { admit } from './admit.ts';
import { reportRefusal } from './report-refusal.ts';
import { isObject, type ProtectedResource } from './resource.ts';
import type { McpClient, McpErrorsV1, McpErrorsV2, McpTokenVerifier } from './types.ts';

/** How the package that calls makes its errors. */
interface ErrorFactory {
  readonly invalidToken: (message: string) => Error;
  readonly insufficientScope: (message: string) => Error;
  /** Where the package has a class for it; otherwise any other error will do. */
  readonly serverError?: ((message: string) => Error) | undefined;
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
        // As a request: under Bearer, a token that is bound to a key is refused.
        return await admit({ headers: { authorization: `Bearer ${token}` } }, {}, client, resource);
      } catch (error) {
        if (!(error instanceof BaseAuthError)) throw error;
        reportRefusal(error, resource.onRefusal);
        throw translated(error, factory);
      }
    },
  };
}

/** Outages and faults of ours become no error about tokens: the MCP packages answer 500 to all others. */
function translated(error: BaseAuthError, factory: ErrorFactory): Error {
  const { message, statusCode } = error;
  const theirs = errorOf(statusCode, message, factory) ?? error;
  // The evidence stays with the operator.
  if (theirs !== error) theirs.cause = error;
  return theirs;
}

function errorOf(statusCode: number, message: string, factory: ErrorFactory): Error | undefined {
  if (statusCode >= 500) return factory.serverError?.(message);
  return statusCode === 403 ? factory.insufficientScope(message) : factory.invalidToken(message);
}

/** @throws ConfigurationError when the classes are those of no MCP package */
function factoryOf<Code>(errors: McpErrorsV1 | McpErrorsV2<Code>): ErrorFactory {
  if (isV2(errors)) {
    const { OAuthError, OAuthErrorCode } = errors;
    const { ServerError } = OAuthErrorCode;
    return {
      invalidToken: (message) => new OAuthError(OAuthErrorCode.InvalidToken, message),
      insufficientScope: (message) => new OAuthError(OAuthErrorCode.InsufficientScope, message),
      serverError: ServerError === undefined ? undefined : (message) => new OAuthError(ServerError, message),
    };
  }
  if (isV1(errors)) {
    const { InvalidTokenError, InsufficientScopeError } = errors;
    return {
      invalidToken: (message) => new InvalidTokenError(message),
      insufficientScope: (message) => new InsufficientScopeError(message),
    };
  }
  throw new ConfigurationError(
    '`tokenVerifier` needs { InvalidTokenError, InsufficientScopeError } or { OAuthError, OAuthErrorCode } of the MCP package.',
  );
}

function isV1(errors: unknown): errors is McpErrorsV1 {
  return (
    isObject(errors) &&
    typeof errors.InvalidTokenError === 'function' &&
    typeof errors.InsufficientScopeError === 'function'
  );
}

function isV2<Code>(errors: McpErrorsV1 | McpErrorsV2<Code>): errors is McpErrorsV2<Code> {
  if (!isObject(errors) || typeof errors.OAuthError !== 'function') return false;
  const codes: unknown = errors.OAuthErrorCode;
  return isObject(codes) && codes.InvalidToken !== undefined && codes.InsufficientScope !== undefined;
}
