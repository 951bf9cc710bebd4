/** A forward proxy on 127.0.0.1 that opens tunnels and nothing else, written on sockets so that it can misbehave. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, TLSSocket } from 'node:tls';
import { nameOf } from './tls-tenant.ts';

export interface ConnectProxyOptions {
  /** Makes it an https proxy. */
  readonly tls?: TlsOptions;
  /** `user:password` that it wants. */
  readonly credentials?: string;
  /** Where names lead that exist for the proxy only, by `host:port`; all else is 127.0.0.1. */
  readonly routes?: Readonly<Record<string, number>>;
  /** What it says to every CONNECT instead of opening a tunnel; `undefined` says nothing at all, for ever. */
  readonly answer?: { readonly text: string | undefined };
}

export interface ConnectProxy {
  readonly port: number;
  /** `host:port` of every CONNECT, in their order. */
  readonly asked: readonly string[];
  /** The header of every CONNECT, in lower case. */
  readonly headers: readonly string[];
  /** The names of the clients whose certificates were shown, one entry for each connection. */
  readonly clients: readonly (string | undefined)[];
  /** Every byte that clients sent after the tunnel was there. */
  readonly carried: () => Buffer;
  /** How many connections it has, to either side. */
  readonly open: () => number;
  readonly close: () => Promise<void>;
}

export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const { tls, credentials, routes = {}, answer } = options;
  const asked: string[] = [];
  const headers: string[] = [];
  const clients: (string | undefined)[] = [];
  const carried: Buffer[] = [];
  const sockets = new Set<Socket>();

  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const serve = async (client: Socket) => {
    keep(client);
    clients.push(client instanceof TLSSocket ? nameOf(client.getPeerCertificate()) : undefined);
    const head = await readHead(client);
    const authority = /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(head)?.[1] ?? '';
    asked.push(authority);
    headers.push(head.toLowerCase());
    if (answer !== undefined) {
      if (answer.text !== undefined) client.write(answer.text);
      return;
    }
    if (credentials !== undefined && !head.includes(`Basic ${Buffer.from(credentials).toString('base64')}`)) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\nno');
      return;
    }
    const port = routes[authority] ?? Number(/:(\d+)$/.exec(authority)?.[1]);
    const server = connect(port, '127.0.0.1');
    keep(server);
    await once(server, 'connect');
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.on('data', (chunk) => carried.push(chunk));
    client.pipe(server).pipe(client);
  };
  const onConnection = (socket: Socket) => {
    serve(socket).catch(() => socket.destroy());
  };
  const server = tls === undefined ? createServer(onConnection) : createTlsServer(tls, onConnection);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    asked,
    headers,
    clients,
    carried: () => Buffer.concat(carried),
    open: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readHead(client: Socket): Promise<string> {
  let head = '';
  while (!head.includes('\r\n\r\n')) {
    const [chunk] = (await once(client, 'data')) as [Buffer];
    head += chunk.toString('latin1');
  }
  return head;
}
