import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Block, readBlocks } from './blocks.ts';
import { typeErrors } from './compile.ts';
import { evaluate, importsOf } from './evaluate.ts';
import { brokenLinks } from './links.ts';
import { examples } from './outcomes/examples.ts';
import type { Outcomes } from './outcomes/outcome.ts';
import { guides } from './outcomes/guides.ts';
import { readme } from './outcomes/readme.ts';
import { World } from './world.ts';

const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
const OUTCOMES: Readonly<Record<string, Outcomes>> = {
  'README.md': readme,
  'EXAMPLES.md': examples,
  ...guides,
};

const names = readdirSync(`${root}/docs`).filter((name) => name.endsWith('.md'));
const documents = ['README.md', 'EXAMPLES.md', ...names.map((name) => `docs/${name}`)];
const blocks = documents.flatMap((document) =>
  readBlocks(document, readFileSync(`${root}/${document}`, 'utf8')),
);

it('has no link within the project that leads nowhere', () => {
  const more = ['CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];
  expect([...documents, ...more].flatMap((document) => brokenLinks(root, document))).toEqual([]);
});

let errors: ReadonlyMap<string, string[]>;
beforeAll(() => {
  errors = typeErrors(root, blocks);
}, 60_000);

describe.each(documents)('%s', (document) => {
  const own = blocks.filter((block) => block.document === document);
  const files = new Map(own.flatMap((block) => (block.file === undefined ? [] : [[block.file, block]])));
  const outcomes = OUTCOMES[document] ?? {};

  it('compiles in strict mode', () => {
    expect(errors.get(document) ?? []).toEqual([]);
  });

  it('has one example for each outcome', () => {
    const expected = Object.keys(outcomes);
    expect(own.map(({ name }) => name).filter((name) => expected.includes(name))).toEqual(expected);
  });

  for (const block of own) {
    const title = `line ${block.line}: ${block.name}`;
    if (block.notRun !== undefined) {
      console.info(`${document}, ${title} is not run: ${block.notRun}`);
      it.skip(title);
    } else if (holdsTests(block)) describeTestsOf(block, title, files);
    else it(title, () => new World().visit(block, files, outcomes[block.name]));
  }
});

function holdsTests(block: Block): boolean {
  return importsOf(block).some((name) => name === 'vitest' || name === 'node:test');
}

/** The tests of such a block become tests of this file. They make their own tenant and need no world. */
function describeTestsOf(block: Block, title: string, files: ReadonlyMap<string, Block>): void {
  describe(title, async () => {
    await evaluate(block, { files, console, modules: {} });
  });
}
