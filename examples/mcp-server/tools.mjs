/** What the tools of both servers do. They know who calls, and nothing of the protocol. */

/** The scopes of tools beyond those that every request needs: whoever lacks them is asked to come back with more. */
export const TOOL_SCOPES = { 'next-event': ['calendar:read'] };

/**
 * @param {import('auth0-api-ts').ApiClient} client
 * @param {{ audience: string, url: string }} calendar
 */
export function createTools(client, calendar) {
  return {
    whoami: ({ clientId, extra }) => ({ user: extra.sub, client: clientId, chain: extra.delegationChain }),

    async nextEvent({ token }) {
      // The caller's token was issued for this server and stays here. The calendar gets one of its own.
      const { audience, url } = calendar;
      const exchanged = await client.getTokenOnBehalfOf({
        accessToken: token,
        audience,
        scope: 'events:read',
      });
      const headers = { authorization: `Bearer ${exchanged.accessToken}` };
      const answer = await fetch(`${url}/events/next`, { headers });
      if (!answer.ok) throw new Error(`The calendar answered ${answer.status}.`);
      return await answer.json();
    },
  };
}

/** The result of a tool, as MCP wants it. */
export const asResult = (value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }] });
