import { describe, expect, it } from 'vitest';
import {
  type AccessTokenChecks,
  ActorNotAllowedError,
  type ActorRequirements,
  type ApiClient,
  type ApiClientEvent,
  type ApiClientOptions,
  InsufficientScopeError,
} from '../../src/index.ts';
import type { IssueAccessTokenOptions } from '../../src/testing/index.ts';
import {
  expectRefusal,
  expectToBe,
  invalidToken,
  misconfigured,
  type Refusal,
  thrownBy,
} from '../support/assert-rejects.ts';
import type { ParsedChallenge } from '../support/challenges.ts';
import { bearerRequest, createBoundRequest, type Mode, offers, setUp } from '../support/scenario.ts';

const { tenant, client, createClient } = setUp();

const refused = (
  reason: 'actor_not_allowed' | 'actor_missing',
  challenges: readonly ParsedChallenge[] = [],
): Refusal<ActorNotAllowedError> => ({
  type: ActorNotAllowedError,
  code: 'insufficient_scope',
  reason,
  statusCode: 403,
  challenges,
});

const error = { error: 'insufficient_scope' };
const agent = { act: ['agent', 'stranger'] };
const stranger = { act: ['stranger', 'agent'] };

async function verify(
  verifier: ApiClient,
  token: IssueAccessTokenOptions,
  checks: AccessTokenChecks = {},
): Promise<string> {
  const accessToken = await tenant.issueAccessToken(token);
  await verifier.verifyAccessToken({ accessToken, ...checks });
  return (await verifier.verifyRequest(bearerRequest(accessToken), checks)).sub;
}

/** Sends a token in the way that the mode wants it. */
async function send(
  mode: Mode,
  scheme: 'Bearer' | 'DPoP',
  token: IssueAccessTokenOptions,
  requirements: ActorRequirements,
) {
  const verifier = createClient({ dpop: { mode } });
  const request =
    scheme === 'DPoP'
      ? (await createBoundRequest(tenant, { token })).request
      : bearerRequest(await tenant.issueAccessToken(token));
  return await verifier.verifyRequest(request, requirements);
}

describe('allowedActors', () => {
  it('is no matter of tokens that are not delegated', async () => {
    const own = createClient({ allowedActors: [] });
    await expect(verify(own, {}, { allowedActors: [] })).resolves.toBe('auth0|user');
  });

  it('accepts whoever acts when there is no list', async () => {
    await expect(verify(client, stranger)).resolves.toBe('auth0|user');
  });

  it.each<[string, Partial<ApiClientOptions>, AccessTokenChecks]>([
    ['of the client', { allowedActors: ['agent'] }, {}],
    ['of the call', {}, { allowedActors: ['agent'] }],
    ['of both', { allowedActors: ['agent', 'other'] }, { allowedActors: ['agent'] }],
  ])(
    '%s accepts the current actor and refuses another, whoever acted before',
    async (_title, options, checks) => {
      const own = createClient(options);
      await expect(verify(own, agent, checks)).resolves.toBe('auth0|user');
      await expectRefusal(verify(own, stranger, checks), refused('actor_not_allowed'));
    },
  );

  it('of a call never widens that of the client', async () => {
    const own = createClient({ allowedActors: ['agent'] });
    const widened = verify(own, stranger, { allowedActors: ['agent', 'stranger'] });
    const failure = await expectRefusal(widened, refused('actor_not_allowed'));
    expect(failure.cause).toEqual({ name: 'act.sub', expected: ['agent'], actual: 'stranger' });
    await expectRefusal(verify(own, agent, { allowedActors: [] }), refused('actor_not_allowed'));
  });

  it('is copied: a list that grows later lets nobody in', async () => {
    const allowedActors = ['agent'];
    const own = createClient({ allowedActors });
    allowedActors.push('stranger');
    await expectRefusal(verify(own, stranger), refused('actor_not_allowed'));
  });

  it('counts as well when it is inherited from shared defaults', async () => {
    const accessToken = await tenant.issueAccessToken(stranger);
    const checks = Object.create({ allowedActors: ['agent'] }) as AccessTokenChecks;
    const challenges = offers('allowed', 'Bearer', error);
    await expectRefusal(
      client.verifyRequest(bearerRequest(accessToken), checks),
      refused('actor_not_allowed', challenges),
    );
    const options = Object.assign(Object.create({ allowedActors: ['agent'] }) as object, { accessToken });
    await expectRefusal(client.verifyAccessToken(options), refused('actor_not_allowed'));
  });

  it('is looked at each time, also for a token that is remembered', async () => {
    const accessToken = await tenant.issueAccessToken(agent);
    const ask = (checks: AccessTokenChecks) => client.verifyAccessToken({ accessToken, ...checks });
    await ask({});
    await expectRefusal(ask({ allowedActors: ['other'] }), refused('actor_not_allowed'));
    await ask({ allowedActors: ['agent'] });
    await expectRefusal(ask({ allowedActors: [] }), refused('actor_not_allowed'));
  });
});

