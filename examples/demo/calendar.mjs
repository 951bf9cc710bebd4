/** The API at the end: it sees a user, and everyone who acts between the user and itself. */
import { ApiClient, getCurrentActor, getDelegationChain } from 'auth0-api-ts';
import { startApi } from './api.mjs';

export const CALENDAR = 'https://calendar.example.com';

export function startCalendar({ audit, ...options }) {
  const client = new ApiClient({ ...options, audience: CALENDAR });

  return startApi('calendar API', async (request) => {
    const claims = await client.verifyRequest(request, { requiredScopes: 'events:read' });
    audit({ user: claims.sub, actor: getCurrentActor(claims), chain: getDelegationChain(claims) });
    return { title: 'Lunch with Grace', at: '12:30' };
  });
}
