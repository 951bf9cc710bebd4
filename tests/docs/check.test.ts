import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Block, readBlocks } from './blocks.ts';
import { typeErrors } from './compile.ts';
import { evaluate } from './evaluate.ts';

const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** A document of these lines. */
const blocksOf = (...lines: string[]) => readBlocks('GUIDE.md', lines.join('\n'));
const fenced = (...code: string[]) => ['```ts', ...code, '```'];

const run = async (blocks: readonly Block[], at = 0) => {
  const files = new Map(blocks.flatMap((block) => (block.file === undefined ? [] : [[block.file, block]])));
  const block = blocks[at];
  if (block === undefined) throw new Error('there is no such block');
  return await evaluate(block, { files, modules: {}, console });
};

describe('reading blocks', () => {
  it('takes ts fences and no others', () => {
    const blocks = blocksOf(
      '# Title',
      ...fenced('first;'),
      '```js',
      'second;',
      '```',
      '```ts',
      'third;',
      '```',
    );
    expect(blocks.map(({ line, source }) => [line, source.trim()])).toEqual([
      [3, 'first;'],
      [9, 'third;'],
    ]);
  });

  it('names a block after its heading, or as a comment says', () => {
    const blocks = blocksOf('# One', ...fenced(), '## Two', '<!-- example: three -->', '', ...fenced());
    expect(blocks.map(({ name }) => name)).toEqual(['One', 'three']);
  });

  it('reads why a block is not run', () => {
    const blocks = blocksOf('<!-- not run: it waits for ever -->', ...fenced());
    expect(blocks[0]?.notRun).toBe('it waits for ever');
  });

  it('takes a comment for the block right behind it only', () => {
    const blocks = blocksOf('<!-- not run: because -->', 'Some prose.', ...fenced());
    expect(blocks[0]?.notRun).toBeUndefined();
  });

  it('refuses a fence that is not closed, and a continuation of nothing', () => {
    expect(() => blocksOf('```ts', 'code;')).toThrow('GUIDE.md:1: the fence is not closed');
    expect(() => blocksOf('<!-- continues -->', ...fenced())).toThrow(
      'GUIDE.md:2: there is no block to continue',
    );
  });
});

describe('compiling blocks', () => {
  it('reports errors on the lines of the document, and what else belongs to a block', () => {
    const blocks = blocksOf(
      '<!-- file: api.ts -->',
      ...fenced("import type { AccessTokenClaims } from 'auth0-api-ts';", 'export const tenant: string = 7;'),
      ...fenced("import { tenant } from './api.ts';", 'const one = tenant;'),
      '<!-- continues -->',
      ...fenced('one.nothing;', 'export const none: string | undefined = [one][0].toString();'),
    );
    expect(typeErrors(root, blocks).get('GUIDE.md')).toEqual([
      "GUIDE.md:4:14 Type 'number' is not assignable to type 'string'.",
      "GUIDE.md:12:5 Property 'nothing' does not exist on type 'string'.",
      expect.stringMatching(/^GUIDE\.md:13:41 Object is possibly 'undefined'/),
    ]);
  }, 60_000);
});

describe('running blocks', () => {
  it('returns what a block exports, and runs what it continues and imports', async () => {
    const blocks = blocksOf(
      '<!-- file: numbers.ts -->',
      ...fenced('export const two: number = await Promise.resolve(2);'),
      ...fenced("import { two } from './numbers.ts';", "import assert from 'node:assert/strict';"),
      '<!-- continues -->',
      ...fenced('assert.equal(two, 2);', 'export const four = two * two;'),
    );
    expect(await run(blocks, 2)).toMatchObject({ four: 4 });
  });

  it('fails with a block that throws, or imports what it cannot have', async () => {
    await expect(run(blocksOf(...fenced("throw new Error('no');")))).rejects.toThrow('no');
    const stranger = blocksOf(...fenced("import { x } from 'left-pad';", 'x();'));
    await expect(run(stranger)).rejects.toThrow("GUIDE.md:2 imports 'left-pad'");
  });
});
