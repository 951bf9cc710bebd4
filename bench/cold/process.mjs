/** Starts a fresh process and notes when it did what. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));
/** A connection that is kept alive for its usual five seconds must be seen to keep the process, too. */
const LIMIT_MS = 15_000;

/**
 * @param {string[]} childArguments see child.mjs
 * @param {string} [caFile] a certificate that the process trusts besides those of its Node
 * @returns {Promise<{ told: object[], endMs: number }>} each thing told with `atMs`, when it was; `endMs` is from the last
 *   one to the end
 */
export async function runFresh(childArguments, caFile) {
  // Nothing else of the environment: flags and compile caches of whoever runs this would be measured, too.
  const env = { ...(caFile !== undefined && { NODE_EXTRA_CA_CERTS: caFile }) };
  const told = [];
  let unread = '';
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  const child = spawn(process.execPath, [CHILD, ...childArguments], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let exitedMs;
  child.once('exit', () => (exitedMs = elapsed()));
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const atMs = elapsed();
    const lines = (unread + text).split('\n');
    unread = lines.pop();
    for (const line of lines) told.push({ ...JSON.parse(line), atMs });
  });
  const [code, signal] = await once(child, 'close');
  if (signal === 'SIGKILL') throw new Error(`${childArguments[0]}: the process does not end by itself`);
  if (code !== 0) throw new Error(`${childArguments[0]}: the process ended with ${code ?? signal}`);
  return { told, endMs: exitedMs - told.at(-1).atMs };
}
