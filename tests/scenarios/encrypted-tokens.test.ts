import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { importPKCS8 } from 'jose';
import { describe, expect, it } from 'vitest';
import type { DecryptionKeyInput } from '../../src/index.ts';
import { expectRefusal, invalidToken, misconfigured, thrownBy } from '../support/assert-rejects.ts';
import { ecKeys, encrypt, rsaKeys } from '../support/encryption.ts';
import {
  API_URL,
  bearerRequest,
  createBoundRequest,
  dpopRequest,
  offers,
  setUp,
} from '../support/scenario.ts';

const { tenant, client, clock, createClient } = setUp();
const rsa = rsaKeys({ kid: 'rsa' });
const ec = ecKeys('P-256', { kid: 'ec' });
const decrypting = createClient({ decryptionKeys: [rsa.privateJwk, ec.privateJwk] });
const good = { sub: 'auth0|user', aud: tenant.audience };
const withKeys = (...decryptionKeys: DecryptionKeyInput[]) => createClient({ decryptionKeys });

describe('an encrypted access token', () => {
  it('verifies for the API that has the private key', async () => {
    for (const { publicJwk } of [rsa, ec]) {
      const accessToken = await tenant.issueAccessToken({ encryptFor: publicJwk, scope: 'read:books' });
      expect(accessToken.split('.')).toHaveLength(5);
      await expect(decrypting.verifyAccessToken({ accessToken })).resolves.toMatchObject(good);
      const checks = { requiredScopes: 'read:books' };
      await expect(decrypting.verifyRequest(bearerRequest(accessToken), checks)).resolves.toMatchObject(good);
    }
  });

  it.each(['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW', 'RSA-OAEP-256'])(
    'may use %s with each GCM',
    async (alg) => {
      const { publicJwk } = alg.startsWith('RSA') ? rsa : ec;
      for (const enc of ['A128GCM', 'A192GCM', 'A256GCM']) {
        const accessToken = await encrypt(await tenant.issueAccessToken(), publicJwk, { alg, enc });
        await expect(decrypting.verifyAccessToken({ accessToken })).resolves.toMatchObject(good);
      }
    },
  );

  it.each(['P-256', 'P-384', 'P-521'])('may use a key of %s', async (curve) => {
    const keys = ecKeys(curve);
    const accessToken = await tenant.issueAccessToken({ encryptFor: keys.publicJwk });
    await expect(withKeys(keys.privateJwk).verifyAccessToken({ accessToken })).resolves.toMatchObject(good);
    await expectRefusal(
      withKeys(ecKeys(curve === 'P-256' ? 'P-384' : 'P-256').privateJwk).verifyAccessToken({ accessToken }),
      invalidToken('unknown_encryption_key'),
    );
  });

  it('stays refused without keys, and plain tokens stay accepted with them', async () => {
    const accessToken = await tenant.issueAccessToken({ encryptFor: rsa.publicJwk });
    await expectRefusal(client.verifyAccessToken({ accessToken }), invalidToken('encrypted_token'));
    const plain = await tenant.issueAccessToken();
    await expect(decrypting.verifyAccessToken({ accessToken: plain })).resolves.toMatchObject(good);
  });

  it('is verified like any other once it is decrypted', async () => {
    const verify = async (token: Parameters<typeof tenant.issueAccessToken>[0]) =>
      decrypting.verifyAccessToken({
        accessToken: await tenant.issueAccessToken({ ...token, encryptFor: rsa.publicJwk }),
      });
    await expectRefusal(verify({ expiresInSeconds: -1 }), invalidToken('token_expired'));
    await expectRefusal(verify({ audience: 'https://other.example' }), invalidToken('audience_mismatch'));
    await expectRefusal(
      verify({ claims: { iss: 'https://evil.example/' } }),
      invalidToken('issuer_not_allowed'),
    );
    await expectRefusal(verify({ header: { alg: 'none' } }), invalidToken('unsupported_algorithm'));
    await expectRefusal(verify({ header: { typ: 'id+jwt' } }), invalidToken('unsupported_token_type'));
  });

  it('that was signed by nobody is refused: anyone can encrypt', async () => {
    const [header = '', payload = ''] = (await tenant.issueAccessToken()).split('.');
    const forged = `${header}.${payload}.${'A'.repeat(86)}`;
    const accessToken = await encrypt(forged, ec.publicJwk, { alg: 'ECDH-ES', enc: 'A256GCM' });
    await expectRefusal(decrypting.verifyAccessToken({ accessToken }), invalidToken('signature_invalid'));
  });

  it('is remembered by its whole text, and still expires', async () => {
    const accessToken = await tenant.issueAccessToken({ encryptFor: ec.publicJwk, expiresInSeconds: 60 });
    const first = await decrypting.verifyAccessToken({ accessToken });
    expect(await decrypting.verifyAccessToken({ accessToken })).toBe(first);
    clock.advance(60);
    await expectRefusal(decrypting.verifyAccessToken({ accessToken }), invalidToken('token_expired'));
  });

  it('leaves with a challenge when it is refused', async () => {
    const accessToken = await tenant.issueAccessToken({ encryptFor: ecKeys().publicJwk });
    const challenges = offers('allowed', 'Bearer', { error: 'invalid_token' });
    const only = withKeys(ecKeys().privateJwk);
    await expectRefusal(
      only.verifyRequest(bearerRequest(accessToken)),
      invalidToken('decryption_failed', challenges),
    );
  });
});

