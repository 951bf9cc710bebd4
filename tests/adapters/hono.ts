import { getRequestListener } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import {
  getAuth,
  requireActor,
  requireAuth,
  requirePermissions,
  requireScopes,
} from '../../src/adapters/hono.ts';
import { BaseAuthError } from '../../src/index.ts';
import type { Adapter, ServeOptions } from './contract.ts';
import { listening, serverOf } from './listening.ts';

/** The API of the contract. */
export function createHonoApp(
  { client, checks, answer, ownErrorHandler = false, takesCertificates = false }: ServeOptions,
  caught: unknown[] = [],
): Hono {
  const clientCertificate = (c: Context) => c.req.header('x-client-cert');
  const options = takesCertificates ? { clientCertificate } : {};
  const app = new Hono();
  app.get('/open', (c) => c.json(getAuth(c).claims));
  app.use(requireAuth(client, checks, options));
  app.all('/books', (c) => Response.json(answer(getAuth(c))));
  const shelves = new Hono().get('/books', requireAuth(client, undefined, options), (c) =>
    Response.json(answer(c.var.auth)),
  );
  app.route('/shelves/:shelf', shelves);
  app.get('/twice', requireAuth(client, { requiredScopes: 'read' }, options), (c) => c.json({}));
  app.get('/scoped', requireScopes('read write'), (c) => c.json({}));
  app.get('/permitted', requirePermissions('books:delete', 'books:purge'), (c) => c.json({}));
  app.get('/acted', requireActor('calendar-mcp', 'mail-mcp'), (c) => c.json({}));
  app.get('/exchange', async (c) => {
    const { getTokenOnBehalfOf } = getAuth(c);
    const wanted = { audience: 'https://calendar.example.com', accessToken: 'stolen' };
    const { expiresIn } = await getTokenOnBehalfOf(wanted);
    return c.json({ expiresIn });
  });
  app.get('/broken', () => {
    throw new Error('broken');
  });
  if (ownErrorHandler) {
    app.onError((error, c) => {
      caught.push(error);
      return c.json({ reason: error instanceof BaseAuthError ? error.reason : null }, 418);
    });
  }
  return app;
}

export const honoAdapter: Adapter = {
  name: 'hono',
  hasErrorHandler: true,
  statusOfAsterisk: 400,
  errorOfContradiction: 'invalid_dpop_proof',
  takesRequestsWithoutHost: false,
  guards: { requireAuth, requireScopes, requirePermissions, requireActor, getAuth },
  serve: async (options) => {
    const caught: unknown[] = [];
    const app = createHonoApp(options, caught);
    return { caught, ...(await listening(serverOf(getRequestListener(app.fetch)))) };
  },
};
