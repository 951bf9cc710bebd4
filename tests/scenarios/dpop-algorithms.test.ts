import { describe, expect, it } from 'vitest';
import type { SigningAlgorithm } from '../../src/testing/index.ts';
import { badProof, expectRefusal, noCredentials } from '../support/assert-rejects.ts';
import { createBoundRequest, type Mode, offers, setUp } from '../support/scenario.ts';

/** The curve or type of key behind each, for what must not pass for another. */
const ALGORITHMS: readonly SigningAlgorithm[] = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
];

const { tenant, createClient } = setUp();
const keys = new Map(ALGORITHMS.map((algorithm) => [algorithm, tenant.createDpopKey({ algorithm })]));
const accepting = (...algorithms: string[]) => createClient({ dpop: { algorithms } });

/** What is offered where other algorithms are accepted than by default. */
const offering = (algs: string, mode: Mode = 'allowed', error?: Record<string, string>) =>
  offers(mode, 'DPoP', { ...error, algs });

async function requestBy(algorithm: SigningAlgorithm, header: object = {}) {
  const key = keys.get(algorithm);
  if (key === undefined) throw new Error(`no key for ${algorithm}`);
  return (await createBoundRequest(tenant, { key, proof: { header: { ...header } } })).request;
}

describe.each(ALGORITHMS)('proofs signed with %s', (algorithm) => {
  it('are accepted where it is listed, again and again', async () => {
    const client = accepting(algorithm);
    for (let round = 0; round < 3; round += 1)
      await expect(client.verifyRequest(await requestBy(algorithm))).resolves.toMatchObject({
        sub: 'auth0|user',
      });
  });

  it('are accepted where it is one of several', async () => {
    const verification = accepting(...ALGORITHMS).verifyRequest(await requestBy(algorithm));
    await expect(verification).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it('are refused where only others are listed, and the challenge says which', async () => {
    const others = ALGORITHMS.filter((other) => other !== algorithm);
    const challenges = offering(others.join(' '), 'allowed', { error: 'invalid_dpop_proof' });
    const verification = accepting(...others).verifyRequest(await requestBy(algorithm));
    await expectRefusal(verification, badProof('dpop_proof_algorithm', challenges));
  });

  it('are refused when a bit of the signature is another', async () => {
    const client = accepting(algorithm);
    const { headers, ...target } = await requestBy(algorithm);
    const { dpop = '', ...others } = headers as Record<string, string>;
    const end = dpop.lastIndexOf('.') + 1;
    const signature = Buffer.from(dpop.slice(end), 'base64url');
    signature[9] = (signature[9] ?? 0) ^ 1;
    const forged = { ...others, dpop: dpop.slice(0, end) + signature.toString('base64url') };
    const challenges = offering(algorithm, 'allowed', { error: 'invalid_dpop_proof' });
    const verification = client.verifyRequest({ headers: forged, ...target });
    await expectRefusal(verification, badProof('dpop_proof_signature', challenges));
  });

  it('are refused under a name that is not for such a key', async () => {
    const names = ALGORITHMS.filter((other) => keyTypeOf(other) !== keyTypeOf(algorithm));
    const challenges = offering(ALGORITHMS.join(' '), 'allowed', { error: 'invalid_dpop_proof' });
    for (const alg of names) {
      const verification = accepting(...ALGORITHMS).verifyRequest(await requestBy(algorithm, { alg }));
      await expectRefusal(verification, badProof('dpop_proof_key', challenges));
    }
  });
});

/** Keys of one type and curve fit all of its algorithms; of these, only the signature tells one from another. */
function keyTypeOf(algorithm: SigningAlgorithm): string {
  const { kty = '', crv = '' } = keys.get(algorithm)?.publicJwk ?? {};
  return `${kty} ${crv}`;
}

describe('the algorithms of proofs', () => {
  it('are ES256 alone by default', async () => {
    const challenges = offering('ES256', 'allowed', { error: 'invalid_dpop_proof' });
    for (const algorithm of ALGORITHMS) {
      const verification = createClient().verifyRequest(await requestBy(algorithm));
      if (algorithm === 'ES256') await expect(verification).resolves.toMatchObject({ sub: 'auth0|user' });
      else await expectRefusal(verification, badProof('dpop_proof_algorithm', challenges));
    }
  });

  it('stand in each challenge of DPoP, in the order in which they are listed', async () => {
    for (const mode of ['allowed', 'required'] as const) {
      const client = createClient({ dpop: { mode, algorithms: ['EdDSA', 'PS256', 'ES256'] } });
      const verification = client.verifyRequest({ headers: {} });
      await expectRefusal(verification, noCredentials(offering('EdDSA PS256 ES256', mode)));
    }
  });

  it.each([
    'none',
    'HS256',
    'HS512',
    'es256',
    'ES256 ',
    '',
    'ES256K',
    'RSA-OAEP',
    '__proto__',
    7,
    null,
    ['ES256'],
  ])('do not include %j, whatever is listed', async (alg) => {
    const challenges = offering(ALGORITHMS.join(' '), 'allowed', { error: 'invalid_dpop_proof' });
    const verification = accepting(...ALGORITHMS).verifyRequest(await requestBy('ES256', { alg }));
    await expectRefusal(verification, badProof('dpop_proof_algorithm', challenges));
  });

  it('do not depend on those of access tokens', async () => {
    const { tenant, createClient } = setUp({ algorithm: 'RS256' });
    const { request } = await createBoundRequest(tenant, {
      key: tenant.createDpopKey({ algorithm: 'ES384' }),
    });
    const client = createClient({ dpop: { algorithms: ['ES384'] } });
    await expect(client.verifyRequest(request)).resolves.toMatchObject({ sub: 'auth0|user' });
  });
});
