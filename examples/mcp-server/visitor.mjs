/** A user with a real MCP client: it finds out by itself where to log in, and asks for more when it needs more. */
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';

/**
 * @param {string} url of the MCP server
 * @param {ReturnType<typeof import('./login.mjs').createLogin>} login
 */
export async function visit(url, login) {
  const provider = createProvider();
  const createTransport = () =>
    new StreamableHTTPClientTransport(new URL(url), { authProvider: provider, fetch: login.fetch });
  const connect = async () => {
    const client = new Client({ name: 'agent-1', version: '1.0.0' });
    await client.connect(createTransport());
    return client;
  };

  /** Logs in whenever the client has sent the user away, and tries once more. */
  const withLogin = async (action) => {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      await createTransport().finishAuth(login.consent(provider.sentTo()));
      return await action();
    }
  };

  const client = await withLogin(connect);
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name) => {
      const { content, isError } = await withLogin(() => client.callTool({ name, arguments: {} }));
      if (isError === true) throw new Error(content[0].text);
      return JSON.parse(content[0].text);
    },
    close: () => client.close(),
  };
}

/** What the client keeps between requests, for one user. */
function createProvider() {
  const kept = {};
  const keep = (name) => (value) => {
    kept[name] = value;
  };
  const redirectUrl = 'http://127.0.0.1/callback';
  return {
    redirectUrl,
    clientMetadata: { client_name: 'agent-1', redirect_uris: [redirectUrl] },
    clientInformation: () => ({ client_id: 'agent-1' }),
    tokens: () => kept.tokens,
    saveTokens: keep('tokens'),
    codeVerifier: () => kept.codeVerifier,
    saveCodeVerifier: keep('codeVerifier'),
    discoveryState: () => kept.discoveryState,
    saveDiscoveryState: keep('discoveryState'),
    redirectToAuthorization: keep('url'),
    sentTo: () => kept.url,
  };
}
