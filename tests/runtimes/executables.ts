/** Where the executables are that npm has put into this folder, without any install script. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const folder = fileURLToPath(new URL('.', import.meta.url));

/** By platform, inside of node_modules. There are more in the registry; these are the ones that the lock file pins. */
const PATHS = {
  'Node 22': {
    'linux-x64': 'node22-linux-x64/bin/node',
    'linux-arm64': 'node22-linux-arm64/bin/node',
  },
  'Node 24': {
    'linux-x64': 'node24-linux-x64/bin/node',
    'linux-arm64': 'node24-linux-arm64/bin/node',
  },
  Deno: {
    'linux-x64': '@deno/linux-x64-glibc/deno',
  },
  Bun: {
    'linux-x64': '@oven/bun-linux-x64/bin/bun',
    'linux-arm64': '@oven/bun-linux-aarch64/bin/bun',
  },
  workerd: {
    'linux-x64': '@cloudflare/workerd-linux-64/bin/workerd',
    'linux-arm64': '@cloudflare/workerd-linux-arm64/bin/workerd',
  },
  esbuild: {
    'linux-x64': '@esbuild/linux-x64/bin/esbuild',
    'linux-arm64': '@esbuild/linux-arm64/bin/esbuild',
  },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type Executable = { readonly path: string } | { readonly missing: string };

/**
 * @throws Error where it is to be had and is not installed: no runtime is passed over in silence
 */
export function findExecutable(name: keyof typeof PATHS): Executable {
  const platform = `${process.platform}-${process.arch}`;
  const path = new Map(Object.entries(PATHS[name])).get(platform);
  if (path === undefined) return { missing: `no ${name} is installed on ${platform}` };
  const full = join(folder, 'node_modules', path);
  if (!existsSync(full)) throw new Error(`${path} is missing: run npm ci --prefix tests/runtimes`);
  return { path: full };
}
