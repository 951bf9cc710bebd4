import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { RequestParts } from '../../src/index.ts';
import type { AuthInfo, McpRequirements } from '../../src/mcp/index.ts';
import type { IssueAccessTokenOptions } from '../../src/testing/index.ts';
import { expectRefusal, misconfigured } from '../support/assert-rejects.ts';
import { admitted, bearer, bound, challenges, createAuth, expectAnswer, MCP_URL } from '../support/mcp.ts';
import { bearerRequest, NOW_SECONDS, setUp } from '../support/scenario.ts';

const scenario = setUp();
const { tenant } = scenario;
const SCOPES = { requiredScopes: ['mcp:tools'] };
const { auth, refusals } = createAuth(scenario, { options: SCOPES });
const scope = 'mcp:tools';

describe('an AuthInfo', () => {
  it('has all that the MCP packages want to know', async () => {
    const token = { scope: 'mcp:tools calendar:read', act: ['calendar-mcp', 'agent-1'] };
    const request = await bearer(scenario, {
      ...token,
      sub: 'auth0|ada',
      clientId: 'cli',
      expiresInSeconds: 60,
    });
    const info = await admitted(auth.gate(request));
    expect({ ...info }).toEqual({
      token: request.headers.get('authorization')?.slice('Bearer '.length),
      clientId: 'cli',
      scopes: ['mcp:tools', 'calendar:read'],
      expiresAt: NOW_SECONDS + 60,
      resource: new URL('https://api.example.com'),
      resourceMetadataUrl: 'https://api.example.com/.well-known/oauth-protected-resource',
      extra: {
        sub: 'auth0|ada',
        claims: expect.objectContaining({ sub: 'auth0|ada', iss: tenant.issuer }) as unknown,
        actor: 'calendar-mcp',
        delegationChain: ['calendar-mcp', 'agent-1'],
      },
    });
    expect(Object.isFrozen(info.extra.claims)).toBe(true);
  });

  it('shows its token to whoever asks for it, and to no log', async () => {
    const info = await admitted(auth.gate(await bearer(scenario, { scope })));
    const logged = [inspect(info, { depth: null }), JSON.stringify(info), JSON.stringify({ info })];
    for (const text of logged) {
      expect(text).toContain(info.clientId);
      expect(text).not.toContain(info.token);
    }
    expect({ ...info }.token).toBe(info.token);
    expect(structuredClone({ ...info, extra: {} }).token).toBe(info.token);
  });

  it.each<[string, IssueAccessTokenOptions['claims'], string]>([
    ['client_id', { client_id: 'one', azp: 'two' }, 'one'],
    ['azp', { client_id: undefined, azp: 'two' }, 'two'],
    ['azp where client_id is empty', { client_id: '', azp: 'two' }, 'two'],
    ['azp where client_id is a number', { client_id: 7, azp: 'two' }, 'two'],
  ])('takes the client from %s', async (_, claims, clientId) => {
    const info = await admitted(auth.gate(await bearer(scenario, { scope, claims: claims ?? {} })));
    expect(info.clientId).toBe(clientId);
  });

  it.each<[string, unknown]>([
    ['absent', undefined],
    ['a number', 7],
    ['a list', ['cli']],
    ['empty', ''],
    ['null', null],
  ])('is refused to a token whose client is %s', async (_, client) => {
    const claims = { client_id: client, azp: client };
    await expectAnswer(auth.gate(await bearer(scenario, { scope, claims })), refusals, {
      status: 401,
      error: 'invalid_token',
      reason: 'claim_missing',
      challenges: challenges('allowed', { scope, on: 'Bearer', error: 'invalid_token' }),
    });
  });

  it.each([[{}], [{ sub: 7 }], [{ sub: 'a', act: { sub: '' } }], ['agent']])(
    'is refused to a token with the actor %j',
    async (act) => {
      const request = await bearer(scenario, { scope, claims: { act } });
      await expectAnswer(auth.gate(request), refusals, {
        status: 401,
        error: 'invalid_token',
        reason: 'act_invalid',
        challenges: challenges('allowed', { scope, on: 'Bearer', error: 'invalid_token' }),
      });
    },
  );
});