describe('requireActor', () => {
  it.each<[string, Partial<ApiClientOptions>, AccessTokenChecks]>([
    ['of the client', { requireActor: true }, {}],
    ['of the call', {}, { requireActor: true }],
    ['of the client, which a call does not lift', { requireActor: true }, { requireActor: false }],
  ])('%s refuses a token with which nobody acts', async (_title, options, checks) => {
    const own = createClient(options);
    await expectRefusal(verify(own, {}, checks), refused('actor_missing'));
    await expect(verify(own, agent, checks)).resolves.toBe('auth0|user');
  });

  it('is off by default', async () => {
    await expect(verify(createClient({ requireActor: false }), {}, { requireActor: false })).resolves.toBe(
      'auth0|user',
    );
  });
});

describe('the refusal of an actor', () => {
  it.each([
    ['allowed', 'Bearer'],
    ['allowed', 'DPoP'],
    ['required', 'DPoP'],
    ['disabled', 'Bearer'],
  ] as const)('has a challenge without scope, in mode %s on %s', async (mode, scheme) => {
    const challenges = offers(mode, scheme, error);
    await expectRefusal(
      send(mode, scheme, stranger, { allowedActors: ['agent'] }),
      refused('actor_not_allowed', challenges),
    );
    await expectRefusal(send(mode, scheme, {}, { requireActor: true }), refused('actor_missing', challenges));
    await expect(
      send(mode, scheme, agent, { allowedActors: ['agent'], requireActor: true }),
    ).resolves.toMatchObject({
      act: { sub: 'agent' },
    });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a text', 'agent'],
    ['a list', [{ sub: 'agent' }]],
    ['nameless', { act: { sub: 'agent' } }],
    ['an own __proto__', JSON.parse('{"__proto__":{"sub":"agent"}}')],
  ])('is one of the token when act is %s', async (_title, act) => {
    const token = { claims: { act } };
    await expect(send('allowed', 'Bearer', token, {})).resolves.toMatchObject({ sub: 'auth0|user' });
    const challenges = offers('allowed', 'Bearer', { error: 'invalid_token' });
    for (const requirements of [{ allowedActors: ['agent'] }, { requireActor: true }]) {
      const verification = send('allowed', 'Bearer', token, requirements);
      await expectRefusal(verification, invalidToken('act_invalid', challenges));
    }
  });

  it('comes before that of a scope, which would not help, and after that of a claim', async () => {
    const checks = { allowedActors: ['agent'], requiredScopes: 'read' };
    await expectRefusal(verify(client, stranger, checks), refused('actor_not_allowed'));
    await expect(verify(client, agent, checks)).rejects.toBeInstanceOf(InsufficientScopeError);
    await expectRefusal(
      verify(client, stranger, { ...checks, requiredClaims: ['org_id'] }),
      invalidToken('claim_missing'),
    );
  });

  it('is not avoided by a schema that rewrites the actor', async () => {
    const claimsSchema = {
      '~standard': {
        version: 1 as const,
        vendor: 'mine',
        validate: () => ({ value: { act: { sub: 'agent' } } }),
      },
    };
    const checks = { allowedActors: ['agent'], claimsSchema };
    const accessToken = await tenant.issueAccessToken(stranger);
    await expectRefusal(client.verifyAccessToken({ accessToken, ...checks }), refused('actor_not_allowed'));
  });

  it('is told to the listener by its reason', async () => {
    const events: ApiClientEvent[] = [];
    const own = createClient({ allowedActors: ['agent'], onEvent: (event) => events.push(event) });
    await expect(verify(own, stranger)).rejects.toBeInstanceOf(ActorNotAllowedError);
    expect(events.at(-1)).toMatchObject({
      type: 'token_rejected',
      code: 'insufficient_scope',
      reason: 'actor_not_allowed',
      statusCode: 403,
    });
    expect(JSON.stringify(events)).not.toContain('stranger');
  });

  it('says the same of every actor', async () => {
    const hostile = 'evil", realm="x\r\nSet-Cookie: a=b';
    const verification = send('allowed', 'Bearer', { act: [hostile] }, { allowedActors: ['agent'] });
    const failure = await expectRefusal(
      verification,
      refused('actor_not_allowed', offers('allowed', 'Bearer', error)),
    );
    expect(JSON.stringify([failure.toJSON(), failure.headers])).not.toContain('evil');
  });
});

