/** How the token requests differ, as one table. What is not in it is the same for all of them. */

import {
  GetAccessTokenForConnectionError,
  GetTokenByClientCredentialsError,
  GetTokenByExchangeProfileError,
} from '../errors/index.ts';
import { isJsonObject } from '../jws/json.ts';
import type { FormField } from './extra.ts';
import type { Parameter, ParametersOf } from './parameters.ts';
import { readDetails, readUris } from './targets.ts';
import { ACCESS_TOKEN_TYPE, CONNECTION_TOKEN_TYPE, type TokenAnswer } from './token-answer.ts';
import type {
  ConnectionTokenResult,
  ExchangeDpopKey,
  GetAccessTokenForConnectionOptions,
  GetTokenByClientCredentialsOptions,
  GetTokenByExchangeProfileOptions,
  GetTokenOnBehalfOfOptions,
  OnBehalfOfTokenResult,
  TokenExchangeResult,
} from './types.ts';

/** All that sets one kind of token request apart from another. */
export interface Preset<Options, Result> {
  readonly Failure:
    | typeof GetTokenByExchangeProfileError
    | typeof GetAccessTokenForConnectionError
    | typeof GetTokenByClientCredentialsError;
  /** Fields that are the same in every request. */
  readonly fixed: readonly FormField[];
  readonly parameters: ParametersOf<Options>;
  /** Whether the same request may be answered with a kept token: it changes nothing, and uses nothing up. */
  readonly isKept: boolean;
  readonly result: (answer: TokenAnswer, options: Options) => Result;
}

const TOKEN_EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const CONNECTION_GRANT = 'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token';

const flag: Parameter = {
  kind: 'setting',
  expected: 'true or false',
  accepts: (value) => typeof value === 'boolean',
};

const cache: Parameter = {
  kind: 'setting',
  expected: "true, false or 'refresh'",
  accepts: (value) => typeof value === 'boolean' || value === 'refresh',
};

/** What every request for an access token may narrow. */
const TARGET = {
  resource: { kind: 'texts', field: 'resource', read: readUris },
  authorizationDetails: { kind: 'texts', field: 'authorization_details', read: readDetails },
  organization: { kind: 'text', field: 'organization' },
  dpopKey: { kind: 'setting', expected: 'a key for DPoP proofs', accepts: isDpopKey },
} as const satisfies Record<string, Parameter>;

export const ON_BEHALF_OF: Preset<GetTokenOnBehalfOfOptions, OnBehalfOfTokenResult> = {
  Failure: GetTokenByExchangeProfileError,
  fixed: [
    ['grant_type', TOKEN_EXCHANGE_GRANT],
    ['subject_token_type', ACCESS_TOKEN_TYPE],
    ['requested_token_type', ACCESS_TOKEN_TYPE],
  ],
  parameters: {
    accessToken: { kind: 'subjectToken', field: 'subject_token', required: true },
    audience: { kind: 'text', field: 'audience', required: true },
    scope: { kind: 'text', field: 'scope' },
    ...TARGET,
    verifySubjectToken: flag,
    cache,
  },
  isKept: true,
  result: ({ issued }) => issued,
};

export const BY_PROFILE: Preset<GetTokenByExchangeProfileOptions, TokenExchangeResult> = {
  Failure: GetTokenByExchangeProfileError,
  fixed: [['grant_type', TOKEN_EXCHANGE_GRANT]],
  parameters: {
    subjectToken: { kind: 'subjectToken', field: 'subject_token', required: true },
    subjectTokenType: { kind: 'text', field: 'subject_token_type', required: true },
    audience: { kind: 'text', field: 'audience' },
    scope: { kind: 'text', field: 'scope' },
    requestedTokenType: { kind: 'text', field: 'requested_token_type' },
    actorToken: { kind: 'token', field: 'actor_token', needs: 'actorTokenType' },
    actorTokenType: { kind: 'text', field: 'actor_token_type', needs: 'actorToken' },
    ...TARGET,
    extra: { kind: 'extra' },
  },
  isKept: false,
  result: ({ issued, companions }) => ({ ...issued, ...companions }),
};

export const FOR_CONNECTION: Preset<GetAccessTokenForConnectionOptions, ConnectionTokenResult> = {
  Failure: GetAccessTokenForConnectionError,
  fixed: [
    ['grant_type', CONNECTION_GRANT],
    ['subject_token_type', ACCESS_TOKEN_TYPE],
    ['requested_token_type', CONNECTION_TOKEN_TYPE],
  ],
  parameters: {
    connection: { kind: 'text', field: 'connection', required: true },
    accessToken: { kind: 'subjectToken', field: 'subject_token', required: true },
    loginHint: { kind: 'text', field: 'login_hint' },
  },
  isKept: false,
  result: ({ issued: { accessToken, expiresAt, scope } }, { connection, loginHint }) => ({
    accessToken,
    expiresAt,
    ...(scope === undefined ? {} : { scope }),
    connection,
    ...(loginHint === undefined ? {} : { loginHint }),
  }),
};

export const BY_CLIENT_CREDENTIALS: Preset<GetTokenByClientCredentialsOptions, OnBehalfOfTokenResult> = {
  Failure: GetTokenByClientCredentialsError,
  fixed: [['grant_type', 'client_credentials']],
  parameters: {
    audience: { kind: 'text', field: 'audience', required: true },
    scope: { kind: 'text', field: 'scope' },
    ...TARGET,
    cache,
  },
  isKept: true,
  result: ({ issued }) => issued,
};

/** A thumbprint is a SHA-256 in base64url (RFC 9449 §6.1). */
export function isDpopKey(value: unknown): value is ExchangeDpopKey {
  if (!isJsonObject(value)) return false;
  const { jkt } = value;
  return typeof jkt === 'string' && /^[\w-]{43}$/.test(jkt);
}