describe('an encrypted access token with DPoP', () => {
  it('is what the proof names, and its content names the key', async () => {
    const { request, key, accessToken } = await createBoundRequest(tenant, {
      token: { encryptFor: ec.publicJwk },
    });
    expect(accessToken.split('.')).toHaveLength(5);
    await expect(decrypting.verifyRequest(request)).resolves.toMatchObject({ cnf: { jkt: key.jkt } });
    await expectRefusal(
      decrypting.verifyRequest(bearerRequest(accessToken)),
      invalidToken('dpop_bound_token_as_bearer', offers('allowed', 'Bearer', { error: 'invalid_token' })),
    );
  });

  it('is refused with a proof for the token inside', async () => {
    const key = tenant.createDpopKey();
    const inner = await tenant.issueAccessToken({ dpopKey: key });
    const outer = await encrypt(inner, ec.publicJwk, { alg: 'ECDH-ES', enc: 'A256GCM' });
    const proof = await key.createProof({ httpMethod: 'GET', httpUrl: API_URL, accessToken: inner });
    await expect(decrypting.verifyRequest(dpopRequest(outer, proof))).rejects.toMatchObject({
      reason: 'dpop_proof_ath_mismatch',
    });
  });

  it('is decrypted for its proof alone', async () => {
    const { accessToken, proof, key } = await createBoundRequest(tenant, {
      token: { encryptFor: rsa.publicJwk },
    });
    const call = { accessToken, proof, httpMethod: 'GET', httpUrl: API_URL };
    await expectRefusal(client.verifyDpopProof(call), invalidToken('encrypted_token'));
    await expect(decrypting.verifyDpopProof(call)).resolves.toMatchObject({ jkt: key.jkt });
  });
});

