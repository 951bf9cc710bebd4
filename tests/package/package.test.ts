import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, createConsumer } from './consumer.ts';
import { installFrameworks } from './frameworks.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

let consumer: Consumer;
beforeAll(() => {
  consumer = createConsumer();
});
afterAll(() => {
  consumer.remove();
});

const VERIFY = `
  import { ApiClient, MissingAuthorizationError } from 'auth0-api-ts';
  import { createTestTenant } from 'auth0-api-ts/testing';
  const tenant = createTestTenant();
  const client = new ApiClient({ domain: tenant.domain, audience: 'https://api.example.com', customFetch: tenant.fetch });
  const accessToken = await tenant.issueAccessToken({ audience: 'https://api.example.com', sub: 'auth0|alice' });
  const { sub } = await client.verifyRequest({ headers: { authorization: 'Bearer ' + accessToken } });
  const refusal = await client.verifyRequest({ headers: {} }).catch((error) => error);
  console.log(JSON.stringify({ sub, status: refusal.statusCode, same: refusal instanceof MissingAuthorizationError }));
`;

const EXPRESS_4 = `
  import express from 'express-4';
  import { ApiClient } from 'auth0-api-ts';
  import { requireAuth } from 'auth0-api-ts/express';
  import { createTestTenant } from 'auth0-api-ts/testing';
  const tenant = createTestTenant();
  const app = express().set('env', 'test').use(requireAuth(new ApiClient(tenant.clientOptions())));
  app.get('/books', (req, res) => res.json({}));
  const server = app.listen(0, '127.0.0.1', async () => {
    const url = 'http://127.0.0.1:' + server.address().port + '/books';
    const dpopKey = tenant.createDpopKey();
    const accessToken = await tenant.issueAccessToken({ dpopKey });
    const dpop = await dpopKey.createProof({ httpMethod: 'GET', httpUrl: url, accessToken });
    const bound = { authorization: 'DPoP ' + accessToken, dpop };
    const bearer = { authorization: 'Bearer ' + (await tenant.issueAccessToken()) };
    const answers = [];
    for (const headers of [{}, bearer, bound, bound]) answers.push(await fetch(url, { headers }));
    const challenge = answers[0].headers.get('www-authenticate');
    console.log(JSON.stringify({ statuses: answers.map(({ status }) => status), challenge }));
    server.close();
    server.closeAllConnections();
  });
`;

