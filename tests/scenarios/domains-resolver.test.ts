import { describe, expect, it } from 'vitest';
import {
  ApiClient,
  type ApiClientOptions,
  type DomainsResolver,
  type DomainsResolverContext,
  DomainsResolverError,
} from '../../src/index.ts';
import { createTestTenant } from '../../src/testing/index.ts';
import { expectRefusal, invalidToken, type Refusal } from '../support/assert-rejects.ts';
import { API_URL, bearerRequest, createBoundRequest, createClock } from '../support/scenario.ts';

const { now } = createClock();
const AUDIENCE = 'https://api.example.com';
const [red, blue] = ['red.auth0.test', 'blue.auth0.test'].map((domain) =>
  createTestTenant({ domain, now, algorithm: 'ES256', audience: AUDIENCE }),
) as [ReturnType<typeof createTestTenant>, ReturnType<typeof createTestTenant>];

/** A client of whoever the resolver names; only the first tenant can be reached. */
const createClient = (options: Partial<ApiClientOptions>) =>
  new ApiClient({ audience: AUDIENCE, algorithms: ['ES256'], customFetch: red.fetch, now, ...options });

describe('a resolver of domains', () => {
  const broken: Refusal<DomainsResolverError> = {
    type: DomainsResolverError,
    code: 'domains_resolver_error',
    statusCode: 500,
    reason: 'domains_resolver_failed',
  };

  it.each<[string, DomainsResolver]>([
    ['at once', () => [red.domain]],
    ['later', () => Promise.resolve([`https://${red.domain.toUpperCase()}`])],
    ['by the issuer the token names', ({ unverifiedIss }) => [new URL(unverifiedIss).host]],
  ])('may answer %s', async (_how, domains) => {
    const accessToken = await red.issueAccessToken();
    await expect(createClient({ domains }).verifyAccessToken({ accessToken })).resolves.toBeTypeOf('object');
  });

  it('accepts what it answers and nothing else', async () => {
    const client = createClient({ domains: () => [red.domain] });
    const verification = client.verifyAccessToken({ accessToken: await blue.issueAccessToken() });
    await expectRefusal(verification, invalidToken('issuer_not_allowed'));
  });

  it('is asked for every request, with what is known of it', async () => {
    const seen: DomainsResolverContext[] = [];
    const domains: DomainsResolver = (context) => {
      seen.push(context);
      return [red.domain];
    };
    const client = createClient({ domains });
    const accessToken = await red.issueAccessToken();
    const parts = { ...bearerRequest(accessToken), httpUrl: API_URL };
    const request = new Request(`${API_URL}?a=b`, { headers: { authorization: `Bearer ${accessToken}` } });
    const bound = (await createBoundRequest(red)).request;
    await client.verifyRequest(parts);
    await client.verifyRequest(request);
    await client.verifyRequest(bound);
    await client.verifyAccessToken({ accessToken });
    await client.verifyAccessToken({ accessToken, httpUrl: API_URL, headers: { host: 'a' } });

    expect(seen.map(({ unverifiedIss }) => unverifiedIss)).toEqual(Array(5).fill(red.issuer));
    expect(seen.map(({ requestUrl }) => requestUrl)).toEqual([
      API_URL,
      `${API_URL}?a=b`,
      API_URL,
      undefined,
      API_URL,
    ]);
    expect(seen.map(({ requestHeaders }) => requestHeaders)).toEqual([
      parts.headers,
      request.headers,
      bound.headers,
      undefined,
      { host: 'a' },
    ]);
  });

  it('is told the issuer as the token has it, verified or not', async () => {
    let told = '';
    const domains: DomainsResolver = ({ unverifiedIss }) => {
      told = unverifiedIss;
      return [red.domain];
    };
    const iss = 'https://evil.example/"><script>';
    const accessToken = await red.issueAccessToken({ claims: { iss } });
    await expectRefusal(
      createClient({ domains }).verifyAccessToken({ accessToken }),
      invalidToken('issuer_not_allowed'),
    );
    expect(told).toBe(iss);
  });

  it('is not asked about a token that names no issuer', async () => {
    const domains: DomainsResolver = () => {
      throw new Error('nobody should ask');
    };
    const accessToken = await red.issueAccessToken({ claims: { iss: undefined } });
    await expectRefusal(
      createClient({ domains }).verifyAccessToken({ accessToken }),
      invalidToken('issuer_missing'),
    );
  });

  it('that fails leaves its error to the operator', async () => {
    const thrown = new Error('the table of domains is gone');
    const client = createClient({ domains: () => Promise.reject(thrown) });
    const accessToken = await red.issueAccessToken();
    const error = await expectRefusal(client.verifyAccessToken({ accessToken }), broken);
    expect(error.cause).toEqual({ name: 'domains', error: thrown });
    expect(error.message).not.toContain(thrown.message);
  });

  it('may change its mind from one request to the next', async () => {
    let allowed = [red.domain];
    const client = createClient({ domains: () => allowed });
    const accessToken = await red.issueAccessToken();
    await expect(client.verifyAccessToken({ accessToken })).resolves.toBeTypeOf('object');
    allowed = [blue.domain];
    await expectRefusal(client.verifyAccessToken({ accessToken }), invalidToken('issuer_not_allowed'));
    allowed = [];
    await expectRefusal(client.verifyAccessToken({ accessToken }), broken);
  });

  it('that never answers is not waited for longer than for anything else', async () => {
    const client = createClient({ domains: () => new Promise(() => undefined), timeoutSeconds: 0.05 });
    const accessToken = await red.issueAccessToken();
    const error = await expectRefusal(client.verifyAccessToken({ accessToken }), broken);
    expect(error.cause).toMatchObject({ name: 'domains', error: { name: 'TimeLimitExceeded' } });
  });
});
