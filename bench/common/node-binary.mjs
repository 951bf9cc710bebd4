import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @param {string} node the path of a Node, or the major version of the one in `node-<platform>-<architecture>` */
export function nodeBinary(node) {
  if (!/^\d+$/.test(node)) return node;
  const folder = new URL(`../node_modules/node-${process.platform}-${process.arch}/`, import.meta.url);
  const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  if (!version.startsWith(`${node}.`)) throw new Error(`Node ${version} is installed, not ${node}`);
  return fileURLToPath(new URL('bin/node', folder));
}
