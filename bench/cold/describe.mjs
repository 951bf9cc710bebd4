/** From timings to tables and goals. */
import { cpus } from 'node:os';
import { median } from '../common/median.mjs';
import { markdownTable, ownVersion, versionOf } from '../common/report.mjs';

const OURS = 'auth0-api-ts';
const EMPTY = 'an empty process';
const MOST_OF_JOSE = 0.6;
/** How much longer than an empty process ours may take to end: nothing that waits ends within it. */
const END_MARGIN_MS = 1000;

const NOTES = [
  'Total is from the start of the process to the first verified token, by the clock of the process that started it; empty is what a process takes that does nothing.',
  'Requests: auth0-api-ts asks for the metadata of the issuer, and then for its keys. Peers are given the address of the keys; those with (issuerBaseURL) or (discovery) ask as well.',
  '**auth0-api-ts**, **jose** and **oauth4webapi** use the global `fetch`, whose implementation Node loads when it is first touched. The others use `node:https`.',
  '**fast-jwt** fetches nothing; here a few lines around it do, with `node:https`.',
  '**oauth4webapi** takes Fetch requests only, so its figures include making one.',
  '**express-oauth2-jwt-bearer** is called as Express calls it, without the HTTP around it.',
];

export function describe(loads, firsts, packages) {
  const [{ model }] = cpus();
  const versions = [`auth0-api-ts ${ownVersion()}`, ...packages.map((name) => `${name} ${versionOf(name)}`)];
  const goals = goalsOf(loads, firsts).map(({ text, value, isMet }) => [
    text,
    value,
    isMet ? 'yes' : '**no**',
  ]);
  return `# Cold start with Node ${process.versions.node.split('.')[0]}

Written by \`npm run cold\` in \`bench/\` on ${new Date().toISOString().slice(0, 10)}, with Node ${process.version}, on
${cpus().length} processors of the kind ${model.trim()}. Milliseconds, medians of ${loads[0].rounds.length} fresh processes each, in turn.
Ratios and differences are medians of those within each round, so they hold where the machine was busy; absolute figures
depend on it. Every process of the second table was seen to accept a good token, twice, and to refuse a bad signature,
another audience, another issuer and an expired token.

${versions.join(' · ')}

## Loading

${describeLoads(loads)}

## First verified token (RS256, keys from https://localhost)

${describeFirsts(firsts, loads)}

${NOTES.map((note) => `- ${note}`).join('\n')}

## What is left

${describeLeft(loads, firsts)}

## Goals

${markdownTable([['auth0-api-ts should', 'it is', 'met'], ...goals])}
`;
}

export function goalsOf(loads, firsts) {
  const toJose = ratio(loads, OURS, 'jose', 'importMs');
  const peers = firsts.filter(({ name }) => name !== OURS);
  const ahead = peers
    .map(({ name }) => ({ name, value: ratio(firsts, name, OURS, 'totalMs') }))
    .sort((a, b) => a.value - b.value);
  const left = [
    ...find(loads, OURS).rounds.flatMap((round) => round.left),
    ...find(firsts, OURS).rounds.flatMap((round) => round.left),
  ];
  const endings = [difference(loads, loads, 'endMs'), difference(firsts, loads, 'endMs')];
  return [
    {
      text: `load in at most ${MOST_OF_JOSE} × the time of jose`,
      value: `${toJose.toFixed(2)} ×`,
      isMet: toJose <= MOST_OF_JOSE,
    },
    {
      text: 'have verified the first token before every peer',
      value: `${ahead[0].value.toFixed(2)} × (${ahead[0].name})`,
      isMet: ahead[0].value > 1,
    },
    {
      text: 'leave nothing that keeps the process, after loading and after the last request',
      value: left.length === 0 ? 'nothing' : [...new Set(left)].join(', '),
      isMet: left.length === 0,
    },
    {
      text: `let the process end within ${END_MARGIN_MS} ms more than an empty one`,
      value: endings.map((ms) => `${ms.toFixed(1)} ms`).join(', '),
      isMet: Math.max(...endings) <= END_MARGIN_MS,
    },
  ];
}

function describeLoads(loads) {
  const sorted = [...loads].sort((a, b) => medianOf(a, 'importMs') - medianOf(b, 'importMs'));
  const lines = sorted.map((entry) => [
    inBold(entry.name),
    entry.name === EMPTY ? '' : ms(medianOf(entry, 'importMs')),
    ms(medianOf(entry, 'wallMs')),
    entry.name === EMPTY ? '' : ms(above(loads, entry.name, loads, EMPTY, 'wallMs')),
    entry.name === EMPTY ? '' : ratio(loads, entry.name, 'jose', 'importMs').toFixed(2),
  ]);
  return markdownTable([
    ['', '`import()`', 'whole process', 'above an empty one', '× jose, `import()`'],
    ...lines,
  ]);
}

function describeFirsts(firsts, loads) {
  const sorted = [...firsts].sort((a, b) => medianOf(a, 'totalMs') - medianOf(b, 'totalMs'));
  const lines = sorted.map((entry) => [
    inBold(entry.name),
    ms(medianOf(entry, 'totalMs')),
    ms(above(firsts, entry.name, loads, EMPTY, 'totalMs')),
    ms(medianOf(entry, 'importMs')),
    ms(medianOf(entry, 'verifyMs')),
    `${medianOf(entry, 'requests')}`,
    ratio(firsts, entry.name, OURS, 'totalMs').toFixed(2),
  ]);
  const head = ['', 'total', 'above empty', '`import()`', 'first verification', 'requests', `× ${OURS}`];
  return markdownTable([head, ...lines]);
}

function describeLeft(loads, firsts) {
  const name = (resources) => (resources.length === 0 ? 'nothing' : [...new Set(resources)].join(', '));
  const lines = [
    ...loads.map((entry) => ({ ...entry, when: 'after loading' })),
    ...firsts.map((entry) => ({ ...entry, when: 'after the last request' })),
  ].map((entry) => [
    inBold(entry.name),
    entry.when,
    name(entry.rounds.flatMap(({ left }) => left)),
    ms(medianOf(entry, 'endMs')),
  ]);
  return `\`process.getActiveResourcesInfo()\` names what keeps the process; each one ended by itself, after so many ms.

${markdownTable([['', 'when', 'what is left', 'ms to the end'], ...lines])}`;
}

function difference(entries, loads, member) {
  return above(entries, OURS, loads, EMPTY, member);
}

function above(entries, name, others, other, member) {
  const { rounds } = find(others, other);
  return median(find(entries, name).rounds.map((round, index) => round[member] - rounds[index][member]));
}

function ratio(entries, name, other, member) {
  const { rounds } = find(entries, other);
  return median(find(entries, name).rounds.map((round, index) => round[member] / rounds[index][member]));
}

function find(entries, wanted) {
  return entries.find(({ name }) => name === wanted);
}

function medianOf({ rounds }, member) {
  return median(rounds.map((round) => round[member]));
}

function ms(value) {
  return value.toFixed(1);
}

function inBold(name) {
  return name === OURS ? `**${name}**` : name;
}
