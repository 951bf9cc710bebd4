import { createServer } from 'node:http';
import express, { type ErrorRequestHandler, type Express } from 'express';
import type {} from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../../src/index.ts';
import {
  createMcpAuth,
  type McpAuth,
  type McpExpressRequirements,
  requireMcpAuth,
  serveMcpMetadata,
} from '../../src/mcp/index.ts';
import { createTestTenant, type IssueAccessTokenOptions } from '../../src/testing/index.ts';
import { expectToBe, misconfigured, thrownBy } from '../support/assert-rejects.ts';
import { parseChallenges } from '../support/challenges.ts';
import { listening } from './listening.ts';

const resource = 'https://api.example.com/v1/mcp';
const METADATA = '/.well-known/oauth-protected-resource';
const tenant = createTestTenant({ algorithm: 'ES256', audience: resource });
const client = new ApiClient({ ...tenant.clientOptions(), algorithms: ['ES256'] });
const mcpAuth = createMcpAuth(client, { resource, requiredScopes: 'mcp' });

const closing: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(closing.map((close) => close())));

interface AppOptions {
  readonly auth?: McpAuth;
  readonly requirements?: McpExpressRequirements;
  readonly configure?: (app: Express) => void;
}

const nameError: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) next(error);
  else res.status(500).json({ name: error instanceof Error ? error.name : typeof error });
};

/** An app whose route says who calls; errors come out as 500 with the name of their class. */
async function start({ auth = mcpAuth, requirements, configure }: AppOptions = {}): Promise<string> {
  const app = express();
  configure?.(app);
  const routes = express.Router();
  routes.use(serveMcpMetadata(auth));
  routes.use('/mcp', requireMcpAuth(auth, requirements));
  routes.all('/mcp', (req, res) => {
    // Its type comes from the MCP package, which augments the requests of Express.
    res.json({ user: req.auth?.extra?.sub });
  });
  app.use('/v1', routes);
  app.use(serveMcpMetadata(auth));
  app.use(nameError);
  const { port, close } = await listening(createServer(app));
  closing.push(close);
  return `http://127.0.0.1:${port}`;
}

const bearer = async (token: IssueAccessTokenOptions = { scope: 'mcp' }) => ({
  authorization: `Bearer ${await tenant.issueAccessToken(token)}`,
});
const call = (name: string) => JSON.stringify({ jsonrpc: '2.0', method: 'tools/call', params: { name } });
const JSON_TYPE = { 'content-type': 'application/json' };
const scopesOf = (answer: Response) =>
  parseChallenges(answer.headers.get('www-authenticate') ?? '')[0]?.params.scope;

