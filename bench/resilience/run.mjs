/**
 * How verification behaves when the issuer does not: this SDK and its npm peers in the same situations, over real HTTPS.
 * Prints the table, writes `results.md`, and exits with 1 when this SDK misses what it promises, or when a side accepts
 * what it must refuse.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificate } from '../common/certificate.mjs';
import { createSigningKey } from '../common/tokens.mjs';
import { describe } from './describe.mjs';
import { startLibrary } from './library.mjs';
import { scenarios } from './scenarios.mjs';
import { AUDIENCE, startTenant } from './tenant.mjs';

const SIDES = ['auth0-api-ts', 'jose', 'aws-jwt-verify', 'express-oauth2-jwt-bearer', 'jwks-rsa'];

// Making a key takes a processor longer than some of what is timed, so all tenants share two.
const keys = [createSigningKey(), createSigningKey()];
const folder = mkdtempSync(join(tmpdir(), 'resilience-'));
const libraries = [];
try {
  const { caFile, ...certificate } = await createCertificate(folder);
  for (const side of SIDES) libraries.push({ ...(await startLibrary(side, caFile)), results: [] });
  for (const library of libraries) await checkRefusals(library, certificate);

  // What counts requests keeps the processor busy, so it is done before anything is timed. The rest only waits.
  for (const [index, scenario] of scenarios.entries()) {
    if (scenario.waits) continue;
    for (const library of libraries) library.results[index] = await run(scenario, library, certificate);
  }
  await Promise.all(
    libraries.flatMap((library) =>
      scenarios.map(async (scenario, index) => {
        library.results[index] ??= await run(scenario, library, certificate);
      }),
    ),
  );

  const columns = libraries.map(({ description, results }) => ({ ...description, results }));
  const report = describe(scenarios, columns);
  writeFileSync(new URL('results.md', import.meta.url), report);
  process.stdout.write(report);
  for (const { name, results } of columns) explain(name, results);
  const missed = scenarios.filter(({ promise }, index) => promise && !libraries[0].results[index].good);
  for (const { name, promise } of missed) process.stderr.write(`missed: ${name}: ${promise}\n`);
  if (missed.length > 0) process.exitCode = 1;
} finally {
  for (const library of libraries) library.end();
  rmSync(folder, { recursive: true });
}

async function run(scenario, library, certificate) {
  const { ageSeconds } = scenario;
  const tenant = await startTenant({ certificate, keys, ageSeconds });
  try {
    const { issuer, jwksUri } = tenant;
    const verifier = issuer;
    await library.ask('create', {
      verifier,
      options: { issuer, jwksUri, audience: AUDIENCE, ageSeconds },
    });
    const verify = (tokens, limitSeconds = 40) => library.ask('verify', { verifier, tokens, limitSeconds });
    const warmUp = async () => {
      const [first] = await verify([tenant.token()]);
      if (!first.accepted) throw new Error(`${library.side} refuses a good token: ${first.error}`);
    };
    return await scenario.run({ tenant, verify, warmUp });
  } finally {
    tenant.close();
  }
}

/** A side that checks nothing would do splendidly in everything else. */
async function checkRefusals(library, certificate) {
  const check = {
    ageSeconds: 600,
    async run({ tenant, verify, warmUp }) {
      await warmUp();
      for (const [what, token] of Object.entries(tenant.hostileTokens())) {
        const [{ accepted }] = await verify([token]);
        if (accepted) throw new Error(`${library.side} accepts ${what}`);
      }
    },
  };
  await run(check, library, certificate);
}

/** The last error of each scenario, for whoever wants to know what a figure comes from. */
function explain(name, results) {
  for (const [index, { error }] of results.entries()) {
    if (error !== undefined) process.stderr.write(`${name}, ${scenarios[index].name}: ${error}\n`);
  }
}
