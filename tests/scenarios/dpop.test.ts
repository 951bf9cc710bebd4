import { describe, expect, it } from 'vitest';
import type { ErrorReason } from '../../src/index.ts';
import type { CreateProofOptions, SigningAlgorithm } from '../../src/testing/index.ts';
import { badProof, expectRefusal, invalidToken } from '../support/assert-rejects.ts';
import { encode, replaceParts } from '../support/crafted-issuer.ts';
import {
  API_URL,
  type BoundRequest,
  createBoundRequest,
  dpopRequest,
  NOW_SECONDS,
  offers,
  setUp,
} from '../support/scenario.ts';

const { tenant, createClient } = setUp();
const key = tenant.createDpopKey();
const other = tenant.createDpopKey();

const bound = (proof: Partial<CreateProofOptions> = {}) => createBoundRequest(tenant, { key, proof });
const verify = ({ request }: Pick<BoundRequest, 'request'>) => createClient().verifyRequest(request);
const refused = (reason: ErrorReason) =>
  badProof(reason, offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' }));
const withProof = (accessToken: string, proof: string) => ({ request: dpopRequest(accessToken, proof) });

describe('a good proof', () => {
  it('is accepted, and what is verified are the claims of the token', async () => {
    const claims = await verify(await bound());
    expect(claims).toMatchObject({ iss: tenant.issuer, cnf: { jkt: key.jkt } });
  });

  it.each<SigningAlgorithm>(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'PS256', 'PS512'])(
    'may be signed with %s when it is configured, and not otherwise',
    async (algorithm) => {
      const proven = await createBoundRequest(tenant, { key: tenant.createDpopKey({ algorithm }) });
      const client = createClient({ dpop: { algorithms: [algorithm] } });
      await expect(client.verifyRequest(proven.request)).resolves.toMatchObject({ sub: 'auth0|user' });

      const accepted = algorithm === 'ES256' ? 'ES384' : 'ES256';
      const picky = createClient({ dpop: { algorithms: [accepted] } });
      const [bearer, dpop] = offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' });
      const challenges = [bearer, { scheme: 'DPoP', params: { ...dpop?.params, algs: accepted } }];
      await expectRefusal(picky.verifyRequest(proven.request), {
        ...badProof('dpop_proof_algorithm'),
        challenges: challenges.filter((challenge) => challenge !== undefined),
      });
    },
  );

  it('may hold claims and header parameters that nobody asked for', async () => {
    const proof = { claims: { extra: [1], exp: 0, nonce: 'unasked' }, header: { kid: 'x', extra: {} } };
    await expect(verify(await bound(proof))).resolves.toMatchObject({ sub: 'auth0|user' });
  });
});

