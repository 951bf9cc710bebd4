/** From results to the parts of docs/performance.md that change with them. */
import { markdownTable } from '../common/report.mjs';
import { drawChart, inFigures } from './chart.mjs';
import { readIntroduction, readPreamble, readSection } from './figures.mjs';

const OURS = 'auth0-api-ts';
/** They need no key set, so they do less than the others: in the tables, but not in the charts. */
const FIXED_KEY = /fixed key/;

/** The rows of a chart, and the caption of each. A cache shows in repeated tokens alone. */
const PANELS = [
  { id: 'rs256', title: 'RS256 token, first seen', leaveOut: /, cache/ },
  { id: 'repeated', title: 'repeated token', leaveOut: /^fast-jwt \(key by kid\)$/ },
  { id: 'dpop-known', title: 'DPoP request, token known, proof new', leaveOut: /, cache/ },
  {
    id: 'in-flight',
    title: '64 in flight, RS256 token, first seen',
    leaveOut: /, cache/,
    // The pipeline has one processor, and what is in flight has all of them.
    limit: 'limit: crypto.verify on the thread pool',
  },
];

/** Why a goal may be missed: by the row it belongs to and how it begins. Only those that are missed are told. */
const REASONS = [
  {
    row: 'rs256',
    goal: /pipeline/,
    reason:
      'The pipeline splits, decodes, parses and verifies, and leaves it at that. What is on top of it is the work that makes a token trustworthy: header, issuer, key, times, audience, own members only, claims frozen, the verdict remembered.',
  },
  {
    row: 'es256',
    goal: /pipeline/,
    reason: 'As with RS256; the signature takes longer, so that the rest weighs less.',
  },
  {
    row: 'es256',
    goal: /ahead of every peer/,
    reason:
      'Almost all of it is one call of `crypto.verify`, which is the same for everybody who makes that call without a detour; a few percent are less than rounds differ by.',
  },
  {
    row: 'rs256',
    goal: /ahead of every peer/,
    reason: 'Almost all of it is one call of `crypto.verify`, which is the same for everybody.',
  },
  {
    row: 'rs256',
    goal: /jose/,
    reason:
      'WebCrypto, and jose with it, is faster under newer versions of Node: four times as fast as jose would be hardly more than what the minimal pipeline takes.',
  },
  {
    row: 'repeated',
    goal: /jose/,
    reason:
      'What remains is the look-up of a fresh string, which is hashed anew each time, and what is evaluated for every call: the issuer, the times, whether the key is still in the set.',
  },
  {
    row: 'repeated',
    goal: /lookup/,
    reason:
      'On top of the look-up, every call evaluates the issuer, the times, and whether the key is still in the set.',
  },
  {
    row: 'dpop-known',
    goal: /crypto\.verify/,
    reason:
      'A proof is more than its signature: its JSON, its key and thumbprint, two URLs in normal form, the hash of the access token, and the store of used proofs.',
  },
  {
    row: 'in-flight',
    goal: /jose/,
    reason: ({ jose, limit }) =>
      `Signatures are checked by the pool of threads then, those of jose as well, and the processors have little left to give. In the same run, \`crypto.verify\` on that pool, with nothing around it, is ${times(jose / limit)} as fast as jose: all that is verified beside the signature has to fit between that and the goal.`,
  },
];

/** @returns {{ section: string, charts: Map<string, string> }} Markdown, and SVGs by their file names */
export function describe(speed) {
  const charts = new Map(
    speed.map(({ major, run, rows }) => [`performance-${major}.svg`, chartOf(major, run, rows)]),
  );
  const section = [...speed.map(describeRun), describeGoals(speed), describeCold(), describeMemory()].join(
    '\n\n',
  );
  return { section, charts };
}

function chartOf(major, run, rows) {
  return drawChart({
    title: `Microseconds per verification, Node ${major}`,
    note: `Shorter is better. Each panel has its own scale. Dashed: no verification, only what none can do without. Measured ${run.date}.`,
    panels: PANELS.flatMap(({ id, title, leaveOut, limit }) => {
      const row = rows.find((other) => other.id === id);
      return row === undefined ? [] : [{ title, bars: barsOf(row, leaveOut, limit) }];
    }),
  });
}

function barsOf({ sides, ...row }, leaveOut, limit = row.limit) {
  return sides
    .filter(({ name }) => name === limit || !(isLimit(name) || FIXED_KEY.test(name) || leaveOut.test(name)))
    .map(({ name, microseconds }) => ({
      // The panel is too narrow for where the limit was measured, and its caption says it.
      name: name.replace('limit: ', '').replace(/ (?:of|on) .*/, ''),
      microseconds,
      kind: name === OURS ? 'own' : isLimit(name) ? 'limit' : 'peer',
    }))
    .sort((a, b) => a.microseconds - b.microseconds);
}

