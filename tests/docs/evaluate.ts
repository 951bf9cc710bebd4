/** Runs a block, in this process and on the sources of the SDK. */
import { compileFunction } from 'node:vm';
import ts from 'typescript';
import type { Block } from './blocks.ts';

type Exports = Readonly<Record<string, unknown>>;

export interface Surroundings {
  /** What the block writes to. */
  readonly console: object;
  /** Modules that it gets in place of the real ones. */
  readonly modules: Readonly<Record<string, Exports>>;
  /** The blocks of the same document that are files. */
  readonly files: ReadonlyMap<string, Block>;
}

/** What examples may import, and the real thing behind each name. */
const MODULES: Readonly<Record<string, () => Promise<Exports>>> = {
  'auth0-api-ts': () => import('auth0-api-ts'),
  'auth0-api-ts/express': () => import('auth0-api-ts/express'),
  'auth0-api-ts/fastify': () => import('auth0-api-ts/fastify'),
  'auth0-api-ts/fetch': () => import('auth0-api-ts/fetch'),
  'auth0-api-ts/hono': () => import('auth0-api-ts/hono'),
  'auth0-api-ts/mcp': () => import('auth0-api-ts/mcp'),
  'auth0-api-ts/redis': () => import('auth0-api-ts/redis'),
  'auth0-api-ts/testing': () => import('auth0-api-ts/testing'),
  'auth0-api-ts/undici': () => import('auth0-api-ts/undici'),
  'node:assert/strict': () => import('node:assert/strict'),
  'node:crypto': () => import('node:crypto'),
  'node:http': () => import('node:http'),
  'node:test': nodeTest,
  'node:tls': () => import('node:tls'),
  '@modelcontextprotocol/sdk/server/auth/errors.js': () =>
    import('@modelcontextprotocol/sdk/server/auth/errors.js'),
  '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js': () =>
    import('@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'),
  '@modelcontextprotocol/sdk/server/mcp.js': () => import('@modelcontextprotocol/sdk/server/mcp.js'),
  '@modelcontextprotocol/sdk/server/streamableHttp.js': () =>
    import('@modelcontextprotocol/sdk/server/streamableHttp.js'),
  '@modelcontextprotocol/server': () => import('@modelcontextprotocol/server'),
  '@opentelemetry/api': () => import('@opentelemetry/api'),
  hono: () => import('hono'),
  msw: () => import('msw'),
  'msw/node': () => import('msw/node'),
  pino: () => import('pino'),
  vitest: () => import('vitest'),
  zod: () => import('zod'),
};

/** Vitest does what node:test would: the tests of an example become tests of this project. */
async function nodeTest(): Promise<Exports> {
  const { test, describe, it, beforeAll, afterAll, beforeEach, afterEach } = await import('vitest');
  return { default: test, test, describe, it, before: beforeAll, after: afterAll, beforeEach, afterEach };
}

/** The modules that a block imports. */
export function importsOf({ source }: Block): string[] {
  return ts.preProcessFile(source).importedFiles.map(({ fileName }) => fileName);
}

/** @returns what the block exports */
export async function evaluate(block: Block, surroundings: Surroundings): Promise<Exports> {
  const imported = new Map<string, Exports>();
  for (const name of importsOf(block)) imported.set(name, await load(name, block, surroundings));

  const exports: Record<string, unknown> = {};
  // An inner function, because a block may wait at its top level.
  const body = compileFunction(
    `return (async () => {${toCommonJs(block.source)}\n})();`,
    ['require', 'exports', 'console'],
    { filename: `${block.document} (block at line ${block.line})` },
  ) as (...values: unknown[]) => Promise<void>;
  await body((name: string) => imported.get(name), exports, surroundings.console);
  return exports;
}

async function load(name: string, block: Block, surroundings: Surroundings): Promise<Exports> {
  const { modules, files } = surroundings;
  const file = name.startsWith('./') ? files.get(name.slice(2)) : undefined;
  const found =
    file === undefined ? (modules[name] ?? (await MODULES[name]?.())) : await evaluate(file, surroundings);
  if (found === undefined) {
    throw new Error(
      `${block.document}:${block.line} imports '${name}', which tests/docs/evaluate.ts does not offer`,
    );
  }
  // Marked the way TypeScript marks its own modules, so that default imports find their `default`.
  return { ...found, __esModule: true };
}

function toCommonJs(source: string): string {
  const compilerOptions = {
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2023,
    esModuleInterop: true,
  };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}
