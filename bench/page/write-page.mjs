/** Puts the results of the benchmarks into docs/performance.md, between its markers, and draws the charts beside it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readSpeed } from './figures.mjs';
import { describe } from './sections.mjs';

const DOCS = new URL('../../docs/', import.meta.url);
const BEGIN = '<!-- figures: written by npm run page in bench/ -->';
const END = '<!-- end of figures -->';

/** @returns {string[]} the files whose content is not what the results say; after that, it is */
export function writePage({ dryRun = false } = {}) {
  const { section, charts } = describe(readSpeed());
  const page = new URL('performance.md', DOCS);
  const [before, rest] = readFileSync(page, 'utf8').split(`${BEGIN}\n`);
  const after = rest?.split(`${END}\n`)[1];
  if (after === undefined) throw new Error(`docs/performance.md has no section between ${BEGIN} and ${END}`);

  const files = new Map([[page.href, `${before}${BEGIN}\n\n${section}\n\n${END}\n${after}`]]);
  for (const [name, svg] of charts) files.set(new URL(`images/${name}`, DOCS).href, svg);
  const changed = [...files].filter(([href, text]) => textOf(href) !== text);
  if (!dryRun) for (const [href, text] of changed) writeFileSync(new URL(href), text);
  return changed.map(([href]) => href.slice(DOCS.href.length));
}

function textOf(href) {
  try {
    return readFileSync(new URL(href), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
