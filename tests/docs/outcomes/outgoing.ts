/** What becomes of the examples that call another API. */
import { expect } from 'vitest';
import { ApiClient, BaseAuthError, createDpopKey, type DpopKey } from 'auth0-api-ts';
import { AUDIENCE, CLIENT, DOMAIN, type World } from '../world.ts';
import { decode } from '../../support/crafted-issuer.ts';
import type { Outcome, Outcomes } from './outcome.ts';

type Handler = (request: Request) => Promise<Response>;

const BILLING = 'https://billing.example.com';
const CALENDAR = 'https://calendar.example.com';
const MCP = 'https://mcp.example.com';

/** Another API that demands proofs and a nonce in them; it answers the claims of whoever calls. */
function demandProofs(world: World, audience: string): void {
  const nonce = { secret: 'a secret of the other API, of enough characters' };
  const api = new ApiClient({ domain: DOMAIN, audience, dpop: { mode: 'required', nonce } });
  world.answer = async (request) => {
    try {
      return Response.json(await api.verifyRequest(request));
    } catch (error) {
      if (error instanceof BaseAuthError) return error.toResponse();
      throw error;
    }
  };
}

export const outgoingProofs: Outcomes = {
  'Outgoing proofs': async (
    world,
    { invoicesOf }: { invoicesOf: (accessToken: string) => Promise<{ sub: string; cnf: object }> },
  ) => {
    demandProofs(world, BILLING);
    const accessToken = await world.tenant().issueAccessToken({ sub: 'auth0|ada' });
    expect(await invoicesOf(accessToken)).toMatchObject({
      sub: 'auth0|ada',
      act: { sub: CLIENT.clientId },
      cnf: { jkt: expect.any(String) as string },
    });
    expect(world.apiRequests.map(({ url }) => url)).toEqual([`${BILLING}/invoices`, `${BILLING}/invoices`]);
  },
  'A proof by hand': async (
    world,
    { headersFor }: { headersFor: (accessToken: string, httpUrl: string) => Promise<{ DPoP: string }> },
  ) => {
    const { header, payload } = decode((await headersFor('token', `${BILLING}/invoices?page=2`)).DPoP);
    expect(header).toMatchObject({ typ: 'dpop+jwt', alg: 'ES384' });
    expect(payload).toMatchObject({ htm: 'GET', htu: `${BILLING}/invoices` });
    expect(world.apiRequests).toEqual([]);
  },
  'A fetch with proofs': async (
    world,
    exports: {
      createClient: (
        key: DpopKey,
        currentToken: () => Promise<string>,
      ) => { pay: (id: string) => Promise<Response> };
    },
  ) => {
    demandProofs(world, BILLING);
    const key = await createDpopKey();
    const client = exports.createClient(key, () =>
      world.tenant().issueAccessToken({ audience: BILLING, dpopKey: key }),
    );
    expect((await client.pay('1')).status).toBe(200);
  },
};

export const downstreamCall: Outcome = async (world, { addEvent }: { addEvent: Handler }) => {
  const calendar = new ApiClient({ domain: DOMAIN, audience: CALENDAR });
  world.answer = async (request) =>
    Response.json(await calendar.verifyRequest(request, { requiredScopes: 'write:events' }));
  const call = async () =>
    await addEvent(new Request(`${AUDIENCE}/`, { headers: await world.bearer({ sub: 'auth0|ada' }) }));
  const response = await call();
  expect([response.status, await response.json()]).toMatchObject([200, { sub: 'auth0|ada' }]);
  expect(world.apiRequests.map(({ url, method }) => [method, url])).toEqual([
    ['POST', `${CALENDAR}/v1/events`],
  ]);
  // What it says of our token is no matter of our caller's.
  world.answer = () => new Response(null, { status: 401 });
  expect((await call()).status).toBe(502);
};

export const fetchForAnotherApi: Outcome = async (
  world,
  { listEvents }: { listEvents: (request: Request) => Promise<object> },
) => {
  demandProofs(world, CALENDAR);
  const headers = await world.bearer({ audience: MCP, sub: 'auth0|ada' });
  const claims = await listEvents(new Request(`${MCP}/events`, { headers }));
  expect(claims).toMatchObject({ sub: 'auth0|ada', cnf: { jkt: expect.any(String) as string } });
};

export const callWithBoundToken: Outcome = async (
  world,
  { sendInvoice }: { sendInvoice: (customer: string) => Promise<number> },
) => {
  demandProofs(world, BILLING);
  world.tenant().clearRequests();
  expect(await sendInvoice('ada')).toBe(200);
  expect(await sendInvoice('bob')).toBe(200);
  expect(world.tenant().requests.filter(({ kind }) => kind === 'token')).toHaveLength(1);
  expect(world.apiRequests).toHaveLength(3);
};
