import { compactDecrypt, importJWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { createTestTenant } from '../../../src/testing/index.ts';
import type { SigningAlgorithm } from '../../../src/testing/index.ts';
import { ecKeys, rsaKeys } from '../../support/encryption.ts';
import { decoded, fetchJwks, NOW, verified } from './support.ts';

const ALGORITHMS: SigningAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

const tenant = createTestTenant({ now: () => NOW, algorithm: 'ES256' });

describe('issueIdToken', () => {
  it('issues a token for the first client, signed as the tenant signs', async () => {
    const { protectedHeader, payload } = await verified(tenant, await tenant.issueIdToken({ nonce: 'n' }));
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'JWT' });
    expect(payload).toEqual({
      iss: 'https://tenant.auth0.test/',
      sub: 'auth0|user',
      aud: 'test-client',
      iat: NOW / 1000,
      exp: NOW / 1000 + 86_400,
      nonce: 'n',
    });
  });

  it('signs with HS256 when a secret is given, and names no key', async () => {
    const clientSecret = 'a-client-secret-of-more-than-32-bytes';
    const token = await tenant.issueIdToken({ clientSecret, clientId: 'app', claims: { sub: undefined } });
    const secret = new TextEncoder().encode(clientSecret);
    const { protectedHeader, payload } = await jwtVerify(token, secret, { currentDate: new Date(NOW) });
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(payload).toMatchObject({ aud: 'app' });
    expect(payload).not.toHaveProperty('sub');
  });
});

describe('issueAccessToken', () => {
  it.each([
    ['RSA-OAEP-256', rsaKeys({ kid: 'a' })],
    ['ECDH-ES', ecKeys('P-256')],
    ['ECDH-ES+A256KW', ecKeys('P-384', { alg: 'ECDH-ES+A256KW' })],
  ])('encrypts for a public key with %s', async (alg, { publicJwk, privateJwk }) => {
    const token = await tenant.issueAccessToken({ encryptFor: publicJwk });
    const { plaintext, protectedHeader } = await compactDecrypt(token, await importJWK(privateJwk, alg));
    expect(protectedHeader).toMatchObject({ alg, enc: 'A256GCM', cty: 'JWT' });
    expect(protectedHeader.kid).toBe(publicJwk.kid);
    const { payload } = await verified(tenant, new TextDecoder().decode(plaintext));
    expect(payload).toMatchObject({ sub: 'auth0|user' });
  });

  it('issues a token with the claims of RFC 9068, for nobody in particular', async () => {
    const rsa = createTestTenant({ now: () => NOW });
    const { protectedHeader, payload } = await verified(rsa, await rsa.issueAccessToken());
    const kid = (await fetchJwks(rsa)).keys[0]?.kid;
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'at+jwt', kid });
    expect(payload).toEqual({
      iss: 'https://tenant.auth0.test/',
      sub: 'auth0|user',
      aud: 'https://api.example.com',
      iat: NOW / 1000,
      exp: NOW / 1000 + 86_400,
      jti: expect.any(String) as unknown,
      azp: 'test-client',
      client_id: 'test-client',
    });
  });

  it('puts every option into its claim', async () => {
    const dpopKey = tenant.createDpopKey();
    const token = await tenant.issueAccessToken({
      audience: ['https://a.example', 'https://b.example'],
      sub: 'auth0|ada',
      clientId: 'mobile-app',
      scope: ['read:books', 'write:books'],
      permissions: ['read:books'],
      act: ['newest', 'older', 'oldest'],
      dpopKey,
      expiresInSeconds: 60,
      claims: { org_id: 'org_1' },
    });
    expect((await verified(tenant, token)).payload).toMatchObject({
      aud: ['https://a.example', 'https://b.example'],
      sub: 'auth0|ada',
      azp: 'mobile-app',
      client_id: 'mobile-app',
      scope: 'read:books write:books',
      permissions: ['read:books'],
      act: { sub: 'newest', act: { sub: 'older', act: { sub: 'oldest' } } },
      cnf: { jkt: dpopKey.jkt },
      exp: NOW / 1000 + 60,
      org_id: 'org_1',
    });
  });

  it('takes actors with their issuer, beside mere names', async () => {
    const act = [{ sub: 'newest', iss: 'https://a.example/' }, 'older', { sub: 'oldest', iss: undefined }];
    const { payload } = decoded(await tenant.issueAccessToken({ act }));
    expect(payload).toHaveProperty('act', {
      sub: 'newest',
      iss: 'https://a.example/',
      act: { sub: 'older', act: { sub: 'oldest' } },
    });
    expect(decoded(await tenant.issueAccessToken({ act: [] })).payload).not.toHaveProperty('act');
  });

  it.each([
    ['agent'],
    [7],
    [[7]],
    [[{ iss: 'https://a.example/' }]],
    [[{ sub: 'a', act: { sub: 'b' } }]],
    [[{ sub: 'a', iss: 7 }]],
  ])('refuses %j for actors', async (act) => {
    const issuing = async () => await tenant.issueAccessToken({ act: act as never });
    await expect(issuing()).rejects.toThrow('`act` must be an array of strings, or of { sub, iss? }');
  });

  it('takes a scope string as it is', async () => {
    const token = await tenant.issueAccessToken({ scope: 'read:books  write:books' });
    expect(decoded(token).payload).toHaveProperty('scope', 'read:books  write:books');
  });

  it('issues tokens that have expired', async () => {
    const token = await tenant.issueAccessToken({ expiresInSeconds: -1 });
    await expect(verified(tenant, token)).rejects.toThrow(/"exp"/u);
  });

  it('gives every token its own jti', async () => {
    const tokens = await Promise.all([tenant.issueAccessToken(), tenant.issueAccessToken()]);
    const ids = tokens.map((token) => (decoded(token).payload as { jti: string }).jti);
    expect(new Set(ids).size).toBe(2);
  });

  it('removes claims and header parameters that are set to undefined', async () => {
    const token = await tenant.issueAccessToken({
      claims: { sub: undefined, jti: undefined, azp: undefined, client_id: undefined },
      header: { typ: undefined, kid: undefined },
    });
    expect(decoded(token)).toEqual({
      header: { alg: 'ES256' },
      payload: {
        iss: tenant.issuer,
        aud: tenant.audience,
        iat: NOW / 1000,
        exp: NOW / 1000 + 86_400,
      },
    });
  });

  it('keeps a claim named __proto__ as a plain claim', async () => {
    const claims = JSON.parse('{ "__proto__": { "admin": true } }') as Record<string, unknown>;
    const token = await tenant.issueAccessToken({ claims });
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    expect(payload).toContain('"__proto__":{"admin":true}');
    expect(Object.hasOwn(JSON.parse(payload) as object, '__proto__')).toBe(true);
  });

  it.each(['none', 'HS256', 42, null])('writes alg %j into the header and signs for real', async (alg) => {
    const token = await tenant.issueAccessToken({ header: { alg, crit: ['exp'] } });
    expect(decoded(token).header).toMatchObject({ alg, crit: ['exp'], typ: 'at+jwt' });
    const honest = await tenant.issueAccessToken();
    expect(token.split('.')[2]).toHaveLength(honest.split('.')[2]?.length ?? 0);
  });

  it.each(ALGORITHMS)('signs with %s', async (algorithm) => {
    const other = createTestTenant({ algorithm, now: () => NOW });
    const { protectedHeader } = await verified(other, await other.issueAccessToken());
    expect(protectedHeader.alg).toBe(algorithm);
    expect((await fetchJwks(other)).keys[0]).toMatchObject({ use: 'sig', alg: algorithm });
  });

  it('follows the injected clock', async () => {
    let now = NOW;
    const moving = createTestTenant({ now: () => now, algorithm: 'ES256' });
    now += 5_900;
    expect(decoded(await moving.issueAccessToken()).payload).toMatchObject({ iat: NOW / 1000 + 5 });
  });
});

