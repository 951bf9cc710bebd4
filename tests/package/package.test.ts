import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, createConsumer } from './consumer.ts';

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
});
