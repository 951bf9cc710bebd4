/** A test tenant behind TLS on 127.0.0.1, as a tenant on the internet is. */
import { once } from 'node:events';
import { createServer, type ServerOptions } from 'node:https';
import { request } from 'node:http';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { TestTenant } from 'auth0-api-ts/testing';

export interface TlsTenant {
  readonly tenant: TestTenant;
  readonly port: number;
  /** How many connections were made, and how many of their TLS handshakes came to an end. */
  readonly connections: () => number;
  readonly handshakes: () => number;
  /** The names of the clients whose certificates were shown, one entry for each request. */
  readonly clients: readonly (string | undefined)[];
  readonly close: () => Promise<void>;
}

/**
 * @param createTenant gets the port, which may have to be part of the domain
 * @param options the certificate of the server, and whether it wants one of its clients
 */
export async function serveWithTls(
  createTenant: (port: number) => TestTenant,
  options: ServerOptions,
): Promise<TlsTenant> {
  const clients: (string | undefined)[] = [];
  let connections = 0;
  let handshakes = 0;
  const server = createServer(options, (incoming, outgoing) => {
    const { socket } = incoming;
    clients.push(socket instanceof TLSSocket ? nameOf(socket.getPeerCertificate()) : undefined);
    const { method, url, headers } = incoming;
    const onward = request(`${behind.url}${url ?? '/'}`, { method, headers, agent: false }, (answer) => {
      // The connection on this side is another one.
      outgoing.writeHead(answer.statusCode ?? 500, { ...answer.headers, connection: 'keep-alive' });
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  server.on('connection', () => (connections += 1));
  server.on('secureConnection', () => (handshakes += 1));
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const tenant = createTenant(port);
  const behind = await tenant.listen();
  return {
    tenant,
    port,
    connections: () => connections,
    handshakes: () => handshakes,
    clients,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await behind.close();
    },
  };
}

/** Node answers with an empty object where no certificate was shown. */
export function nameOf({ subject }: Partial<PeerCertificate>): string | undefined {
  return subject === undefined ? undefined : String(subject.CN);
}