function describeRun({ major, run, rows }) {
  const names = [...new Set(rows.flatMap(({ sides }) => sides.map(({ name }) => name)))];
  const sides = names.map((name) => ({
    name,
    cells: rows.map(({ sides: measured }) => measured.find((side) => side.name === name)?.microseconds),
  }));
  // By what all but the limits take part in, a token that is new.
  const order = ({ name, cells }) => (isLimit(name) ? 1e9 : 0) + (cells[0] ?? 1e6);
  sides.sort((a, b) => order(a) - order(b));
  const lines = sides.map(({ name, cells }) => [
    name === OURS ? `**${name}**` : name,
    ...cells.map((value) => (value === undefined ? '' : inFigures(value))),
  ]);
  return `### Node ${major}

![Microseconds per verification on Node ${major}, beside other libraries; all of it is in the table below](images/performance-${major}.svg)

Microseconds per operation:

${markdownTable([['', ...rows.map(({ title }) => shortly(title))], ...lines])}

Node ${run.node}, ${run.processors} processors of the kind ${run.model}, ${run.date}. ${run.versions.join(' · ')}. Ratios
and processor time are in \`bench/speed/results-${major}.md\` of the repository, and every round in the file beside it.`;
}

function describeGoals(speed) {
  const [{ rows }] = speed;
  const cell = (goal) =>
    goal === undefined ? '' : goal.isMet ? `${times(goal.value)}` : `**${times(goal.value)}, missed**`;
  const lines = rows.flatMap(({ id, title, goals }) =>
    goals.map(({ text }) => [
      shortly(title),
      text,
      ...speed.map(({ rows: others }) =>
        cell(others.find((row) => row.id === id)?.goals.find((goal) => goal.text === text)),
      ),
    ]),
  );
  const head = ['', 'auth0-api-ts should be', ...speed.map(({ major }) => `Node ${major}`)];
  const missed = describeMissed(speed);
  return `### Goals

Ratios, each the median of those within a round; ahead of every peer is the ratio to the fastest one.

${markdownTable([head, ...lines])}
${missed.length === 0 ? '\nAll are met.' : `\nWhy some are missed:\n\n${missed.join('\n')}`}`;
}

function describeMissed(speed) {
  const lines = speed.flatMap(({ major, rows }) =>
    rows.flatMap((row) =>
      row.goals
        .filter(({ isMet }) => !isMet)
        .map(({ text }) => {
          const known = REASONS.find(({ row: id, goal }) => id === row.id && goal.test(text))?.reason;
          const reason =
            typeof known === 'function' ? known(timesOf(row)) : (known ?? 'Not looked into yet.');
          return { major, what: `**${shortly(row.title)}: ${text}**`, reason };
        }),
    ),
  );
  const whats = [...new Set(lines.map(({ what }) => what))];
  return whats.flatMap((what) => {
    const ofIt = lines.filter((line) => line.what === what);
    const reasons = [...new Set(ofIt.map(({ reason }) => reason))];
    return reasons.map((reason) => {
      const majors = ofIt.filter((line) => line.reason === reason).map(({ major }) => major);
      return `- ${what}, Node ${majors.join(' and ')}. ${reason}`;
    });
  });
}

/** Of jose, and of the fastest thing that was measured in that row. */
function timesOf({ sides }) {
  const microsecondsOf = (list) => Math.min(...list.map(({ microseconds }) => microseconds));
  return {
    jose: microsecondsOf(sides.filter(({ name }) => name === 'jose')),
    limit: microsecondsOf(sides.filter(({ name }) => /thread pool/.test(name))),
  };
}

function describeCold() {
  const parts = [20, 22, 24].flatMap((major) => {
    const file = `cold/results-${major}.md`;
    const loading = readSection(file, 'Loading');
    const first = readSection(file, 'First verified token (RS256, keys from https://localhost)');
    const goals = readSection(file, 'Goals');
    if (loading === undefined || first === undefined || goals === undefined) return [];
    return [`${readPreamble(file)}\n\n${loading}\n\nTo the first verified token:\n\n${first}\n\n${goals}`];
  });
  return `### Cold start\n\n${parts.length === 0 ? 'Not measured yet: `npm run cold`.' : parts.join('\n\n')}`;
}

function describeMemory() {
  const file = 'memory/results.md';
  const bounds = readSection(file, 'Bounds');
  if (bounds === undefined) return '### Memory\n\nNot measured yet: `npm run memory`.';
  return `### Memory\n\n${readIntroduction(file)}\n\n${bounds}`;
}

/** Without what is in brackets: the table is wide enough. */
function shortly(title) {
  return title.replace(/ \(.*\)$/, '');
}

function isLimit(name) {
  return name.startsWith('limit');
}

function times(value) {
  return `${value.toFixed(2)} ×`;
}
