/** What the story is played with: a test tenant, the calendar, and the two MCP servers, all on 127.0.0.1. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { ApiClient } from 'auth0-api-ts';
import { createTestTenant } from 'auth0-api-ts/testing';
import { CALENDAR, startCalendar } from '../demo/calendar.mjs';
import { createExpressServer } from './express-server.mjs';
import { createFetchServer } from './fetch-server.mjs';
import { createTools } from './tools.mjs';

/**
 * @param {object} [options]
 * @param {(line: string, record: import('auth0-api-ts').AuditRecord) => void} [options.audit] the calendar's log
 * @param {Partial<import('auth0-api-ts').ApiClientOptions>} [options.client] for the MCP servers
 */
export async function openStage({ audit = () => undefined, client: clientOptions = {} } = {}) {
  const credentials = { clientId: 'mcp-server', clientSecret: randomUUID() };
  const tenant = createTestTenant({ domain: 'demo-tenant.us.auth0.com', clients: [credentials] });
  const tenantServer = await tenant.listen();
  const issuer = { domain: tenant.domain, customFetch: tenantServer.fetch };

  const calendar = await startCalendar({ ...issuer, audit });

  /** The server listens first: its address is part of what it says about itself. */
  const start = async (create) => {
    const server = await listen();
    const resource = `${server.url}/mcp`;
    const client = new ApiClient({ ...issuer, ...credentials, audience: resource, ...clientOptions });
    const tools = createTools(client, { audience: CALENDAR, url: calendar.url });
    server.serve(create(client, { resource, tools }));
    return { url: resource, origin: server.url, close: server.close };
  };
  const expressServer = await start(createExpressServer);
  const fetchServer = await start((...args) => toNodeHandler(createFetchServer(...args)));

  return {
    tenant,
    tenantFetch: tenantServer.fetch,
    calendar,
    servers: { 'sdk 1.x on Express': expressServer, 'server 2.x on Fetch': fetchServer },
    close: async () => {
      for (const server of [expressServer, fetchServer, calendar, tenantServer]) await server.close();
    },
  };
}

async function listen() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    serve: (listener) => server.on('request', listener),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
