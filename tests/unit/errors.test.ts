import { describe, expect, it } from 'vitest';
import {
  ActorNotAllowedError,
  ApiError,
  BaseAuthError,
  ConfigurationError,
  DomainsResolverError,
  DpopNonceRequiredError,
  GetAccessTokenForConnectionError,
  GetTokenByClientCredentialsError,
  GetTokenByExchangeProfileError,
  InsufficientScopeError,
  InvalidAuthSchemeError,
  InvalidDpopProofError,
  InvalidRequestError,
  IssuerUnavailableError,
  MissingAuthorizationError,
  MissingRequiredArgumentError,
  ReplayStoreUnavailableError,
  setChallenges,
  type UpstreamFailure,
  VerifyAccessTokenError,
} from '../../src/errors/index.ts';
import { parseChallenges } from '../support/challenges.ts';

const upstream = (overrides: Partial<UpstreamFailure> = {}): UpstreamFailure => ({
  reason: 'upstream_refused',
  code: 'invalid_grant',
  statusCode: 403,
  ...overrides,
});

const all: [string, BaseAuthError, number, string, string][] = [
  ['ConfigurationError', new ConfigurationError('Write it.'), 500, 'invalid_configuration', 'invalid_option'],
  [
    'MissingRequiredArgumentError',
    new MissingRequiredArgumentError('proof'),
    400,
    'invalid_request',
    'missing_argument',
  ],
  ['MissingAuthorizationError', new MissingAuthorizationError(), 401, 'unauthorized', 'missing_credentials'],
  [
    'InvalidAuthSchemeError',
    new InvalidAuthSchemeError('scheme_not_allowed'),
    401,
    'unauthorized',
    'scheme_not_allowed',
  ],
  [
    'InvalidRequestError',
    new InvalidRequestError('invalid_headers'),
    400,
    'invalid_request',
    'invalid_headers',
  ],
  ['VerifyAccessTokenError', new VerifyAccessTokenError('unknown_kid'), 401, 'invalid_token', 'unknown_kid'],
  [
    'InsufficientScopeError',
    new InsufficientScopeError('insufficient_scope', ['a']),
    403,
    'insufficient_scope',
    'insufficient_scope',
  ],
  [
    'ActorNotAllowedError',
    new ActorNotAllowedError('actor_not_allowed'),
    403,
    'insufficient_scope',
    'actor_not_allowed',
  ],
  [
    'InvalidDpopProofError',
    new InvalidDpopProofError('dpop_proof_type'),
    400,
    'invalid_dpop_proof',
    'dpop_proof_type',
  ],
  [
    'DpopNonceRequiredError',
    new DpopNonceRequiredError('dpop_nonce_missing', 'n'),
    401,
    'use_dpop_nonce',
    'dpop_nonce_missing',
  ],
  [
    'IssuerUnavailableError',
    new IssuerUnavailableError('jwks_unavailable', 3),
    503,
    'issuer_unavailable',
    'jwks_unavailable',
  ],
  [
    'ReplayStoreUnavailableError',
    new ReplayStoreUnavailableError(),
    503,
    'replay_store_unavailable',
    'replay_store_unavailable',
  ],
  [
    'DomainsResolverError',
    new DomainsResolverError(),
    500,
    'domains_resolver_error',
    'domains_resolver_failed',
  ],
  [
    'GetTokenByExchangeProfileError',
    new GetTokenByExchangeProfileError('reserved_parameter'),
    400,
    'get_token_by_exchange_profile_error',
    'reserved_parameter',
  ],
  [
    'GetAccessTokenForConnectionError',
    new GetAccessTokenForConnectionError('invalid_parameter'),
    400,
    'get_access_token_for_connection_error',
    'invalid_parameter',
  ],
  [
    'GetTokenByClientCredentialsError',
    new GetTokenByClientCredentialsError('invalid_parameter'),
    400,
    'get_token_by_client_credentials_error',
    'invalid_parameter',
  ],
  ['ApiError', new ApiError(upstream()), 403, 'invalid_grant', 'upstream_refused'],
];

