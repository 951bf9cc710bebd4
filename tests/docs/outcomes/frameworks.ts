import { expect } from 'vitest';
import { createCertificate } from '../../support/certificate.ts';
import { AUDIENCE, type World } from '../world.ts';
import type { Outcomes } from './outcome.ts';

type Handler = (request: Request, ...rest: unknown[]) => Promise<Response>;

/** What the servers of the guide have in common: who may read, who may write, and who may not. */
async function expectBooks(ask: (init: RequestInit) => Promise<Response>, world: World, created: number) {
  const reader = await world.bearer({ sub: 'auth0|ada' });
  const read = await ask({ headers: reader });
  expect([read.status, await read.json()]).toEqual([200, { user: 'auth0|ada' }]);
  const refused = await ask({ method: 'POST', headers: reader });
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
    403,
    expect.stringContaining('scope="write:books"') as string,
  ]);
  const writer = await world.bearer({ scope: 'write:books' });
  expect((await ask({ method: 'POST', headers: writer })).status).toBe(created);
  const stranger = await ask({});
  expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining('Bearer realm="api"') as string,
  ]);
}

const servesBooks = async (world: World) => {
  await expectBooks((init) => fetch(`${world.serverUrl()}/books`, init), world, 201);
};

export const frameworks: Outcomes = {
  Express: servesBooks,
  'JSON errors in Express': async (world) => {
    const refused = await fetch(world.serverUrl());
    expect([refused.status, await refused.json()]).toMatchObject([401, { error: 'unauthorized' }]);
    expect(refused.headers.get('www-authenticate')).toContain('Bearer realm="api"');
    expect(world.logged).toEqual([[{ reason: 'missing_credentials', cause: undefined }]]);
  },
  Fastify: servesBooks,
  Hono: servesBooks,
  'Fetch handlers': async (world, exports: { default: { fetch: Handler } }) => {
    const url = `${AUDIENCE}/books`;
    await expectBooks((init) => exports.default.fetch(new Request(url, init)), world, 200);
  },
  'a route handler of Next.js': async (world, { GET }: { GET: Handler }) => {
    const headers = await world.bearer({ sub: 'auth0|ada', scope: 'read:books' });
    const context = { params: Promise.resolve({ id: '7' }) };
    const answer = await GET(new Request(`${AUDIENCE}/books/7`, { headers }), context);
    expect(await answer.json()).toEqual({ book: '7', user: 'auth0|ada' });
    expect((await GET(new Request(`${AUDIENCE}/books/7`), context)).status).toBe(401);
  },
  'a client certificate in Express': async (world) => {
    const certificate = createCertificate();
    const bound = await world.bearer({ claims: { cnf: { 'x5t#S256': certificate.thumbprint } } });
    const ask = async (pem: string) =>
      await fetch(`${world.serverUrl()}/books`, {
        headers: { ...bound, 'x-client-cert': encodeURIComponent(pem) },
      });
    expect((await ask(certificate.pem)).status).toBe(200);
    expect((await ask(createCertificate().pem)).status).toBe(401);
    expect((await ask('')).status).toBe(401);
  },
};
