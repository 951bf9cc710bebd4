/**
 * Token exchange (RFC 8693), its presets, and client credentials. One path for all of them; what differs is in
 * presets.ts.
 */

import { BaseAuthError, MissingRequiredArgumentError } from '../errors/index.ts';
import type { RunInBackground } from '../platform/background.ts';
import type { HttpOptions } from '../platform/http.ts';
import { attempt, type RetryPolicy } from './attempts.ts';
import { cacheKeyOf, endOfSubject } from './cache-key.ts';
import { createAssertionSigner } from './client-assertion.ts';
import { authenticationOf, type ClientAuthentication, type ClientIdentity } from './client-auth.ts';
import type { FormField } from './extra.ts';
import { KeptTokens, type KeptTokensOptions, type TokenSource } from './kept-tokens.ts';
import { missingParameter, readParameters, secretsIn, type Given } from './parameters.ts';
import {
  BY_CLIENT_CREDENTIALS,
  BY_PROFILE,
  FOR_CONNECTION,
  ON_BEHALF_OF,
  isDpopKey,
  type Preset,
} from './presets.ts';
import { createRedactor } from './redact.ts';
import { formatEntry, parseEntry } from './shared-entry.ts';
import type { TokenAnswer } from './token-answer.ts';
import { requestToken } from './token-endpoint.ts';
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

/** Makes a DPoP proof for the token endpoint (RFC 9449 §5). */
export type Prover = (
  key: ExchangeDpopKey,
  proven: { readonly httpMethod: string; readonly httpUrl: string; readonly nonce?: string | undefined },
) => Promise<string>;

/** What token requests need from the outside. */
export interface TokenExchangeDependencies {
  /** Read at each call; only a client with an id and a way to prove it can request tokens. */
  readonly client: ClientIdentity;
  /** The issuer whose token endpoint is used; `undefined` when no `domain` is configured. */
  readonly issuer: string | undefined;
  /**
   * Looks the endpoint up in the issuer's metadata, for clients with a certificate the one made for them; rejects with an
   * `IssuerUnavailableError` of its own.
   */
  readonly tokenEndpointOf: (issuer: string, usesTls: boolean) => Promise<string | undefined>;
  readonly http: HttpOptions;
  /** The current time, milliseconds since the epoch. */
  readonly now: () => number;
  /** Keeps tokens; `undefined` keeps none. */
  readonly cache?: Pick<KeptTokensOptions, 'maxEntries' | 'maxAgeSeconds' | 'shared'> | undefined;
  /** Sends a request again where that is safe; `undefined` never does. */
  readonly retry?: RetryPolicy | undefined;
  /** Verifies a subject token for this API; rejects when it is not valid. */
  readonly verifySubjectToken: (accessToken: string) => Promise<unknown>;
  /** `undefined`: nothing can be bound to a key. */
  readonly prove?: Prover | undefined;
  readonly runInBackground?: RunInBackground | undefined;
  /** Waits between two attempts, in real time by default. */
  readonly pause?: ((seconds: number) => Promise<void>) | undefined;
}

/** Told where the token of a call came from. */
export type OnSource = (source: TokenSource) => void;

/**
 * The token requests. All of them reject, in this order, with
 * - `MissingRequiredArgumentError` when a required member is absent, null or empty;
 * - the error class of the request when an option, the client's credentials or the issuer's metadata do not do:
 *   `GetTokenByExchangeProfileError`, `GetAccessTokenForConnectionError` for a connection, and
 *   `GetTokenByClientCredentialsError` for a token of the client's own;
 * - `IssuerUnavailableError` when the issuer's metadata cannot be had;
 * - `ConfigurationError` when the client's secret or key cannot be used, or its function fails;
 * - `ApiError` for every answer of the token endpoint that is no usable token.
 *
 * Results are frozen.
 */
