/**
 * A program with several frameworks and other libraries that protect APIs in it, beside the packed package.
 */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Consumer } from './consumer.ts';

const versions = fileURLToPath(new URL('frameworks/', import.meta.url));

/** Installs the frameworks into a folder of the consumer, with the package beside them, and writes the program. */
export function installFrameworks({ folder, exec, write }: Consumer): string {
  const project = join(folder, 'frameworks');
  mkdirSync(project);
  cpSync(versions, project, { recursive: true });
  exec('npm', 'ci', '--no-audit', '--no-fund', '--prefix', project);
  for (const name of ['auth0-api-ts', 'jose']) {
    cpSync(join(folder, 'node_modules', name), join(project, 'node_modules', name), { recursive: true });
  }
  write('frameworks/main.ts', PROGRAM);
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2022', 'DOM'],
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ['node'],
  };
  // Not every library here checks its own declarations so strictly; those of this package are checked by its own test.
  write(
    'frameworks/tsconfig.json',
    JSON.stringify({ compilerOptions: { ...compilerOptions, skipLibCheck: true }, files: ['main.ts'] }),
  );
  return project;
}

/**
 * What somebody writes who has all of these in one program. It is compiled, not run: two libraries that both augment
 * `req.auth` do not compile together, and this package augments nothing.
 */
const PROGRAM = `
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { OAuthTokenVerifier } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { ApiClient, BaseAuthError, getPermissions, getScopes } from 'auth0-api-ts';
import { type AuthContext, getAuth, requireAuth, requirePermissions, requireScopes } from 'auth0-api-ts/express';
import * as fastifyAuth from 'auth0-api-ts/fastify';
import { withAuth } from 'auth0-api-ts/fetch';
import * as honoAuth from 'auth0-api-ts/hono';
import express, { type ErrorRequestHandler } from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import fastify from 'fastify';
import { Hono } from 'hono';

const client = new ApiClient({ domain: 'tenant.auth0.com', audience: 'https://api.example.com' });

const app = express();
app.use('/old', auth({ issuerBaseURL: 'https://tenant.auth0.com', audience: 'https://api.example.com' }));
declare const verifier: OAuthTokenVerifier;
app.use('/mcp', requireBearerAuth({ verifier }));
app.use(requireAuth(client, { requiredScopes: 'read' }));
app.get('/users/:id', requireScopes('read'), requirePermissions(['users']), (req, res) => {
  const context: AuthContext = getAuth(req);
  res.json({ user: context.claims.sub, id: req.params.id, scopes: getScopes(context.claims) });
});
const onError: ErrorRequestHandler = (error, _req, res, next) => {
  if (error instanceof BaseAuthError) res.status(error.status).set(error.headers).json(error);
  else next(error);
};
app.use(onError);

const server = fastify({ http2: true });
server.addHook('onRequest', fastifyAuth.requireAuth(client));
server.get<{ Params: { id: string } }>(
  '/users/:id',
  { preHandler: [fastifyAuth.requireAuth(client), fastifyAuth.requireScopes('read')] },
  async (request) => getPermissions(fastifyAuth.getAuth(request).claims).concat(request.params.id),
);

export const routes = new Hono()
  .use(honoAuth.requireAuth(client))
  .get('/users/:id', honoAuth.requireScopes('read'), (c) => c.json(c.var.auth.claims.sub satisfies string));

export const GET = withAuth(
  client,
  async (request, { claims }, context: { params: Promise<{ id: string }> }) =>
    Response.json({ path: request.url, user: claims.sub, id: (await context.params).id }),
  { requiredScopes: 'read' },
);
export default { fetch: withAuth(client, () => new Response()) };
`;