describe('the gate', () => {
  it('sends whoever comes without a token to the metadata, and says which scopes to ask for', async () => {
    for (const request of [new Request(MCP_URL), { headers: {} }]) {
      await expectAnswer(auth.gate(request), refusals, {
        status: 401,
        error: 'unauthorized',
        reason: 'missing_credentials',
        challenges: challenges('allowed', { scope }),
      });
    }
  });

  it('says what is supported where nothing in particular is needed, and nothing about refresh tokens', async () => {
    const scopesSupported = ['a', 'offline_access', 'b'];
    const open = createAuth(scenario, { options: { scopesSupported } });
    await expectAnswer(open.auth.gate(new Request(MCP_URL)), open.refusals, {
      status: 401,
      error: 'unauthorized',
      reason: 'missing_credentials',
      challenges: challenges('allowed', { scope: 'a b' }),
    });
  });

  it('names all scopes of the operation to whoever comes without a token', async () => {
    const request = new Request(MCP_URL);
    await expectAnswer(auth.gate(request, { requiredScopes: 'calendar:read mcp:tools' }), refusals, {
      status: 401,
      error: 'unauthorized',
      reason: 'missing_credentials',
      challenges: challenges('allowed', { scope: 'mcp:tools calendar:read' }),
    });
  });

  it.each<[string, string]>([
    ['expired', 'token_expired'],
    ['for another API', 'audience_mismatch'],
  ])('refuses a token that is %s', async (kind) => {
    const expired = kind === 'expired';
    const token = expired ? { expiresInSeconds: -1 } : { audience: 'https://other.example.com' };
    await expectAnswer(auth.gate(await bearer(scenario, token)), refusals, {
      status: 401,
      error: 'invalid_token',
      reason: expired ? 'token_expired' : 'audience_mismatch',
      challenges: challenges('allowed', { scope, on: 'Bearer', error: 'invalid_token' }),
    });
  });

  it.each<[string, unknown]>([
    ['NaN', Number.NaN],
    ['a text', '4102444800'],
    ['null', null],
    ['absent', undefined],
  ])('refuses a token whose exp is %s', async (_, exp) => {
    await expectAnswer(auth.gate(await bearer(scenario, { scope, claims: { exp } })), refusals, {
      status: 401,
      error: 'invalid_token',
      reason: exp === undefined ? 'claim_missing' : 'claim_invalid',
      challenges: challenges('allowed', { scope, on: 'Bearer', error: 'invalid_token' }),
    });
  });

  it('never looks at a token in the query', async () => {
    const accessToken = await tenant.issueAccessToken({ scope });
    await expectAnswer(auth.gate(new Request(`${MCP_URL}?access_token=${accessToken}`)), refusals, {
      status: 401,
      error: 'unauthorized',
      reason: 'missing_credentials',
      challenges: challenges('allowed', { scope }),
    });
  });

  it('refuses two sets of credentials', async () => {
    const good = `Bearer ${await tenant.issueAccessToken({ scope })}`;
    const joined = new Request(MCP_URL, { headers: { authorization: `${good}, ${good}` } });
    for (const request of [joined, { headers: { authorization: [good, good] } }]) {
      await expectAnswer(auth.gate(request), refusals, {
        status: 400,
        error: 'invalid_request',
        reason: 'multiple_credentials',
        challenges: challenges('allowed', { on: 'Bearer', error: 'invalid_request' }),
      });
    }
  });

  it('answers 403 with all scopes of the operation', async () => {
    const request = await bearer(scenario, { scope });
    await expectAnswer(auth.gate(request, { requiredScopes: ['calendar:read'] }), refusals, {
      status: 403,
      error: 'insufficient_scope',
      reason: 'insufficient_scope',
      challenges: challenges('allowed', {
        scope: 'mcp:tools calendar:read',
        on: 'Bearer',
        error: 'insufficient_scope',
      }),
    });
  });

  it('adds permissions, claims and actors to what it demands', async () => {
    const token = { scope, permissions: ['read'], act: ['agent'], claims: { org_id: 'org_1' } };
    const met: McpRequirements[] = [
      { requiredPermissions: ['read'] },
      { requiredClaims: ['org_id'] },
      { allowedActors: ['agent'], requireActor: true },
    ];
    for (const requirements of met) await admitted(auth.gate(await bearer(scenario, token), requirements));

    const refused: [McpRequirements, number, string][] = [
      [{ requiredPermissions: ['write'] }, 403, 'insufficient_permission'],
      [{ requiredClaims: ['org_name'] }, 401, 'claim_missing'],
      [{ allowedActors: ['other'] }, 403, 'actor_not_allowed'],
    ];
    for (const [requirements, status, reason] of refused) {
      const answer = await auth.gate(await bearer(scenario, token), requirements);
      expect(answer).toMatchObject({ status });
      expect(refusals.at(-1)?.reason).toBe(reason);
    }
  });

  it('enforces requirements that are inherited', async () => {
    const inherited = Object.create({
      requiredPermissions: ['write'],
      requiredScopes: 'calendar:read',
    }) as object;
    const lackingBoth = await auth.gate(await bearer(scenario, { scope }), inherited);
    expect(lackingBoth).toMatchObject({ status: 403 });
    expect(refusals.at(-1)?.reason).toBe('insufficient_permission');
  });

  it.each<[string, unknown]>([
    ['a blank text', { requiredScopes: ' ' }],
    ['a number', { requiredScopes: 7 }],
    ['a scope with a quote', { requiredScopes: ['a"b'] }],
    ['a hole', { requiredScopes: new Array(1) }],
    ['what no resource asks for', { requiredScopes: ['offline_access'] }],
    ['an unknown name', { requiredScope: 'a' }],
    ['tools, which are for Express', { toolScopes: {} }],
    ['a schema', { claimsSchema: z.object({}) }],
    ['null', null],
    ['a text', 'mcp:tools'],
  ])('throws over requirements that are written wrongly: %s', async (_, requirements) => {
    const request = await bearer(scenario, { scope });
    await expectRefusal(auth.gate(request, requirements as McpRequirements), misconfigured);
  });

  it('answers an outage with 503 and blames nobody', async () => {
    const own = setUp();
    const { auth: mcp, refusals: told } = createAuth(own, { options: SCOPES });
    const request = await bearer(own, { scope });
    own.tenant.fail('discovery', { status: 500 });
    await expectAnswer(mcp.gate(request), told, {
      status: 503,
      error: 'issuer_unavailable',
      reason: 'discovery_unavailable',
      headers: { 'retry-after': '1' },
    });
    expect(told.at(-1)?.cause).toBeDefined();
  });

  it('goes on when the observer of refusals fails', async () => {
    const fail = [
      () => {
        throw new Error('no');
      },
      () => Promise.reject(new Error('no')),
    ];
    for (const onRefusal of fail) {
      const { auth: watched } = createAuth(scenario, { options: { onRefusal } });
      expect(await watched.gate(new Request(MCP_URL))).toMatchObject({ status: 401 });
    }
  });
});

