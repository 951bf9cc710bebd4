import { describe, expect, it } from 'vitest';
import { BaseAuthError, type ErrorReason, IssuerUnavailableError } from '../../src/index.ts';
import type { McpErrorsV1, McpTokenVerifier } from '../../src/mcp/index.ts';
import type { IssueAccessTokenOptions } from '../../src/testing/index.ts';
import { expectToBe, misconfigured, thrownBy } from '../support/assert-rejects.ts';
import { createAuth, type McpSetting } from '../support/mcp.ts';
import { NOW_SECONDS, setUp } from '../support/scenario.ts';

const scenario = setUp();
const { tenant } = scenario;

class InvalidTokenError extends Error {}
class InsufficientScopeError extends Error {}
const V1 = { InvalidTokenError, InsufficientScopeError };

class OAuthError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
const OAuthErrorCode = {
  InvalidToken: 'invalid_token',
  InsufficientScope: 'insufficient_scope',
  ServerError: 'server_error',
} as const;

/** The verifiers of both packages, and what the errors of each look like. */
function verifiers(setting: McpSetting = {}): [McpTokenVerifier, Record<'token' | 'scope', object>][] {
  const { auth } = createAuth(scenario, setting);
  return [
    [
      auth.tokenVerifier(V1),
      { token: { constructor: InvalidTokenError }, scope: { constructor: InsufficientScopeError } },
    ],
    [
      auth.tokenVerifier({ OAuthError, OAuthErrorCode }),
      {
        token: { constructor: OAuthError, code: 'invalid_token' },
        scope: { constructor: OAuthError, code: 'insufficient_scope' },
      },
    ],
  ];
}

