/** A real redis-server on a free port of 127.0.0.1, which keeps nothing and can be stopped in rude ways. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.mjs';

/** @returns {string | undefined} what `redis-server --version` prints; `undefined` when there is none on PATH */
export function findRedisServer() {
  const { error, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  return error === undefined ? stdout.trim() : undefined;
}

/** Starts a server. `start` starts it again on the same port after `kill`, with nothing of what it knew. */
export async function startRedisServer() {
  const folder = mkdtempSync(join(tmpdir(), 'auth0-api-ts-redis-'));
  const port = await findFreePort();
  let child;
  process.once('exit', () => child?.kill('SIGKILL'));

  const start = async () => {
    const inMemory = ['--save', '', '--appendonly', 'no', '--dir', folder];
    child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...inMemory], {
      stdio: 'ignore',
    });
    const started = child;
    await until('redis-server answers', async () => {
      if (started.exitCode !== null) throw new Error(`redis-server ended with ${started.exitCode}`);
      return (await ask(port, 'PING')) === '+PONG';
    });
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };

  await start();
  return {
    port,
    start,
    kill,
    /** Forgets everything. */
    flush: () => ask(port, 'FLUSHALL'),
    /** From now on it takes commands and answers none. */
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    close: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** The answer to a command on a connection of its own; `undefined` when there is no connection. */
function ask(port, command) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('data', (data) => {
      resolve(data.toString().trim());
      socket.destroy();
    });
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
  });
}