describe('audiences', () => {
  const audience = ['https://other.example.com', 'https://api.example.com/', 'https://api.example.com'];

  it.each<[string, string[]]>([
    ['the resource alone', ['https://api.example.com']],
    ['the resource among others', ['https://else.example.com', 'https://api.example.com']],
  ])('of a token are good when they are %s', async (_, aud) => {
    const { auth: mcp } = createAuth(scenario, { client: { audience } });
    const info = await admitted(mcp.gate(await bearer(scenario, { audience: aud })));
    expect(info.extra.claims.aud).toEqual(aud);
  });

  it.each([[audience.slice(0, 2)], ['https://other.example.com'], ['https://api.example.com/']])(
    'of the same client, for which the server is not: %j',
    async (aud) => {
      const { auth: mcp, refusals: told } = createAuth(scenario, { client: { audience }, options: SCOPES });
      const request = await bearer(scenario, { audience: aud, scope });
      await expectAnswer(mcp.gate(request), told, {
        status: 401,
        error: 'invalid_token',
        reason: 'audience_mismatch',
        challenges: challenges('allowed', { scope, on: 'Bearer', error: 'invalid_token' }),
      });
    },
  );
});

describe('permissions', () => {
  const options = { ...SCOPES, scopesFromPermissions: true };
  const { auth: mcp } = createAuth(scenario, { options });
  const scopesOf = async (token: IssueAccessTokenOptions): Promise<string[]> =>
    (await admitted(mcp.gate(await bearer(scenario, token)))).scopes;

  it('count as scopes when they are asked to, once each', async () => {
    const token = { scope: 'calendar:read', permissions: ['mcp:tools', 'calendar:read'] };
    expect(await scopesOf(token)).toEqual(['calendar:read', 'mcp:tools']);
  });

  it('count as none otherwise', async () => {
    const answer = await auth.gate(await bearer(scenario, { permissions: ['mcp:tools'] }));
    expect(answer).toMatchObject({ status: 403 });
  });

  it('are no scopes when they could not be any', async () => {
    const permissions = ['mcp:tools admin', 'quo"te', 'line\nbreak', '', 'mcp:tools'];
    expect(await scopesOf({ permissions })).toEqual(['mcp:tools']);
    const answer = await mcp.gate(await bearer(scenario, { permissions: ['x mcp:tools'] }));
    expect(answer).toMatchObject({ status: 403 });
  });

  it.each([['mcp:tools'], [{ 0: 'mcp:tools' }], [[['mcp:tools'], 7, null]], [null]])(
    'of a wrong type grant nothing: %j',
    async (permissions) => {
      const answer = await mcp.gate(await bearer(scenario, { claims: { permissions } }));
      expect(answer).toMatchObject({ status: 403 });
    },
  );

  it.each([[['mcp:tools']], [7], [{ toString: 'mcp:tools' }], ['MCP:TOOLS'], ['mcp:tools\tx']])(
    'are not made up for by the scope %j',
    async (claim) => {
      const answer = await mcp.gate(await bearer(scenario, { claims: { scope: claim } }));
      expect(answer).toMatchObject({ status: 403 });
    },
  );
});

