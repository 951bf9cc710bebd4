import { describe, expect, it } from 'vitest';
import {
  ApiClient,
  ApiError,
  type AuthScheme,
  type ChallengeContext,
  ConfigurationError,
  InsufficientScopeError,
  InvalidDpopProofError,
  MissingAuthorizationError,
  VerifyAccessTokenError,
} from '../../src/index.ts';
import {
  badProof,
  expectRefusal,
  expectToBe,
  invalidToken,
  misconfigured,
  noCredentials,
  rejectionOf,
  thrownBy,
} from '../support/assert-rejects.ts';
import { parseChallenges } from '../support/challenges.ts';
import { bearerRequest, createBoundRequest, type Mode, MODES, offers, setUp } from '../support/scenario.ts';

const { tenant, client, createClient } = setUp({
  client: { resourceMetadataUrl: 'https://own.example.com/m' },
});
const resourceMetadataUrl = 'https://api.example.com/.well-known/oauth-protected-resource/mcp';
const resource_metadata = resourceMetadataUrl;

/** What all challenges say besides. */
const with_ = (
  mode: Mode,
  more: Record<string, string>,
  on?: AuthScheme,
  error: Record<string, string> = {},
) => offers(mode, on, error).map(({ scheme, params }) => ({ scheme, params: { ...params, ...more } }));

describe('the challenge context of a call', () => {
  it('replaces the metadata of the client, for this call alone', async () => {
    const own = { resource_metadata: 'https://own.example.com/m' };
    const verify = (context?: ChallengeContext | null) => client.verifyRequest({ headers: {} }, {}, context);
    await expectRefusal(
      verify({ resourceMetadataUrl }),
      noCredentials(with_('allowed', { resource_metadata })),
    );
    for (const context of [undefined, null, {}, { resourceMetadataUrl: undefined }])
      await expectRefusal(verify(context), noCredentials(with_('allowed', own)));
  });

  it.each(MODES)('names scopes to ask for on every 401 of the mode %s', async (mode) => {
    const verifier = createClient({ dpop: { mode } });
    const context = { resourceMetadataUrl, scopes: 'read  write' };
    const more = { resource_metadata, scope: 'read write' };
    await expectRefusal(
      verifier.verifyRequest({ headers: {} }, {}, context),
      noCredentials(with_(mode, more)),
    );
  });

  it('names them beside an error about the token, and on proofs', async () => {
    const context = { resourceMetadataUrl, scopes: ['read'] };
    const more = { resource_metadata, scope: 'read' };
    await expectRefusal(
      client.verifyRequest(bearerRequest('opaque'), {}, context),
      invalidToken('opaque_token', with_('allowed', more, 'Bearer', { error: 'invalid_token' })),
    );
    const { request } = await createBoundRequest(tenant, { proof: { httpMethod: 'POST' } });
    await expectRefusal(
      client.verifyRequest(request, {}, context),
      badProof('dpop_proof_htm_mismatch', with_('allowed', more, 'DPoP', { error: 'invalid_dpop_proof' })),
    );
  });

  it('leaves a 403 its own scopes, and a 400 without any', async () => {
    const context = { resourceMetadataUrl, scopes: ['ask'] };
    const request = bearerRequest(await tenant.issueAccessToken());
    await expectRefusal(client.verifyRequest(request, { requiredScopes: 'read' }, context), {
      type: InsufficientScopeError,
      code: 'insufficient_scope',
      reason: 'insufficient_scope',
      statusCode: 403,
      challenges: with_('allowed', { resource_metadata }, 'Bearer', {
        error: 'insufficient_scope',
        scope: 'read',
      }),
    });
    const twice = { headers: { authorization: ['Bearer a', 'Bearer b'] } };
    const { headers } = await rejectionOf(client.verifyRequest(twice, {}, context));
    expect(headers['WWW-Authenticate']).not.toContain('scope=');
  });

  it('goes with `authorize` as well', async () => {
    const claims = await client.verifyAccessToken({ accessToken: await tenant.issueAccessToken() });
    const context = { scheme: 'DPoP', resourceMetadataUrl, scopes: 'ask' } as const;
    const error = thrownBy(() => {
      client.authorize(claims, { requiredScopes: 'read' }, context);
    });
    await expectToBe(error, {
      type: InsufficientScopeError,
      code: 'insufficient_scope',
      reason: 'insufficient_scope',
      statusCode: 403,
      challenges: with_('allowed', { resource_metadata }, 'DPoP', {
        error: 'insufficient_scope',
        scope: 'read',
      }),
    });
  });

  it.each<[string, unknown]>([
    ['an unknown name', { resourceMetadata: resourceMetadataUrl }],
    ['no URL', { resourceMetadataUrl: '/metadata' }],
    ['a number', { resourceMetadataUrl: 7 }],
    ['blank scopes', { scopes: ' ' }],
    ['a scope with a quote', { scopes: ['a"b'] }],
    ['scopes of another type', { scopes: 7 }],
    ['a text', 'read'],
    ['a list', ['read']],
  ])('is refused when it is written wrongly: %s', async (_, given) => {
    const context = given as ChallengeContext;
    await expectRefusal(client.verifyRequest({ headers: {} }, {}, context), misconfigured);
    const claims = await client.verifyAccessToken({ accessToken: await tenant.issueAccessToken() });
    await expectToBe(
      thrownBy(() => {
        client.authorize(claims, {}, context);
      }),
      misconfigured,
    );
    await expectToBe(
      thrownBy(() => client.challenge(new MissingAuthorizationError(), context)),
      misconfigured,
    );
  });

  it('lets no URL split a header or add a parameter', async () => {
    const hostile = 'https://x.example.com/",error="a\r\nSet-Cookie: b\u2028';
    const error = await rejectionOf(
      client.verifyRequest({ headers: {} }, {}, { resourceMetadataUrl: hostile }),
    );
    const [bearer, dpop] = parseChallenges(new Headers(error.headers).get('www-authenticate') ?? '');
    expect([Object.keys(bearer?.params ?? {}), Object.keys(dpop?.params ?? {})]).toEqual([
      ['realm', 'resource_metadata'],
      ['algs', 'resource_metadata'],
    ]);
    expect(Object.keys(error.headers)).toEqual(['WWW-Authenticate']);
  });
});

