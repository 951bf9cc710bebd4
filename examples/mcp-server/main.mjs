/**
 * `node examples/mcp-server/main.mjs`, after `npm run build`: two MCP servers, a calendar and a tenant on 127.0.0.1, visited by a real MCP client. It needs no account, no
 * secret and no internet.
 */
import { createLogin } from './login.mjs';
import { openStage } from './stage.mjs';
import { visit } from './visitor.mjs';

const stage = await openStage({
  audit: (line) => {
    console.log('  audit log of the calendar:', line);
  },
});
try {
  for (const [name, { url }] of Object.entries(stage.servers)) {
    console.log(`\n${name}, ${url}`);
    const login = createLogin(stage, { sub: 'auth0|ada', act: ['agent-1'] });
    const visitor = await visit(url, login);
    console.log('  tools        ', (await visitor.tools()).join(', '));
    console.log('  whoami       ', await visitor.call('whoami'));
    console.log('  next-event   ', await visitor.call('next-event'));
    console.log('  logged in for', login.visits.map(({ scope }) => scope).join(', then for '));
    await visitor.close();
  }
} finally {
  await stage.close();
}