export interface TokenExchange {
  /** A token for another API, for the user of the given access token. */
  readonly onBehalfOf: (
    options: GetTokenOnBehalfOfOptions,
    onSource?: OnSource,
  ) => Promise<OnBehalfOfTokenResult>;
  /** A token for one of a kind that an exchange profile of the tenant accepts. */
  readonly byProfile: (options: GetTokenByExchangeProfileOptions) => Promise<TokenExchangeResult>;
  /** The access token of an upstream identity provider, from the token vault. */
  readonly forConnection: (options: GetAccessTokenForConnectionOptions) => Promise<ConnectionTokenResult>;
  /** A token of the client's own (RFC 6749 §4.4). */
  readonly byClientCredentials: (
    options: GetTokenByClientCredentialsOptions,
    onSource?: OnSource,
  ) => Promise<OnBehalfOfTokenResult>;
}

/** What lasts from one request to the next. */
interface Parts extends TokenExchangeDependencies {
  readonly kept: KeptTokens | undefined;
  readonly sign: ReturnType<typeof createAssertionSigner>;
  /** The nonce that a token endpoint wants in the next proof (RFC 9449 §8.2). */
  readonly nonces: Map<string, string>;
}

/** One request, checked. */
interface Plan {
  readonly Failure: Preset<unknown, unknown>['Failure'];
  readonly issuer: string;
  readonly authentication: ClientAuthentication;
  readonly fields: readonly FormField[];
  readonly secrets: readonly string[];
  readonly dpopKey: ExchangeDpopKey | undefined;
}

/** Wires the token requests; does nothing by itself. */
export function createTokenExchange(dependencies: TokenExchangeDependencies): TokenExchange {
  const { cache, http, now, retry, runInBackground = observe } = dependencies;
  const { maxAttempts, maxDelaySeconds } = retry ?? { maxAttempts: 1, maxDelaySeconds: 0 };
  // Whoever gave up on a request that waits out a rate limit would add to what the limit is there for.
  const longestSeconds = http.timeoutSeconds * maxAttempts + maxDelaySeconds;
  const kept = cache && new KeptTokens({ ...cache, longestSeconds, runInBackground, now });
  const parts: Parts = { ...dependencies, kept, sign: createAssertionSigner(), nonces: new Map() };
  return {
    onBehalfOf: (options, onSource) => exchange(parts, ON_BEHALF_OF, options, onSource),
    byProfile: (options) => exchange(parts, BY_PROFILE, options),
    forConnection: (options) => exchange(parts, FOR_CONNECTION, options),
    byClientCredentials: (options, onSource) => exchange(parts, BY_CLIENT_CREDENTIALS, options, onSource),
  };
}

async function exchange<Options extends object, Result>(
  parts: Parts,
  preset: Preset<Options, Result>,
  options: Options,
  onSource?: OnSource,
): Promise<Readonly<Result>> {
  // A copy of the own members: what was checked is what is sent, whatever the caller does meanwhile.
  const own = { ...options };
  const given: Given = new Map<string, unknown>(
    Object.entries(own).filter(([, value]) => value !== undefined),
  );
  const plan = planOf(parts, preset, given);
  const subject = subjectIn(given);
  if (given.get('verifySubjectToken') === true && subject !== undefined) {
    await parts.verifySubjectToken(subject);
  }
  const cache = given.get('cache') ?? true;
  if (!preset.isKept || parts.kept === undefined || cache === false) {
    return Object.freeze(preset.result(await fetchToken(parts, plan), own));
  }
  const requestedTokenType = plan.fields.find(([name]) => name === 'requested_token_type')?.[1];
  const { token, source } = await parts.kept.get({
    key: await cacheKeyOf({
      issuer: plan.issuer,
      clientId: plan.authentication.clientId,
      fields: plan.fields,
      jkt: plan.dpopKey?.jkt,
    }),
    subjectEndsAt: endOfSubject(subject),
    isRefresh: cache === 'refresh',
    fetch: async () => (await fetchToken(parts, plan)).issued,
    parse: (entry) => parseEntry(entry, requestedTokenType, plan.dpopKey !== undefined),
    format: formatEntry,
  });
  onSource?.(source);
  return Object.freeze(preset.result({ issued: token, companions: {} }, own));
}

