/** The certificate of a TLS connection, as the servers of Node tell it. */
import { once } from 'node:events';
import { createServer, request as sendRequest, type Server as HttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';
import type { IncomingMessage } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import express, { type Request } from 'express';
import fastify, { type FastifyRequest } from 'fastify';
import { type Context, Hono } from 'hono';
import { afterEach, describe, expect, it } from 'vitest';
import * as expressAuth from '../../src/adapters/express.ts';
import * as fastifyAuth from '../../src/adapters/fastify.ts';
import * as honoAuth from '../../src/adapters/hono.ts';
import type { ApiClient } from '../../src/index.ts';
import { createCertificate, type TestCertificate } from '../support/certificate.ts';
import { setUp } from '../support/scenario.ts';

const own = createCertificate('server');
const tls = { cert: own.pem, key: own.privateKey, requestCert: true, rejectUnauthorized: false };
const certificateOf = (socket: unknown) =>
  socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.raw : undefined;

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

async function listening(server: HttpsServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return portOf(server);
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

async function serveExpress(client: ApiClient): Promise<number> {
  const app = express().set('env', 'test');
  const clientCertificate = ({ socket }: Request) => certificateOf(socket);
  app.use(expressAuth.requireAuth(client, undefined, { clientCertificate }));
  app.get('/books', (req, res) => {
    res.json({ sub: expressAuth.getAuth(req).claims.sub });
  });
  return await listening(createServer(tls, app));
}

async function serveFastify(client: ApiClient): Promise<number> {
  const app = fastify({ https: tls });
  const clientCertificate = ({ raw }: FastifyRequest) => certificateOf(raw.socket);
  const onRequest = fastifyAuth.requireAuth(client, undefined, { clientCertificate });
  app.get('/books', { onRequest }, (request) => ({ sub: fastifyAuth.getAuth(request).claims.sub }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  open.push(() => app.close());
  return portOf(app.server);
}

async function serveHono(client: ApiClient): Promise<number> {
  const clientCertificate = (c: Context<{ Bindings: HttpBindings }>) => certificateOf(c.env.incoming.socket);
  const app = new Hono()
    .use(honoAuth.requireAuth(client, undefined, { clientCertificate }))
    .get('/books', (c) => c.json({ sub: c.var.auth.claims.sub }));
  const listener = getRequestListener(app.fetch);
  return await listening(createServer(tls, (incoming, outgoing) => void listener(incoming, outgoing)));
}

describe.each([
  ['express', serveExpress],
  ['fastify', serveFastify],
  ['hono', serveHono],
] as const)('%s over TLS', (_, serve) => {
  it('holds a token against the certificate of the connection', async () => {
    const { client, tenant } = setUp({ client: { requireCertificateBinding: true } });
    const port = await serve(client);
    const certificate = createCertificate();
    const accessToken = await tenant.issueAccessToken({
      sub: 'auth0|ada',
      claims: { cnf: { 'x5t#S256': certificate.thumbprint } },
    });
    const ask = async (presented?: TestCertificate) => {
      const identity = presented === undefined ? {} : { cert: presented.pem, key: presented.privateKey };
      const headers = { authorization: `Bearer ${accessToken}` };
      // Who the server is does not matter here.
      const trust = { rejectUnauthorized: false };
      const options = {
        host: '127.0.0.1',
        port,
        path: '/books',
        agent: false,
        headers,
        ...trust,
        ...identity,
      };
      const [incoming] = (await once(sendRequest(options).end(), 'response')) as [IncomingMessage];
      return { status: incoming.statusCode, text: (await buffer(incoming)).toString() };
    };
    expect(await ask(certificate)).toEqual({ status: 200, text: '{"sub":"auth0|ada"}' });
    expect((await ask()).status).toBe(401);
    expect((await ask(createCertificate())).status).toBe(401);
  });
});
