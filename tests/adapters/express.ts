import { createServer } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import {
  getAuth,
  requireActor,
  requireAuth,
  requirePermissions,
  requireScopes,
} from '../../src/adapters/express.ts';
import { BaseAuthError } from '../../src/index.ts';
import type { Adapter, ServeOptions } from './contract.ts';
import { listening } from './listening.ts';

/** The API of the contract; `configure` comes before all routes. */
export function createExpressApp(
  { client, checks, answer, ownErrorHandler = false, takesCertificates = false }: ServeOptions,
  caught: unknown[] = [],
  configure: (app: Express) => void = () => undefined,
): Express {
  const options = takesCertificates ? { clientCertificate: (req: Request) => req.get('x-client-cert') } : {};
  const app = express();
  app.set('env', 'test');
  configure(app);
  app.get('/open', (req, res) => {
    res.json(getAuth(req).claims);
  });
  app.use(requireAuth(client, checks, options));
  app.all('/books', (req, res) => {
    res.json(answer(getAuth(req)));
  });
  const shelves = express.Router();
  shelves.get('/books', (req, res) => {
    res.json(answer(getAuth(req)));
  });
  app.use('/shelves/:shelf', requireAuth(client, undefined, options), shelves);
  app.get('/twice', requireAuth(client, { requiredScopes: 'read' }, options), (_req, res) => {
    res.json({});
  });
  app.get('/scoped', requireScopes('read write'), (_req, res) => {
    res.json({});
  });
  app.get('/permitted', requirePermissions('books:delete', 'books:purge'), (_req, res) => {
    res.json({});
  });
  app.get('/acted', requireActor('calendar-mcp', 'mail-mcp'), (_req, res) => {
    res.json({});
  });
  app.get('/exchange', async (req, res) => {
    const { getTokenOnBehalfOf } = getAuth(req);
    const wanted = { audience: 'https://calendar.example.com', accessToken: 'stolen' };
    const { expiresIn } = await getTokenOnBehalfOf(wanted);
    res.json({ expiresIn });
  });
  app.get('/broken', () => {
    throw new Error('broken');
  });
  const handle: ErrorRequestHandler = (error, _req, res, next) => {
    caught.push(error);
    if (res.headersSent) {
      next(error);
      return;
    }
    res.status(418).json({ reason: error instanceof BaseAuthError ? error.reason : null });
  };
  if (ownErrorHandler) app.use(handle);
  return app;
}

export const expressAdapter: Adapter = {
  name: 'express',
  hasErrorHandler: true,
  statusOfAsterisk: 401,
  errorOfContradiction: 'invalid_request',
  takesRequestsWithoutHost: true,
  guards: { requireAuth, requireScopes, requirePermissions, requireActor, getAuth },
  serve: async (options) => {
    const caught: unknown[] = [];
    return { caught, ...(await listening(createServer(createExpressApp(options, caught)))) };
  },
};
