/** From timings to tables. */
import { cpus } from 'node:os';
import { median } from '../common/median.mjs';
import { markdownTable, ownVersion, versionOf } from '../common/report.mjs';
import { ratio } from './measure.mjs';

const OURS = 'auth0-api-ts';
/** They need no key set, so they do less than the others. */
const FIXED_KEY = /fixed key/;

const NOTES = [
  '**fast-jwt** takes keys that are found by `kid` as PEM only, and reads the PEM each time. A fixed key is read once, but cannot be rotated.',
  '**jsonwebtoken + jwks-rsa** hands on PEM as well, as their documentation does it; with a fixed `KeyObject`, jsonwebtoken is what it can be.',
  '**aws-jwt-verify** verifies with `verifySync`, with many in flight with `verify`, which blocks all the same.',
  '**oauth4webapi** takes Fetch requests only, so its figures include making one.',
  '**express-oauth2-jwt-bearer** is called as Express calls it, without the HTTP around it.',
  '**jose** leaves DPoP to the program; here it does the checks of RFC 9449 §4.3 in as few steps as can be.',
  'Used proofs are remembered by auth0-api-ts and in the program around jose; oauth4webapi and express-oauth2-jwt-bearer leave that out.',
  'Limits check a signature and nothing else. Keys are at hand; but for the minimal pipeline, so are the bytes.',
];

export function summarise({ id, title, limit, goals }, timings) {
  const compare = (name, other) => ratio(timings.get(name), timings.get(other));
  const sides = [...timings].map(([name, { wall, cpu }]) => ({
    name,
    microseconds: median(wall),
    cpuMicroseconds: median(cpu),
    toOurs: compare(name, OURS),
    toLimit: compare(name, limit),
    rounds: wall.map((microseconds) => Number(microseconds.toFixed(2))),
  }));
  const peers = [...timings.keys()].filter(
    (name) => name !== OURS && !name.startsWith('limit') && !FIXED_KEY.test(name),
  );
  return {
    id,
    title,
    limit,
    sides,
    goals: goals.map(({ text, measure }) => ({ text, ...measure(compare, peers) })),
  };
}

/** Where, when and with what it is measured. */
export function describeRun(packages) {
  const [{ model }] = cpus();
  return {
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    processors: cpus().length,
    model: model.trim(),
    versions: [`auth0-api-ts ${ownVersion()}`, ...packages.map((name) => `${name} ${versionOf(name)}`)],
  };
}

export function describe(results, packages) {
  const { node, date, processors, model, versions } = describeRun(packages);
  const goals = results.flatMap(({ title, goals: outcomes }) =>
    outcomes.map(({ text, value, isMet }) => [
      title,
      text,
      `${value.toFixed(2)} ×`,
      isMet ? 'yes' : '**no**',
    ]),
  );
  return `# Speed with Node ${process.versions.node.split('.')[0]}

Written by \`npm run speed\` in \`bench/\` on ${date}, with Node ${node}, on
${processors} processors of the kind ${model}. Microseconds per operation, and processor time per operation with all
threads counted: medians of interleaved rounds. Ratios are medians of the ratios within each round, so they hold where
the machine was busy; absolute figures depend on it. Every operation gets strings of its own, as requests bring them.
Each side but the limits was first seen to accept what is good and to refuse what is not.

${versions.join(' · ')}

${results.map(describeRow).join('\n\n')}

## What is compared

${NOTES.map((note) => `- ${note}`).join('\n')}

## Goals

${markdownTable([['', 'auth0-api-ts should be', 'it is', 'met'], ...goals])}
`;
}

function describeRow({ title, limit, sides }) {
  const sorted = [...sides].sort((a, b) => a.toOurs - b.toOurs);
  const lines = sorted.map(({ name, microseconds, cpuMicroseconds, toOurs, toLimit }) => [
    name === OURS ? `**${name}**` : name,
    microseconds.toFixed(1),
    cpuMicroseconds.toFixed(1),
    toOurs.toFixed(2),
    toLimit.toFixed(2),
  ]);
  const head = ['', 'µs', 'CPU µs', '× auth0-api-ts', `× ${limit.replace('limit: ', '')}`];
  return `## ${title}\n\n${markdownTable([head, ...lines])}`;
}