describe('the form of a proof', () => {
  it.each<[string, (proof: string) => string]>([
    ['one word', () => 'proof'],
    ['two parts', (proof) => proof.split('.').slice(0, 2).join('.')],
    ['four parts', (proof) => `${proof}.a`],
    ['five parts', () => 'a.b.c.d.e'],
    ['an empty header', (proof) => replaceParts(proof, { header: '' })],
    ['an empty payload', (proof) => replaceParts(proof, { payload: '' })],
    ['an empty signature', (proof) => replaceParts(proof, { signature: '' })],
    ['a header that is no JSON', (proof) => replaceParts(proof, { header: encode('{') })],
    ['a header that is a list', (proof) => replaceParts(proof, { header: encode('[]') })],
    ['a payload that is null', (proof) => replaceParts(proof, { payload: encode('null') })],
    ['padding', (proof) => `${proof}=`],
    ['a signature in base64', (proof) => replaceParts(proof, { signature: 'a+/b' })],
    ['spaces inside', (proof) => proof.replace('.', ' . ')],
    ['quotes around it', (proof) => `"${proof}"`],
    ['more than 16 KiB', (proof) => `${proof}${'A'.repeat(16 * 1024)}`],
  ])('is that of a compact JWS: %s is refused', async (_what, spoil) => {
    const { accessToken, proof } = await bound();
    await expectRefusal(verify(withProof(accessToken, spoil(proof))), refused('dpop_proof_malformed'));
  });

  it.each<[string, unknown]>([
    ['crit', ['jwk']],
    ['crit', []],
    ['b64', false],
    ['b64', true],
    ['zip', 'DEF'],
  ])('has no %s (%j)', async (name, value) => {
    await expectRefusal(verify(await bound({ header: { [name]: value } })), refused('dpop_proof_malformed'));
  });

  it.each([undefined, null, '', 'jwt', 'JWT', 'at+jwt', 'DPoP+JWT', 'application/dpop+jwt', ['dpop+jwt'], 7])(
    'says that its type is dpop+jwt: %j is refused',
    async (typ) => {
      await expectRefusal(verify(await bound({ header: { typ } })), refused('dpop_proof_type'));
    },
  );

  it.each([undefined, null, '', 'none', 'HS256', 'ES384', 'RS256', 'es256', ['ES256']])(
    'names an algorithm that is accepted: %j is refused',
    async (alg) => {
      await expectRefusal(verify(await bound({ header: { alg } })), refused('dpop_proof_algorithm'));
    },
  );

  it('has a signature that fits', async () => {
    const { accessToken, proof } = await bound();
    const another = await bound();
    const [, payload = '', signature = ''] = another.proof.split('.');
    await expectRefusal(
      verify(withProof(accessToken, replaceParts(proof, { signature }))),
      refused('dpop_proof_signature'),
    );
    await expectRefusal(
      verify(withProof(accessToken, replaceParts(proof, { payload }))),
      refused('dpop_proof_signature'),
    );
    const short = replaceParts(proof, { signature: encode(new Uint8Array(63)) });
    await expectRefusal(verify(withProof(accessToken, short)), refused('dpop_proof_signature'));
    const zeros = replaceParts(proof, { signature: encode(new Uint8Array(64)) });
    await expectRefusal(verify(withProof(accessToken, zeros)), refused('dpop_proof_signature'));
  });
});

