// Lets the types of dist compile where an optional peer is not installed: what they take from it is then `any`, and
// TypeScript's default, which checks declarations too, refuses nothing. Entries that are of no use without their peer
// are left alone.
import { readFileSync, writeFileSync } from 'node:fs';

const OPTIONAL = [{ types: 'testing.d.ts', peer: 'msw' }];

for (const { types, peer } of OPTIONAL) {
  const file = new URL(`../dist/${types}`, import.meta.url);
  const before = readFileSync(file, 'utf8');
  const after = before.replace(
    new RegExp(`^(?=import .* from '${peer}';$)`, 'm'),
    `// @ts-ignore: ${peer} is an optional peer\n`,
  );
  if (after === before) throw new Error(`${types} does not import ${peer}; take it out of this list`);
  writeFileSync(file, after);
}
