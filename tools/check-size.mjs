// Holds the size of the root: what an application that bundles `auth0-api-ts` pays, minified and gzipped. When it is too
// much, it says which modules grew since the sizes in bundle-size.json were accepted.
//
//   node tools/check-size.mjs            checks
//   node tools/check-size.mjs --accept   takes today's sizes for the measure
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const LIMIT_BYTES = 25_000;
const ACCEPTED = new URL('bundle-size.json', import.meta.url);

const { outputFiles, metafile } = await build({
  entryPoints: ['src/index.ts'],
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['auth0-api-ts-source', 'node', 'import'],
  external: ['node:*'],
  write: false,
  metafile: true,
});
const [{ contents }] = outputFiles;
const total = gzipSync(contents, { level: 9 }).length;
const [{ inputs }] = Object.values(metafile.outputs);
const modules = Object.fromEntries(
  Object.entries(inputs)
    .map(([name, { bytesInOutput }]) => [name, bytesInOutput])
    .sort(([left], [right]) => (left < right ? -1 : 1)),
);

if (process.argv.includes('--accept')) {
  writeFileSync(ACCEPTED, `${JSON.stringify({ gzipped: total, minified: modules }, undefined, 2)}\n`);
}
const accepted = JSON.parse(readFileSync(ACCEPTED, 'utf8'));
console.log(
  `root, minified and gzipped: ${total} bytes of ${LIMIT_BYTES} (${accepted.gzipped} when last accepted)`,
);
if (total > LIMIT_BYTES) {
  console.error('Too large. Minified bytes that were added since:');
  const growth = Object.entries(modules).map(([name, bytes]) => [
    bytes - (accepted.minified[name] ?? 0),
    name,
  ]);
  for (const [bytes, name] of growth.filter(([bytes]) => bytes > 0).sort(([left], [right]) => right - left)) {
    console.error(`${String(bytes).padStart(7)}  ${name}`);
  }
  process.exitCode = 1;
}
