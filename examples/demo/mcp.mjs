/** Two MCP servers, as examples/mcp-server has them, and a user with a real MCP client. */
import { createLogin } from '../mcp-server/login.mjs';
import { openStage } from '../mcp-server/stage.mjs';
import { visit } from '../mcp-server/visitor.mjs';
import { expectEqual } from './expect.mjs';

const EXPECTED_CHAIN = 'auth0|ada <- mcp-server <- agent-1';

/** @param {import('./report.mjs').Report} report */
export async function visitMcpServers(report) {
  report.section('4. A real MCP client meets two MCP servers that it knows nothing about');
  report.note('A 401 shows where to log in, and a 403 which scope is needed besides.');
  const stage = await openStage({ audit: report.audit });
  try {
    for (const [name, { url }] of Object.entries(stage.servers)) {
      const login = createLogin(stage, { sub: 'auth0|ada', act: ['agent-1'] });
      const visitor = await report.timed([name, 'finds the login of the tenant'], () => visit(url, login));
      expectEqual('scope', login.visits, [{ scope: 'mcp:tools', resource: url }]);
      const ask = () => visitor.call('next-event');
      expectEqual(
        'event',
        (await report.timed(['next-event', 'needs a scope, which the user grants'], ask)).at,
        '12:30',
      );
      expectEqual('audit line', report.lastAudit().line, EXPECTED_CHAIN);
      const [, { scope }] = login.visits;
      report.note(`The user logged in again, for ${scope}.`);
      await visitor.close();
    }
  } finally {
    await stage.close();
  }
}