describe('the claims of a proof', () => {
  it.each(
    ['jti', 'htm', 'htu', 'iat', 'ath'].flatMap((name) =>
      [undefined, null, true, ['GET'], {}].map((value): [string, unknown] => [name, value]),
    ),
  )('%s is there and of its type: %j is refused', async (name, value) => {
    const error = await expectRefusal(
      verify(await bound({ claims: { [name]: value } })),
      refused('dpop_proof_claim'),
    );
    expect(error.cause).toMatchObject({ name });
  });

  it.each<[string, unknown]>([
    ['jti', 7],
    ['jti', ''],
    ['jti', ' \t\n'],
    ['jti', 'x'.repeat(257)],
    ['htm', 7],
    ['htu', 7],
    ['ath', 7],
    ['iat', String(NOW_SECONDS)],
    ['nonce', 7],
    ['nonce', null],
  ])('%s is not %j', async (name, value) => {
    await expectRefusal(verify(await bound({ claims: { [name]: value } })), refused('dpop_proof_claim'));
  });

  it.each(['x', 'x'.repeat(256), ' padded ', 'caf\u00e9', '__proto__', '.'])(
    'jti is any text of 1 to 256 characters: %j',
    async (jti) => {
      await expect(verify(await bound({ claims: { jti } }))).resolves.toBeTypeOf('object');
    },
  );

  it.each<[number, object, 'accepted' | 'refused']>([
    [-300, {}, 'accepted'],
    [-300.001, {}, 'refused'],
    [-301, {}, 'refused'],
    [30, {}, 'accepted'],
    [30.001, {}, 'refused'],
    [31, {}, 'refused'],
    [-0.5, {}, 'accepted'],
    [-NOW_SECONDS, {}, 'refused'],
    [NOW_SECONDS * 999, {}, 'refused'],
    [-10, { iatOffsetSeconds: 10 }, 'accepted'],
    [-11, { iatOffsetSeconds: 10 }, 'refused'],
    [5, { iatLeewaySeconds: 5 }, 'accepted'],
    [6, { iatLeewaySeconds: 5 }, 'refused'],
    [0, { iatOffsetSeconds: 0, iatLeewaySeconds: 0 }, 'accepted'],
    [-1, { iatOffsetSeconds: 0, iatLeewaySeconds: 0 }, 'refused'],
    [1, { iatOffsetSeconds: 0, iatLeewaySeconds: 0 }, 'refused'],
  ])('iat %d s from now with %j is %s', async (seconds, dpop, outcome) => {
    const { request } = await bound({ claims: { iat: NOW_SECONDS + seconds } });
    const verification = createClient({ dpop }).verifyRequest(request);
    if (outcome === 'accepted') await expect(verification).resolves.toBeTypeOf('object');
    else await expectRefusal(verification, refused('dpop_proof_expired'));
  });

  it('iat is measured on the injected clock', async () => {
    const { tenant: fresh, client, clock } = setUp({ client: { dpop: { replayStore: false } } });
    const { request } = await createBoundRequest(fresh);
    clock.advance(300);
    await expect(client.verifyRequest(request)).resolves.toBeTypeOf('object');
    clock.advance(1);
    await expectRefusal(client.verifyRequest(request), refused('dpop_proof_expired'));
  });

  it.each([
    ['GET', 'get', 'accepted'],
    ['post', 'POST', 'accepted'],
    ['PaTcH', 'PATCH', 'accepted'],
    ['QUERY', 'QUERY', 'accepted'],
    ['GET', 'POST', 'refused'],
    ['', 'GET', 'refused'],
    ['GET ', 'GET', 'refused'],
    ['GET', 'GET,POST', 'refused'],
    // The long s and the sharp s become letters of ASCII in upper case.
    ['PO\u017fT', 'POST', 'refused'],
    ['PA\u00df', 'PASS', 'refused'],
  ])('htm %j for the method %j is %s', async (htm, httpMethod, outcome) => {
    const { accessToken, proof } = await bound({ claims: { htm } });
    const verification = verify({ request: dpopRequest(accessToken, proof, { httpMethod }) });
    if (outcome === 'accepted') await expect(verification).resolves.toBeTypeOf('object');
    else await expectRefusal(verification, refused('dpop_proof_htm_mismatch'));
  });

  it('ath is the hash of the very token', async () => {
    const { accessToken } = await bound();
    const forAnother = await bound();
    await expectRefusal(verify(withProof(accessToken, forAnother.proof)), refused('dpop_proof_ath_mismatch'));
    await expectRefusal(verify(await bound({ claims: { ath: '' } })), refused('dpop_proof_ath_mismatch'));
    await expectRefusal(
      verify(await bound({ claims: { ath: accessToken } })),
      refused('dpop_proof_ath_mismatch'),
    );
  });
});

describe('the key of a proof', () => {
  it('is the one the token is bound to', async () => {
    const { accessToken } = await bound();
    const proof = await other.createProof({ httpMethod: 'GET', httpUrl: API_URL, accessToken });
    const error = await expectRefusal(
      verify(withProof(accessToken, proof)),
      invalidToken('dpop_binding_mismatch', offers('allowed', 'DPoP', { error: 'invalid_token' })),
    );
    expect(error.cause).toEqual({ name: 'cnf.jkt', expected: key.jkt, actual: other.jkt });
  });

  it.each(['', ' ', '='])('is not excused by a thumbprint with %j behind it', async (suffix) => {
    const jkt = `${key.jkt}${suffix}`;
    const proven = await createBoundRequest(tenant, { key, token: { claims: { cnf: { jkt } } } });
    if (suffix === '') await expect(verify(proven)).resolves.toBeTypeOf('object');
    else await expect(verify(proven)).rejects.toMatchObject({ reason: 'dpop_binding_mismatch' });
  });
});