describe('the packed package', () => {
  it('installs one dependency and nothing else', () => {
    const installed = readdirSync(join(consumer.folder, 'node_modules')).filter(
      (name) => !name.startsWith('.'),
    );
    expect(installed.sort()).toEqual(['auth0-api-ts', 'jose']);
  });

  it('carries the licences of what is bundled, and no sources or tests', () => {
    const folder = join(consumer.folder, 'node_modules/auth0-api-ts');
    expect(existsSync(join(folder, 'dist/THIRD-PARTY-LICENSES.txt'))).toBe(true);
    expect(existsSync(join(folder, 'LICENSE'))).toBe(true);
    expect(existsSync(join(folder, 'src'))).toBe(false);
    expect(existsSync(join(folder, 'tests'))).toBe(false);
  });

  it('verifies a token on node:crypto', () => {
    expect(JSON.parse(consumer.run(VERIFY))).toEqual({ sub: 'auth0|alice', status: 401, same: true });
  });

  it('verifies a token on WebCrypto where the workerd condition holds', () => {
    const which = `console.log(import.meta.resolve('#signature'));`;
    expect(JSON.parse(consumer.run(VERIFY, ['--conditions=workerd']))).toEqual({
      sub: 'auth0|alice',
      status: 401,
      same: true,
    });
    consumer.write('node_modules/auth0-api-ts/which.mjs', which);
    expect(
      consumer.exec(process.execPath, '--conditions=workerd', 'node_modules/auth0-api-ts/which.mjs'),
    ).toContain('signature.web.js');
    expect(consumer.exec(process.execPath, 'node_modules/auth0-api-ts/which.mjs')).toContain(
      'signature.node.js',
    );
  });

  it('loads without jose on Node, and leaves nothing running', () => {
    rmSync(join(consumer.folder, 'node_modules/jose'), { recursive: true });
    const output = consumer.run(`
      await import('auth0-api-ts');
      console.log(process.getActiveResourcesInfo().filter((kind) => /timer|timeout|immediate|socket|tls|port/i.test(kind)));
    `);
    consumer.exec('npm', 'install', '--no-audit', '--no-fund', '--omit=peer');
    expect(output.trim()).toBe('[]');
  });

  it('lets the process end while a refresh in the background hangs, but not while somebody waits', () => {
    const output = consumer.run(`
      import { ApiClient } from 'auth0-api-ts';
      import { createTestTenant } from 'auth0-api-ts/testing';
      const tenant = createTestTenant();
      let now = Date.now();
      let hangs = false;
      const customFetch = (...request) => (hangs ? new Promise(() => {}) : tenant.fetch(...request));
      const create = () => new ApiClient({ ...tenant.clientOptions(), customFetch, timeoutSeconds: 0.2, now: () => now });
      const accessToken = await tenant.issueAccessToken({ expiresInSeconds: 3600 });
      const client = create();
      await client.verifyAccessToken({ accessToken });
      hangs = true;
      const { statusCode } = await create().verifyAccessToken({ accessToken }).catch((error) => error);
      now += 60_000;
      await client.verifyAccessToken({ accessToken });
      const held = process.getActiveResourcesInfo().filter((kind) => /timer|timeout|immediate|socket|tls|port/i.test(kind));
      console.log(JSON.stringify({ statusCode, held }));
    `);
    expect(JSON.parse(output)).toEqual({ statusCode: 503, held: [] });
  });

  it('needs undici for the entry of that name, and for nothing else', () => {
    const output = consumer.run(`
      await import('auth0-api-ts');
      const { code, message } = await import('auth0-api-ts/undici').catch((error) => error);
      console.log(JSON.stringify([code, /'undici'/.test(message)]));
    `);
    expect(JSON.parse(output)).toEqual(['ERR_MODULE_NOT_FOUND', true]);
  });

  it('refuses paths that are not exported', () => {
    const output = consumer.run(`
      const refused = await import('auth0-api-ts/dist/index.js').catch((error) => error.code);
      console.log(refused);
    `);
    expect(output.trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  it('has no findings of publint', async () => {
    const { messages } = await publint({ pkgDir: root, strict: true });
    expect(messages).toEqual([]);
  });

  it.each(['NodeNext', 'Bundler'])('compiles in a strict project with %s resolution', (resolution) => {
    consumer.write(
      'main.ts',
      `
      import { ApiClient, type AccessTokenClaims, getDelegationChain, VerifyAccessTokenError } from 'auth0-api-ts';
      import { createTestTenant, type TestDpopKey } from 'auth0-api-ts/testing';
      export const key: TestDpopKey = createTestTenant({ domain: 'tenant.auth0.com' }).createDpopKey();
      const client = new ApiClient({ domain: 'tenant.auth0.com', audience: 'https://api.example.com', realm: undefined });
      export async function user(request: Request): Promise<AccessTokenClaims> {
        const claims = await client.verifyRequest(request, { requiredScopes: 'read:things' });
        const chain: string[] = getDelegationChain(claims);
        if (chain.length > 1) throw new VerifyAccessTokenError('act_invalid');
        const id: string = claims.sub;
        return id === '' ? claims : claims;
      }
      `,
    );
    consumer.write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          target: 'ES2022',
          lib: ['ES2022', 'DOM'],
          module: resolution === 'Bundler' ? 'ESNext' : 'NodeNext',
          moduleResolution: resolution,
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          noEmit: true,
          types: [],
        },
        files: ['main.ts'],
      }),
    );
    expect(consumer.exec(process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.')).toBe(
      '',
    );
  });

  it('throws errors of the same classes through all entries, and needs no framework to be loaded', () => {
    const output = consumer.run(`
      import { ApiClient, BaseAuthError, ConfigurationError, MissingAuthorizationError } from 'auth0-api-ts';
      import * as express from 'auth0-api-ts/express';
      import * as fastify from 'auth0-api-ts/fastify';
      import * as fetch from 'auth0-api-ts/fetch';
      import * as hono from 'auth0-api-ts/hono';
      import * as mcp from 'auth0-api-ts/mcp';
      const client = new ApiClient({ domain: 'tenant.auth0.com', audience: 'https://api.example.com' });
      const request = { method: 'GET', originalUrl: '/', protocol: 'http', host: 'a', headers: {}, raw: {} };
      const thrown = [];
      await new Promise((resolve) => express.requireAuth(client)(request, {}, (error) => resolve(thrown.push(error))));
      await fastify.requireAuth(client)(request, {}).catch((error) => thrown.push(error));
      const raw = new Request('http://a/');
      await hono.requireAuth(client)({ req: { raw, method: 'GET', url: raw.url } }).catch((error) => thrown.push(error));
      const guarded = [express, fastify, fetch, hono].filter(({ getAuth, requireScopes }) => {
        try { getAuth(request); } catch (error) { if (!(error instanceof ConfigurationError)) return false; }
        try { requireScopes(); } catch (error) { return error instanceof ConfigurationError; }
      });
      const mcpAuth = mcp.createMcpAuth(client, { resource: 'https://api.example.com' });
      let misconfigured;
      try { mcp.createMcpAuth(client, {}); } catch (error) { misconfigured = error instanceof ConfigurationError; }
      console.log(JSON.stringify({
        mcp: [misconfigured, (await mcpAuth.gate(raw)).status, mcpAuth.metadata(raw) === undefined],
        thrown: thrown.map((error) => error instanceof MissingAuthorizationError && error instanceof BaseAuthError),
        guarded: guarded.length,
        answered: (await fetch.withAuth(client, () => new Response())(raw)).status,
      }));
    `);
    expect(JSON.parse(output)).toEqual({
      mcp: [true, 401, true],
      thrown: [true, true, true],
      guarded: 4,
      answered: 401,
    });
  });

  it('works on Express 4, and compiles beside libraries that augment the types of frameworks', () => {
    const project = installFrameworks(consumer);
    consumer.write('frameworks/express-4.mjs', EXPRESS_4);
    expect(JSON.parse(consumer.exec(process.execPath, join(project, 'express-4.mjs')))).toEqual({
      statuses: [401, 200, 200, 400],
      challenge: 'Bearer realm="api", DPoP algs="ES256"',
    });
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    expect(consumer.exec(process.execPath, tsc, '-p', project)).toBe('');
    const strict = ['--skipLibCheck', 'false', '--listFiles', 'false'];
    const { output } = compile(consumer, tsc, project, strict);
    expect(output.split('\n').filter((line) => line.includes('node_modules/auth0-api-ts'))).toEqual([]);
  }, 120_000);
});

/** What the compiler says, also when it finds something. */
function compile(
  { exec }: Consumer,
  tsc: string,
  project: string,
  flags: readonly string[],
): { output: string } {
  try {
    return { output: exec(process.execPath, tsc, '-p', project, ...flags) };
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string')
      return { output: error.stdout };
    throw error;
  }
}
