/**
 * What a fresh process pays: for loading a library, and until it has verified its first token. Prints the tables, writes
 * them to `results-<major version of Node>.md` and to docs/performance.md, and exits with 1 when this SDK misses its goals, or when a side accepts
 * what it must refuse.
 *
 *   node cold/run.mjs [--node <major version or path>]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AUDIENCE, startTenant } from '../resilience/tenant.mjs';
import { createCertificate } from '../common/certificate.mjs';
import { nodeBinary } from '../common/node-binary.mjs';
import { writePage } from '../page/write-page.mjs';
import { createSigningKey } from '../common/tokens.mjs';
import { describe, goalsOf } from './describe.mjs';
import { runFresh } from './process.mjs';

const FILES = [
  'nothing',
  'auth0-api-ts',
  'jose',
  'aws-jwt-verify',
  'fast-jwt',
  'express-oauth2-jwt-bearer',
  'oauth4webapi',
  'jsonwebtoken',
];
const ROUNDS = 15;
/** For the disk's cache, and for the compiler to have done its work in the tenant. */
const WARM_UPS = 2;

const { values } = parseArgs({ options: { node: { type: 'string' } } });
if (values.node === undefined) await run();
else
  process.exitCode = spawnSync(nodeBinary(values.node), [process.argv[1]], { stdio: 'inherit' }).status ?? 1;

async function run() {
  const sides = await Promise.all(
    FILES.map(async (file) => ({ file, ...(await import(`./sides/${file}.mjs`)) })),
  );
  const loads = await measureLoading(sides);
  const firsts = await measureFirstTokens(sides);

  const packages = sides.flatMap((side) => side.packages);
  const report = describe(loads, firsts, packages);
  const major = process.versions.node.split('.')[0];
  writeFileSync(new URL(`results-${major}.md`, import.meta.url), report);
  writePage();
  process.stdout.write(report);
  const missed = goalsOf(loads, firsts).filter(({ isMet }) => !isMet);
  for (const { text, value } of missed) process.stderr.write(`missed: ${text}: ${value}\n`);
  if (missed.length > 0) process.exitCode = 1;
}

async function measureLoading(sides) {
  const entries = sides.map(({ file, ways: [{ name }] = [{ name: 'an empty process' }] }) => ({
    name,
    measure: async () => {
      const { told, endMs } = await runFresh([file]);
      const [{ importMs, atMs }, { left }] = told;
      // From start to end, without the time that was given to settle.
      return { importMs, totalMs: atMs, wallMs: atMs + endMs, endMs, left };
    },
  }));
  return await interleave(entries);
}

async function measureFirstTokens(sides) {
  const folder = mkdtempSync(join(tmpdir(), 'cold-'));
  const { caFile, ...certificate } = await createCertificate(folder);
  const keys = [createSigningKey(), createSigningKey()];
  const tenant = await startTenant({ certificate, keys, ageSeconds: 600 });
  const { issuer, jwksUri, requests } = tenant;
  const countRequests = () => requests.discovery + requests.jwks;
  try {
    const entries = sides.flatMap(({ file, ways = [] }) =>
      ways.map(({ name }, way) => ({
        name,
        measure: async () => {
          const task = {
            issuer,
            jwksUri,
            audience: AUDIENCE,
            good: tenant.token(),
            hostile: tenant.hostileTokens(),
          };
          const before = countRequests();
          const { told, endMs } = await runFresh([file, `${way}`, JSON.stringify(task)], caFile);
          const [{ importMs }, { isAccepted, verifyMs, atMs }, { wrong, isAcceptedAgain }, { left }] = told;
          if (!isAccepted || !isAcceptedAgain) throw new Error(`${name} refuses a good token`);
          if (wrong.length > 0) throw new Error(`${name} accepts ${wrong.join(', ')}`);
          return { totalMs: atMs, importMs, verifyMs, endMs, left, requests: countRequests() - before };
        },
      })),
    );
    return await interleave(entries);
  } finally {
    tenant.close();
    rmSync(folder, { recursive: true });
  }
}

/** One process of each in turn: what disturbs the machine for a second disturbs all alike. Nobody is always first. */
async function interleave(entries) {
  const results = entries.map(({ name }) => ({ name, rounds: [] }));
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    for (let turn = 0; turn < entries.length; turn++) {
      const index = (turn + round + WARM_UPS) % entries.length;
      const measured = await entries[index].measure();
      if (round >= 0) results[index].rounds.push(measured);
    }
  }
  return results;
}
