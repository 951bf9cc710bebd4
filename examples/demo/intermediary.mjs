/** An API in the middle, as an MCP server is: it verifies the caller, and calls the next API for the same user. */
import { ApiClient, extractCredentials } from 'auth0-api-ts';
import { startApi } from './api.mjs';
import { CALENDAR } from './calendar.mjs';

export const INTERMEDIARY = 'https://mcp.example.com';

export function startIntermediary({ calendarUrl, ...options }) {
  const client = new ApiClient({ ...options, audience: INTERMEDIARY });

  return startApi('intermediary', async (request) => {
    const claims = await client.verifyRequest(request, { requiredScopes: 'calendar:read' });

    // The caller's token was issued for this API and stays here. The next API gets one of its own.
    const { accessToken } = extractCredentials(request.headers);
    const exchanged = await client.getTokenOnBehalfOf({
      accessToken,
      audience: CALENDAR,
      scope: 'events:read',
    });
    const answer = await fetch(`${calendarUrl}/events/next`, {
      headers: { authorization: `Bearer ${exchanged.accessToken}` },
    });
    if (!answer.ok) throw new Error(`The calendar API answered ${answer.status}.`);
    return { user: claims.sub, event: await answer.json() };
  });
}
