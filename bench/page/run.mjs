/**
 * Writes the figures of docs/performance.md and its charts from the results that lie in the folders of `bench/`.
 *
 *   node page/run.mjs [--check]
 *
 * With `--check`, nothing is written; it exits with 1 when something would be. It needs no package.
 */
import { parseArgs } from 'node:util';
import { writePage } from './write-page.mjs';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const changed = writePage({ dryRun: values.check });
for (const name of changed) console.log(`${values.check ? 'not up to date' : 'written'}: docs/${name}`);
if (values.check && changed.length > 0) process.exitCode = 1;
