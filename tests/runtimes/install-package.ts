/** Packs the package, which builds it, and unpacks it to where `npm install` would put it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folder } from './executables.ts';

export function setup(): void {
  const packed = mkdtempSync(join(tmpdir(), 'auth0-api-ts-packed-'));
  const installed = join(folder, 'node_modules/auth0-api-ts');
  try {
    execFileSync('npm', ['pack', '--pack-destination', packed], {
      cwd: join(folder, '../..'),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [tarball = ''] = readdirSync(packed);
    rmSync(installed, { recursive: true, force: true });
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['-xzf', join(packed, tarball), '-C', installed, '--strip-components=1']);
    const needed = dependenciesOf(installed);
    const present = dependenciesOf(folder);
    if (JSON.stringify(needed) !== JSON.stringify(present)) {
      throw new Error('tests/runtimes/package.json must have the dependencies of the package');
    }
  } finally {
    rmSync(packed, { recursive: true, force: true });
  }
}

function dependenciesOf(packageFolder: string): unknown {
  const text = readFileSync(join(packageFolder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { dependencies?: unknown }).dependencies;
}