describe.each(all)('%s', (name, error, statusCode, code, reason) => {
  it('carries class, code, reason and status', () => {
    expect(error).toBeInstanceOf(BaseAuthError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, statusCode, code, reason });
    expect(error.constructor.name).toBe(name);
    expect(error.stack).toContain(name);
  });

  it('has a message fit for clients, which is also its description and its JSON', () => {
    expect(error.message).toMatch(/\.$/);
    expect(error.description).toBe(error.message);
    expect(error.toJSON()).toEqual({ error: code, error_description: error.message });
    expect(JSON.parse(JSON.stringify(error))).toEqual(error.toJSON());
  });

  it('has no challenge and no cause of its own', () => {
    expect(error.challenges).toEqual([]);
    expect(error.headers).not.toHaveProperty('WWW-Authenticate');
    expect(Object.isFrozen(error.headers)).toBe(true);
    expect('cause' in error).toBe(false);
  });

  it('says under two names with which status to answer', async () => {
    expect(error.responseStatusCode).toBe(error instanceof ApiError ? 502 : statusCode);
    expect(error.status).toBe(error.responseStatusCode);
    const response = error.toResponse();
    expect(response.status).toBe(error.status);
    expect(await response.json()).toMatchObject({ error_description: error.message });
  });

  it('makes the same response under the name that Hono looks for', async () => {
    const [one, other] = [error.toResponse(), error.getResponse()];
    expect([other.status, [...other.headers], await other.text()]).toEqual([
      one.status,
      [...one.headers],
      await one.text(),
    ]);
  });

  it('makes a response that no cache keeps', () => {
    const response = error.toResponse();
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

describe('toResponse', () => {
  it('answers with status, headers and body', async () => {
    const error = new DpopNonceRequiredError('dpop_nonce_invalid', 'n-1');
    setChallenges(error, ['Bearer realm="api"', 'DPoP algs="ES256", error="use_dpop_nonce"']);
    const response = error.toResponse();
    expect(response.status).toBe(401);
    expect(response.headers.get('dpop-nonce')).toBe('n-1');
    expect(parseChallenges(response.headers.get('www-authenticate') ?? '')).toEqual([
      { scheme: 'Bearer', params: { realm: 'api' } },
      { scheme: 'DPoP', params: { algs: 'ES256', error: 'use_dpop_nonce' } },
    ]);
    expect(await response.json()).toEqual({
      error: 'use_dpop_nonce',
      error_description: 'The nonce of the DPoP proof is not valid any more.',
    });
  });

  it('can be made again and again', async () => {
    const error = new MissingAuthorizationError();
    await error.toResponse().text();
    expect(await error.toResponse().json()).toEqual(error.toJSON());
  });
});

describe('setChallenges', () => {
  it('adds the list and the header, and keeps other headers', () => {
    const error = new DpopNonceRequiredError('dpop_nonce_missing', 'n');
    setChallenges(error, ['Bearer', 'DPoP algs="ES256"']);
    expect(error.challenges).toEqual(['Bearer', 'DPoP algs="ES256"']);
    expect(error.headers).toEqual({ 'WWW-Authenticate': 'Bearer, DPoP algs="ES256"', 'DPoP-Nonce': 'n' });
    expect(Object.isFrozen(error.challenges) && Object.isFrozen(error.headers)).toBe(true);
  });
});

describe('details', () => {
  it('keep the cause for the operator and out of message and JSON', () => {
    const cause = { name: 'aud', expected: ['a'], actual: 'b' };
    const error = new VerifyAccessTokenError('audience_mismatch', { cause });
    expect(error.cause).toBe(cause);
    expect(JSON.stringify(error)).toBe(
      '{"error":"invalid_token","error_description":"The access token was issued for another audience."}',
    );
  });

  it('may replace the wording', () => {
    expect(new InvalidRequestError('invalid_argument', { message: 'No URL.' }).message).toBe('No URL.');
  });

  it('name a missing argument', () => {
    const error = new MissingRequiredArgumentError('httpUrl');
    expect(error.argument).toBe('httpUrl');
    expect(error.message).toContain('`httpUrl`');
  });

  it('cannot change the scopes of a refusal afterwards', () => {
    const scopes = ['a'];
    const error = new InsufficientScopeError('insufficient_scope', scopes);
    scopes.push('b');
    expect(error.requiredScopes).toEqual(['a']);
    expect(Object.isFrozen(error.requiredScopes)).toBe(true);
  });
});

describe('IssuerUnavailableError', () => {
  it.each([
    [0, 1],
    [-5, 1],
    [0.2, 1],
    [1, 1],
    [1.001, 2],
    [29.5, 30],
  ])('asks to come again after %s s with Retry-After: %i', (given, seconds) => {
    const error = new IssuerUnavailableError('discovery_unavailable', given);
    expect(error.retryAfterSeconds).toBe(seconds);
    expect(error.headers).toEqual({ 'Retry-After': String(seconds) });
  });
});

describe('ApiError', () => {
  it.each([
    [400, 'upstream_refused', 502, false],
    [401, 'upstream_refused', 502, false],
    [403, 'upstream_refused', 502, false],
    [404, 'upstream_refused', 502, false],
    [429, 'upstream_refused', 503, true],
    [500, 'upstream_refused', 502, true],
    [502, 'upstream_unreachable', 502, true],
    [502, 'upstream_invalid_answer', 502, false],
    [503, 'upstream_refused', 503, true],
    [504, 'upstream_refused', 502, true],
    [504, 'upstream_timeout', 504, true],
  ] as const)('answers %i %s with %i; retryable: %s', (statusCode, reason, responseStatus, retryable) => {
    const error = new ApiError(upstream({ statusCode, reason }));
    expect(error.statusCode).toBe(statusCode);
    expect(error.retryable).toBe(retryable);
    expect(error.responseStatusCode).toBe(responseStatus);
    expect(error.toResponse().status).toBe(responseStatus);
  });

  it('keeps the words of the upstream for the program and out of its answer', async () => {
    const error = new ApiError(
      upstream({ error: 'invalid_grant', errorDescription: 'user u1 is blocked', retryAfterSeconds: 7 }),
    );
    expect(error).toMatchObject({
      ...{ code: 'invalid_grant', error: 'invalid_grant', errorDescription: 'user u1 is blocked' },
      retryAfterSeconds: 7,
    });
    const response = error.toResponse();
    expect(response.headers.get('retry-after')).toBe('7');
    const body = await response.text();
    expect(body).not.toMatch(/u1|invalid_grant/);
    expect(JSON.parse(body)).toEqual({ error: 'upstream_refused', error_description: error.message });
  });

  it('has no Retry-After when the upstream sent none', () => {
    expect(new ApiError(upstream()).headers).toEqual({});
  });

  it.each([
    'invalid_grant',
    'mfa_required',
    'login_required',
    'interaction_required',
    'consent_required',
    'account_selection_required',
    'unmet_authentication_requirements',
    'federated_connection_refresh_token_not_found',
  ])('says that the user must sign in again after %s', (error) => {
    expect(new ApiError(upstream({ error }))).toMatchObject({
      reauthenticationRequired: true,
      retryable: false,
    });
    // A server that is down, or has too much to do, says nothing of the user.
    for (const statusCode of [429, 500, 503]) {
      expect(new ApiError(upstream({ error, statusCode })).reauthenticationRequired).toBe(false);
    }
  });

  it.each([
    ['invalid_client', undefined, false],
    ['invalid_request', undefined, false],
    ['access_denied', undefined, false],
    ['unauthorized_client', undefined, false],
    ['use_dpop_nonce', undefined, false],
    ['__proto__', undefined, false],
    [undefined, 'invalid_grant', false],
    ['unauthorized', undefined, false],
    ['unauthorized', 'another matter', false],
    ['unauthorized', 'User is blocked', true],
  ])('knows what is about the user: %s, %s', (error, errorDescription, expected) => {
    const failure = new ApiError(upstream({ error, errorDescription, statusCode: 401 }));
    expect(failure.reauthenticationRequired).toBe(expected);
  });
});
