import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  Client as ClientOfV2,
  DpopSession,
  StreamableHTTPClientTransport as TransportOfV2,
} from '@modelcontextprotocol/client';
import { createLogin } from '../../examples/mcp-server/login.mjs';
import { openStage } from '../../examples/mcp-server/stage.mjs';
import { visit } from '../../examples/mcp-server/visitor.mjs';
import { callOf, paramsOf, post, resultOf } from './messages.mjs';

const ADA = { sub: 'auth0|ada', act: ['agent-1'] };
const EVENT = { title: 'Lunch with Grace', at: '12:30' };

let stage;
let audit = [];
beforeAll(async () => {
  stage = await openStage({ audit: (line, record) => audit.push({ line, record }) });
});
afterAll(() => stage.close());

describe.each(['sdk 1.x on Express', 'server 2.x on Fetch'])('a server with %s', (name) => {
  let url;
  let origin;
  beforeAll(() => {
    ({ url, origin } = stage.servers[name]);
  });
  const issue = (options) => stage.tenant.issueAccessToken({ ...ADA, audience: url, ...options });
  const bearer = async (options) => ({ authorization: `Bearer ${await issue(options)}` });
  const metadataUrl = () => `${origin}/.well-known/oauth-protected-resource/mcp`;

  it('is used by a real client that knows its address alone', async () => {
    audit = [];
    const login = createLogin(stage, ADA);
    const visitor = await visit(url, login);
    expect(login.visits).toEqual([{ scope: 'mcp:tools', resource: url }]);
    expect(await visitor.tools()).toEqual(['whoami', 'next-event']);
    expect(await visitor.call('whoami')).toEqual({ user: ADA.sub, client: 'agent-1', chain: ['agent-1'] });
    expect(login.visits).toHaveLength(1);

    expect(await visitor.call('next-event')).toEqual(EVENT);
    expect(login.visits.slice(1)).toEqual([{ scope: 'mcp:tools calendar:read', resource: url }]);
    expect(audit).toMatchObject([
      {
        line: 'auth0|ada <- mcp-server <- agent-1',
        record: {
          user: ADA.sub,
          actor: 'mcp-server',
          chain: [{ sub: 'mcp-server' }, { sub: 'agent-1' }],
          audience: ['https://calendar.example.com'],
          outcome: 'allowed',
        },
      },
    ]);
    await visitor.close();
  });

  it('is used by the client of the other version of the package', async () => {
    const headers = await bearer({ scope: 'mcp:tools calendar:read' });
    const client = new Client({ name: 'agent-1', version: '1.0.0' });
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
    const { content } = await client.callTool({ name: 'next-event' });
    expect(JSON.parse(content[0].text)).toEqual(EVENT);
    await client.close();
  });

  it('gives its metadata to whoever asks, where they ask', async () => {
    const { origin: at } = new URL(url);
    for (const path of ['/mcp', '', '/']) {
      const answer = await fetch(`${at}/.well-known/oauth-protected-resource${path}`);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(await answer.json()).toEqual({
        resource: url,
        authorization_servers: [stage.tenant.issuer],
        scopes_supported: ['mcp:tools', 'calendar:read'],
        bearer_methods_supported: ['header'],
        dpop_signing_alg_values_supported: ['ES256'],
        dpop_bound_access_tokens_required: false,
      });
    }
    expect((await fetch(metadataUrl(), { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(metadataUrl(), { method: 'OPTIONS' })).status).toBe(204);
    expect((await fetch(metadataUrl(), { method: 'POST' })).status).toBe(405);
  });

  it('sends whoever comes without a token to its metadata, also with one in the query', async () => {
    const answers = [await post(url, callOf('whoami')), await fetch(url)];
    answers.push(await post(`${url}?access_token=${await issue({ scope: 'mcp:tools' })}`, callOf('whoami')));
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(paramsOf(answer, 'Bearer')).toMatchObject({
        resource_metadata: metadataUrl(),
        scope: /mcp:tools/,
      });
      expect(paramsOf(answer, 'Bearer')).not.toHaveProperty('error');
    }
  });

  it.each([
    ['expired', { expiresInSeconds: -10 }],
    ['for another server', { audience: 'https://other.example.com' }],
  ])('refuses a token that is %s', async (_, options) => {
    const answer = await post(url, callOf('whoami'), {
      headers: await bearer({ scope: 'mcp:tools', ...options }),
    });
    expect(answer.status).toBe(401);
    expect(paramsOf(answer, 'Bearer')).toMatchObject({
      error: 'invalid_token',
      resource_metadata: metadataUrl(),
    });
  });

  it('asks for all scopes that a tool needs', async () => {
    const headers = await bearer({ scope: 'mcp:tools' });
    const answer = await post(url, callOf('next-event'), { headers });
    expect(answer.status).toBe(403);
    expect(paramsOf(answer, 'Bearer')).toMatchObject({
      error: 'insufficient_scope',
      scope: 'mcp:tools calendar:read',
      resource_metadata: metadataUrl(),
    });
  });

  it.each([
    ['hidden in a batch', { body: JSON.stringify([callOf('whoami'), callOf('next-event')]) }],
    ['under another media type', { headers: { 'content-type': 'text/plain' } }],
    [
      'under a media type that only looks like JSON',
      { headers: { 'content-type': 'text/plain; a=application/json' } },
    ],
    ['in another character set', { headers: { 'content-type': 'application/json; charset=utf-16le' } }],
  ])('lets no call pass without its scope: %s', async (_, { headers = {}, ...init }) => {
    audit = [];
    const sent = { ...(await bearer({ scope: 'mcp:tools' })), ...headers };
    const answer = await post(url, callOf('next-event'), { headers: sent, ...init });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(await answer.text()).not.toContain('Lunch');
    expect(audit).toEqual([]);
  });

  it('takes a bound token with a proof, once', async () => {
    const key = stage.tenant.createDpopKey();
    const accessToken = await issue({ scope: 'mcp:tools', dpopKey: key });
    const proof = await key.createProof({ httpMethod: 'POST', httpUrl: url, accessToken });
    const headers = { authorization: `DPoP ${accessToken}`, dpop: proof };
    const accepted = await post(url, callOf('whoami'), { headers });
    expect([accepted.status, await resultOf(accepted)]).toMatchObject([200, { user: ADA.sub }]);
    const replayed = await post(url, callOf('whoami'), { headers });
    expect(replayed.status).toBe(401);
    expect(paramsOf(replayed, 'DPoP')).toMatchObject({
      error: 'invalid_dpop_proof',
      algs: 'ES256',
      resource_metadata: metadataUrl(),
    });
    const stolen = await post(url, callOf('whoami'), { headers: { authorization: `Bearer ${accessToken}` } });
    expect(stolen.status).toBe(401);
  });

  it('takes no second set of credentials', async () => {
    const { authorization } = await bearer({ scope: 'mcp:tools' });
    const send = (credentials) =>
      new Promise((resolve, reject) => {
        const sent = request(url, { method: 'POST' }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        sent.setHeader('content-type', 'application/json');
        sent.setHeader('accept', 'application/json, text/event-stream');
        sent.setHeader('authorization', credentials);
        sent.on('error', reject);
        sent.end(JSON.stringify(callOf('whoami')));
      });
    const [status, other] = SECOND_CREDENTIALS[name];
    expect(await send([authorization, 'Bearer other'])).toBe(status);
    expect(await send(['Bearer other', authorization])).toBe(other);
  });
});

/**
 * Both are refused where the raw headers can be seen. A Fetch request that was made of a request of Node has the first
 * set only, which then decides alone.
 */
const SECOND_CREDENTIALS = { 'sdk 1.x on Express': [400, 400], 'server 2.x on Fetch': [200, 401] };

it('answers an outage with 503 and blames no token', async () => {
  const own = await openStage();
  try {
    own.tenant.fail('jwks', 500);
    for (const { url } of Object.values(own.servers)) {
      const token = await own.tenant.issueAccessToken({ audience: url, scope: 'mcp:tools' });
      const answer = await post(url, callOf('whoami'), { headers: { authorization: `Bearer ${token}` } });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([503, null]);
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    }
  } finally {
    await own.close();
  }
});

it('serves a real client with DPoP, which proves each request and takes the nonces it is given', async () => {
  const dpop = { mode: 'required', nonce: { secret: 'k'.repeat(32) } };
  const own = await openStage({ client: { dpop } });
  try {
    for (const { url } of Object.values(own.servers)) {
      const session = await DpopSession.create();
      const accessToken = await own.tenant.issueAccessToken({
        ...ADA,
        audience: url,
        scope: 'mcp:tools',
        dpopKey: { jkt: session.thumbprint },
      });
      const authProvider = {
        redirectUrl: undefined,
        clientMetadata: { redirect_uris: [] },
        clientInformation: () => ({ client_id: 'agent-1' }),
        tokens: () => ({ access_token: accessToken, token_type: 'DPoP' }),
        dpop: () => session,
      };
      const client = new ClientOfV2({ name: 'agent-1', version: '1.0.0' });
      await client.connect(new TransportOfV2(new URL(url), { authProvider }));
      const { content } = await client.callTool({ name: 'whoami', arguments: {} });
      expect(JSON.parse(content[0].text)).toMatchObject({ user: ADA.sub });
      expect(session.nonceFor(url)).toEqual(expect.any(String));
      await client.close();
    }
  } finally {
    await own.close();
  }
});

it('puts the next nonce on the answers of Express', async () => {
  const own = await openStage({ client: { dpop: { nonce: { secret: 'k'.repeat(32) } } } });
  try {
    const { url } = own.servers['sdk 1.x on Express'];
    const key = own.tenant.createDpopKey();
    const accessToken = await own.tenant.issueAccessToken({
      audience: url,
      scope: 'mcp:tools',
      dpopKey: key,
    });
    const send = async (nonce) => {
      const proof = await key.createProof({ httpMethod: 'POST', httpUrl: url, accessToken, nonce });
      return await post(url, callOf('whoami'), {
        headers: { authorization: `DPoP ${accessToken}`, dpop: proof },
      });
    };
    const asked = await send();
    const nonce = asked.headers.get('dpop-nonce');
    expect([asked.status, paramsOf(asked, 'DPoP').error]).toEqual([401, 'use_dpop_nonce']);
    const accepted = await send(nonce);
    expect([accepted.status, accepted.headers.get('dpop-nonce')]).toEqual([200, nonce]);
  } finally {
    await own.close();
  }
});
