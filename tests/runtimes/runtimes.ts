/** The runtimes that the package is tested on, and how each serves the API of api.mjs. */
import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Executable, findExecutable, folder } from './executables.ts';
import { prepareWorker } from './worker-bundle.ts';

/** What a served API needs to know. */
export interface ApiConfig {
  readonly tenantUrl: string;
  /** For `new ApiClient(...)`, as JSON. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface ServedApi {
  readonly url: string;
  /** Ends the process, and returns what it had printed as errors. */
  readonly stop: () => Promise<string>;
}

export interface Runtime {
  readonly name: string;
  /** The signature module that docs/runtimes.md promises. */
  readonly signature: 'node' | 'web';
  /** Why the runtime cannot be had on this machine. */
  readonly missing: string | undefined;
  readonly serve: (config: ApiConfig) => Promise<ServedApi>;
}

const runningNode = `Node ${process.versions.node.split('.')[0] ?? ''}`;

export const RUNTIMES: readonly Runtime[] = [
  serverOn(runningNode, { path: process.execPath }),
  ...(['Node 22', 'Node 24'] as const)
    .filter((name) => name !== runningNode)
    .map((name) => serverOn(name, findExecutable(name))),
  // The network is all that the package may use: no file, no environment.
  serverOn('Deno', findExecutable('Deno'), 'run', '--no-lock', '--no-prompt', '--allow-net=127.0.0.1'),
  serverOn('Bun', findExecutable('Bun'), '--no-install'),
  workerd(),
];

/** @param flags compatibility flags beside the date */
export function workerd(...flags: readonly string[]): Runtime {
  const executable = findExecutable('workerd');
  return {
    name: ['workerd', ...flags].join(' '),
    signature: 'web',
    missing: missing(executable),
    serve: async (config) => {
      const worker = prepareWorker(config, flags);
      const command = ['serve', '--control-fd=3', worker.configFile];
      try {
        return await start(executable, command, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
      } finally {
        worker.remove();
      }
    },
  };
}

function serverOn(name: string, executable: Executable, ...flags: readonly string[]): Runtime {
  return {
    name,
    signature: 'node',
    missing: missing(executable),
    serve: (config) => start(executable, [...flags, 'server.mjs', JSON.stringify(config)]),
  };
}

function missing(executable: Executable): string | undefined {
  return 'missing' in executable ? executable.missing : undefined;
}

/** Starts a process that prints `{ "port": ... }` on one of its streams once it listens. */
async function start(
  executable: Executable,
  parameters: readonly string[],
  options: SpawnOptions = {},
): Promise<ServedApi> {
  if ('missing' in executable) throw new Error(executable.missing);
  const env = { NO_COLOR: '1', DENO_DIR: join(folder, 'node_modules/.deno') };
  const child = spawn(executable.path, parameters, { cwd: folder, env, stdio: 'pipe', ...options });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = once(child, 'close');
  const errors = text(child.stderr ?? Readable.from([]));
  const lines = createInterface({ input: (child.stdio[3] ?? child.stdout) as Readable });
  const line = await Promise.race([once(lines, 'line'), gone.then(() => undefined)]);
  if (line === undefined) throw new Error(`${executable.path} did not start: ${await errors}`);
  const { port } = JSON.parse(String(line[0])) as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      process.removeListener('exit', kill);
      kill();
      await gone;
      return await errors;
    },
  };
}