describe('rotateKeys', () => {
  const rotating = () => createTestTenant({ now: () => NOW, algorithm: 'ES256' });

  it('signs with a new key at once and drops the old one', async () => {
    const subject = rotating();
    const before = await subject.issueAccessToken();
    subject.rotateKeys();
    const after = await subject.issueAccessToken();
    await expect(verified(subject, after)).resolves.toBeDefined();
    await expect(verified(subject, before)).rejects.toThrow(/no applicable key/u);
    expect((await fetchJwks(subject)).keys).toHaveLength(1);
  });

  it('keeps the old keys published when told to', async () => {
    const subject = rotating();
    const tokens = [await subject.issueAccessToken()];
    subject.rotateKeys({ keepPrevious: true });
    tokens.push(await subject.issueAccessToken());
    subject.rotateKeys({ keepPrevious: true });
    tokens.push(await subject.issueAccessToken());
    for (const token of tokens) await expect(verified(subject, token)).resolves.toBeDefined();
    const { keys } = await fetchJwks(subject);
    expect(new Set(keys.map((key) => key.kid)).size).toBe(3);
    expect(decoded(tokens[2] ?? '').header).toHaveProperty('kid', keys[0]?.kid);
  });

  it('can change the algorithm', async () => {
    const subject = rotating();
    subject.rotateKeys({ algorithm: 'EdDSA' });
    const { protectedHeader } = await verified(subject, await subject.issueAccessToken());
    expect(protectedHeader.alg).toBe('EdDSA');
  });

  it('never publishes a private member', async () => {
    const { keys } = await fetchJwks(createTestTenant());
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });
});
