// Writes the licences of the packages that are bundled into dist, as those licences ask for.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const BUNDLED = ['leven'];

const notices = BUNDLED.map((name) => {
  const folder = new URL(`../node_modules/${name}/`, import.meta.url);
  const { version, license } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${name} comes without a licence file`);
  return `${name} ${version} (${license})\n\n${readFileSync(new URL(file, folder), 'utf8').trim()}\n`;
});

const intro = 'This package contains code of the following packages.\n';
writeFileSync(
  new URL('../dist/THIRD-PARTY-LICENSES.txt', import.meta.url),
  [intro, ...notices].join(`\n${'-'.repeat(80)}\n\n`),
);
