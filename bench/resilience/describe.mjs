/** The report: the table, what each library was given, and why the figures are what they are. */
import { markdownTable, ownVersion, versionOf } from '../common/report.mjs';

export function describe(scenarios, columns) {
  const versions = columns.map(({ packages }) =>
    packages.length === 0 ? ownVersion() : packages.map(versionOf).join(' + '),
  );
  const head = ['', ...columns.map(({ name }, index) => `${name} ${versions[index]}`)];
  const rows = scenarios.map(({ name }, index) => [
    name,
    ...columns.map(({ results }) => results[index].text),
  ]);
  const configurations = columns.map(({ name, configuration }) => `- **${name}**: ${configuration}.`);
  const reasons = columns.flatMap(({ name, reasons: texts }) => texts.map((text) => `- **${name}** ${text}`));
  return `# Resilience: results

Written by \`npm run resilience\` in \`bench/\` on ${new Date().toISOString().slice(0, 10)}, with Node ${process.version}.

${markdownTable([head, ...rows])}

In (a), requests are metadata + keys; libraries that are given the address of the keys fetch no metadata. The server
states \`max-age\` = the age, \`stale-while-revalidate\` = the age, \`stale-if-error=86400\`. All ages are really waited
for. Each library runs in a process of its own, and was first seen to accept a good token and to refuse a bad signature,
another audience, another issuer and an expired token.

## Configuration

${configurations.join('\n')}

## Why

${reasons.join('\n')}
`;
}
