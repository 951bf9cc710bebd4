/** Tokens that are bound to a key of ours from the start (RFC 9449 §5), and what another API says of them. */
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type ApiClient,
  type ApiClientOptions,
  createDpopKey,
  createDpopProof,
  type DpopKey,
  type OnBehalfOfTokenResult,
} from '../../src/index.ts';
import {
  badProof,
  expectRefusal,
  invalidToken,
  misconfigured,
  rejectionOf,
} from '../support/assert-rejects.ts';
import { API_URL, dpopRequest, offers, type Scenario, setUp } from '../support/scenario.ts';

const AUDIENCE = 'https://billing.example.com';
const DPOP_NONCE = 'nonce-of-the-tenant';

type Exchange = (client: ApiClient, dpopKey: DpopKey, accessToken: string) => Promise<OnBehalfOfTokenResult>;

const EXCHANGES: readonly (readonly [title: string, exchange: Exchange])[] = [
  [
    'getTokenOnBehalfOf',
    (client, dpopKey, accessToken) => client.getTokenOnBehalfOf({ accessToken, audience: AUDIENCE, dpopKey }),
  ],
  [
    'getTokenByExchangeProfile',
    (client, dpopKey) =>
      client.getTokenByExchangeProfile({
        subjectToken: 'user:auth0|ada',
        subjectTokenType: 'urn:example:subject-token',
        audience: AUDIENCE,
        dpopKey,
      }),
  ],
  [
    'getTokenByClientCredentials',
    (client, dpopKey) => client.getTokenByClientCredentials({ audience: AUDIENCE, dpopKey }),
  ],
];

let scenario: Scenario;
let accessToken: string;
beforeEach(async () => {
  scenario = setUp({ tenant: { dpopNonce: DPOP_NONCE } });
  accessToken = await scenario.tenant.issueAccessToken({ sub: 'auth0|ada' });
});

const tokenRequests = () => scenario.tenant.requests.filter(({ kind }) => kind === 'token');
const downstream = (dpop: ApiClientOptions['dpop'] = { mode: 'required' }) =>
  scenario.createClient({ audience: AUDIENCE, dpop });

async function requestWith(key: DpopKey, token: string) {
  const proven = { httpMethod: 'GET', httpUrl: API_URL, accessToken: token, now: scenario.clock.now };
  return dpopRequest(token, await createDpopProof(key, proven));
}

describe.each(EXCHANGES)('the token of %s', (_title, exchange) => {
  it('is bound to the key, after the nonce that the tenant demands, and another API accepts it', async () => {
    const dpopKey = await createDpopKey();
    const result = await exchange(scenario.client, dpopKey, accessToken);
    expect(result.tokenType).toBe('DPoP');
    expect(tokenRequests().map(({ status }) => status)).toEqual([400, 200]);
    const claims = await downstream().verifyRequest(await requestWith(dpopKey, result.accessToken));
    expect(claims.cnf).toEqual({ jkt: dpopKey.jkt });
  });

  it.each(['ES384', 'Ed25519', 'PS256'])('is bound to a key of %s', async (algorithm) => {
    const dpopKey = await createDpopKey({ algorithm });
    const result = await exchange(scenario.client, dpopKey, accessToken);
    const api = downstream({ mode: 'required', algorithms: [algorithm] });
    const claims = await api.verifyRequest(await requestWith(dpopKey, result.accessToken));
    expect(claims.cnf).toEqual({ jkt: dpopKey.jkt });
  });

  it('is of no use without the key', async () => {
    const dpopKey = await createDpopKey();
    const result = await exchange(scenario.client, dpopKey, accessToken);
    const thief = await createDpopKey();
    await expectRefusal(
      downstream().verifyRequest(await requestWith(thief, result.accessToken)),
      invalidToken('dpop_binding_mismatch', offers('required', 'DPoP', { error: 'invalid_token' })),
    );
    await expectRefusal(
      downstream({ mode: 'allowed' }).verifyRequest({
        headers: { authorization: `Bearer ${result.accessToken}` },
      }),
      invalidToken('dpop_bound_token_as_bearer', offers('allowed', 'Bearer', { error: 'invalid_token' })),
    );
  });

  it('is asked for with a proof of its own, which no API takes for a request of its own', async () => {
    const dpopKey = await createDpopKey();
    const result = await exchange(scenario.client, dpopKey, accessToken);
    const proofs = tokenRequests().map(({ headers }) => headers.dpop ?? '');
    expect(proofs.map((proof) => decodeJwt(proof))).toMatchObject([
      { htm: 'POST', htu: `https://${scenario.tenant.domain}/oauth/token` },
      { htm: 'POST', htu: `https://${scenario.tenant.domain}/oauth/token`, nonce: DPOP_NONCE },
    ]);
    expect(new Set(proofs).size).toBe(2);
    await expectRefusal(
      downstream().verifyRequest(dpopRequest(result.accessToken, proofs[1] ?? '', { httpMethod: 'POST' })),
      // It is of no token.
      badProof('dpop_proof_claim', offers('required', 'DPoP', { error: 'invalid_dpop_proof' })),
    );
  });

  it('is asked for with the nonce that was learnt before', async () => {
    await exchange(scenario.client, await createDpopKey(), accessToken);
    await exchange(scenario.client, await createDpopKey(), accessToken);
    expect(tokenRequests().map(({ status }) => status)).toEqual([400, 200, 200]);
  });

  it('is not asked for with a key that only looks like one', async () => {
    const { algorithm, jkt } = await createDpopKey();
    await expectRefusal(exchange(scenario.client, { algorithm, jkt }, accessToken), misconfigured);
    expect(tokenRequests()).toEqual([]);
  });

  it('is refused when the tenant does not bind it', async () => {
    const body = { access_token: accessToken, token_type: 'Bearer', expires_in: 60 };
    scenario.tenant.fail('token', { status: 200, body });
    const error = await rejectionOf(exchange(scenario.client, await createDpopKey(), accessToken));
    expect(error).toMatchObject({ reason: 'upstream_invalid_answer', statusCode: 502 });
  });
});

describe('kept tokens', () => {
  it.each(EXCHANGES.filter(([title]) => title !== 'getTokenByExchangeProfile'))(
    'of %s are those of their key',
    async (_title, exchange) => {
      const [one, two] = [await createDpopKey(), await createDpopKey()];
      const tokens = [];
      for (const key of [one, two, one, two]) {
        tokens.push((await exchange(scenario.client, key, accessToken)).accessToken);
      }
      expect(tokens[0]).toBe(tokens[2]);
      expect(tokens[1]).toBe(tokens[3]);
      expect(tokens[0]).not.toBe(tokens[1]);
    },
  );
});
