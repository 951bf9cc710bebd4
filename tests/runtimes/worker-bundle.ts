/** What workerd is given: the worker and the package in one file, and a configuration that names it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExecutable, folder } from './executables.ts';

/** The date of workerd's behaviour: the package needs none of the flags that are not in it. */
const COMPATIBILITY_DATE = '2025-09-01';

export interface Worker {
  readonly configFile: string;
  readonly remove: () => void;
}

/** @param config what the worker finds, as JSON, in its binding `CONFIG` */
export function prepareWorker(config: unknown, compatibilityFlags: readonly string[]): Worker {
  const target = mkdtempSync(join(tmpdir(), 'auth0-api-ts-worker-'));
  bundle(join(target, 'worker.mjs'));
  const configFile = join(target, 'config.capnp');
  // Strings of JSON are strings of Cap'n Proto, too.
  const quoted = JSON.stringify;
  writeFileSync(
    configFile,
    `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "api", worker = (
          modules = [(name = "worker", esModule = embed "worker.mjs")],
          compatibilityDate = ${quoted(COMPATIBILITY_DATE)},
          compatibilityFlags = [${compatibilityFlags.map((flag) => quoted(flag)).join(', ')}],
          bindings = [(name = "CONFIG", text = ${quoted(JSON.stringify(config))})],
        )),
        # The tenant listens on the loopback interface.
        (name = "internet", network = (allow = ["private"])),
      ],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "api")],
    );`,
  );
  return {
    configFile,
    remove: () => {
      rmSync(target, { recursive: true, force: true });
    },
  };
}

/** As docs/runtimes.md says: a bundler must know its target. */
function bundle(outfile: string): void {
  const esbuild = findExecutable('esbuild');
  if ('missing' in esbuild) throw new Error(esbuild.missing);
  const flags = ['--bundle', '--format=esm', '--conditions=workerd', '--external:cloudflare:*'];
  execFileSync(esbuild.path, ['worker.mjs', ...flags, '--log-level=warning', `--outfile=${outfile}`], {
    cwd: folder,
  });
}