describe('decryptionKeys', () => {
  it('may be PEM, JWK or CryptoKey', async () => {
    for (const [keys, alg] of [
      [rsa, 'RSA-OAEP-256'],
      [ec, 'ECDH-ES'],
    ] as const) {
      const accessToken = await tenant.issueAccessToken({ encryptFor: keys.publicJwk });
      const inputs = [keys.pem, `\n${keys.pem}\n`, keys.privateJwk, await importPKCS8(keys.pem, alg)];
      for (const input of inputs) {
        await expect(withKeys(input).verifyAccessToken({ accessToken })).resolves.toMatchObject(good);
      }
    }
  });

  it('are found by kid; one without serves any kid, and a token without is tried with all', async () => {
    const [first, second] = [ecKeys('P-256', { kid: 'first' }), ecKeys('P-256', { kid: 'second' })];
    const both = withKeys(first.privateJwk, second.privateJwk);
    const issue = (encryptFor: object) => tenant.issueAccessToken({ encryptFor });
    const verify = async (encryptFor: object, by = both) =>
      by.verifyAccessToken({ accessToken: await issue(encryptFor) });
    await expect(verify(first.publicJwk)).resolves.toMatchObject(good);
    await expect(verify(second.publicJwk)).resolves.toMatchObject(good);
    await expect(verify({ ...second.publicJwk, kid: undefined })).resolves.toMatchObject(good);
    // It names a key and was encrypted for another: the one it names is tried, and no other.
    await expectRefusal(verify({ ...second.publicJwk, kid: 'first' }), invalidToken('decryption_failed'));
    await expectRefusal(
      verify({ ...second.publicJwk, kid: 'third' }),
      invalidToken('unknown_encryption_key'),
    );
    await expect(verify(second.publicJwk, withKeys(first.pem, second.pem))).resolves.toMatchObject(good);
  });

  it('serve only the algorithm they name', async () => {
    const keys = ecKeys('P-256');
    const only = withKeys({ ...keys.privateJwk, alg: 'ECDH-ES+A256KW' });
    const issue = (alg: string) => tenant.issueAccessToken({ encryptFor: { ...keys.publicJwk, alg } });
    const accessToken = await issue('ECDH-ES+A256KW');
    await expect(only.verifyAccessToken({ accessToken })).resolves.toMatchObject(good);
    await expectRefusal(
      only.verifyAccessToken({ accessToken: await issue('ECDH-ES') }),
      invalidToken('unknown_encryption_key'),
    );
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['one key', rsa.pem],
    ['an empty list', []],
    ['too many', Array.from({ length: 11 }, () => rsa.pem)],
    ['a hole', new Array(1)],
    ['null in it', [null]],
    ['a public key', [rsa.publicJwk]],
    ['a symmetric key', [{ kty: 'oct', k: 'c2VjcmV0' }]],
    [
      'an encrypted PEM',
      ['-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----'],
    ],
    ['PKCS #1', ['-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----']],
    ['some text', ['xyzzy']],
  ])('are refused by the constructor: %s', (_title, decryptionKeys) => {
    const error = thrownBy(() => createClient({ decryptionKeys: decryptionKeys as DecryptionKeyInput[] }));
    expect(error).toMatchObject({ name: 'ConfigurationError', reason: 'invalid_option' });
    expect(error.message).toContain('`decryptionKeys` must be a list of 1 to 10 private keys');
    expect(error.message).not.toContain('xyzzy');
  });

  const weak = rsaKeys({}, 1024);
  const { privateKey: signing } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  it.each<[string, DecryptionKeyInput]>([
    ['an RSA key of 1024 bits', weak.privateJwk],
    ['the same as PEM', weak.pem],
    ['a PEM that holds nothing', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'],
    ['a key for signing', signing],
    ['a curve that is not supported', { ...ec.privateJwk, crv: 'secp256k1' }],
    ['a curve that is not the one of the point', { ...ec.privateJwk, crv: 'P-384' }],
    ['a private member that is none', { ...ec.privateJwk, d: '!' }],
    ['use sig', { ...ec.privateJwk, use: 'sig' }],
    ['key_ops for signing', { ...ec.privateJwk, key_ops: ['sign'] }],
    ['another algorithm', { ...rsa.privateJwk, alg: 'RSA-OAEP' }],
    ['the algorithm of another type', { ...rsa.privateJwk, alg: 'ECDH-ES' }],
    ['an empty kid', { ...rsa.privateJwk, kid: '' }],
  ])('are refused at first use, and by warmUp, when they cannot decrypt: %s', async (_title, key) => {
    const expected = { ...misconfigured, message: '`decryptionKeys[1]`' };
    const broken = withKeys(ec.privateJwk, key);
    const accessToken = await tenant.issueAccessToken({ encryptFor: ec.publicJwk });
    const error = await expectRefusal(broken.verifyAccessToken({ accessToken }), expected);
    await expectRefusal(broken.warmUp(), expected);
    expect(error.cause).toBeUndefined();
    // A token that is only signed does not need them.
    const plain = await tenant.issueAccessToken();
    await expect(broken.verifyAccessToken({ accessToken: plain })).resolves.toMatchObject(good);
  });

  it('refuse a CryptoKey that may not decrypt, or not by an accepted hash', async () => {
    const { subtle } = crypto;
    const generate = (hash: string) => ({
      ...{ name: 'RSA-OAEP', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash },
    });
    const sha1 = await subtle.generateKey(generate('SHA-1'), false, ['encrypt', 'decrypt']);
    const unwrap = await subtle.generateKey(generate('SHA-256'), false, ['wrapKey', 'unwrapKey']);
    const ecdsa = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
    for (const { privateKey } of [sha1, unwrap, ecdsa]) {
      await expectRefusal(withKeys(privateKey).warmUp(), {
        ...misconfigured,
        message: '`decryptionKeys[0]`',
      });
    }
    const error = thrownBy(() => withKeys(sha1.publicKey));
    expect(error).toMatchObject({ name: 'ConfigurationError' });
  });

  it('are not to be seen in the client, nor changed by who gave them', async () => {
    const keys = [ec.privateJwk];
    const own = createClient({ decryptionKeys: keys });
    keys.length = 0;
    const accessToken = await tenant.issueAccessToken({ encryptFor: ec.publicJwk });
    await expect(own.verifyAccessToken({ accessToken })).resolves.toMatchObject(good);
    const seen = inspect(own, { depth: 9, showHidden: true });
    expect(seen).not.toContain(ec.privateJwk.d);
    expect(JSON.stringify(own)).toBe('{}');
  });
});