describe('challenge', () => {
  const own = { resource_metadata: 'https://own.example.com/m' };

  it('puts the challenges of the client on an error, and gives it back', async () => {
    const error = new VerifyAccessTokenError('claim_invalid');
    expect(client.challenge(error, { scheme: 'DPoP' })).toBe(error);
    const challenges = with_('allowed', own, 'DPoP', { error: 'invalid_token' });
    await expectToBe(error, invalidToken('claim_invalid', challenges));
  });

  it('says what was said last when it is asked twice', async () => {
    const error = client.challenge(new VerifyAccessTokenError('claim_invalid'));
    client.challenge(error, { scheme: 'DPoP', resourceMetadataUrl });
    const challenges = with_('allowed', { resource_metadata }, 'DPoP', { error: 'invalid_token' });
    await expectToBe(error, invalidToken('claim_invalid', challenges));
  });

  it('takes the first scheme for one that is not accepted', async () => {
    const error = client.challenge(new InvalidDpopProofError('dpop_proof_type'), {
      scheme: 'Basic' as AuthScheme,
    });
    await expectToBe(
      error,
      badProof('dpop_proof_type', with_('allowed', own, 'Bearer', { error: 'invalid_dpop_proof' })),
    );
  });

  it('leaves faults of ours, upstreams and strangers alone', () => {
    const ours = new ConfigurationError('wrong');
    const upstream = new ApiError({
      reason: 'upstream_refused',
      statusCode: 401,
      error: 'invalid_client',
      code: 'invalid_client',
    });
    for (const error of [ours, upstream]) expect(client.challenge(error).challenges).toEqual([]);
    for (const stranger of [new Error('x'), Object.freeze(new TypeError('y')), 'text', null, undefined])
      expect(client.challenge(stranger as ConfigurationError)).toBe(stranger);
  });
});

describe('describe', () => {
  it('tells what a client accepts, and nothing that could change it', () => {
    const described = client.describe();
    expect(described).toEqual({
      issuers: [tenant.issuer],
      audiences: ['https://api.example.com'],
      schemes: ['Bearer', 'DPoP'],
      dpopAlgorithms: ['ES256'],
    });
    (described.audiences as string[]).push('https://other.example.com');
    (described.schemes as string[]).length = 0;
    expect(client.describe()).toEqual({
      ...described,
      audiences: ['https://api.example.com'],
      schemes: ['Bearer', 'DPoP'],
    });
  });

  it.each<[Mode, AuthScheme[]]>([
    ['required', ['DPoP']],
    ['disabled', ['Bearer']],
  ])('names the schemes of the mode %s', (mode, schemes) => {
    expect(createClient({ dpop: { mode } }).describe().schemes).toEqual(schemes);
  });

  it('knows no issuers where a resolver decides, and all of a list', () => {
    const resolved = new ApiClient({ domains: () => ['a.example.com'], audience: 'a' });
    expect(resolved.describe().issuers).toBeUndefined();
    const listed = new ApiClient({ domains: ['A.example.com', 'b.example.com'], audience: ['a', 'b'] });
    expect(listed.describe()).toMatchObject({
      issuers: ['https://a.example.com/', 'https://b.example.com/'],
      audiences: ['a', 'b'],
    });
  });
});