describe('authorize', () => {
  const claimsOf = async (token: IssueAccessTokenOptions) =>
    await client.verifyAccessToken({ accessToken: await tenant.issueAccessToken(token) });

  it('lets the right actor pass', async () => {
    const claims = await claimsOf({ ...agent, scope: 'read' });
    expect(() => {
      client.authorize(claims, { allowedActors: ['agent'], requireActor: true, requiredScopes: 'read' });
    }).not.toThrow();
  });

  it.each([
    ['allowed', 'Bearer'],
    ['allowed', 'DPoP'],
    ['required', 'DPoP'],
    ['disabled', 'Bearer'],
  ] as const)('refuses with a challenge in mode %s on %s', async (mode, scheme) => {
    const own = createClient({ dpop: { mode } });
    const authorizing = async (token: IssueAccessTokenOptions, requirements: ActorRequirements) => {
      const claims = await claimsOf(token);
      return thrownBy(() => {
        own.authorize(claims, requirements, { scheme });
      });
    };
    const challenges = offers(mode, scheme, error);
    await expectToBe(
      await authorizing(stranger, { allowedActors: ['agent'] }),
      refused('actor_not_allowed', challenges),
    );
    await expectToBe(await authorizing({}, { requireActor: true }), refused('actor_missing', challenges));
    await expectToBe(
      await authorizing({ claims: { act: 7 } }, { requireActor: true }),
      invalidToken('act_invalid', offers(mode, scheme, { error: 'invalid_token' })),
    );
  });

  it('holds to the list of the client as well', async () => {
    const own = createClient({ allowedActors: ['agent'] });
    const claims = await claimsOf(stranger);
    const failure = thrownBy(() => {
      own.authorize(claims, { allowedActors: ['stranger'] });
    });
    await expectToBe(failure, refused('actor_not_allowed', offers('allowed', 'Bearer', error)));
  });
});

describe('requirements that are written wrongly', () => {
  it.each<[unknown, string]>([
    [{ allowedActors: 'agent' }, '`allowedActors`'],
    [{ allowedActors: null }, '`allowedActors`'],
    [{ allowedActors: [''] }, '`allowedActors`'],
    [{ allowedActors: [7] }, '`allowedActors`'],
    [{ allowedActors: { agent: true } }, '`allowedActors`'],
    [{ requireActor: 'agent' }, '`requireActor`'],
    [{ requireActor: null }, '`requireActor`'],
    [{ allowedActor: ['agent'] }, '`allowedActor`'],
    [{ requireActors: true }, '`requireActors`'],
  ])('%j is the program’s fault, of the client and of a call', async (requirements, name) => {
    const refusal = { ...misconfigured, message: name };
    const wrong = requirements as ActorRequirements;
    await expectToBe(
      thrownBy(() => createClient(wrong)),
      refusal,
    );
    await expectRefusal(client.verifyRequest({ headers: {} }, wrong), refusal);
    await expectRefusal(client.verifyAccessToken({ accessToken: 'opaque', ...wrong }), refusal);
    const claims = await client.verifyAccessToken({ accessToken: await tenant.issueAccessToken() });
    const failure = thrownBy(() => {
      client.authorize(claims, wrong);
    });
    await expectToBe(failure, refusal);
  });
});
