import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { getAuth, requireAuth, requirePermissions, requireScopes } from '../../src/adapters/hono.ts';
import { BaseAuthError } from '../../src/index.ts';
import type { Adapter, ServeOptions } from './contract.ts';
import { listening, serverOf } from './listening.ts';

/** The API of the contract. */
export function createHonoApp(
  { client, checks, answer, ownErrorHandler = false }: ServeOptions,
  caught: unknown[] = [],
): Hono {
  const app = new Hono();
  app.get('/open', (c) => c.json(getAuth(c).claims));
  app.use(requireAuth(client, checks));
  app.all('/books', (c) => Response.json(answer(getAuth(c))));
  const shelves = new Hono().get('/books', requireAuth(client), (c) => Response.json(answer(c.var.auth)));
  app.route('/shelves/:shelf', shelves);
  app.get('/twice', requireAuth(client, { requiredScopes: 'read' }), (c) => c.json({}));
  app.get('/scoped', requireScopes('read write'), (c) => c.json({}));
  app.get('/permitted', requirePermissions('books:delete', 'books:purge'), (c) => c.json({}));
  app.get('/exchange', async (c) => {
    const { getTokenOnBehalfOf } = getAuth(c);
    const options = { audience: 'https://calendar.example.com', accessToken: 'stolen' };
    const { expiresIn } = await getTokenOnBehalfOf(options);
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
  guards: { requireAuth, requireScopes, requirePermissions, getAuth },
  serve: async (options) => {
    const caught: unknown[] = [];
    const app = createHonoApp(options, caught);
    return { caught, ...(await listening(serverOf(getRequestListener(app.fetch)))) };
  },
};
