import { getRequestListener } from '@hono/node-server';
import {
  getAuth,
  requireActor,
  requirePermissions,
  requireScopes,
  withAuth,
} from '../../src/adapters/fetch.ts';
import type { Adapter, ServeOptions } from './contract.ts';
import { listening, serverOf } from './listening.ts';

type Handler = (request: Request) => Promise<Response>;

/** The API of the contract, as a runtime with Fetch API classes would be given it. */
function createHandler({ client, checks, answer, takesCertificates = false }: ServeOptions): Handler {
  const clientCertificate = ({ headers }: Request) => headers.get('x-client-cert');
  const options = takesCertificates ? { clientCertificate } : {};
  const demandScopes = requireScopes('read write');
  const demandActor = requireActor('calendar-mcp', 'mail-mcp');
  const demandPermissions = requirePermissions('books:delete', 'books:purge');
  const books = withAuth(
    client,
    (request, auth) => {
      if (getAuth(request) !== auth) throw new Error('getAuth tells of another request');
      return Response.json(answer(auth));
    },
    checks,
    options,
  );
  const routes: Record<string, Handler> = {
    '/books': books,
    '/shelves/7/books': books,
    '/twice': withAuth(
      client,
      withAuth(client, () => Response.json({}), { requiredScopes: 'read' }, options),
      {},
      options,
    ),
    '/scoped': withAuth(client, (request) => {
      demandScopes(request);
      return Response.json({});
    }),
    '/permitted': withAuth(client, (request) => {
      demandPermissions(request);
      return Response.json({});
    }),
    '/acted': withAuth(client, (request) => {
      demandActor(request);
      return Response.json({});
    }),
    '/exchange': withAuth(client, async (_request, { getTokenOnBehalfOf }) => {
      const wanted = { audience: 'https://calendar.example.com', accessToken: 'stolen' };
      const { expiresIn } = await getTokenOnBehalfOf(wanted);
      return Response.json({ expiresIn });
    }),
    '/broken': withAuth(client, () => {
      throw new Error('broken');
    }),
    '/open': async (request) => await Promise.resolve(Response.json(getAuth(request).claims)),
  };
  return async (request) =>
    await (routes[new URL(request.url).pathname]?.(request) ?? new Response(null, { status: 404 }));
}

export const fetchAdapter: Adapter = {
  name: 'fetch',
  hasErrorHandler: false,
  statusOfAsterisk: 400,
  errorOfContradiction: 'invalid_dpop_proof',
  takesRequestsWithoutHost: false,
  guards: {
    requireAuth: (client, checks, options) => withAuth(client, () => new Response(), checks, options),
    requireScopes,
    requirePermissions,
    requireActor,
    getAuth,
  },
  serve: async (options) => {
    const handle = createHandler(options);
    // The runtime's own way with what a handler throws: a 500 that says nothing.
    const errorHandler = (error: unknown) =>
      new Response(null, { status: error instanceof Error && error.name === 'RequestError' ? 400 : 500 });
    return { caught: [], ...(await listening(serverOf(getRequestListener(handle, { errorHandler })))) };
  },
};
