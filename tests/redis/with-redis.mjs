/** What the tests start with: a server of their own, and stores over each client. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, inject } from 'vitest';
import { importPackage } from './built-package.mjs';
import { CLIENTS } from './clients.mjs';
import { startRedisServer } from './redis-server.mjs';

/** Skips what it describes where there is no redis-server. */
export const describeWithRedis = describe.runIf(inject('hasRedisServer'));

/** A server that runs during the tests of one `describe`, and is empty when each begins. */
export function useRedis() {
  const clients = [];
  let server;
  let createRedisStore;

  beforeAll(async () => {
    ({ createRedisStore } = await importPackage('auth0-api-ts/redis'));
    server = await startRedisServer();
  });
  beforeEach(() => server.flush());
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(() => server?.close());

  return {
    get server() {
      return server;
    },
    /** Connects a client, which is closed after the test. */
    connect: async (name) => {
      const client = await CLIENTS[name](server.port);
      clients.push(client);
      const { sendCommand } = client;
      const createStore = (prefix) => createRedisStore({ sendCommand, prefix });
      return { sendCommand, createStore, store: createStore() };
    },
  };
}
