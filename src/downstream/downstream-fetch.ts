/**
 * A `fetch` for one other API: an exchanged token for each request, and a new one when the API refuses it.
 */
import { type ApiRequestOptions, readAccessToken, readApiRequest, readBaseUrl } from '../dpop/api-request.ts';
import { signerOf } from '../dpop/dpop-key.ts';
import { createTokenSender, discard, refusesToken, untilAborted } from '../dpop/token-sender.ts';
import type { DpopKey } from '../dpop/types.ts';
import { ApiError, ConfigurationError } from '../errors/index.ts';
import type { GetTokenOnBehalfOfOptions } from '../exchange/types.ts';
import { isJsonObject } from '../jws/json.ts';
import type { DownstreamFetchOptions, OnBehalfOfClient } from './types.ts';

/** What `createDownstreamFetch` of the root loads. @throws ConfigurationError when an option cannot be used */
export function createDownstreamFetch(
  client: OnBehalfOfClient,
  options: DownstreamFetchOptions,
): typeof fetch {
  const { key, now, requests, exchange } = readOptions(client, options);
  const send = createTokenSender({ key, now });
  const tokens = new ExchangedTokens(client, exchange);

  return async (input, init) => {
    const request = readApiRequest(input, init, requests);
    const { signal, canRepeat } = request;
    signal?.throwIfAborted();
    const token = await untilAborted(tokens.current(), signal);
    const response = await send(request, token);
    if (!refusesToken(response)) {
      tokens.wasAccepted(token);
      return response;
    }
    const replacement = tokens.replace(token);
    if (replacement === undefined) return response;
    if (!canRepeat) {
      // The next request is to have the new token; for this one nothing is better than what the API said.
      await replacement.catch(() => undefined);
      return response;
    }
    const next = await untilAborted(replacement, signal);
    if (next === token) return response;
    discard(response);
    const second = await send(request, next);
    if (!refusesToken(second)) tokens.wasAccepted(next);
    return second;
  };
}

/** The tokens of one API for one user, the last two of which are known here. */
class ExchangedTokens {
  readonly #client: OnBehalfOfClient;
  readonly #options: GetTokenOnBehalfOfOptions;
  /** One replacement for all requests whose token was refused. */
  #replaced: { readonly token: string; readonly by: Promise<string> } | undefined;
  /**
   * Has taken the place of a refused one, and was not accepted yet. If it is refused, too, then asking for another one
   * helps nobody, and each time costs an exchange.
   */
  #onTrial: string | undefined;

  constructor(client: OnBehalfOfClient, options: GetTokenOnBehalfOfOptions) {
    this.#client = client;
    this.#options = options;
  }

  async current(cache: true | 'refresh' = true): Promise<string> {
    const options = { ...this.#options, cache };
    const { accessToken, tokenType } = await this.#client.getTokenOnBehalfOf(options);
    if (tokenType?.toLowerCase() !== 'n_a') return readAccessToken(accessToken);
    const answer = { reason: 'upstream_invalid_answer', code: 'invalid_response', statusCode: 502 } as const;
    throw new ApiError(answer, { cause: { name: 'token_type', expected: 'Bearer or DPoP', actual: 'N_A' } });
  }

  /** The token that takes the place of a refused one; `undefined` when there is no hope in asking. */
  replace(token: string): Promise<string> | undefined {
    if (token === this.#onTrial) return undefined;
    if (this.#replaced?.token === token) return this.#replaced.by;
    const replaced = { token, by: this.current('refresh') };
    this.#replaced = replaced;
    replaced.by.then(
      (next) => {
        this.#onTrial = next;
      },
      () => {
        // The next refusal asks again.
        if (this.#replaced === replaced) this.#replaced = undefined;
      },
    );
    return replaced.by;
  }

  wasAccepted(token: string): void {
    if (this.#onTrial === token) this.#onTrial = undefined;
  }
}

const EXCHANGE_OPTIONS = [
  'accessToken',
  'audience',
  'scope',
  'organization',
  'resource',
  'authorizationDetails',
  'verifySubjectToken',
] as const satisfies readonly (keyof GetTokenOnBehalfOfOptions & keyof DownstreamFetchOptions)[];
const OWN_OPTIONS = ['dpopKey', 'baseUrl', 'fetch', 'now'] as const;

function readOptions(
  client: OnBehalfOfClient,
  options: DownstreamFetchOptions,
): {
  readonly key: DpopKey | undefined;
  readonly now: DownstreamFetchOptions['now'];
  readonly requests: ApiRequestOptions;
  readonly exchange: GetTokenOnBehalfOfOptions;
} {
  if (!isJsonObject(client) || typeof client.getTokenOnBehalfOf !== 'function')
    throw new ConfigurationError('`createDownstreamFetch` takes an `ApiClient` first.');
  if (!isJsonObject(options))
    throw new ConfigurationError('`createDownstreamFetch` takes an object of options after the client.');
  const names: readonly string[] = [...EXCHANGE_OPTIONS, ...OWN_OPTIONS];
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `\`${unknown.slice(0, 50)}\` is no option of \`createDownstreamFetch\`; there are ${names.join(', ')}.`,
    );
  }
  const { dpopKey, baseUrl, fetch: sender, now, ...exchange } = options;
  if (dpopKey !== undefined) signerOf(dpopKey);
  if (sender !== undefined && typeof sender !== 'function')
    throw new ConfigurationError('`fetch` must be a function with the signature of fetch.');
  if (now !== undefined && typeof now !== 'function')
    throw new ConfigurationError('`now` must be a function that returns epoch milliseconds.');
  const requests = { fetch: sender, baseUrl: baseUrl === undefined ? undefined : readBaseUrl(baseUrl) };
  return { key: dpopKey, now, requests, exchange: { ...exchange, dpopKey } };
}
