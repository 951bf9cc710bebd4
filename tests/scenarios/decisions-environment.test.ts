import { describe, expect, it } from 'vitest';
import {
  type ApiClientOptions,
  type DomainsResolver,
  DomainsResolverError,
  DpopNonceRequiredError,
  type RequestParts,
} from '../../src/index.ts';
import type { FailureTarget } from '../../src/testing/index.ts';
import { expectRefusal, expectToBe, outage, type Refusal, rejectionOf } from '../support/assert-rejects.ts';
import { bearerRequest, createBoundRequest, type Mode, MODES, offers, setUp } from '../support/scenario.ts';

const SECRET = 'a nonce secret of more than 32 characters';
const brokenResolver: Refusal<DomainsResolverError> = {
  type: DomainsResolverError,
  code: 'domains_resolver_error',
  reason: 'domains_resolver_failed',
  statusCode: 500,
};

/** A good request in the scheme that the mode accepts. */
async function acceptable(
  tenant: Parameters<typeof createBoundRequest>[0],
  mode: Mode,
): Promise<RequestParts> {
  if (mode === 'required') return (await createBoundRequest(tenant)).request;
  return bearerRequest(await tenant.issueAccessToken());
}

describe.each(['allowed', 'required'] as const)('in mode %s, with nonces', (mode) => {
  const { tenant, createClient } = setUp();
  const client = createClient({ dpop: { mode, nonce: { secret: SECRET } } });
  const challenges = offers(mode, 'DPoP', { error: 'use_dpop_nonce' });

  it.each([
    ['absent', 'dpop_nonce_missing', {}],
    ['not ours', 'dpop_nonce_invalid', { nonce: 'made-up' }],
    ['empty', 'dpop_nonce_invalid', { nonce: '' }],
  ] as const)('a proof whose nonce is %s is sent back with one that works', async (_when, reason, proof) => {
    const { request, key, accessToken } = await createBoundRequest(tenant, { proof });
    const error = await rejectionOf(client.verifyRequest(request));
    const nonce = error.headers['DPoP-Nonce'] ?? '';
    expect(nonce).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]{20,}$/);
    await expectToBe(error, {
      type: DpopNonceRequiredError,
      code: 'use_dpop_nonce',
      reason,
      statusCode: 401,
      challenges,
      headers: { 'DPoP-Nonce': nonce },
      members: { nonce },
    });

    const retry = await createBoundRequest(tenant, { key, proof: { nonce } });
    expect(retry.accessToken).not.toBe(accessToken);
    await expect(client.verifyRequest(retry.request)).resolves.toMatchObject({ sub: 'auth0|user' });
  });
});

describe.each(MODES)('in mode %s', (mode) => {
  it('does not demand a nonce of a scheme without proofs', async () => {
    const { tenant, createClient } = setUp();
    const client = createClient({ dpop: { mode, nonce: { secret: SECRET } } });
    const verification = client.verifyRequest(bearerRequest(await tenant.issueAccessToken()));
    if (mode === 'required')
      await expect(verification).rejects.toMatchObject({ reason: 'scheme_not_allowed' });
    else await expect(verification).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it.each([
    ['discovery', 'discovery_unavailable'],
    ['jwks', 'jwks_unavailable'],
  ] as const)(
    'an outage of %s is a 503 that says when to come back and challenges nobody',
    async (target: FailureTarget, reason: 'discovery_unavailable' | 'jwks_unavailable') => {
      const { tenant, createClient } = setUp();
      tenant.fail(target, { status: 503, headers: { 'retry-after': '17' } });
      const client = createClient({ dpop: { mode } });
      const verification = client.verifyRequest(await acceptable(tenant, mode));
      const error = await expectRefusal(verification, outage(reason, 17));
      expect(error.cause).toBeInstanceOf(Error);
    },
  );

  const resolvers: Record<string, ApiClientOptions['domains']> = {
    throws: () => {
      throw new Error('the table of domains is gone');
    },
    rejects: () => Promise.reject(new Error('the table of domains is gone')),
    'answers an empty list': () => [],
    ...Object.fromEntries(
      [undefined, null, 'tenant.auth0.test', {}, 7, [7], [''], ['http://tenant.auth0.test/']].map(
        (rubbish) => [
          `answers ${JSON.stringify(rubbish)}`,
          // What a program in JavaScript can return all the same.
          (() => rubbish) as unknown as DomainsResolver,
        ],
      ),
    ),
    'answers one bad domain among good ones': () => ['tenant.auth0.test', 'https://tenant.auth0.test/path'],
  };
  it.each(Object.entries(resolvers))(
    'a domains resolver that %s is a 500 that challenges nobody',
    async (_what, domains) => {
      const { tenant, createClient } = setUp();
      const client = createClient({ domains, dpop: { mode } });
      const error = await expectRefusal(client.verifyRequest(await acceptable(tenant, mode)), brokenResolver);
      expect(error.cause).toMatchObject({ name: 'domains' });
      expect(tenant.requests).toEqual([]);
    },
  );
});
