/**
 * A folder with nothing in it but the packed tarball, as a user has it after `npm install`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Consumer {
  readonly folder: string;
  /** Runs an ES module in the folder and returns what it prints. */
  readonly run: (source: string, nodeFlags?: readonly string[]) => string;
  readonly write: (name: string, text: string) => void;
  readonly exec: (command: string, ...args: readonly string[]) => string;
  readonly remove: () => void;
}

export function createConsumer(): Consumer {
  const folder = mkdtempSync(join(tmpdir(), 'auth0-api-ts-consumer-'));
  const exec = (command: string, ...args: readonly string[]) =>
    execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
  };

  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    }).replace(/^[^[]*/, ''),
  ) as [{ filename: string }];
  write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  exec('npm', 'install', '--no-audit', '--no-fund', '--omit=peer', `./${packed.filename}`);

  return {
    folder,
    exec,
    write,
    run: (source, nodeFlags = []) => {
      write('main.mjs', source);
      return exec(process.execPath, ...nodeFlags, 'main.mjs');
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
