/**
 * What a refusal must look like, checked as a whole: class, code, reason, status, parsed challenges, other headers,
 * the JSON body and the ready answer. A test that names only some of it would not see the rest change.
 */
import { expect } from 'vitest';
import {
  ApiError,
  BaseAuthError,
  ConfigurationError,
  type ErrorReason,
  InvalidAuthSchemeError,
  InvalidDpopProofError,
  InvalidRequestError,
  IssuerUnavailableError,
  MissingAuthorizationError,
  MissingRequiredArgumentError,
  VerifyAccessTokenError,
} from '../../src/index.ts';
import { type ParsedChallenge, parseChallenges } from './challenges.ts';

type ErrorClass<E extends BaseAuthError = BaseAuthError> = abstract new (...args: never[]) => E;

export interface Refusal<E extends BaseAuthError = BaseAuthError> {
  readonly type: ErrorClass<E>;
  readonly code: string;
  readonly reason: ErrorReason;
  readonly statusCode: number;
  /** None by default. Where `error` is expected, `error_description` is expected to be the message. */
  readonly challenges?: readonly ParsedChallenge[];
  /** All headers but `WWW-Authenticate`; none by default. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Members that only this class has. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** A part of the message. */
  readonly message?: string;
}

type Challenges = readonly ParsedChallenge[];

export const invalidToken = (
  reason: ErrorReason,
  challenges: Challenges = [],
): Refusal<VerifyAccessTokenError> => ({
  type: VerifyAccessTokenError,
  code: 'invalid_token',
  reason,
  statusCode: 401,
  challenges,
});

export const badProof = (
  reason: ErrorReason,
  challenges: Challenges = [],
): Refusal<InvalidDpopProofError> => ({
  type: InvalidDpopProofError,
  code: 'invalid_dpop_proof',
  reason,
  statusCode: 400,
  challenges,
});

export const badRequest = (
  reason: ErrorReason,
  challenges: Challenges = [],
): Refusal<InvalidRequestError> => ({
  type: InvalidRequestError,
  code: 'invalid_request',
  reason,
  statusCode: 400,
  challenges,
});

export const missingArgument = (
  argument: string,
  challenges: Challenges = [],
): Refusal<MissingRequiredArgumentError> => ({
  type: MissingRequiredArgumentError,
  code: 'invalid_request',
  reason: 'missing_argument',
  statusCode: 400,
  challenges,
  members: { argument },
  message: `\`${argument}\``,
});

export const noCredentials = (challenges: Challenges): Refusal<MissingAuthorizationError> => ({
  type: MissingAuthorizationError,
  code: 'unauthorized',
  reason: 'missing_credentials',
  statusCode: 401,
  challenges,
});

export const wrongScheme = (
  reason: ErrorReason,
  challenges: Challenges,
): Refusal<InvalidAuthSchemeError> => ({
  type: InvalidAuthSchemeError,
  code: 'unauthorized',
  reason,
  statusCode: 401,
  challenges,
});

export const misconfigured: Refusal<ConfigurationError> = {
  type: ConfigurationError,
  code: 'invalid_configuration',
  reason: 'invalid_option',
  statusCode: 500,
};

export const outage = (reason: ErrorReason, retryAfterSeconds = 1): Refusal<IssuerUnavailableError> => ({
  type: IssuerUnavailableError,
  code: 'issuer_unavailable',
  reason,
  statusCode: 503,
  headers: { 'Retry-After': String(retryAfterSeconds) },
  members: { retryAfterSeconds },
});

/** What a promise is rejected with, which must be an error of the package. */
export async function rejectionOf(promise: Promise<unknown>): Promise<BaseAuthError> {
  return ownError(
    await promise.then(
      (value) => {
        throw new Error(`expected a rejection, got ${JSON.stringify(value)}`);
      },
      (error: unknown) => error,
    ),
  );
}

/** What a function throws, which must be an error of the package. */
export function thrownBy(action: () => unknown): BaseAuthError {
  try {
    action();
  } catch (error) {
    return ownError(error);
  }
  throw new Error('expected an error to be thrown');
}

function ownError(error: unknown): BaseAuthError {
  if (error instanceof BaseAuthError) return error;
  throw error;
}

export async function expectRefusal<E extends BaseAuthError>(
  promise: Promise<unknown>,
  expected: Refusal<E>,
): Promise<E> {
  const error = await rejectionOf(promise);
  await expectToBe(error, expected);
  return error as E;
}

/** Asserts all that can be seen of an error. */
export async function expectToBe(error: BaseAuthError, expected: Refusal): Promise<void> {
  const { type, code, reason, statusCode, challenges = [], headers = {} } = expected;
  const { 'WWW-Authenticate': authenticate, ...others } = error.headers;
  expect({
    class: error.constructor,
    name: error.name,
    code: error.code,
    reason: error.reason,
    statusCode: error.statusCode,
    challenges: authenticate === undefined ? [] : parseChallenges(authenticate),
    headers: others,
    json: error.toJSON(),
  }).toEqual({
    class: type,
    name: type.name,
    code,
    reason,
    statusCode,
    challenges: challenges.map((challenge) => withDescription(challenge, error.message)),
    headers,
    json: { error: code, error_description: error.message },
  });
  expect(error).toMatchObject(expected.members ?? {});
  expect(error.message).toContain(expected.message ?? '');
  expect(error.description).toBe(error.message);
  expect(error.challenges.join(', ')).toBe(authenticate ?? '');
  expect(error.challenges).toHaveLength(challenges.length);
  // Its answer goes by other rules, which the scenarios of the exchange check.
  if (!(error instanceof ApiError)) await expectAnswer(error);
}

async function expectAnswer(error: BaseAuthError): Promise<void> {
  const response = error.toResponse();
  expect(response.status).toBe(error.statusCode);
  expect(Object.fromEntries(response.headers)).toEqual({
    ...Object.fromEntries(new Headers(error.headers)),
    'content-type': 'application/json',
    'cache-control': 'no-store',
  });
  expect(await response.json()).toEqual(error.toJSON());
}

function withDescription(challenge: ParsedChallenge, message: string): ParsedChallenge {
  if (!('error' in challenge.params)) return challenge;
  return { ...challenge, params: { ...challenge.params, error_description: message } };
}
