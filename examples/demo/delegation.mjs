/** The user calls through an agent and the intermediary: once with a Bearer token, once with DPoP. */
import { expectEqual } from './expect.mjs';

/** What the calendar API has to see: the newest actor first, then the one the user's token came with. */
const EXPECTED_CHAIN = 'auth0|ada <- mcp-server <- agent-1';
const EXPECTED_ACTORS = [{ sub: 'mcp-server' }, { sub: 'agent-1' }];

/**
 * @param {import('./stage.mjs').Stage} stage
 * @param {import('./report.mjs').Report} report
 * @returns the request with DPoP, for whoever wants to send it again
 */
export async function callOnBehalfOfTheUser({ tenant, intermediary }, report) {
  const url = `${intermediary.url}/tools/next-event`;
  const user = { sub: 'auth0|ada', act: ['agent-1'], scope: 'calendar:read' };

  report.section('1. A user calls the intermediary, which calls the calendar API for the same user');
  report.note('The token of auth0|ada has an actor, agent-1; the exchange adds mcp-server.');

  const send = async (label, headers) => {
    const response = await report.timed(label, () => fetch(url, { method: 'POST', headers }));
    expectEqual('status', response.status, 200);
    expectEqual('user', (await response.json()).user, user.sub);
    const { line, record } = report.lastAudit();
    expectEqual('audit line', line, EXPECTED_CHAIN);
    expectEqual(
      'audit record',
      [record.user, record.chain, record.outcome],
      [user.sub, EXPECTED_ACTORS, 'allowed'],
    );
  };

  const bearer = await report.timed(['user token', 'for the intermediary, and a signing key'], () =>
    tenant.issueAccessToken(user),
  );
  await send(['Bearer', 'discovery and keys are fetched'], { authorization: `Bearer ${bearer}` });
  await send(['Bearer again', 'keys are at hand'], { authorization: `Bearer ${bearer}` });

  const dpopKey = tenant.createDpopKey();
  const issueBound = () => tenant.issueAccessToken({ ...user, dpopKey });
  const bound = await report.timed(['user token', 'bound to a DPoP key'], issueBound);
  const proof = await dpopKey.createProof({ httpMethod: 'POST', httpUrl: url, accessToken: bound });
  const proven = { authorization: `DPoP ${bound}`, dpop: proof };
  await send(['DPoP', 'token, proof and binding are verified'], proven);
  return proven;
}
