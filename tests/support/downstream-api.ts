/** Another API on a socket, which verifies what it gets, counts it, and refuses what it is told to. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type ApiClient, BaseAuthError, extractCredentials } from '../../src/index.ts';

export interface DownstreamCall {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly scheme: string;
  readonly accessToken: string;
  readonly body: string;
  readonly status: number;
}

export interface DownstreamApi {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** In the order of the answers. */
  readonly calls: readonly DownstreamCall[];
  /** Tokens that are refused although they are good, as after a revocation. */
  readonly revoked: Set<string>;
  /** Answers instead of verifying, when it is set. */
  answer: ((call: Omit<DownstreamCall, 'status'>) => Answer | undefined) | undefined;
  readonly close: () => Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function serveDownstream(client: ApiClient): Promise<DownstreamApi> {
  const calls: DownstreamCall[] = [];
  const revoked = new Set<string>();
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch((error: unknown) => {
      outgoing.writeHead(500).end(String(error));
    });
  });
  const api: DownstreamApi = {
    url: '',
    calls,
    revoked,
    answer: undefined,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };

  async function verdict(incoming: IncomingMessage): Promise<Answer & { readonly body: string }> {
    const { headersDistinct, method, url = '', headers } = incoming;
    try {
      const httpUrl = `http://${headers.host ?? ''}${url}`;
      const claims = await client.verifyRequest({ headers: headersDistinct, httpMethod: method, httpUrl });
      const nonce = await client.nextDpopNonce();
      return {
        status: 200,
        headers: nonce === undefined ? {} : { 'DPoP-Nonce': nonce },
        body: JSON.stringify(claims),
      };
    } catch (error) {
      if (!(error instanceof BaseAuthError)) throw error;
      return { status: error.statusCode, headers: error.headers, body: JSON.stringify(error) };
    }
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method, url: path, headersDistinct } = incoming;
    const body = await text(incoming);
    const { scheme, accessToken } = extractCredentials(headersDistinct);
    const call = { method, path, scheme, accessToken, body };
    const isRevoked = revoked.has(accessToken);
    const refusal = isRevoked
      ? { status: 401, headers: { 'WWW-Authenticate': `${scheme} error="invalid_token"` } }
      : undefined;
    const made = api.answer?.(call) ?? refusal ?? (await verdict(incoming));
    calls.push({ ...call, status: made.status });
    outgoing.writeHead(made.status, { ...made.headers });
    outgoing.end('body' in made ? made.body : 'refused');
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return Object.assign(api, { url: `http://127.0.0.1:${address.port}` });
}
