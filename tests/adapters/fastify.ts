import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import {
  getAuth,
  requireActor,
  requireAuth,
  requirePermissions,
  requireScopes,
} from '../../src/adapters/fastify.ts';
import { BaseAuthError } from '../../src/index.ts';
import type { Adapter, ServeOptions } from './contract.ts';

/** The API of the contract, on an instance that the caller has made. */
export function addFastifyRoutes(
  app: FastifyInstance,
  { client, checks, answer, ownErrorHandler = false, takesCertificates = false }: ServeOptions,
  caught: unknown[] = [],
): void {
  if (ownErrorHandler) {
    app.setErrorHandler((error, _request, reply) => {
      caught.push(error);
      return reply.code(418).send({ reason: error instanceof BaseAuthError ? error.reason : null });
    });
  }
  const clientCertificate = ({ headers }: FastifyRequest) => headers['x-client-cert']?.toString();
  const options = takesCertificates ? { clientCertificate } : {};
  const preHandler = requireAuth(client, checks, options);
  app.get('/open', (request) => getAuth(request).claims);
  app.route({
    method: ['GET', 'POST', 'OPTIONS'],
    url: '/books',
    preHandler,
    handler: (request) => answer(getAuth(request)),
  });
  void app.register(
    (shelves, _options, done) => {
      shelves.addHook('onRequest', preHandler);
      shelves.get('/books', (request) => answer(getAuth(request)));
      done();
    },
    { prefix: '/shelves/:shelf' },
  );
  const demandRead = requireAuth(client, { requiredScopes: 'read' }, options);
  app.get('/twice', { onRequest: preHandler, preHandler: demandRead }, () => ({}));
  app.get('/scoped', { preHandler: [preHandler, requireScopes('read write')] }, () => ({}));
  const demandPermissions = requirePermissions('books:delete', 'books:purge');
  app.get('/permitted', { preHandler: [preHandler, demandPermissions] }, () => ({}));
  const demandActor = requireActor('calendar-mcp', 'mail-mcp');
  app.get('/acted', { preHandler: [preHandler, demandActor] }, () => ({}));
  app.get('/exchange', { preHandler }, async (request) => {
    const { getTokenOnBehalfOf } = getAuth(request);
    const wanted = { audience: 'https://calendar.example.com', accessToken: 'stolen' };
    const { expiresIn } = await getTokenOnBehalfOf(wanted);
    return { expiresIn };
  });
  app.get('/broken', { preHandler }, () => {
    throw new Error('broken');
  });
}

export const fastifyAdapter: Adapter = {
  name: 'fastify',
  hasErrorHandler: true,
  statusOfAsterisk: 404,
  errorOfContradiction: 'invalid_request',
  takesRequestsWithoutHost: true,
  guards: { requireAuth, requireScopes, requirePermissions, requireActor, getAuth },
  serve: async (options) => {
    const app = fastify();
    const caught: unknown[] = [];
    addFastifyRoutes(app, options, caught);
    await app.listen({ port: 0, host: '127.0.0.1' });
    const [address] = app.addresses();
    if (typeof address !== 'object') throw new Error('the server has no port');
    return {
      port: address.port,
      caught,
      close: async () => {
        await app.close();
      },
    };
  },
};
