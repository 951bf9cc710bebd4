/** One library in a process of its own: starts it, asks it, ends it. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));

/**
 * @param {string} side the name of a file in `sides`
 * @param {string} caFile the certificate that the child trusts besides those of its Node
 */
export async function startLibrary(side, caFile) {
  const child = fork(CHILD, [side], { env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile } });
  const waiting = new Map();
  let lastId = 0;
  const answered = (id) =>
    new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
    });
  child.on('message', ({ id, result, error }) => {
    if (error === undefined) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(`${side}: ${error}`));
    waiting.delete(id);
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${side} ended with ${code}`));
  });
  const description = await answered('ready');

  return {
    side,
    description,
    ask(command, argument) {
      const id = ++lastId;
      child.send({ id, command, ...argument });
      return answered(id);
    },
    end: () => child.kill(),
  };
}
