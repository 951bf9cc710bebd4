import { expect, it } from 'vitest';

interface Demo {
  runDemo: (report: object) => Promise<void>;
  createReport: (options: object) => object;
}

/** The modules of the demo are JavaScript; these are the types of what is used of them. */
async function loadDemo(): Promise<Demo> {
  const folder = new URL('../../examples/demo/', import.meta.url).href;
  const run = (await import(/* @vite-ignore */ `${folder}run.mjs`)) as Pick<Demo, 'runDemo'>;
  const report = (await import(/* @vite-ignore */ `${folder}report.mjs`)) as Pick<Demo, 'createReport'>;
  return { ...run, ...report };
}

it('shows a call on behalf of a user, five refusals, an outage and two MCP servers, within its columns', async () => {
  const { runDemo, createReport } = await loadDemo();
  let output = '';
  const write = (text: string) => {
    output += text;
  };
  await runDemo(createReport({ write, columns: 80, colour: false }));

  expect(output.split('audit log of the calendar API: auth0|ada <- mcp-server <- agent-1\n')).toHaveLength(6);
  expect(output.split('"chain":[{"sub":"mcp-server"},')).toHaveLength(6);
  expect(output).toContain('audit log of the calendar API: auth0|ada\n');
  expect(output.split('The user logged in again, for mcp:tools calendar:read.\n')).toHaveLength(3);
  expect(output).not.toContain('eyJ');
  for (const reason of [
    'missing_credentials',
    'token_expired',
    'audience_mismatch',
    'dpop_proof_replayed',
    'insufficient_scope',
  ]) {
    expect(output).toContain(`the operator's log says: ${reason}`);
  }
  expect(output).toContain('Retry-After: 1');
  expect(output).toContain('3 accepted, 5 refused');
  expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
}, 30_000);
