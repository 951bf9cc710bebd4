/**
 * Token exchange (RFC 8693) and its presets. One path for all of them; what differs is in the table.
 */

import {
  GetAccessTokenForConnectionError,
  GetTokenByExchangeProfileError,
  MissingRequiredArgumentError,
} from '../errors/index.ts';
import type { HttpOptions } from '../platform/http.ts';
import { basicAuthorization } from './client-auth.ts';
import type { FormField } from './extra.ts';
import { missingParameter, readParameters, secretsIn, type Given, type ParametersOf } from './parameters.ts';
import { createRedactor } from './redact.ts';
import { ACCESS_TOKEN_TYPE, CONNECTION_TOKEN_TYPE, type TokenAnswer } from './token-answer.ts';
import { requestToken } from './token-endpoint.ts';
import type {
  ConnectionTokenResult,
  GetAccessTokenForConnectionOptions,
  GetTokenByExchangeProfileOptions,
  GetTokenOnBehalfOfOptions,
  OnBehalfOfTokenResult,
  TokenExchangeResult,
} from './types.ts';

/** What token requests need from the outside. */
export interface TokenExchangeDependencies {
  /** Read at each call; only a client with both members can request tokens. */
  readonly client: { readonly clientId?: string | undefined; readonly clientSecret?: string | undefined };
  /** The issuer whose token endpoint is used; `undefined` when no `domain` is configured. */
  readonly issuer: string | undefined;
  /** Looks the endpoint up in the issuer's metadata; rejects with an `IssuerUnavailableError` of its own. */
  readonly tokenEndpointOf: (issuer: string) => Promise<string | undefined>;
  readonly http: HttpOptions;
  /** The current time, milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The three token requests. All of them reject, in this order, with
 * - `MissingRequiredArgumentError` when a required member is absent, null or empty;
 * - the error class of the request when an option, the client's credentials or the issuer's metadata do not do:
 *   `GetTokenByExchangeProfileError`, or `GetAccessTokenForConnectionError` for a connection;
 * - `IssuerUnavailableError` when the issuer's metadata cannot be had;
 * - `ApiError` for every answer of the token endpoint that is no usable token.
 *
 * Results are frozen. Nothing is kept and nothing is sent twice.
 */
export interface TokenExchange {
  /** A token for another API, for the user of the given access token. */
  readonly onBehalfOf: (options: GetTokenOnBehalfOfOptions) => Promise<OnBehalfOfTokenResult>;
  /** A token for one of a kind that an exchange profile of the tenant accepts. */
  readonly byProfile: (options: GetTokenByExchangeProfileOptions) => Promise<TokenExchangeResult>;
  /** The access token of an upstream identity provider, from the token vault. */
  readonly forConnection: (options: GetAccessTokenForConnectionOptions) => Promise<ConnectionTokenResult>;
}

/** All that sets one kind of token request apart from another. */
interface Preset<Options, Result> {
  readonly Failure: typeof GetTokenByExchangeProfileError | typeof GetAccessTokenForConnectionError;
  /** Fields that are the same in every request. */
  readonly fixed: readonly FormField[];
  readonly parameters: ParametersOf<Options>;
  readonly result: (answer: TokenAnswer, options: Options) => Result;
}

const TOKEN_EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const CONNECTION_GRANT = 'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token';

const ON_BEHALF_OF: Preset<GetTokenOnBehalfOfOptions, OnBehalfOfTokenResult> = {
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
  },
  result: ({ issued }) => issued,
};

const BY_PROFILE: Preset<GetTokenByExchangeProfileOptions, TokenExchangeResult> = {
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
    organization: { kind: 'text', field: 'organization' },
    extra: { kind: 'extra' },
  },
  result: ({ issued, companions }) => ({ ...issued, ...companions }),
};

const FOR_CONNECTION: Preset<GetAccessTokenForConnectionOptions, ConnectionTokenResult> = {
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
  result: ({ issued: { accessToken, expiresAt, scope } }, { connection, loginHint }) => ({
    accessToken,
    expiresAt,
    ...(scope === undefined ? {} : { scope }),
    connection,
    ...(loginHint === undefined ? {} : { loginHint }),
  }),
};

/** Wires the token requests; does nothing by itself. */
export function createTokenExchange(dependencies: TokenExchangeDependencies): TokenExchange {
  return {
    onBehalfOf: (options) => exchange(dependencies, ON_BEHALF_OF, options),
    byProfile: (options) => exchange(dependencies, BY_PROFILE, options),
    forConnection: (options) => exchange(dependencies, FOR_CONNECTION, options),
  };
}

async function exchange<Options extends object, Result>(
  dependencies: TokenExchangeDependencies,
  preset: Preset<Options, Result>,
  options: Options,
): Promise<Readonly<Result>> {
  // A copy of the own members: what was checked is what is sent, whatever the caller does meanwhile.
  const own = { ...options };
  const given: Given = new Map<string, unknown>(
    Object.entries(own).filter(([, value]) => value !== undefined),
  );
  const { clientId, clientSecret } = dependencies.client;
  const secrets = [...secretsIn(preset.parameters, given), clientSecret ?? ''];

  const fields = formFields(preset, given, secrets);
  if (dependencies.issuer === undefined || !clientId || !clientSecret) {
    const name = dependencies.issuer === undefined ? 'domain' : clientId ? 'clientSecret' : 'clientId';
    throw new preset.Failure('missing_client_credentials', { cause: { name } });
  }
  const tokenEndpoint = await dependencies.tokenEndpointOf(dependencies.issuer);
  if (!isSecureUrl(tokenEndpoint)) {
    const cause = { name: 'token_endpoint', expected: 'an https URL' };
    throw new preset.Failure('token_endpoint_missing', { cause });
  }

  const answer = await requestToken({
    tokenEndpoint,
    form: fields,
    authorization: basicAuthorization(clientId, clientSecret),
    secrets,
    http: dependencies.http,
    now: dependencies.now,
  });
  return Object.freeze(preset.result(answer, own));
}

/** The whole form body; nothing has been sent when it throws. */
function formFields<Options>(
  preset: Preset<Options, unknown>,
  given: Given,
  secrets: readonly string[],
): readonly FormField[] {
  const missing = missingParameter(preset.parameters, given);
  if (missing !== undefined) throw new MissingRequiredArgumentError(missing);

  const reading = readParameters(preset.parameters, given);
  if ('value' in reading) return [...preset.fixed, ...reading.value];
  const { reason, message, expected, actual, name } = reading.problem;
  // The name may be the caller's own, of any length and content.
  const cause = { name: createRedactor(secrets)(name, 100), expected, actual };
  throw new preset.Failure(reason, { message, cause });
}

/** The client's secret goes there: never in the clear (RFC 6749 §3.2). */
function isSecureUrl(endpoint: string | undefined): endpoint is string {
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return false;
  const { protocol, username, password } = new URL(endpoint);
  return protocol === 'https:' && username === '' && password === '';
}