async function thrownFor(verifier: McpTokenVerifier, token: string): Promise<Error> {
  try {
    await verifier.verifyAccessToken(token);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('the token was not refused with an error');
}

async function expectRefused(
  token: unknown,
  kind: 'token' | 'scope',
  reason: ErrorReason,
  setting: McpSetting = {},
): Promise<void> {
  for (const [verifier, expected] of verifiers(setting)) {
    const error = await thrownFor(verifier, token as string);
    expect(error).toMatchObject({ ...expected[kind], cause: { reason } });
    // One of the packages writes it into a quoted string as it is.
    expect(error.message).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
    if (String(token).length > 40) expect(error.message).not.toContain(String(token));
  }
}

describe('the token verifier', () => {
  it('gives both packages the same as the gate', async () => {
    const token = await tenant.issueAccessToken({ scope: 'mcp:tools', expiresInSeconds: 60, act: ['agent'] });
    for (const [verifier] of verifiers({ options: { requiredScopes: 'mcp:tools' } })) {
      expect({ ...(await verifier.verifyAccessToken(token)) }).toMatchObject({
        token,
        clientId: tenant.clientId,
        scopes: ['mcp:tools'],
        expiresAt: NOW_SECONDS + 60,
        extra: { sub: 'auth0|user', actor: 'agent', delegationChain: ['agent'] },
      });
    }
  });

  it.each<[string, IssueAccessTokenOptions, ErrorReason]>([
    ['expired', { expiresInSeconds: -1 }, 'token_expired'],
    ['for another API', { audience: 'https://other.example.com' }, 'audience_mismatch'],
    ['of no client', { claims: { azp: undefined, client_id: undefined } }, 'claim_missing'],
    ['of a malformed actor', { claims: { act: {} } }, 'act_invalid'],
    ['bound to a key', { dpopKey: tenant.createDpopKey() }, 'dpop_bound_token_as_bearer'],
  ])('refuses a token that is %s with the own error of the package', async (_, token, reason) => {
    await expectRefused(await tenant.issueAccessToken(token), 'token', reason);
  });

  it.each<[string, unknown, ErrorReason]>([
    ['empty', '', 'missing_credentials'],
    ['opaque', 'opaque', 'opaque_token'],
    ['absent', undefined, 'opaque_token'],
    ['two', 'a.b.c, d.e.f', 'multiple_credentials'],
    ['with a line break', 'a.b.c\r\nX: y', 'malformed_token'],
    ['with a quote', 'a.b."c', 'malformed_token'],
    ['with a blank', 'a b', 'malformed_token'],
    ['huge', 'a'.repeat(100_000), 'token_too_large'],
  ])('refuses what is no token: %s', async (_, token, reason) => {
    await expectRefused(token, 'token', reason);
  });

  it('hands on the token without what stood around it', async () => {
    const token = await tenant.issueAccessToken();
    for (const [verifier] of verifiers())
      expect((await verifier.verifyAccessToken(` ${token}\t`)).token).toBe(token);
  });

  it('demands the scopes that every request needs', async () => {
    const token = await tenant.issueAccessToken({ scope: 'other' });
    await expectRefused(token, 'scope', 'insufficient_scope', { options: { requiredScopes: 'mcp:tools' } });
  });

  it('lets no actor pass whom the client does not accept', async () => {
    const token = await tenant.issueAccessToken({ act: ['stranger'] });
    await expectRefused(token, 'scope', 'actor_not_allowed', { client: { allowedActors: ['agent'] } });
  });

  it('takes a bound token where DPoP is disabled, and none where it is required', async () => {
    const token = await tenant.issueAccessToken({ dpopKey: tenant.createDpopKey() });
    for (const [verifier] of verifiers({ client: { dpop: { mode: 'disabled' } } }))
      expect((await verifier.verifyAccessToken(token)).token).toBe(token);
    const required: McpSetting = { client: { dpop: { mode: 'required' } } };
    await expectRefused(token, 'token', 'scheme_not_allowed', required);
    await expectRefused(await tenant.issueAccessToken(), 'token', 'scheme_not_allowed', required);
  });

  it('tells the operator of refusals', async () => {
    const { auth, refusals } = createAuth(scenario);
    await thrownFor(auth.tokenVerifier(V1), 'opaque');
    expect(refusals.map(({ reason }) => reason)).toEqual(['opaque_token']);
  });

  it('blames no token for an outage', async () => {
    const own = setUp();
    const token = await own.tenant.issueAccessToken();
    own.tenant.fail('jwks', { status: 500 });
    const { auth } = createAuth(own);
    const without = { OAuthError, OAuthErrorCode: { InvalidToken: 'invalid_token', InsufficientScope: 'x' } };
    expect(await thrownFor(auth.tokenVerifier(V1), token)).toBeInstanceOf(IssuerUnavailableError);
    expect(await thrownFor(auth.tokenVerifier(without), token)).toBeInstanceOf(IssuerUnavailableError);
    const error = await thrownFor(auth.tokenVerifier({ OAuthError, OAuthErrorCode }), token);
    expect(error).toMatchObject({ constructor: OAuthError, code: 'server_error' });
    expect(error.cause).toBeInstanceOf(IssuerUnavailableError);
  });

  it('lets an error class that cannot be made fail as a server error', async () => {
    class Broken extends Error {
      constructor(message: string) {
        super(message);
        throw new TypeError('broken');
      }
    }
    const { auth } = createAuth(scenario);
    const verifier = auth.tokenVerifier({ InvalidTokenError: Broken, InsufficientScopeError: Broken });
    const error = await thrownFor(verifier, 'opaque');
    expect(error).toBeInstanceOf(TypeError);
    expect(error).not.toBeInstanceOf(BaseAuthError);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['half of those of 1.x', { InvalidTokenError }],
    ['the other half', { InsufficientScopeError }],
    ['no classes', { InvalidTokenError: 'a', InsufficientScopeError: 'b' }],
    ['half of those of 2.x', { OAuthError }],
    ['codes that lack one', { OAuthError, OAuthErrorCode: { InvalidToken: 'invalid_token' } }],
  ])('refuses %s for error classes', async (_, errors) => {
    const { auth } = createAuth(scenario);
    await expectToBe(
      thrownBy(() => auth.tokenVerifier(errors as McpErrorsV1)),
      { ...misconfigured, message: '`tokenVerifier`' },
    );
  });
});
