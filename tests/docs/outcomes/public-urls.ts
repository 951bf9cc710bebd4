import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { expect } from 'vitest';
import type { ApiClient } from 'auth0-api-ts';
import { AUDIENCE, type World } from '../world.ts';
import type { Outcomes } from './outcome.ts';

type Handler = (request: Request) => Promise<Response>;

/** Headers of a request with a proof for a URL, as a client makes it. */
async function prove(world: World, httpUrl: string, nonce?: string): Promise<Record<string, string>> {
  const dpopKey = world.tenant().createDpopKey();
  const accessToken = await world.tenant().issueAccessToken({ sub: 'auth0|ada', dpopKey });
  const dpop = await dpopKey.createProof({ httpMethod: 'GET', httpUrl, accessToken, nonce });
  return { authorization: `DPoP ${accessToken}`, dpop };
}

/**
 * Asserts that no request line makes another host of the API's: whoever owns that host has proofs of its visitors.
 *
 * @param world where the example has started a server
 */
export async function refusesLookalikeOrigin(world: World): Promise<void> {
  for (const [path, htu] of [
    ['munity://x/books', 'https://api.example.community//x/books'],
    ['//evil.example/books', 'https://evil.example/books'],
    ['http://evil.example/books', 'http://evil.example/books'],
  ] as const) {
    const outgoing = request(world.serverUrl(), { path, headers: await prove(world, htu) });
    const [response] = (await once(outgoing.end(), 'response')) as [IncomingMessage];
    expect([path, response.statusCode]).toEqual([path, 400]);
    response.resume();
  }
}

const ada = { sub: 'auth0|ada' };
const otherUrl = { reason: 'dpop_proof_htu_mismatch' };

export const publicUrls: Outcomes = {
  'The next nonce': async (world, { createHandler }: { createHandler: (secret: string) => Handler }) => {
    const handle = createHandler('a nonce secret of more than thirty-two characters');
    const ask = async (nonce?: string) =>
      await handle(new Request(AUDIENCE, { headers: await prove(world, AUDIENCE, nonce) }));
    const refusal: unknown = await ask().catch((error: unknown) => error);
    const { nonce } = refusal as { nonce: string };
    const response = await ask(nonce);
    expect(response.headers.get('dpop-nonce')).toBe(nonce);
    expect(response.headers.get('cache-control')).toBe('no-store');
  },

  'The public URL': async (
    world,
    { authenticate }: { authenticate: (headers: object, method: string, path: string) => Promise<unknown> },
  ) => {
    const headers = await prove(world, `${AUDIENCE}/v1/books`);
    await expect(authenticate(headers, 'GET', '/v1/books')).rejects.toMatchObject(otherUrl);
    expect(await authenticate(headers, 'GET', '/books?x')).toMatchObject(ada);
  },

  'Several public names': async (world, { client }: { client: ApiClient }) => {
    const ask = async (host: string, httpUrl: string) => {
      const headers = { ...(await prove(world, httpUrl)), host };
      return await client.verifyRequest({
        headers: new Headers(headers),
        httpMethod: 'GET',
        httpUrl: '/books',
      });
    };
    expect(await ask('api.example.org', 'https://api.example.org/books')).toMatchObject(ada);
    expect(await ask('evil.example', `${AUDIENCE}/books`)).toMatchObject(ada);
    await expect(ask('evil.example', 'https://evil.example/books')).rejects.toMatchObject(otherUrl);
  },

  'Gateways that rewrite the path': async (world, { client }: { client: ApiClient }) => {
    const ask = async (httpUrl: string, proven: string) =>
      await client.verifyRequest({ headers: await prove(world, proven), httpMethod: 'GET', httpUrl });
    expect(await ask('/api/books?x', `${AUDIENCE}/books`)).toMatchObject(ada);
    // What the entries for frameworks pass, where they know a host.
    expect(await ask('http://internal:3000/api/books?x', `${AUDIENCE}/books`)).toMatchObject(ada);
    await expect(ask('munity://x/api/books', `${AUDIENCE}munity://x/books`)).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect(ask('.evil.example/x', `${AUDIENCE}.evil.example/x`)).rejects.toMatchObject({
      statusCode: 400,
    });
  },

  'Forward authentication': async (world, { answer }: { answer: Handler }) => {
    const ask = async (path: string) => {
      const original = { 'x-original-method': 'GET', 'x-original-uri': path };
      const headers = { ...(await prove(world, `${AUDIENCE}/books`)), ...original };
      return await answer(new Request('http://127.0.0.1:9000/auth', { headers }));
    };
    expect((await ask('/books?x')).status).toBe(204);
    const refused = await ask('/others');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('invalid_dpop_proof'),
    ]);
  },
};