describe('serveMcpMetadata', () => {
  it('answers at the paths of the document, whatever it is mounted on, and lets others pass', async () => {
    const origin = await start();
    for (const path of [METADATA, `${METADATA}/v1/mcp`])
      expect(await (await fetch(origin + path)).json()).toMatchObject({ resource });
    expect((await fetch(`${origin}${METADATA}/other`)).status).toBe(404);
    expect((await fetch(`${origin}/v1${METADATA}`)).status).toBe(404);
    const preflight = await fetch(origin + METADATA, { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    const head = await fetch(origin + METADATA, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await fetch(origin + METADATA, { method: 'DELETE' })).status).toBe(405);
  });
});

describe('requireMcpAuth', () => {
  it('hands the route who calls', async () => {
    const answer = await fetch(`${await start()}/v1/mcp`, { headers: await bearer() });
    expect(await answer.json()).toEqual({ user: 'auth0|user' });
  });

  it('answers for itself when it refuses', async () => {
    const answer = await fetch(`${await start()}/v1/mcp`);
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: 'unauthorized' }]);
    expect(scopesOf(answer)).toBe('mcp');
  });

  it('enforces inherited requirements', async () => {
    const requirements = Object.create({ requiredPermissions: ['admin'] }) as McpExpressRequirements;
    const url = `${await start({ requirements })}/v1/mcp`;
    expect((await fetch(url, { headers: await bearer() })).status).toBe(403);
    const admin = await bearer({ scope: 'mcp', permissions: ['admin'] });
    expect((await fetch(url, { headers: admin })).status).toBe(200);
  });

  it('takes the host of a proxy as far as Express trusts it', async () => {
    const key = tenant.createDpopKey();
    const ask = async (origin: string) => {
      const accessToken = await tenant.issueAccessToken({ scope: 'mcp', dpopKey: key });
      const dpop = await key.createProof({ httpMethod: 'GET', httpUrl: resource, accessToken });
      const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'api.example.com' };
      const headers = { authorization: `DPoP ${accessToken}`, dpop, ...forwarded };
      return (await fetch(`${origin}/v1/mcp`, { headers })).status;
    };
    expect(await ask(await start())).toBe(401);
    expect(await ask(await start({ configure: (app) => app.set('trust proxy', true) }))).toBe(200);
  });

  it('demands the scopes of the tool that is called', async () => {
    const requirements = { toolScopes: { read: 'read', write: 'read write' } };
    const parsing = await start({ requirements, configure: (app) => app.use(express.json()) });
    const post = async (origin: string, body: string, scope = 'mcp', headers: object = JSON_TYPE) =>
      await fetch(`${origin}/v1/mcp`, {
        method: 'POST',
        body,
        headers: { ...(await bearer({ scope })), ...headers },
      });
    expect((await post(parsing, call('other'))).status).toBe(200);
    expect((await post(parsing, call('read'), 'mcp read')).status).toBe(200);
    expect(scopesOf(await post(parsing, call('read')))).toBe('mcp read');
    expect(scopesOf(await post(parsing, `[${call('other')},${call('write')}]`))).toBe('mcp read write');
    expect(scopesOf(await post(parsing, call('other'), 'mcp', { 'content-type': 'text/plain' }))).toBe(
      'mcp read write',
    );
    // Nobody has parsed it, so it could be a call of any.
    const unread = await start({ requirements });
    expect(scopesOf(await post(unread, call('other')))).toBe('mcp read write');
    // No tool is called by other methods.
    expect((await fetch(`${unread}/v1/mcp`, { headers: await bearer() })).status).toBe(200);
  });

  it.each([[undefined], [null], [''], ['route'], ['router'], [0], [new TypeError('no')]])(
    'lets nobody through when the gate is broken: %s',
    async (thrown) => {
      const broken: McpAuth = {
        ...mcpAuth,
        gate: vi.fn<McpAuth['gate']>().mockRejectedValue(thrown),
      };
      const answer = await fetch(`${await start({ auth: broken })}/v1/mcp`, { headers: await bearer() });
      expect([answer.status, await answer.json()]).toEqual([
        500,
        { name: thrown instanceof Error ? 'TypeError' : 'Error' },
      ]);
    },
  );

  it('hands requirements that are written wrongly to the error handler', async () => {
    const requirements = { requiredPermission: ['a'] } as McpExpressRequirements;
    const answer = await fetch(`${await start({ requirements })}/v1/mcp`, { headers: await bearer() });
    expect([answer.status, await answer.json()]).toEqual([500, { name: 'ConfigurationError' }]);
  });

  it.each<[string, unknown, unknown]>([
    ['no authorization', undefined, {}],
    ['a client', client, {}],
    ['no object of requirements', mcpAuth, null],
    ['scopes that are blank', mcpAuth, { requiredScopes: '' }],
    ['tools in a list', mcpAuth, { toolScopes: ['read'] }],
    ['tools with blank scopes', mcpAuth, { toolScopes: { read: '' } }],
    ['a schema', mcpAuth, { claimsSchema: {} }],
  ])('is not made from %s', async (_, auth, requirements) => {
    const make = () => requireMcpAuth(auth as McpAuth, requirements as McpExpressRequirements);
    await expectToBe(thrownBy(make), misconfigured);
  });
});
