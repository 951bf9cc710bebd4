// Holds the size of the root: what an application that bundles `auth0-api-ts` loads to verify requests, in one file,
// minified and gzipped. What is loaded when first used, such as the exchange of tokens, is told beside it. When the root
// is too large, it says which modules grew since the sizes in bundle-size.json were accepted.
//
//   node tools/check-size.mjs            checks
//   node tools/check-size.mjs --accept   takes today's sizes for the measure
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const LIMIT_BYTES = 25_000;
const ACCEPTED = new URL('bundle-size.json', import.meta.url);

const options = {
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['auth0-api-ts-source', 'node', 'import'],
  external: ['node:*'],
  write: false,
  metafile: true,
};
const gzipped = (contents) => gzipSync(contents, { level: 9 }).length;

/** What is imported by `import()` is loaded when it is used, and so is all that it alone needs. */
const later = new Set();
const leaveLaterOut = {
  name: 'leave out what is loaded later',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\// }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      later.add(relative(process.cwd(), join(resolveDir, path)));
      return { path, external: true };
    });
  },
};

const atOnce = await build({ ...options, entryPoints: ['src/index.ts'], plugins: [leaveLaterOut] });
const total = gzipped(atOnce.outputFiles[0].contents);
const [{ inputs }] = Object.values(atOnce.metafile.outputs);
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
for (const entry of later) {
  const withoutRoot = {
    name: 'leave out what the root has',
    setup({ onResolve }) {
      onResolve({ filter: /^/ }, ({ kind, path, resolveDir }) => {
        const isOfRoot = relative(process.cwd(), join(resolveDir, path)) in modules;
        return isOfRoot || kind === 'dynamic-import' ? { path, external: true } : undefined;
      });
    },
  };
  const { outputFiles } = await build({ ...options, entryPoints: [entry], plugins: [withoutRoot] });
  console.log(`  loaded when used, ${entry}: ${gzipped(outputFiles[0].contents)} bytes`);
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
