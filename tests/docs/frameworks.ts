/** The frameworks as examples see them: real, but their servers listen where there is room. */
import type { RequestListener, Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import fastify, { type FastifyInstance } from 'fastify';

/** What the world does about servers. */
export interface Servers {
  readonly createServer: (listener: RequestListener) => Server;
  /** Takes note of a server that listens already. */
  readonly adopt: (server: Server) => void;
}

type Modules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export function frameworksOn({ createServer, adopt }: Servers): Modules {
  const createExpress = () => {
    const app = express();
    return Object.assign(app, { listen: () => createServer(app).listen() });
  };
  const createFastify = () => {
    const app: FastifyInstance = fastify();
    const listen = app.listen.bind(app);
    return Object.assign(app, {
      listen: async () => {
        await listen({ port: 0, host: '127.0.0.1' });
        adopt(app.server);
      },
    });
  };
  const serve = ({ fetch }: { fetch: Parameters<typeof getRequestListener>[0] }) => {
    const listener = getRequestListener(fetch);
    return createServer((incoming, outgoing) => void listener(incoming, outgoing)).listen();
  };
  return {
    express: { default: Object.assign(createExpress, express) },
    fastify: { default: createFastify },
    '@hono/node-server': { serve },
  };
}