describe('DPoP at the gate', () => {
  it('lets a bound token with its proof pass, once', async () => {
    const request = await bound(scenario, { token: { scope } });
    const info = await admitted(auth.gate(request));
    expect(info.extra.claims.cnf).toEqual({ jkt: expect.any(String) as string });
    await expectAnswer(auth.gate(request), refusals, {
      status: 401,
      error: 'invalid_dpop_proof',
      reason: 'dpop_proof_replayed',
      challenges: challenges('allowed', { scope, on: 'DPoP', error: 'invalid_dpop_proof' }),
    });
  });

  it.each<[string, string, Partial<RequestParts>]>([
    ['for another method', 'dpop_proof_htm_mismatch', { httpMethod: 'GET' }],
    ['for another URL', 'dpop_proof_htu_mismatch', { httpUrl: `${MCP_URL}/other` }],
  ])('answers a proof %s with 401', async (_, reason, parts) => {
    const request = { ...(await bound(scenario, { token: { scope } })), ...parts };
    const answer = await auth.gate(request);
    expect(answer).toMatchObject({ status: 401 });
    expect(refusals.at(-1)).toMatchObject({ reason, statusCode: 400 });
  });

  it('answers a missing proof with 401, and several as well', async () => {
    const { headers } = await bound(scenario, { token: { scope } });
    const { authorization, dpop } = headers as Record<string, string>;
    const presented: [string, Record<string, string>][] = [
      ['dpop_proof_missing', { authorization: authorization ?? '' }],
      ['dpop_proof_multiple', { authorization: authorization ?? '', dpop: `${dpop ?? ''}, ${dpop ?? ''}` }],
    ];
    for (const [reason, sent] of presented) {
      const answer = await auth.gate({ headers: sent, httpMethod: 'POST', httpUrl: MCP_URL });
      expect(answer).toMatchObject({ status: 401 });
      expect(refusals.at(-1)?.reason).toBe(reason);
    }
  });

  it('refuses a bound token under Bearer', async () => {
    const { jkt } = tenant.createDpopKey();
    await expectAnswer(auth.gate(await bearer(scenario, { scope, dpopKey: { jkt } })), refusals, {
      status: 401,
      error: 'invalid_token',
      reason: 'dpop_bound_token_as_bearer',
      challenges: challenges('allowed', { scope, on: 'Bearer', error: 'invalid_token' }),
    });
  });

  it('offers what the mode accepts', async () => {
    const required = createAuth(scenario, { client: { dpop: { mode: 'required' } }, options: SCOPES });
    await expectAnswer(required.auth.gate(await bearer(scenario, { scope })), required.refusals, {
      status: 401,
      error: 'unauthorized',
      reason: 'scheme_not_allowed',
      challenges: challenges('required', { scope }),
    });
    const disabled = createAuth(scenario, { client: { dpop: { mode: 'disabled' } }, options: SCOPES });
    await expectAnswer(disabled.auth.gate(await bound(scenario)), disabled.refusals, {
      status: 401,
      error: 'unauthorized',
      reason: 'scheme_not_allowed',
      challenges: challenges('disabled', { scope }),
    });
  });

  it('lacking a scope is said under DPoP', async () => {
    await expectAnswer(auth.gate(await bound(scenario)), refusals, {
      status: 403,
      error: 'insufficient_scope',
      reason: 'insufficient_scope',
      challenges: challenges('allowed', { scope, on: 'DPoP', error: 'insufficient_scope' }),
    });
  });

  it('asks for a nonce, and has the next one ready for those who need it', async () => {
    const nonce = { secret: 'k'.repeat(32) };
    const { auth: mcp } = createAuth(scenario, { client: { dpop: { nonce } } });
    const answer = await mcp.gate(await bound(scenario));
    if (!(answer instanceof Response)) throw new Error('the proof had no nonce');
    const asked = answer.headers.get('dpop-nonce') ?? '';
    expect([answer.status, asked]).toEqual([401, expect.stringMatching(/./)]);

    const info = await admitted(mcp.gate(await bound(scenario, { proof: { nonce: asked } })));
    expect(await mcp.dpopNonce(info)).toBe(asked);
    expect(await mcp.dpopNonce({ ...info })).toBe(asked);
    const unbound: AuthInfo = await admitted(mcp.gate(await bearer(scenario)));
    expect(await mcp.dpopNonce(unbound)).toBeUndefined();
    expect(await auth.dpopNonce(info)).toBeUndefined();
  });
});

