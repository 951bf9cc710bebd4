import { decodeJwt } from 'jose';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ApiClientOptions } from '../../src/index.ts';
import { rejectionOf } from '../support/assert-rejects.ts';
import { setUp as setUpScenario } from '../support/scenario.ts';

const AUDIENCE = 'https://billing.example.com';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicJwk = publicKey.export({ format: 'jwk' });

function setUp(options: Partial<ApiClientOptions> = {}) {
  const clients = [{ clientId: 'api', clientSecret: 'secret of the api', publicJwk }];
  const scenario = setUpScenario({ tenant: { clients } });
  let refusals = 0;
  /** Breaks the first connections to the token endpoint, as Node reports it. */
  const refuseConnections = (count: number, code: string): typeof fetch => {
    refusals = count;
    return (input, init) => {
      const isToken = String(input instanceof Request ? input.url : input).endsWith('/oauth/token');
      if (!isToken || refusals-- <= 0) return scenario.tenant.fetch(input, init);
      return Promise.reject(
        new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) }),
      );
    };
  };
  const ask = (more: Partial<ApiClientOptions> = {}) =>
    scenario
      .createClient({ ...options, ...more })
      .getTokenByClientCredentials({ audience: AUDIENCE, cache: false });
  const sent = () => scenario.tenant.requests.filter(({ kind }) => kind === 'token');
  return { ...scenario, refuseConnections, ask, sent };
}

const retry = { maxAttempts: 3, maxDelaySeconds: 2 };

describe('by default', () => {
  it('nothing is sent twice', async () => {
    const { ask, refuseConnections, tenant, sent } = setUp();
    const customFetch = refuseConnections(1, 'ECONNREFUSED');
    expect(await rejectionOf(ask({ customFetch }))).toMatchObject({ reason: 'upstream_unreachable' });
    tenant.fail('token', { status: 429, headers: { 'retry-after': '0' } }, { times: 1 });
    expect(await rejectionOf(ask())).toMatchObject({ statusCode: 429, retryAfterSeconds: 0 });
    expect(sent()).toHaveLength(1);
  });
});

describe('with retry', () => {
  it('a connection that was refused is tried again', async () => {
    const { ask, refuseConnections, sent } = setUp({ retry });
    const customFetch = refuseConnections(2, 'ECONNREFUSED');
    await expect(ask({ customFetch })).resolves.toMatchObject({ tokenType: 'Bearer' });
    expect(sent()).toHaveLength(1);
  });

  it('a connection that broke is not: the request may have been processed', async () => {
    const { ask, refuseConnections, sent } = setUp({ retry });
    const customFetch = refuseConnections(1, 'ECONNRESET');
    expect(await rejectionOf(ask({ customFetch }))).toMatchObject({ reason: 'upstream_unreachable' });
    expect(sent()).toHaveLength(0);
  });

  it.each([429, 503])('%d with Retry-After is sent again', async (status) => {
    const { ask, tenant, sent } = setUp({ retry });
    tenant.fail('token', { status, headers: { 'retry-after': '0' } }, { times: 2 });
    await expect(ask()).resolves.toMatchObject({ tokenType: 'Bearer' });
    expect(sent().map((request) => request.status)).toEqual([status, status, 200]);
  });

  it('one that asks for too much patience fails at once, and says how much', async () => {
    const { ask, tenant, sent } = setUp({ retry });
    tenant.fail('token', { status: 429, headers: { 'retry-after': '3' } });
    expect(await rejectionOf(ask())).toMatchObject({
      statusCode: 429,
      retryAfterSeconds: 3,
      retryable: true,
    });
    expect(sent()).toHaveLength(1);
  });

  it.each([500, 502, 504, 400, 403])('%d is not, whatever it says', async (status) => {
    const { ask, tenant, sent } = setUp({ retry });
    tenant.fail('token', { status, headers: { 'retry-after': '0' } });
    expect(await rejectionOf(ask())).toMatchObject({ statusCode: status });
    expect(sent()).toHaveLength(1);
  });

  it('each attempt has an assertion of its own', async () => {
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const { ask, tenant, sent } = setUp({ retry, clientAssertionSigningKey: key });
    tenant.fail('token', { status: 503, headers: { 'retry-after': '0' } }, { times: 2 });
    await ask();
    const ids = sent().map(({ form }) => decodeJwt(String(form?.client_assertion)).jti);
    expect(new Set(ids).size).toBe(3);
  });
});
