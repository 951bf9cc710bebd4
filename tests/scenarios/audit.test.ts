import { describe, expect, it } from 'vitest';
import {
  ActorNotAllowedError,
  createAuditRecord,
  formatDelegationChain,
  getCurrentActor,
  getDelegationChain,
  VerifyAccessTokenError,
} from '../../src/index.ts';
import { rejectionOf, thrownBy } from '../support/assert-rejects.ts';
import { API_URL, bearerRequest, createBoundRequest, NOW_SECONDS, setUp } from '../support/scenario.ts';

const { tenant, client, createClient } = setUp();
const token = {
  sub: 'auth0|alice',
  act: ['calendar-mcp', 'agent-1'],
  scope: 'read write',
  clientId: 'calendar',
};

describe('the record of a request', () => {
  it.each(['Bearer', 'DPoP'])('under %s says who did what for whom, and holds no token', async (scheme) => {
    const bound = await createBoundRequest(tenant, { token });
    const accessToken = scheme === 'DPoP' ? bound.accessToken : await tenant.issueAccessToken(token);
    const parts = { httpMethod: 'GET', httpUrl: `${API_URL}?access_token=${accessToken}` };
    const request = scheme === 'DPoP' ? bound.request : { ...bearerRequest(accessToken), ...parts };
    const claims = await client.verifyRequest(request);
    const record = createAuditRecord(claims, { request, outcome: 'allowed' });
    expect(record).toStrictEqual({
      user: 'auth0|alice',
      actor: 'calendar-mcp',
      chain: [{ sub: 'calendar-mcp' }, { sub: 'agent-1' }],
      depth: 2,
      truncated: false,
      dropped: 0,
      malformed: false,
      client: 'calendar',
      tokenId: claims.jti,
      issuer: tenant.issuer,
      audience: ['https://api.example.com'],
      scopes: ['read', 'write'],
      expiresAt: NOW_SECONDS + 86_400,
      request: { method: 'GET', url: API_URL },
      outcome: 'allowed',
    });
    const written = JSON.stringify(record);
    for (const part of [...accessToken.split('.'), ...bound.proof.split('.')]) {
      expect(written).not.toContain(part);
    }
    expect(formatDelegationChain(claims)).toBe('auth0|alice <- calendar-mcp <- agent-1');
  });

  it('of a denied request names the actor that was refused', async () => {
    const request = bearerRequest(await tenant.issueAccessToken(token));
    const claims = await client.verifyRequest(request);
    const outcome = thrownBy(() => {
      client.authorize(claims, { allowedActors: ['agent-1'] });
    });
    expect(outcome).toBeInstanceOf(ActorNotAllowedError);
    expect(createAuditRecord(claims, { request, outcome })).toMatchObject({
      user: 'auth0|alice',
      actor: 'calendar-mcp',
      outcome: 'denied',
      error: { code: 'insufficient_scope', reason: 'actor_not_allowed', statusCode: 403 },
    });
  });

  it('of a request that was never verified knows the request and the reason', async () => {
    const accessToken = await tenant.issueAccessToken({ ...token, expiresInSeconds: -60 });
    const request = new Request(API_URL, { headers: { authorization: `Bearer ${accessToken}` } });
    const outcome = await rejectionOf(client.verifyRequest(request));
    expect(createAuditRecord(undefined, { request, outcome })).toStrictEqual({
      chain: [],
      depth: 0,
      truncated: false,
      dropped: 0,
      malformed: false,
      audience: [],
      scopes: [],
      request: { method: 'GET', url: API_URL },
      outcome: 'denied',
      error: { code: 'invalid_token', reason: 'token_expired', statusCode: 401 },
    });
  });

  it('of an outage is no denial', async () => {
    tenant.fail('discovery', 500);
    tenant.fail('jwks', 500);
    const request = bearerRequest(await tenant.issueAccessToken(token));
    const outcome = await rejectionOf(createClient().verifyRequest(request));
    tenant.recover();
    expect(createAuditRecord(undefined, { request, outcome })).toMatchObject({
      outcome: 'failed',
      error: { code: 'issuer_unavailable', statusCode: 503 },
    });
  });
});

describe('a chain that the helpers refuse', () => {
  const verified = async (act: unknown) =>
    await client.verifyRequest(bearerRequest(await tenant.issueAccessToken({ ...token, claims: { act } })));

  it('is recorded as malformed', async () => {
    const claims = await verified({ sub: 'calendar-mcp', act: { sub: ['agent-1'] } });
    expect(thrownBy(() => getDelegationChain(claims))).toBeInstanceOf(VerifyAccessTokenError);
    expect(createAuditRecord(claims)).toMatchObject({
      actor: getCurrentActor(claims),
      chain: [{ sub: 'calendar-mcp' }, { malformed: true }],
      malformed: true,
    });
    expect(formatDelegationChain(claims)).toBe('auth0|alice <- calendar-mcp <- (malformed)');
  });

  it('is recorded as far as 32 levels, with the number of the others', async () => {
    const act = Array.from({ length: 40 }).reduce<object>((inner) => ({ sub: 'agent', act: inner }), {
      sub: 'first',
    });
    const claims = await verified(act);
    expect(thrownBy(() => getDelegationChain(claims))).toBeInstanceOf(VerifyAccessTokenError);
    const record = createAuditRecord(claims);
    expect(record).toMatchObject({ actor: 'agent', depth: 41, truncated: true, dropped: 9 });
    expect(record.chain).toHaveLength(32);
    expect(formatDelegationChain(claims)).toMatch(/ <- agent <- \(9 more\)$/);
  });

  it('as deep as a token can be is recorded all the same', async () => {
    const levels = 1400;
    const act = `${'{"act":'.repeat(levels)}{"sub":"first"}${'}'.repeat(levels)}`;
    const claims = await verified(JSON.parse(act));
    expect(createAuditRecord(claims)).toMatchObject({
      depth: levels + 1,
      dropped: levels - 31,
      malformed: true,
    });
  });
});

it('names of which a log could be forged are shown as they are', async () => {
  const sub = 'auth0|alice\n{"user":"auth0|admin"}\u202e';
  const act = ['agent <- "admin"', '\u200bagent'];
  const claims = await client.verifyRequest(bearerRequest(await tenant.issueAccessToken({ sub, act })));
  const written = JSON.stringify(createAuditRecord(claims));
  expect(written).toMatch(/^[\x20-\x7e]*$/);
  expect(JSON.parse(written)).toMatchObject({
    user: 'auth0|alice\\u{a}{"user":"auth0|admin"}\\u{202e}',
    chain: [{ sub: 'agent <- "admin"' }, { sub: '\\u{200b}agent' }],
  });
  expect(formatDelegationChain(claims)).toBe(
    '"auth0|alice\\u{a}{\\u{22}user\\u{22}:\\u{22}auth0|admin\\u{22}}\\u{202e}"' +
      ' <- "agent <- \\u{22}admin\\u{22}" <- "\\u{200b}agent"',
  );
});
