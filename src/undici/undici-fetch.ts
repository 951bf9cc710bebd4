/**
 * A fetch of its own transport: proxies, private authorities, client certificates and connection pools, which the
 * runtime's fetch has no standard way to ask for. For Node; the root never loads it.
 */
import { Agent, type Dispatcher, fetch as fetchOfUndici } from 'undici';
import { createConnector } from './connector.ts';
import { readOptions, type UndiciFetchOptions } from './options.ts';

/** Give it as `customFetch`, or use it as any fetch. It works detached from everything. */
export interface UndiciFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /**
   * Ends the connections once the requests on them are answered; later requests are refused. A process need not call it
   * to end: connections that nobody uses do not keep it alive.
   */
  readonly close: () => Promise<void>;
  /** The same, for `await using`. */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** The same functions under two sets of types: of undici, and of the platform that this SDK is written against. */
type Send = (url: string | URL, init: RequestInit & { dispatcher: Dispatcher }) => Promise<Response>;
const send = fetchOfUndici as unknown as Send;

/**
 * Makes a fetch with a connection pool of its own. Make one and share it: each has its own connections. Certificates of
 * servers are always verified, also where `NODE_TLS_REJECT_UNAUTHORIZED` says otherwise. Nothing happens before the
 * first request, and no credential, key or passphrase is part of what it throws.
 *
 * @throws TypeError that names the option, or the variable of the environment, that is not what it should be
 */
export function createUndiciFetch(options: UndiciFetchOptions = {}): UndiciFetch {
  const resolved = readOptions(options, process.env);
  const agent = new Agent({
    connect: createConnector(resolved),
    keepAliveTimeout: resolved.keepAliveMs,
    ...(resolved.connections === undefined ? {} : { connections: resolved.connections }),
  });
  const fetchThroughAgent = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const [url, parts] = splitRequest(input, init);
    return await send(url, { ...parts, dispatcher: agent });
  };
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= agent.close());
  return Object.assign(fetchThroughAgent, { close, [Symbol.asyncDispose]: close });
}

/**
 * undici has classes of its own and takes a Request or a form of the platform for plain text, so those are taken apart
 * before they get there.
 */
function splitRequest(
  input: string | URL | Request,
  init: RequestInit = {},
): readonly [url: string | URL, parts: RequestInit & { duplex?: 'half' }] {
  const isPlain = typeof input === 'string' || input instanceof URL;
  if (isPlain && !(init.body instanceof FormData)) return [input, init];
  const request = new Request(input, init);
  const { url, method, headers, body, redirect, signal, credentials, cache, integrity } = request;
  const parts = { method, headers, redirect, signal, credentials, cache, integrity };
  return [url, body === null ? parts : { ...parts, body, duplex: 'half' }];
}
