/** What the story is played with: the tenant, the two APIs, and the user's requests. */
import { randomUUID } from 'node:crypto';
import { createTestTenant } from 'auth0-api-ts/testing';
import { CALENDAR, startCalendar } from './calendar.mjs';
import { INTERMEDIARY, startIntermediary } from './intermediary.mjs';

/**
 * @typedef {Awaited<ReturnType<typeof openStage>>} Stage
 * @param {import('./report.mjs').Report} report
 */
export async function openStage(report) {
  const client = { clientId: 'mcp-server', clientSecret: randomUUID(), audience: INTERMEDIARY };
  const tenant = createTestTenant({
    domain: 'demo-tenant.us.auth0.com',
    audience: INTERMEDIARY,
    audiences: [CALENDAR],
    clients: [client],
  });
  const tenantServer = await tenant.listen();
  // Requests for https://demo-tenant.us.auth0.com go to the server on 127.0.0.1.
  const issuer = { domain: tenant.domain, customFetch: tenantServer.fetch };

  const audit = (line, record) => report.audit(line, record);
  const calendar = await startCalendar({ ...issuer, audit });
  const { clientId, clientSecret } = client;
  const intermediary = await startIntermediary({
    ...issuer,
    clientId,
    clientSecret,
    calendarUrl: calendar.url,
  });

  return {
    tenant,
    issuer,
    intermediary,
    calendar,
    places: [
      ['tenant', tenant.issuer, tenantServer.url],
      ['intermediary', INTERMEDIARY, intermediary.url],
      ['calendar API', CALENDAR, calendar.url],
    ],
    countTenantRequests: () => {
      const count = (kind) => tenant.requests.filter((request) => request.kind === kind).length;
      return { discovery: count('discovery'), jwks: count('jwks'), token: count('token') };
    },
    close: () => Promise.all([intermediary, calendar, tenantServer].map((server) => server.close())),
  };
}
