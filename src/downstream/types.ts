/** What `createDownstreamFetch` takes. */
import type { DpopKey } from '../dpop/types.ts';
import type { GetTokenOnBehalfOfOptions, OnBehalfOfTokenResult } from '../exchange/types.ts';

/** As much of an `ApiClient` as is needed to call another API. */
export interface OnBehalfOfClient {
  readonly getTokenOnBehalfOf: (options: GetTokenOnBehalfOfOptions) => Promise<OnBehalfOfTokenResult>;
}

/** Which API is called, for whom, and how. The rest is what `getTokenOnBehalfOf` takes. */
export interface DownstreamFetchOptions extends Omit<GetTokenOnBehalfOfOptions, 'cache' | 'dpopKey'> {
  /**
   * Binds the tokens to this key, and proves it with each request (RFC 9449); Bearer tokens by default. Keep one key for the
   * process: tokens of another key are other tokens.
   */
  readonly dpopKey?: DpopKey | undefined;
  /**
   * Where the API is: https, or this machine. URLs may then be relative to it, and nothing is sent to another origin. Give it
   * wherever a part of the URL is not the program's own; without it, URLs must be absolute, and any https origin gets the
   * token.
   */
  readonly baseUrl?: string | URL | undefined;
  /** Sends the requests; the runtime's `fetch` at the time of the call by default. The exchange uses that of the client. */
  readonly fetch?: typeof fetch | undefined;
  /** The clock of the proofs, in epoch milliseconds; `Date.now` by default. */
  readonly now?: (() => number) | undefined;
}
