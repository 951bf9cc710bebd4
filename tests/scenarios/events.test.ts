import { describe, expect, it, vi } from 'vitest';
import type { ApiClientEvent, ApiClientOptions } from '../../src/index.ts';
import { createMemoryCache } from '../support/memory-cache.ts';
import { rejectionOf } from '../support/assert-rejects.ts';
import { bearerRequest, createBoundRequest, setUp } from '../support/scenario.ts';

const anyDuration: unknown = expect.any(Number);

function setUpListener(client: Partial<ApiClientOptions> = {}) {
  const events: ApiClientEvent[] = [];
  const scenario = setUp({ client: { onEvent: (event) => void events.push(event), ...client } });
  const issuer = `https://${scenario.tenant.domain}/`;
  /** What was told since the last look. */
  const told = () => events.splice(0);
  return { ...scenario, issuer, told };
}

/** A client that has its documents, and a token that lives for long. */
async function setUpWarm(client: Partial<ApiClientOptions> = {}) {
  const listener = setUpListener(client);
  const accessToken = await listener.tenant.issueAccessToken({ expiresInSeconds: 24 * 60 * 60 });
  await listener.client.verifyAccessToken({ accessToken });
  listener.told();
  return { ...listener, accessToken };
}

describe('onEvent', () => {
  it('tells of both documents and the verification, with durations', async () => {
    const { tenant, client, issuer, told } = setUpListener();
    await client.verifyRequest(bearerRequest(await tenant.issueAccessToken()));
    const events = told();
    const fetched = { type: 'document_fetched', issuer, source: 'network', durationSeconds: anyDuration };
    expect(events).toEqual([
      { ...fetched, document: 'discovery' },
      { ...fetched, document: 'jwks' },
      { type: 'token_verified', issuer, durationSeconds: anyDuration },
    ]);
    for (const event of events) {
      expect('durationSeconds' in event && event.durationSeconds >= 0 && event.durationSeconds < 60).toBe(
        true,
      );
    }
  });

  it('tells why a token was refused, and by which issuer once that is known to be allowed', async () => {
    const { tenant, client, issuer, told } = await setUpWarm();
    const expired = await tenant.issueAccessToken({ expiresInSeconds: -1 });
    await rejectionOf(client.verifyRequest(bearerRequest(expired)));
    const elsewhere = await tenant.issueAccessToken({ claims: { iss: 'https://evil.example/' } });
    await rejectionOf(client.verifyAccessToken({ accessToken: elsewhere }));
    await rejectionOf(client.verifyRequest({ headers: {} }));
    const rejected = { type: 'token_rejected', statusCode: 401, durationSeconds: anyDuration };
    const invalid = { ...rejected, code: 'invalid_token' };
    expect(told()).toEqual([
      { ...invalid, reason: 'token_expired', issuer },
      { ...invalid, reason: 'issuer_not_allowed', issuer: undefined },
      { ...rejected, code: 'unauthorized', reason: 'missing_credentials', issuer: undefined },
    ]);
  });

  it('tells of a check of the call that fails', async () => {
    const { client, accessToken, issuer, told } = await setUpWarm();
    await rejectionOf(client.verifyAccessToken({ accessToken, requiredScopes: 'write:orders' }));
    expect(told()).toEqual([
      {
        type: 'token_rejected',
        issuer,
        code: 'insufficient_scope',
        reason: 'insufficient_scope',
        statusCode: 403,
        durationSeconds: anyDuration,
      },
    ]);
  });

  it('tells of a stale document once for each load, and of what failed', async () => {
    const { tenant, client, accessToken, clock, issuer, told } = await setUpWarm();
    tenant.fail('discovery', 500);
    tenant.fail('jwks', 500);
    clock.advance(60);
    for (let request = 0; request < 5; request += 1) await client.verifyAccessToken({ accessToken });
    const failed = {
      type: 'document_failed',
      issuer,
      durationSeconds: anyDuration,
      retryAfterSeconds: 1,
      detail: expect.stringMatching(/^LoadFailure: GET https:\/\/\S+ answered 500$/) as string,
    };
    const stale = { type: 'document_served_stale', issuer, ageSeconds: 60 };
    const events: ApiClientEvent[] = [];
    await vi.waitFor(() => {
      events.push(...told().filter(({ type }) => type !== 'token_verified'));
      expect(events.filter(({ type }) => type === 'document_failed')).toHaveLength(2);
    });
    expect(events).toEqual(
      expect.arrayContaining([
        { ...stale, document: 'discovery' },
        { ...stale, document: 'jwks' },
        { ...failed, document: 'discovery' },
        { ...failed, document: 'jwks' },
      ]),
    );
    // Once before the failure; afterwards once more, until the next.
    expect(events.length).toBeLessThanOrEqual(6);
  });

  it('tells of an outage as a refusal that is not the caller’s fault', async () => {
    const { tenant, client, issuer, told } = setUpListener();
    tenant.fail('discovery', 'network');
    await rejectionOf(client.verifyRequest(bearerRequest(await tenant.issueAccessToken())));
    expect(told()).toMatchObject([
      { type: 'document_failed', document: 'discovery', issuer, retryAfterSeconds: 1 },
      {
        type: 'token_rejected',
        code: 'issuer_unavailable',
        reason: 'discovery_unavailable',
        statusCode: 503,
      },
    ]);
  });

  it('tells of an unknown kid once in 30 s, however many arrive', async () => {
    const { tenant, client, clock, issuer, told } = await setUpWarm();
    const invent = async (count: number) => {
      for (let token = 0; token < count; token += 1) {
        const accessToken = await tenant.issueAccessToken({ header: { kid: `invented-${token}` } });
        await rejectionOf(client.verifyAccessToken({ accessToken }));
      }
      return told().filter(({ type }) => type === 'unknown_kid');
    };
    expect(await invent(20)).toEqual([{ type: 'unknown_kid', issuer }]);
    clock.advance(31);
    expect(await invent(20)).toEqual([{ type: 'unknown_kid', issuer }]);
  });

  it('tells of a replayed proof by the thumbprint of its key', async () => {
    const { tenant, client, told } = await setUpWarm();
    const { request, key } = await createBoundRequest(tenant);
    await client.verifyRequest(request);
    told();
    await rejectionOf(client.verifyRequest(request));
    expect(told()).toMatchObject([
      { type: 'proof_replayed', jkt: key.jkt },
      { type: 'token_rejected', code: 'invalid_dpop_proof', reason: 'dpop_proof_replayed', statusCode: 400 },
    ]);
  });

  it.each([
    ['on_behalf_of', 'getTokenOnBehalfOf'],
    ['exchange_profile', 'getTokenByExchangeProfile'],
    ['connection', 'getAccessTokenForConnection'],
    ['client_credentials', 'getTokenByClientCredentials'],
  ] as const)('tells of a token request: %s', async (exchange, method) => {
    const { tenant, createClient, issuer, told } = setUpListener();
    const client = createClient({ ...tenant.clientOptions(), onBehalfOfCache: false });
    const accessToken = await tenant.issueAccessToken();
    const call = () =>
      ({
        getTokenOnBehalfOf: () =>
          client.getTokenOnBehalfOf({ accessToken, audience: 'https://calendar.example' }),
        getTokenByExchangeProfile: () =>
          client.getTokenByExchangeProfile({
            subjectToken: 'user:ada',
            subjectTokenType: 'urn:example:subject-token',
          }),
        getAccessTokenForConnection: () =>
          client.getAccessTokenForConnection({ accessToken, connection: 'google-oauth2' }),
        getTokenByClientCredentials: () =>
          client.getTokenByClientCredentials({ audience: 'https://calendar.example' }),
      })[method]();
    await call();
    const durationSeconds = anyDuration;
    expect(told().filter(({ type }) => type !== 'document_fetched')).toEqual([
      { type: 'exchange_done', exchange, issuer, source: 'network', durationSeconds },
    ]);
    tenant.fail('token', 500);
    const error = await rejectionOf(call());
    const { code, reason, statusCode } = error;
    expect(told()).toEqual([
      { type: 'exchange_failed', exchange, issuer, code, reason, statusCode, durationSeconds },
    ]);
  });

  it('never tells the text of a token, a proof or a secret', async () => {
    const { tenant, createClient, told } = setUpListener({ cacheAdapter: createMemoryCache() });
    const client = createClient(tenant.clientOptions());
    const { accessToken, proof, request } = await createBoundRequest(tenant);
    await client.verifyRequest(request);
    await rejectionOf(client.verifyRequest(request));
    await rejectionOf(client.verifyRequest(bearerRequest(`${accessToken}x`)));
    await client.getTokenOnBehalfOf({ accessToken, audience: 'https://calendar.example' });
    const text = JSON.stringify(told());
    const secrets = [accessToken, proof, tenant.clientOptions().clientSecret];
    for (const part of secrets.flatMap((secret) => secret.split('.'))) {
      expect(part.length).toBeGreaterThan(8);
      expect(text).not.toContain(part);
    }
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('the listener is broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the listener is broken'))],
    [
      'answers with a hostile thenable',
      () => ({
        get then() {
          throw new Error('the listener is broken');
        },
      }),
    ],
  ])('does no harm when the listener %s', async (_name, listener: (event: ApiClientEvent) => unknown) => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    try {
      const onEvent = listener;
      const { tenant, client } = setUp({ client: { onEvent } });
      const { request } = await createBoundRequest(tenant);
      await expect(client.verifyRequest(request)).resolves.toMatchObject({ sub: 'auth0|user' });
      expect((await rejectionOf(client.verifyRequest(request))).reason).toBe('dpop_proof_replayed');
      await new Promise(setImmediate);
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });
});

describe('waitUntil', () => {
  it('is handed each load, as a promise that never rejects', async () => {
    const handed: Promise<unknown>[] = [];
    const { tenant, client, clock } = setUp({
      client: { waitUntil: (promise) => void handed.push(promise) },
    });
    const accessToken = await tenant.issueAccessToken({ expiresInSeconds: 3600 });
    await client.verifyAccessToken({ accessToken });
    expect(handed).toHaveLength(2);
    tenant.fail('discovery', 500);
    tenant.fail('jwks', 500);
    clock.advance(16);
    await client.verifyAccessToken({ accessToken });
    expect(handed).toHaveLength(4);
    expect(await Promise.all(handed)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('does no harm when it throws', async () => {
    const waitUntil = () => {
      throw new Error('there is no request');
    };
    const { tenant, client } = setUp({ client: { waitUntil } });
    const accessToken = await tenant.issueAccessToken();
    await expect(client.verifyAccessToken({ accessToken })).resolves.toMatchObject({ sub: 'auth0|user' });
  });
});
