// Joins what the root loads at once into one file. The bundler cuts the code that entries share at every border between
// them, and many small files cost most of the time that an import takes.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { rollup } from 'rollup';

const DIST = new URL('../dist/', import.meta.url).pathname;
const ROOT = 'index';

const files = readdirSync(DIST).filter((name) => name.endsWith('.js'));
const entries = files.filter((name) => !name.startsWith('chunk-'));

/** Chunks come with their maps, so that the joined ones lead to the sources as well. */
const withMaps = {
  name: 'with maps',
  load(id) {
    return { code: readFileSync(id, 'utf8'), map: JSON.parse(readFileSync(`${id}.map`, 'utf8')) };
  },
};

const bundle = await rollup({
  input: Object.fromEntries(entries.map((name) => [basename(name, '.js'), join(DIST, name)])),
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  plugins: [withMaps],
  // What is public is what the entries export; internal names are up to the bundle.
  preserveEntrySignatures: 'strict',
});

/** The modules that are loaded together with one. */
function closureOf(id, getModuleInfo, seen = new Set()) {
  if (seen.has(id)) return seen;
  seen.add(id);
  for (const imported of getModuleInfo(id)?.importedIds ?? []) closureOf(imported, getModuleInfo, seen);
  return seen;
}

let atOnce;
const output = {
  format: 'es',
  sourcemap: true,
  chunkFileNames: 'chunk-[hash].js',
  minifyInternalExports: false,
  manualChunks(id, { getModuleInfo }) {
    atOnce ??= closureOf(join(DIST, `${ROOT}.js`), getModuleInfo);
    return atOnce.has(id) && basename(id) !== `${ROOT}.js` ? 'root' : undefined;
  },
};
// Everything is read before anything is removed.
await bundle.generate(output);
for (const name of files) {
  rmSync(join(DIST, name));
  rmSync(join(DIST, `${name}.map`));
}
await bundle.write({ ...output, dir: DIST });
await bundle.close();
