/** How a connection comes about: straight to the server, or through a tunnel that a proxy opens (RFC 9110 §9.3.6). */
import { type ClientRequest, request as requestByHttp } from 'node:http';
import { request as requestByHttps } from 'node:https';
import { isIP, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { buildConnector } from 'undici';
import type { ResolvedOptions, TlsSettings } from './options.ts';
import type { Proxy } from './proxies.ts';

type Connector = buildConnector.connector;
type Target = buildConnector.Options;
/** What a tunnel is made of: in Node, the socket to the proxy. */
type Socket = NonNullable<Target['httpSocket']>;

export type TunnelFailureCode =
  /** No connection to the proxy was had, or it broke off. */
  | 'PROXY_UNREACHABLE'
  /** The proxy did not open the tunnel in time. */
  | 'PROXY_TIMEOUT'
  /** The proxy answered with another status than a success. */
  | 'PROXY_REFUSED'
  /** The proxy sent more than its answer: bytes that the server, which has not been spoken to, cannot have sent. */
  | 'PROXY_INVALID_ANSWER';

/** The proxy opened no tunnel. Its address is part of the message, the credentials for it are not. */
export class TunnelFailure extends Error {
  override readonly name = 'TunnelFailure';
  readonly code: TunnelFailureCode;

  constructor(code: TunnelFailureCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

export function createConnector({ proxyFor, tls, proxyTls, connectTimeoutMs }: ResolvedOptions): Connector {
  const connect = buildConnector({ ...withoutAbsent(tls), timeout: connectTimeoutMs });
  return (target, callback) => {
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    const proxy = proxyFor(target.protocol, target.hostname, port);
    if (proxy === undefined) {
      connect(target, callback);
      return;
    }
    const { hostname } = target;
    const authority = `${isIPv6(hostname) ? `[${hostname}]` : hostname}:${port}`;
    openTunnel(proxy, authority, proxyTls, connectTimeoutMs).then(
      (socket) => {
        if (target.protocol === 'https:') secure(connect, target, socket, callback);
        else callback(null, socket);
      },
      (error: unknown) => {
        callback(errorOf(error), null);
      },
    );
  };
}

/** TLS inside of the tunnel. What it throws has nobody above it any more who would catch it. */
function secure(connect: Connector, target: Target, socket: Socket, callback: buildConnector.Callback): void {
  try {
    connect({ ...target, httpSocket: socket }, callback);
  } catch (error) {
    socket.destroy();
    callback(errorOf(error), null);
  }
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error('The tunnel failed.');
}

/** @throws TunnelFailure */
async function openTunnel(
  proxy: Proxy,
  authority: string,
  tls: TlsSettings,
  limitMs: number,
): Promise<Socket> {
  const request = askForTunnel(proxy, authority, tls);
  return await new Promise<Socket>((resolve, reject) => {
    const fail = (code: TunnelFailureCode, what: string, cause?: unknown) => {
      clearTimeout(timer);
      reject(new TunnelFailure(code, `the proxy ${proxy.origin}, asked for ${authority}, ${what}`, cause));
      request.destroy();
    };
    const timer = setTimeout(() => {
      fail('PROXY_TIMEOUT', `opened no tunnel within ${limitMs / 1000} s`);
    }, limitMs);
    request.on('error', (error) => {
      fail('PROXY_UNREACHABLE', 'could not be reached', error);
    });
    request.once('connect', ({ statusCode }, socket, head) => {
      const isOpen = statusCode !== undefined && statusCode >= 200 && statusCode <= 299;
      if (!isOpen || head.length > 0 || !isSocket(socket)) {
        // Whatever it still sends or breaks with interests nobody.
        socket.on('error', () => undefined).destroy();
        if (!isOpen) fail('PROXY_REFUSED', `answered ${statusCode ?? 'without a status'}`);
        else fail('PROXY_INVALID_ANSWER', 'sent more than its answer');
        return;
      }
      clearTimeout(timer);
      resolve(socket);
    });
    request.end();
  });
}

function askForTunnel(
  { isTls, hostname, port, authorization }: Proxy,
  authority: string,
  tls: TlsSettings,
): ClientRequest {
  return (isTls ? requestByHttps : requestByHttp)({
    host: hostname,
    port,
    method: 'CONNECT',
    path: authority,
    headers: {
      Host: authority,
      // Otherwise Node says `close`, which a proxy might take for the tunnel.
      Connection: 'keep-alive',
      ...(authorization === undefined ? {} : { 'Proxy-Authorization': authorization }),
    },
    // A tunnel is never given back, so there is nothing to pool.
    agent: false,
    // Without a name of its own, the certificate would be held against the host that is asked for. An address is none.
    ...(isTls ? { ...withoutAbsent(tls), servername: isIP(hostname) === 0 ? hostname : '' } : {}),
  });
}

/** Node types it as any stream, because a program may put its own in place of sockets; here none does. */
function isSocket(stream: Duplex): stream is Socket {
  return 'setNoDelay' in stream && 'setKeepAlive' in stream;
}

/** For libraries in whose types `undefined` is a value. */
function withoutAbsent({ ca, cert, key, passphrase, rejectUnauthorized }: TlsSettings) {
  return {
    rejectUnauthorized,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}
