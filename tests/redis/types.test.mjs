import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, expect, it } from 'vitest';
import { typesOf } from './built-package.mjs';
import { describeWithRedis } from './with-redis.mjs';

const IMPORTS = `
  import { createClient, createClientPool, createCluster } from 'redis';
  import { Cluster, Redis } from 'ioredis';
  import { ApiClient, type CacheAdapter, type DpopReplayStore } from 'auth0-api-ts';
  import { createRedisStore, type RedisStore, type RedisStoreOptions } from 'auth0-api-ts/redis';
`;

/** What connects a client to the store: how the client is made, and `sendCommand`. */
const FITTING = [
  ['createClient()', '(command) => client.sendCommand(command)'],
  ['createClient()', '(args: string[]) => client.sendCommand(args)'],
  ['createClient()', '(args: readonly string[]) => client.sendCommand(args)'],
  ['createClient()', 'async (command) => await client.sendCommand(command)'],
  ['createClientPool()', '(command) => client.sendCommand(command)'],
  ['createCluster({ rootNodes: [] })', '(command) => client.sendCommand(command[1], false, command)'],
  ['new Redis()', '([name, ...args]) => client.call(name, ...args)'],
  ['new Redis()', '([name, ...args]) => client.callBuffer(name, ...args)'],
  ['new Redis()', '(command: [string, ...string[]]) => client.call(...command)'],
  ['new Cluster([])', '([name, ...args]) => client.call(name, ...args)'],
];

const fittingProgram = (client, sendCommand) => `${IMPORTS}
  const client = ${client};
  const store: RedisStore = createRedisStore({ sendCommand: ${sendCommand}, prefix: 'my-api:' });
  export const both: CacheAdapter & DpopReplayStore = store;
  new ApiClient({ domain: 'tenant.auth0.com', audience: 'https://api.example.com', dpop: { replayStore: store } });
`;

const REFUSED = [
  ['{}', "Property 'sendCommand' is missing"],
  ["{ sendCommand: () => 'OK' }", "Type 'string' is not assignable to type 'Promise<unknown>'"],
  ["{ sendCommand: async () => 'OK', keyPrefix: 'a' }", "'keyPrefix' does not exist"],
  ["{ sendCommand: async () => 'OK', prefix: 1 }", "Type 'number' is not assignable to type 'string'"],
];

const refusedProgram = (options) => `${IMPORTS} export const store = createRedisStore(${options});`;

/** What the compiler says, under the strictest options, of each of the programs as if it stood in this folder. */
function compile(texts) {
  const programs = new Map(
    texts.map((text, index) => [fileURLToPath(new URL(`program-${index}.ts`, import.meta.url)), text]),
  );
  const options = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    // The declarations of the clients are not ours.
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
    paths: Object.fromEntries(['auth0-api-ts', 'auth0-api-ts/redis'].map((name) => [name, [typesOf(name)]])),
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (name) => programs.has(name) || fileExists(name);
  host.readFile = (name) => programs.get(name) ?? readFile(name);
  const program = ts.createProgram([...programs.keys()], options, host);
  return [...programs.keys()].map((name) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(name))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  );
}

describeWithRedis('the types of a store', () => {
  const findings = new Map();
  beforeAll(() => {
    const texts = [
      ...FITTING.map((row) => fittingProgram(...row)),
      ...REFUSED.map(([row]) => refusedProgram(row)),
    ];
    for (const [index, messages] of compile(texts).entries()) findings.set(texts[index], messages);
  });

  it.each(FITTING)('fit %s with %s', (client, sendCommand) => {
    expect(findings.get(fittingProgram(client, sendCommand))).toEqual([]);
  });

  it.each(REFUSED)('refuse %s', (options, message) => {
    expect(findings.get(refusedProgram(options))).toEqual([expect.stringContaining(message)]);
  });
});
