/** The story of the demo, from the first server to the last count. */
import { callOnBehalfOfTheUser } from './delegation.mjs';
import { visitMcpServers } from './mcp.mjs';
import { showOutage } from './outage.mjs';
import { sendRefusedRequests } from './refusals.mjs';
import { openStage } from './stage.mjs';

/** @param {import('./report.mjs').Report} report */
export async function runDemo(report) {
  const startedAt = performance.now();
  const stage = await openStage(report);
  try {
    report.title('auth0-api-ts: a call on behalf of a user, over real HTTP on this machine');
    for (const [name, identifier, url] of stage.places) report.fact(name, identifier, url);

    const proven = await callOnBehalfOfTheUser(stage, report);
    await sendRefusedRequests(stage, report, proven);
    await showOutage(stage, report);
    await visitMcpServers(report);

    report.section('What happened');
    for (const api of [stage.intermediary, stage.calendar]) {
      const { accepted, refused } = api.counts;
      report.fact(
        api.name,
        `${accepted + refused} requests verified: ${accepted} accepted, ${refused} refused`,
      );
    }
    const { discovery, jwks, token } = stage.countTenantRequests();
    report.fact(
      'tenant',
      `${discovery} discovery, ${jwks} key set and ${token} token exchange requests received`,
    );
    report.fact(
      'duration',
      `${Math.round(performance.now() - startedAt)} ms; every status was the expected one`,
    );
  } finally {
    await stage.close();
  }
}
