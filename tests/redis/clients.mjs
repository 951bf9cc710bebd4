/**
 * The clients that the store is tested with, and what connects each of them to the store. They do not queue while Redis
 * is away, and look for it often.
 */

const RETRY_MILLISECONDS = 20;

async function connectRedis(port) {
  const { createClient } = await import('redis');
  const client = createClient({
    socket: { host: '127.0.0.1', port, reconnectStrategy: RETRY_MILLISECONDS },
    disableOfflineQueue: true,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function connectIoredis(port) {
  const { Redis } = await import('ioredis');
  const client = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => RETRY_MILLISECONDS,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/**
 * By name: connects to a port, and gives `sendCommand` for the store and `close`.
 *
 * @type {Record<string, (port: number) => Promise<{
 *   sendCommand: (command: string[]) => Promise<unknown>,
 *   close: () => void,
 * }>>}
 */
export const CLIENTS = {
  redis: async (port) => {
    const client = await connectRedis(port);
    return { sendCommand: (command) => client.sendCommand(command), close: () => client.destroy() };
  },
  'redis with bytes as replies': async (port) => {
    const { RESP_TYPES } = await import('redis');
    const client = await connectRedis(port);
    const ofBytes = client.withTypeMapping({
      [RESP_TYPES.BLOB_STRING]: Buffer,
      [RESP_TYPES.SIMPLE_STRING]: Buffer,
    });
    return { sendCommand: (command) => ofBytes.sendCommand(command), close: () => client.destroy() };
  },
  ioredis: async (port) => {
    const client = await connectIoredis(port);
    return {
      sendCommand: ([name, ...args]) => client.call(name, ...args),
      close: () => client.disconnect(),
    };
  },
  'ioredis with bytes as replies': async (port) => {
    const client = await connectIoredis(port);
    return {
      sendCommand: ([name, ...args]) => client.callBuffer(name, ...args),
      close: () => client.disconnect(),
    };
  },
};

export const CLIENT_NAMES = Object.keys(CLIENTS);
