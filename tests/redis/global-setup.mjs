/** Looks for redis-server, and builds the package once for all tests and the processes that they start. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findRedisServer } from './redis-server.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

export function setup({ provide }) {
  const version = findRedisServer();
  provide('hasRedisServer', version !== undefined);
  if (version === undefined) {
    console.log('The tests with Redis are skipped: there is no redis-server on PATH.');
    return;
  }
  console.log(version);
  execFileSync('npm', ['run', 'build', '--silent'], { cwd: root, stdio: 'inherit' });
}