describe('requireScopes', () => {
  const info = async (token: IssueAccessTokenOptions) =>
    await admitted(auth.gate(await bearer(scenario, token)));

  it('is silent when the token has all of them', async () => {
    const known = await info({ scope: 'mcp:tools calendar:read' });
    expect(auth.requireScopes(known, 'calendar:read mcp:tools')).toBeUndefined();
    expect(auth.requireScopes(known, ['calendar:read'])).toBeUndefined();
  });

  it('answers 403 with all of them, and where the metadata is', async () => {
    const known = await info({ scope });
    await expectAnswer(auth.requireScopes({ ...known }, ['calendar:read', 'calendar:write']), refusals, {
      status: 403,
      error: 'insufficient_scope',
      reason: 'insufficient_scope',
      challenges: challenges('allowed', {
        scope: 'calendar:read calendar:write',
        on: 'Bearer',
        error: 'insufficient_scope',
      }),
    });
  });

  it('answers under the scheme of the request', async () => {
    const known = await admitted(auth.gate(await bound(scenario, { token: { scope } })));
    await expectAnswer(auth.requireScopes(known, 'calendar:read'), refusals, {
      status: 403,
      error: 'insufficient_scope',
      reason: 'insufficient_scope',
      challenges: challenges('allowed', { scope: 'calendar:read', on: 'DPoP', error: 'insufficient_scope' }),
    });
  });

  it('knows nothing of what the list of an MCP package inherits', () => {
    expect(auth.requireScopes({ scopes: [] }, 'map')).toMatchObject({ status: 403 });
    expect(auth.requireScopes({ scopes: ['a b'] }, 'b')).toMatchObject({ status: 403 });
  });

  it.each<[string, unknown, unknown]>([
    ['no scopes', { scopes: ['a'] }, []],
    ['a blank text', { scopes: ['a'] }, ' '],
    ['nothing', { scopes: ['a'] }, undefined],
    ['a scope with a quote', { scopes: ['a"b'] }, ['a"b']],
  ])('throws over %s', async (_, known, scopes) => {
    const check = async () =>
      await Promise.resolve(auth.requireScopes(known as AuthInfo, scopes as string[]));
    await expectRefusal(check(), misconfigured);
  });

  it.each([[undefined], [null], [{}], [{ scopes: 'calendar:read' }]])(
    'denies without an AuthInfo: %j',
    (known) => {
      expect(() => auth.requireScopes(known as AuthInfo, 'calendar:read')).toThrow('`authInfo`');
    },
  );
});

it('takes hostile requests as they come', async () => {
  const hostile: unknown[] = [
    undefined,
    null,
    7,
    {},
    { headers: undefined },
    { headers: 'authorization' },
    { headers: { authorization: 7 } },
    { headers: { authorization: ['Bearer a', 7] } },
    bearerRequest('a\r\nb'),
    bearerRequest('a'.repeat(100_000)),
    bearerRequest('a.b.c'),
    { headers: { __proto__: { authorization: 'Bearer a' } } },
  ];
  for (const request of hostile) {
    const answer = await auth.gate(request as Request);
    if (!(answer instanceof Response)) throw new Error('it was let in');
    expect([400, 401]).toContain(answer.status);
  }
});
