/**
 * What a client of this SDK holds after a million different tokens and proofs. Prints the curves and writes them to
 * `results.md`, with every point in `results.jsonl`, and from there to docs/performance.md; exits with 1 when one leaves its
 * bounds.
 *
 *   node memory/run.mjs [--quick]
 *
 * With `--quick` there are a tenth as many requests, and no file is written.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writePage } from '../page/write-page.mjs';
import { describe, judge } from './describe.mjs';
import { scenarios } from './scenarios.mjs';

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));
const LIMIT_MS = 20 * 60 * 1000;

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const total = values.quick ? 100_000 : 1_000_000;
const step = total / 20;

const curves = Object.entries(scenarios).map(([name, { allowance, lengthFactor = 1 }]) => ({
  name,
  allowance,
  total: total * lengthFactor,
  points: [],
}));
// Those that verify two signatures for each request take longest, so they begin first.
const waiting = curves.toSorted(
  (a, b) => Number(b.allowance !== undefined) - Number(a.allowance !== undefined),
);
const children = new Set();
try {
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
} finally {
  for (const child of children) child.kill();
}

const report = describe(curves, { step });
process.stdout.write(report);
if (!values.quick) {
  writeFileSync(new URL('results.md', import.meta.url), report);
  const lines = curves.map(({ name, points }) => `${JSON.stringify({ name, points })}\n`);
  writeFileSync(new URL('results.jsonl', import.meta.url), lines.join(''));
  writePage();
}
const broken = curves.map((curve) => judge(curve, { step })).filter(({ isMet }) => !isMet);
for (const { text } of broken) process.stderr.write(`out of bounds: ${text}\n`);
if (broken.length > 0) process.exitCode = 1;

async function work() {
  for (let curve = waiting.shift(); curve !== undefined; curve = waiting.shift()) await draw(curve);
}

async function draw({ name, total: count, points }) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--expose-gc', CHILD, name, `${count}`, `${step}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  children.add(child);
  const ended = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) points.push(JSON.parse(line));
  const [code, signal] = await ended;
  children.delete(child);
  if (code !== 0) throw new Error(`${name}: the process ended with ${code ?? signal}`);
  const seconds = (performance.now() - startedAt) / 1000;
  process.stderr.write(`${name}: ${count} in ${seconds.toFixed(0)} s\n`);
}
