import fastify, { type FastifyInstance } from 'fastify';
import { getAuth, requireAuth, requirePermissions, requireScopes } from '../../src/adapters/fastify.ts';
import { BaseAuthError } from '../../src/index.ts';
import type { Adapter, ServeOptions } from './contract.ts';

/** The API of the contract, on an instance that the caller has made. */
export function addFastifyRoutes(
  app: FastifyInstance,
  { client, checks, answer, ownErrorHandler = false }: ServeOptions,
  caught: unknown[] = [],
): void {
  if (ownErrorHandler) {
    app.setErrorHandler((error, _request, reply) => {
      caught.push(error);
      return reply.code(418).send({ reason: error instanceof BaseAuthError ? error.reason : null });
    });
  }
  const preHandler = requireAuth(client, checks);
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
  const demandRead = requireAuth(client, { requiredScopes: 'read' });
  app.get('/twice', { onRequest: preHandler, preHandler: demandRead }, () => ({}));
  app.get('/scoped', { preHandler: [preHandler, requireScopes('read write')] }, () => ({}));
  const demandPermissions = requirePermissions('books:delete', 'books:purge');
  app.get('/permitted', { preHandler: [preHandler, demandPermissions] }, () => ({}));
  app.get('/exchange', { preHandler }, async (request) => {
    const { getTokenOnBehalfOf } = getAuth(request);
    const options = { audience: 'https://calendar.example.com', accessToken: 'stolen' };
    const { expiresIn } = await getTokenOnBehalfOf(options);
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
  guards: { requireAuth, requireScopes, requirePermissions, getAuth },
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
