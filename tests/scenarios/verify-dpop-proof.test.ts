import { describe, expect, it } from 'vitest';
import { DpopNonceRequiredError, type VerifyDpopProofOptions } from '../../src/index.ts';
import {
  badProof,
  badRequest,
  expectRefusal,
  expectToBe,
  invalidToken,
  missingArgument,
  rejectionOf,
} from '../support/assert-rejects.ts';
import { encode, replaceParts } from '../support/crafted-issuer.ts';
import { API_URL, createBoundRequest, type DpopSetting, NOW_SECONDS, setUp } from '../support/scenario.ts';

const { tenant, createClient } = setUp();

async function proven(setting: DpopSetting = {}): Promise<VerifyDpopProofOptions> {
  const { accessToken, proof } = await createBoundRequest(tenant, setting);
  return { accessToken, proof, httpMethod: 'GET', httpUrl: API_URL };
}

describe('verifyDpopProof', () => {
  it('answers the claims of the proof and the thumbprint of its key, frozen', async () => {
    const key = tenant.createDpopKey();
    const options = await proven({ key, proof: { claims: { jti: 'one', extra: { a: [1] } } } });
    const claims = await createClient().verifyDpopProof(options);
    expect(claims).toEqual({
      jti: 'one',
      htm: 'GET',
      htu: API_URL,
      iat: NOW_SECONDS,
      jkt: key.jkt,
      extra: { a: [1] },
      ath: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    expect(Object.isFrozen(claims)).toBe(true);
    expect(Object.isFrozen(claims.extra)).toBe(true);
    expect(tenant.requests).toEqual([]);
  });

  it('answers the key that signed, whatever the proof claims about it', async () => {
    const key = tenant.createDpopKey();
    const options = await proven({ key, proof: { claims: { jkt: 'forged' } } });
    await expect(createClient().verifyDpopProof(options)).resolves.toMatchObject({ jkt: key.jkt });
  });

  it('looks at the token for its binding only', async () => {
    const options = await proven({
      token: { expiresInSeconds: -1, audience: 'https://other.example', claims: { iss: 'anyone' } },
    });
    await expect(createClient().verifyDpopProof(options)).resolves.toMatchObject({ htm: 'GET' });
  });

  it('marks the proof as used, for requests too', async () => {
    const client = createClient();
    const options = await proven();
    const { accessToken, proof, ...target } = options;
    await client.verifyDpopProof(options);
    await expectRefusal(client.verifyDpopProof(options), badProof('dpop_proof_replayed'));
    const headers = { authorization: `DPoP ${accessToken}`, dpop: proof };
    await expect(client.verifyRequest({ headers, ...target })).rejects.toMatchObject({
      reason: 'dpop_proof_replayed',
    });
  });

  it('works in every mode: who calls it wants it', async () => {
    for (const mode of ['allowed', 'required', 'disabled'] as const) {
      const client = createClient({ dpop: { mode } });
      await expect(client.verifyDpopProof(await proven())).resolves.toMatchObject({ htm: 'GET' });
    }
  });

  it.each(
    (['accessToken', 'proof', 'httpMethod', 'httpUrl'] as const).flatMap((name) =>
      [undefined, null, ''].map((value) => ({ name, value })),
    ),
  )('needs $name, which $value is not', async ({ name, value }) => {
    const options = { ...(await proven()), [name]: value };
    await expectRefusal(createClient().verifyDpopProof(options), missingArgument(name));
  });

  it.each(['/orders', 'api.example.com', 'ftp://api.example.com/', 'https://user@api.example.com/'])(
    'needs an absolute http URL, which %s is not',
    async (httpUrl) => {
      const options = { ...(await proven()), httpUrl };
      await expectRefusal(createClient().verifyDpopProof(options), badRequest('invalid_argument'));
    },
  );

  it.each([
    ['opaque', 'opaque_token'],
    ['a.b.c.d.e', 'encrypted_token'],
    ['a.b.c', 'malformed_token'],
    ['Bearer a.b.c', 'malformed_token'],
    ['a'.repeat(16 * 1024 + 1), 'token_too_large'],
  ] as const)('%# refuses a token that cannot be decoded: %.20s', async (accessToken, reason) => {
    const options = { ...(await proven()), accessToken };
    await expectRefusal(createClient().verifyDpopProof(options), invalidToken(reason));
  });

  it.each<[string, unknown, 'dpop_binding_missing' | 'claim_invalid' | 'dpop_binding_mismatch']>([
    ['no cnf', undefined, 'dpop_binding_missing'],
    ['no jkt', {}, 'dpop_binding_missing'],
    ['another binding', { 'x5t#S256': 'certificate' }, 'dpop_binding_missing'],
    ['a cnf that is a list', [], 'claim_invalid'],
    ['a jkt that is empty', { jkt: '' }, 'claim_invalid'],
    ['a jkt that is a number', { jkt: 7 }, 'claim_invalid'],
    ['another jkt', { jkt: 'another' }, 'dpop_binding_mismatch'],
  ])('refuses a token with %s', async (_what, cnf, reason) => {
    const options = await proven({ token: { claims: { cnf } } });
    await expectRefusal(createClient().verifyDpopProof(options), invalidToken(reason));
  });

  it('refuses a proof for each of its own reasons, without a challenge', async () => {
    const good = await proven();
    const spoilt = [
      [{ ...good, proof: 'garbage' }, 'dpop_proof_malformed'],
      [{ ...good, proof: `${good.proof}, ${good.proof}` }, 'dpop_proof_malformed'],
      [await proven({ proof: { header: { typ: 'JWT' } } }), 'dpop_proof_type'],
      [await proven({ proof: { header: { alg: 'RS256' } } }), 'dpop_proof_algorithm'],
      [await proven({ proof: { header: { jwk: null } } }), 'dpop_proof_key'],
      [{ ...good, proof: replaceParts(good.proof, { signature: encode('x') }) }, 'dpop_proof_signature'],
      [await proven({ proof: { claims: { jti: 7 } } }), 'dpop_proof_claim'],
      [await proven({ proof: { claims: { iat: 0 } } }), 'dpop_proof_expired'],
      [{ ...good, httpMethod: 'POST' }, 'dpop_proof_htm_mismatch'],
      [{ ...good, httpUrl: `${API_URL}/` }, 'dpop_proof_htu_mismatch'],
      [await proven({ proof: { claims: { ath: 'x' } } }), 'dpop_proof_ath_mismatch'],
    ] as const;
    for (const [options, reason] of spoilt) {
      await expectRefusal(createClient().verifyDpopProof(options), badProof(reason));
    }
  });

  it.each([7, {}, ['proof']])('refuses a proof that is no text: %j', async (proof) => {
    const options = { ...(await proven()), proof: proof as unknown as string };
    await expectRefusal(createClient().verifyDpopProof(options), badProof('dpop_proof_malformed'));
  });

  it('asks for a nonce where one is configured, and accepts it', async () => {
    const nonceSecret = 'a nonce secret of more than 32 characters';
    const client = createClient({ dpop: { nonce: { secret: nonceSecret } } });
    const error = await rejectionOf(client.verifyDpopProof(await proven()));
    const nonce = error.headers['DPoP-Nonce'] ?? '';
    await expectToBe(error, {
      ...{
        type: DpopNonceRequiredError,
        code: 'use_dpop_nonce',
        reason: 'dpop_nonce_missing',
        statusCode: 401,
      },
      headers: { 'DPoP-Nonce': nonce },
      members: { nonce },
    });
    await expect(client.verifyDpopProof(await proven({ proof: { nonce } }))).resolves.toMatchObject({
      nonce,
    });
  });
});
