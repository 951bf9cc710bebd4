/**
 * How long verification takes: this SDK, its npm peers and what none can be faster than, in one run. Prints the tables
 * and writes them to `results-<major version of Node>.md`, with every round in the `.jsonl` beside it: what was run in the
 * first line, then a row a line. Then it puts them into docs/performance.md.
 *
 *   node speed/run.mjs [--node <major version or path>]
 *
 * With `--node`, it runs under that binary: `24` is the one of the package `node-<platform>-<architecture>`.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { nodeBinary } from '../common/node-binary.mjs';
import { writePage } from '../page/write-page.mjs';
import { describe, describeRun, summarise } from './describe.mjs';
import { createIssuer } from './issuer.mjs';
import { measure } from './measure.mjs';
import { checkProofs, checkTokens } from './refusals.mjs';
import { rows } from './rows.mjs';

const FILES = [
  'auth0-api-ts',
  'jose',
  'aws-jwt-verify',
  'fast-jwt',
  'express-oauth2-jwt-bearer',
  'oauth4webapi',
  'jsonwebtoken',
  'limits',
];

const { values } = parseArgs({ options: { node: { type: 'string' } } });
if (values.node === undefined) await run();
else
  process.exitCode = spawnSync(nodeBinary(values.node), [process.argv[1]], { stdio: 'inherit' }).status ?? 1;

async function run() {
  const files = [];
  // One after another: what a package costs to load must not meet the loading of the next.
  for (const file of FILES) files.push(await import(`./sides/${file}.mjs`));
  const sides = files.flatMap((file) => file.sides);

  const results = [];
  for (const row of rows) results.push(summarise(row, await runRow(row, sides)));

  const packages = files.flatMap((file) => file.packages);
  const major = process.versions.node.split('.')[0];
  const report = describe(results, packages);
  writeFileSync(new URL(`results-${major}.md`, import.meta.url), report);
  const lines = [{ run: describeRun(packages) }, ...results].map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(new URL(`results-${major}.jsonl`, import.meta.url), lines.join(''));
  writePage();
  process.stdout.write(report);
}

async function runRow(row, sides) {
  const issuer = await createIssuer(row.alg);
  try {
    const taking = [];
    for (const { name, isLimit, rows: only, create } of sides) {
      if (only !== undefined && !only.includes(row.id)) continue;
      const verifier = await create(issuer);
      if (row.isRequest && verifier.verifyRequest === undefined && verifier.verifyRequestSync === undefined)
        continue;
      if (!isLimit) await checkTokens(name, verifier, issuer);
      if (!isLimit && row.isRequest) await checkProofs(name, verifier, issuer);
      taking.push({ name, verifier });
    }
    return await measure(row, taking, row.supply(issuer));
  } finally {
    issuer.close();
  }
}
