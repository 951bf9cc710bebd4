/** Every entry of the packed package, as the runtimes, compilers and bundlers of its users resolve it. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, createConsumer } from './consumer.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

type Targets = Readonly<Record<string, string>>;

let consumer: Consumer;
let folder: string;
let targets: Map<string, Targets>;
beforeAll(() => {
  consumer = createConsumer();
  folder = join(consumer.folder, 'node_modules/auth0-api-ts');
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, Targets | string>;
  };
  const entries = Object.entries(exports).filter(
    (entry): entry is [string, Targets] => typeof entry[1] === 'object',
  );
  targets = new Map(entries.map(([path, target]) => [path.replace(/^\./, 'auth0-api-ts'), target]));
  // The one entry that imports its peer.
  cpSync(join(root, 'node_modules/undici'), join(consumer.folder, 'node_modules/undici'), {
    recursive: true,
  });
});
afterAll(() => {
  consumer.remove();
});

/** What each entry is for: its functions and classes that nobody does without. */
const ENTRIES: Readonly<Record<string, readonly string[]>> = {
  'auth0-api-ts': ['ApiClient', 'BaseAuthError', 'createAuditRecord', 'createDpopKey', 'createDpopProof'],
  'auth0-api-ts/express': ['getAuth', 'requireActor', 'requireAuth', 'requirePermissions', 'requireScopes'],
  'auth0-api-ts/fastify': ['getAuth', 'requireActor', 'requireAuth', 'requirePermissions', 'requireScopes'],
  'auth0-api-ts/fetch': ['getAuth', 'requireActor', 'requirePermissions', 'requireScopes', 'withAuth'],
  'auth0-api-ts/hono': ['getAuth', 'requireActor', 'requireAuth', 'requirePermissions', 'requireScopes'],
  'auth0-api-ts/mcp': ['createMcpAuth', 'requireMcpAuth', 'serveMcpMetadata'],
  'auth0-api-ts/redis': ['createRedisStore'],
  'auth0-api-ts/testing': ['createTestTenant'],
  'auth0-api-ts/undici': ['createUndiciFetch'],
};
const NAMES = Object.keys(ENTRIES);

describe('the entries of the packed package', () => {
  it('are those that are documented, and each has its code and its types', () => {
    expect([...targets.keys()].sort()).toEqual(NAMES);
    for (const target of targets.values()) {
      // A compiler takes the first condition that it knows, so types have to come before code.
      const conditions = Object.keys(target).filter((condition) => condition !== 'auth0-api-ts-source');
      expect(conditions).toEqual(['types', 'default']);
      for (const condition of conditions) {
        expect(existsSync(join(folder, target[condition] ?? ''))).toBe(true);
      }
      expect(target.default).toBe(target.types?.replace(/\.d\.ts$/, '.js'));
    }
  });

  it.each([
    ['import', []],
    ['import', ['--conditions=workerd']],
    ['import', ['--conditions=browser']],
    ['require', ['--no-warnings']],
  ] as const)('load by %s %j, and have what they are for', (how, flags) => {
    const output = consumer.run(
      `
      import { createRequire } from 'node:module';
      const load = ${how === 'import' ? '(name) => import(name)' : 'createRequire(import.meta.url)'};
      const found = {};
      for (const name of ${JSON.stringify(NAMES)}) found[name] = Object.keys(await load(name));
      console.log(JSON.stringify(found));
    `,
      flags,
    );
    const found = JSON.parse(output) as Record<string, string[]>;
    for (const [name, members] of Object.entries(ENTRIES))
      expect(found[name]).toEqual(expect.arrayContaining([...members]));
  });

  it('have no default export, and nothing beside what their types say', () => {
    const typescript = join(root, 'node_modules/typescript/lib/typescript.js');
    const output = consumer.run(`
      import ts from ${JSON.stringify(typescript)};
      const differences = {};
      for (const [name, types] of ${JSON.stringify([...targets].map(([name, { types }]) => [name, join(folder, types ?? '')]))}) {
        const program = ts.createProgram([types], { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022 });
        const checker = program.getTypeChecker();
        const symbol = checker.getSymbolAtLocation(program.getSourceFile(types));
        const typed = checker.getExportsOfModule(symbol)
          .map((each) => (each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each))
          .map((each, index) => [checker.getExportsOfModule(symbol)[index].name, each.flags & ts.SymbolFlags.Value])
          .filter(([, isValue]) => isValue)
          .map(([member]) => member);
        const present = Object.keys(await import(name));
        const difference = [...typed.filter((member) => !present.includes(member)), ...present.filter((member) => !typed.includes(member))];
        if (difference.length > 0 || present.includes('default')) differences[name] = difference;
      }
      console.log(JSON.stringify(differences));
    `);
    expect(JSON.parse(output)).toEqual({});
  });

  it('throw errors of the same classes, loaded by import and by require', () => {
    const output = consumer.run(
      `
      import { createRequire } from 'node:module';
      import { ApiClient, BaseAuthError, ConfigurationError, MissingAuthorizationError } from 'auth0-api-ts';
      import { createMcpAuth } from 'auth0-api-ts/mcp';
      const require = createRequire(import.meta.url);
      const client = new ApiClient({ domain: 'tenant.auth0.com', audience: 'https://api.example.com/mcp' });
      const thrownBy = async (act) => { try { await act(); } catch (error) { return error; } };
      const wrong = await thrownBy(() => createMcpAuth(client, { resource: 'nonsense' }));
      const auth = createMcpAuth(client, { resource: 'https://api.example.com/mcp' });
      const challenged = await auth.gate(new Request('https://api.example.com/mcp'));
      const required = require('auth0-api-ts');
      const missing = await thrownBy(() => new required.ApiClient({ domain: 'tenant.auth0.com', audience: 'a' }).verifyRequest({ headers: {} }));
      const next = await new Promise((resolve) =>
        require('auth0-api-ts/express').requireAuth(client)({ method: 'GET', originalUrl: '/', protocol: 'http', headers: {} }, {}, resolve));
      console.log(JSON.stringify([
        wrong instanceof ConfigurationError,
        wrong instanceof BaseAuthError,
        challenged instanceof Response && challenged.status,
        missing instanceof MissingAuthorizationError,
        next instanceof MissingAuthorizationError,
      ]));
    `,
      ['--no-warnings'],
    );
    expect(JSON.parse(output)).toEqual([true, true, 401, true, true]);
  });

  it('leave nothing running, and change no global', () => {
    const output = consumer.run(`
      const before = Reflect.ownKeys(globalThis);
      for (const name of ${JSON.stringify(NAMES.filter((name) => !name.endsWith('/undici')))}) await import(name);
      const added = Reflect.ownKeys(globalThis).filter((key) => !before.includes(key)).map(String);
      const running = process.getActiveResourcesInfo().filter((kind) => /timer|timeout|immediate|socket|tls|port/i.test(kind));
      console.log(JSON.stringify({ added, running }));
    `);
    expect(JSON.parse(output)).toEqual({ added: [], running: [] });
  });
});
