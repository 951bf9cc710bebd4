/** The API at the end: it sees a user, and everyone who acts between the user and itself. */
import { ApiClient, createAuditRecord, formatDelegationChain } from 'auth0-api-ts';
import { startApi } from './api.mjs';

export const CALENDAR = 'https://calendar.example.com';

export function startCalendar({ audit, ...options }) {
  const client = new ApiClient({ ...options, audience: CALENDAR });

  return startApi('calendar API', async (request) => {
    // Whoever acts for a user must be the intermediary; a user who calls directly is welcome as well.
    const checks = { requiredScopes: 'events:read', allowedActors: ['mcp-server'] };
    const claims = await client.verifyRequest(request, checks);
    audit(formatDelegationChain(claims), createAuditRecord(claims, { request, outcome: 'allowed' }));
    return { title: 'Lunch with Grace', at: '12:30' };
  });
}
