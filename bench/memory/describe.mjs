/** From curves to a table and a verdict. */
import { markdownTable, ownVersion } from '../common/report.mjs';

const MEGABYTE = 1_000_000;
/** How far a curve may rise once it should be level. */
const MOST_GROWTH = 30 * MEGABYTE;
/** By then, in steps, every cache is full. */
const LEVEL_AFTER_STEPS = 2;
const WIDTH = 40;

/** @returns {{ text: string, isMet: boolean, growth: number }} whether the curve keeps within its bounds */
export function judge({ name, points, allowance = () => 0 }, { step }) {
  const rest = ({ count, ...sizes }) => held(sizes) - allowance(count);
  const level = points.find(({ count }) => count === LEVEL_AFTER_STEPS * step);
  const later = points.filter(({ count }) => count >= level.count);
  const growth = Math.max(...later.map(rest)) - rest(level);
  const isMet = growth <= MOST_GROWTH;
  return {
    text: `${name}: ${megabytes(growth)} MB more than after ${thousands(level.count)}`,
    isMet,
    growth,
  };
}

export function describe(curves, { step }) {
  const counts = [...new Set(curves.flatMap(({ points }) => points.map(({ count }) => count)))];
  const cell = (curve, count) => {
    const point = curve.points.find((other) => other.count === count);
    return point === undefined ? '' : megabytes(held(point));
  };
  const rows = counts
    .sort((a, b) => a - b)
    .map((count) => [thousands(count), ...curves.map((curve) => cell(curve, count))]);
  const most = Math.max(...curves.flatMap(({ points }) => points.map(held)));
  const outcomes = curves.map((curve) => {
    const { growth, isMet } = judge(curve, { step });
    const store =
      curve.allowance === undefined
        ? ''
        : megabytes(Math.max(...curve.points.map(({ count }) => curve.allowance(count))));
    const rss = Math.max(...curve.points.map((point) => point.rss));
    return [curve.name, megabytes(growth), store, megabytes(rss), isMet ? 'yes' : '**no**'];
  });
  const level = thousands(LEVEL_AFTER_STEPS * step);
  return `# Memory

Written by \`npm run memory\` in \`bench/\` on ${new Date().toISOString().slice(0, 10)}, with auth0-api-ts ${ownVersion()} and Node ${process.version}.
Megabytes (of a million bytes) that are in use after a full collection of garbage: the heap, and what it holds beside
it. One client for each column, in a process of its own; no token and no proof is sent twice. Where time runs, a request
comes every 5 ms of the injected clock, and tokens and proofs expire after 300 s; where it stands still, nothing does.

${markdownTable([['requests', ...curves.map(({ name }) => name)], ...rows])}

## Bounds

After ${level} requests a curve may rise by ${MOST_GROWTH / MEGABYTE} MB, and by 90 bytes for each proof that the store of used proofs holds: those
that could still be accepted, up to a million.

${markdownTable([['', `MB more than after ${level}, the store apart`, 'store at most, MB', 'resident at most, MB', 'within bounds'], ...outcomes])}

## Curves

${curves.map((curve) => `\`\`\`text\n${curve.name}\n${plot(curve, most)}\n\`\`\``).join('\n\n')}
`;
}

/** The heap, and what its objects hold outside of it. */
function held({ heapUsed, external }) {
  return heapUsed + external;
}

function plot({ points }, most) {
  return points
    .map((point) => {
      const bar = '#'.repeat(Math.max(1, Math.round((WIDTH * held(point)) / most)));
      return `${thousands(point.count).padStart(9)}  ${bar} ${megabytes(held(point))}`;
    })
    .join('\n');
}

function megabytes(bytes) {
  return (bytes / MEGABYTE).toFixed(1);
}

function thousands(count) {
  return count.toLocaleString('en-US');
}