/** Everything about a request that can be refused before the network is needed. */
function planOf<Options>(parts: Parts, preset: Preset<Options, unknown>, given: Given): Plan {
  const { client, issuer, prove } = parts;
  const { Failure } = preset;
  const { clientSecret } = client;
  const secrets = [
    ...secretsIn(preset.parameters, given),
    typeof clientSecret === 'string' ? clientSecret : '',
  ];
  const fields = formFields(preset, given, secrets);
  const authentication = authenticationOf(client);
  if (issuer === undefined || 'missing' in authentication) {
    const name = issuer === undefined ? 'domain' : 'missing' in authentication ? authentication.missing : '';
    throw new Failure('missing_client_credentials', { cause: { name } });
  }
  const key = given.get('dpopKey');
  const dpopKey = isDpopKey(key) ? key : undefined;
  if (dpopKey !== undefined && prove === undefined) {
    throw new Failure('invalid_parameter', {
      cause: { name: 'dpopKey', expected: 'nothing', actual: 'object' },
    });
  }
  return { Failure, issuer, authentication: authentication.value, fields, secrets, dpopKey };
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

async function fetchToken(parts: Parts, plan: Plan): Promise<TokenAnswer> {
  const { authentication, issuer, fields, secrets, dpopKey, Failure } = plan;
  const { http, now, sign, nonces, retry, pause = pauseInRealTime } = parts;
  const tokenEndpoint = await parts.tokenEndpointOf(issuer, authentication.usesTls);
  if (!isSecureUrl(tokenEndpoint)) {
    const cause = { name: 'token_endpoint', expected: 'an https URL' };
    throw new Failure('token_endpoint_missing', { cause });
  }
  let usedNonce: string | undefined;
  const send = async (): Promise<TokenAnswer> => {
    const proof = await authentication.prove({ issuer, timeoutSeconds: http.timeoutSeconds, now, sign });
    usedNonce = nonces.get(tokenEndpoint);
    const dpopProof = dpopKey && (await proveKey(parts, plan, dpopKey, tokenEndpoint, usedNonce));
    return await requestToken({
      tokenEndpoint,
      form: [...fields, ...proof.fields],
      authorization: proof.authorization,
      dpopProof,
      onDpopNonce: (nonce) => nonces.set(tokenEndpoint, nonce),
      secrets: [...secrets, ...proof.secrets],
      http,
      now,
    });
  };
  return await attempt(send, {
    retry,
    hasNewNonce: () => nonces.get(tokenEndpoint) !== usedNonce,
    pause,
  });
}

/** The proof for one attempt. Its server sees each only once. */
async function proveKey(
  { prove }: Parts,
  { Failure }: Plan,
  dpopKey: ExchangeDpopKey,
  httpUrl: string,
  nonce: string | undefined,
): Promise<string> {
  try {
    const proof: unknown = await prove?.(dpopKey, { httpMethod: 'POST', httpUrl, nonce });
    if (typeof proof === 'string' && /^[\w.-]+$/.test(proof)) return proof;
  } catch (error) {
    if (error instanceof BaseAuthError) throw error;
  }
  // What a prover says may quote the key.
  throw new Failure('invalid_parameter', {
    message: '`dpopKey` must be a key that can make a DPoP proof.',
    cause: { name: 'dpopKey', expected: 'a key that can make a DPoP proof' },
  });
}

function subjectIn(given: Given): string | undefined {
  const subject = given.get('accessToken');
  return typeof subject === 'string' ? subject : undefined;
}

/** The client's secret goes there: never in the clear (RFC 6749 §3.2). */
function isSecureUrl(endpoint: string | undefined): endpoint is string {
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return false;
  const { protocol, username, password } = new URL(endpoint);
  return protocol === 'https:' && username === '' && password === '';
}

/** Real time: the server counts in it, whatever the injected clock says. */
function pauseInRealTime(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000);
  });
}

function observe(work: Promise<unknown>): void {
  work.catch(() => undefined);
}
