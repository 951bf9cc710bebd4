// Holds the size of the root: what an application that bundles `auth0-api-ts` loads to verify requests, minified and
// gzipped. What is loaded when first used, such as the exchange of tokens, is told beside it. When the root is too large,
// it says which modules grew since the sizes in bundle-size.json were accepted.
//
//   node tools/check-size.mjs            checks
//   node tools/check-size.mjs --accept   takes today's sizes for the measure
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const LIMIT_BYTES = 25_000;
const ACCEPTED = new URL('bundle-size.json', import.meta.url);

const { outputFiles, metafile } = await build({
  entryPoints: ['src/index.ts'],
  bundle: true,
  splitting: true,
  outdir: 'dist',
  minify: true,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['auth0-api-ts-source', 'node', 'import'],
  external: ['node:*'],
  write: false,
  metafile: true,
});
const sizes = new Map(
  outputFiles.map(({ path, contents }) => [
    relative(process.cwd(), path),
    gzipSync(contents, { level: 9 }).length,
  ]),
);
const { outputs } = metafile;

/** The files that are loaded together with one, whatever is used of it. */
function closureOf(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const { path, kind, external } of outputs[file].imports) {
    if (external !== true && kind === 'import-statement') closureOf(path, seen);
  }
  return seen;
}

const entry = Object.keys(outputs).find((file) => outputs[file].entryPoint === 'src/index.ts');
const atOnce = [...closureOf(entry)];
const total = atOnce.reduce((sum, file) => sum + sizes.get(file), 0);
const modules = Object.fromEntries(
  atOnce
    .flatMap((file) => Object.entries(outputs[file].inputs))
    .map(([name, { bytesInOutput }]) => [name, bytesInOutput])
    .sort(([left], [right]) => (left < right ? -1 : 1)),
);
const later = Object.keys(outputs).filter(
  (file) => !atOnce.includes(file) && outputs[file].entryPoint !== undefined,
);

if (process.argv.includes('--accept')) {
  writeFileSync(ACCEPTED, `${JSON.stringify({ gzipped: total, minified: modules }, undefined, 2)}\n`);
}
const accepted = JSON.parse(readFileSync(ACCEPTED, 'utf8'));
console.log(
  `root, minified and gzipped: ${total} bytes of ${LIMIT_BYTES} (${accepted.gzipped} when last accepted)`,
);
for (const file of later) {
  const { entryPoint } = outputs[file];
  const added = [...closureOf(file)].filter((part) => !atOnce.includes(part));
  console.log(
    `  loaded when used, ${entryPoint}: ${added.reduce((sum, part) => sum + sizes.get(part), 0)} bytes`,
  );
}
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
