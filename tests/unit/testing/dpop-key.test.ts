import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { createTestTenant } from '../../../src/testing/index.ts';
import { decoded, NOW } from './support.ts';

const tenant = createTestTenant({ now: () => NOW });
const url = 'https://api.example.com/books?page=2#top';

describe('createDpopKey', () => {
  it('makes an ES256 key whose thumbprint is that of RFC 7638', async () => {
    const key = tenant.createDpopKey();
    expect(key.algorithm).toBe('ES256');
    expect(Object.keys(key.publicJwk).sort()).toEqual(['crv', 'kty', 'x', 'y']);
    expect(key.jkt).toBe(await calculateJwkThumbprint(key.publicJwk));
  });

  it.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS256'] as const)(
    'makes proofs with %s that jose accepts',
    async (algorithm) => {
      const key = tenant.createDpopKey({ algorithm });
      const proof = await key.createProof({ httpMethod: 'GET', httpUrl: url });
      const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
        typ: 'dpop+jwt',
        currentDate: new Date(NOW),
      });
      expect(protectedHeader).toEqual({ typ: 'dpop+jwt', alg: algorithm, jwk: key.publicJwk });
      expect(payload).toEqual({
        jti: expect.any(String) as unknown,
        htm: 'GET',
        htu: 'https://api.example.com/books',
        iat: NOW / 1000,
      });
      expect(key.jkt).toBe(await calculateJwkThumbprint(key.publicJwk));
    },
  );
});

describe('createProof', () => {
  const key = tenant.createDpopKey();

  it('adds the hash of the token and the nonce', async () => {
    const accessToken = await tenant.issueAccessToken({ dpopKey: key });
    const proof = await key.createProof({ httpMethod: 'GET', httpUrl: url, accessToken, nonce: 'n-1' });
    const ath = createHash('sha256').update(accessToken).digest('base64url');
    expect(decoded(proof).payload).toMatchObject({ ath, nonce: 'n-1' });
  });

  it('gives every proof its own jti', async () => {
    const proofs = await Promise.all([1, 2].map(() => key.createProof({ httpMethod: 'GET', httpUrl: url })));
    const ids = proofs.map((proof) => (decoded(proof).payload as { jti: string }).jti);
    expect(new Set(ids).size).toBe(2);
  });

  it('overrides and removes claims and header parameters', async () => {
    const proof = await key.createProof({
      httpMethod: 'GET',
      httpUrl: url,
      claims: { htm: undefined, jti: ['a'], iat: 'yesterday' },
      header: { jwk: undefined, typ: 'JWT', alg: 'none' },
    });
    expect(decoded(proof)).toEqual({
      header: { typ: 'JWT', alg: 'none' },
      payload: { jti: ['a'], htu: 'https://api.example.com/books', iat: 'yesterday' },
    });
  });

  it('leaves the URL as it is up to its query', async () => {
    const proof = await key.createProof({ httpMethod: 'get', httpUrl: 'HTTPS://API.example.com:443/a/?b' });
    expect(decoded(proof).payload).toMatchObject({ htm: 'get', htu: 'HTTPS://API.example.com:443/a/' });
  });

  it('rejects a call without a method or URL', async () => {
    // @ts-expect-error -- httpMethod is required
    await expect(key.createProof({ httpUrl: url })).rejects.toThrow(
      'createProof: the option `httpMethod` must be a string',
    );
  });
});
