import { expect } from 'vitest';
import type { AuthInfo } from 'auth0-api-ts/mcp';
import type { World } from '../world.ts';
import type { Outcomes } from './outcome.ts';

type Handler = (request: Request) => Promise<Response>;
type Gate = (request: Request) => Promise<AuthInfo | Response>;

const RESOURCE = 'https://mcp.example.com/mcp';
const METADATA = '/.well-known/oauth-protected-resource';

function message(name: string, more: Record<string, string> = {}): RequestInit {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...more,
  };
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } };
  return { method: 'POST', headers, body: JSON.stringify(call) };
}

/** A message with a token for the server of the guide. */
async function call(world: World, name: string, token: object): Promise<RequestInit> {
  return message(name, await world.bearer({ audience: RESOURCE, ...token }));
}

/** What both servers of the guide do with whoever comes. */
async function expectLibrary(ask: (path: string, init?: RequestInit) => Promise<Response>, world: World) {
  const document = await ask(`${METADATA}/mcp`);
  expect(await document.json()).toMatchObject({ resource: RESOURCE, scopes_supported: ['mcp:tools'] });
  const missing = await ask('/mcp', message('whoami'));
  expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining(`resource_metadata="https://mcp.example.com${METADATA}/mcp"`) as string,
  ]);
  const reader = { sub: 'auth0|ada', scope: 'mcp:tools' };
  const known = await ask('/mcp', await call(world, 'whoami', reader));
  expect([known.status, await known.text()]).toEqual([200, expect.stringContaining('auth0|ada') as string]);
  const lacking = await ask('/mcp', await call(world, 'add-book', reader));
  expect([lacking.status, lacking.headers.get('www-authenticate')]).toEqual([
    403,
    expect.stringContaining('scope="mcp:tools write:books"') as string,
  ]);
  const writer = await ask('/mcp', await call(world, 'add-book', { scope: 'mcp:tools write:books' }));
  expect([writer.status, await writer.text()]).toEqual([200, expect.stringContaining('added') as string]);
}

export const mcp: Outcomes = {
  'SDK 1.x on Express': async (world) => {
    await expectLibrary((path, init) => fetch(`${world.serverUrl()}${path}`, init), world);
  },
  'SDK 2.x, with Fetch': async (world, exports: { default: { fetch: Handler } }) => {
    const { origin } = new URL(RESOURCE);
    await expectLibrary((path, init) => exports.default.fetch(new Request(`${origin}${path}`, init)), world);
  },
  'Scopes of single tools': async (world, { authenticate }: { authenticate: Gate }) => {
    const send = async (permissions: string[]) =>
      await authenticate(new Request(RESOURCE, await call(world, 'add-book', { permissions })));
    expect(await send([])).toMatchObject({ status: 403 });
    expect(await send(['write:books'])).toMatchObject({ scopes: ['write:books'] });
  },
  'A tool that calls another API': async (
    world,
    { nextEvent }: { nextEvent: (authInfo: { token: string }) => Promise<string> },
  ) => {
    const token = await world.tenant().issueAccessToken({ audience: RESOURCE, sub: 'auth0|ada' });
    expect(JSON.parse(await nextEvent({ token }))).toEqual({ events: [] });
    const [sent] = world.apiRequests;
    expect(sent?.headers.get('authorization')).toMatch(/^Bearer /);
    expect(sent?.headers.get('authorization')).not.toContain(token);
  },
  'A verifier for both versions': async (world, { gate }: { gate: Gate }) => {
    const send = async (token: object) =>
      await gate(new Request(RESOURCE, await call(world, 'whoami', token)));
    expect(await send({ scope: 'mcp:tools' })).toMatchObject({ scopes: ['mcp:tools'] });
    expect(await send({ scope: 'other' })).toMatchObject({ status: 403 });
    expect(await send({ audience: 'https://other.example.com' })).toMatchObject({ status: 401 });
  },
};
