import { createHash, createPublicKey } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type ErrorReason,
  VerifyIdTokenError,
  type VerifyIdTokenOptions,
  VerifyAccessTokenError,
} from '../../src/index.ts';
import type { IssueIdTokenOptions } from '../../src/testing/index.ts';
import {
  expectRefusal,
  invalidToken,
  misconfigured,
  missingArgument,
  outage,
  type Refusal,
} from '../support/assert-rejects.ts';
import { craftIssuer, encode, replaceParts } from '../support/crafted-issuer.ts';
import { rsaKeys } from '../support/encryption.ts';
import { NOW_SECONDS, setUp } from '../support/scenario.ts';

const { tenant, client, createClient } = setUp({ algorithm: 'RS256' });
const SECRET = 'a-client-secret-of-more-than-32-bytes';

const refused = (reason: ErrorReason): Refusal<VerifyIdTokenError> => ({
  type: VerifyIdTokenError,
  code: 'invalid_token',
  reason,
  statusCode: 401,
});

/** Verifies a token that the tenant issues as told. */
const verify = async (
  token: IssueIdTokenOptions = {},
  options: Omit<VerifyIdTokenOptions, 'idToken'> = {},
  by = client,
) => by.verifyIdToken({ idToken: await tenant.issueIdToken(token), ...options });

/** A call as a program without types may make it. */
const callWith = (options: unknown) => client.verifyIdToken(options as VerifyIdTokenOptions);

describe('an ID token', () => {
  it('gives its claims, deeply frozen', async () => {
    const claims = await verify({ claims: { email: 'ada@example.com', address: { country: 'GB' } } });
    expect(claims).toMatchObject({
      iss: tenant.issuer,
      sub: 'auth0|user',
      aud: tenant.clientId,
      email: 'ada@example.com',
    });
    expect(Object.isFrozen(claims)).toBe(true);
    expect(Object.isFrozen(claims.address)).toBe(true);
  });

  it('comes with an exchange, and verifies for the client that asked', async () => {
    const { idToken = '' } = await client.getTokenByExchangeProfile({
      subjectToken: 'user:ada',
      subjectTokenType: 'urn:example:subject-token',
      scope: 'openid',
    });
    expect(await client.verifyIdToken({ idToken })).toMatchObject({ sub: 'ada', aud: tenant.clientId });
  });

  it.each([
    ['opaque', 'opaque_token'],
    ['a.b.c.d.e', 'encrypted_token'],
    ['a.b.c', 'malformed_token'],
    ['a b', 'malformed_token'],
    ['x'.repeat(16 * 1024 + 1), 'token_too_large'],
    [7, 'malformed_token'],
    [['a.b.c'], 'malformed_token'],
    [{}, 'malformed_token'],
  ] as const)('%# is refused by its form alone', async (idToken, reason) => {
    const { tenant: fresh, client: asked } = setUp();
    await expectRefusal(
      asked.verifyIdToken({ idToken: idToken as string, clientId: 'any' }),
      refused(reason),
    );
    expect(fresh.requests).toEqual([]);
  });

  it.each([
    [{ alg: 'none' }, 'unsupported_algorithm'],
    [{ alg: 'HS256' }, 'unsupported_algorithm'],
    [{ alg: 'RS512' }, 'unsupported_algorithm'],
    [{ alg: 'rs256' }, 'unsupported_algorithm'],
    [{ alg: ['RS256'] }, 'unsupported_algorithm'],
    [{ alg: undefined }, 'unsupported_algorithm'],
    [{ crit: ['x'] }, 'unsupported_header'],
    [{ b64: false }, 'unsupported_header'],
    [{ zip: 'DEF' }, 'unsupported_header'],
    [{ typ: 'at+jwt' }, 'unsupported_token_type'],
    [{ typ: 'logout+jwt' }, 'unsupported_token_type'],
    [{ typ: 'dpop+jwt' }, 'unsupported_token_type'],
    [{ typ: null }, 'unsupported_token_type'],
    [{ kid: undefined }, 'missing_kid'],
    [{ kid: '' }, 'missing_kid'],
    [{ kid: ['a'] }, 'missing_kid'],
  ] as const)('with the header %j is refused before anything is fetched', async (header, reason) => {
    const { tenant: fresh, client: asked } = setUp({ algorithm: 'RS256' });
    const idToken = await fresh.issueIdToken({ header });
    await expectRefusal(asked.verifyIdToken({ idToken }), refused(reason));
    expect(fresh.requests).toEqual([]);
  });

  it.each([[undefined], ['jwt'], ['JWT']])('may have the type %j', async (typ) => {
    await expect(verify({ header: { typ } })).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it('of an issuer that is not allowed is refused before anything is fetched', async () => {
    const { tenant: fresh, client: asked } = setUp({ algorithm: 'RS256' });
    for (const iss of ['https://evil.example/', 'http://tenant.auth0.test/', 'tenant.auth0.test.evil']) {
      const idToken = await fresh.issueIdToken({ claims: { iss } });
      await expectRefusal(asked.verifyIdToken({ idToken }), refused('issuer_not_allowed'));
    }
    for (const iss of [undefined, '', 7, ['https://tenant.auth0.test/']]) {
      const idToken = await fresh.issueIdToken({ claims: { iss } });
      await expectRefusal(asked.verifyIdToken({ idToken }), refused('issuer_missing'));
    }
    expect(fresh.requests).toEqual([]);
  });

  it('must spell its issuer as the metadata does', async () => {
    await expectRefusal(verify({ claims: { iss: `https://${tenant.domain}` } }), refused('issuer_mismatch'));
  });

  it('of an unknown key, or with a signature that does not fit, is refused', async () => {
    await expectRefusal(verify({ header: { kid: 'other' } }), refused('unknown_kid'));
    const good = await tenant.issueIdToken();
    const other = await tenant.issueIdToken({ sub: 'auth0|admin' });
    const forged = replaceParts(good, { payload: other.split('.')[1] ?? '' });
    await expectRefusal(client.verifyIdToken({ idToken: forged }), refused('signature_invalid'));
  });

  it('fails with 503 when the keys cannot be had', async () => {
    const { tenant: fresh, client: asked } = setUp({ algorithm: 'RS256' });
    fresh.fail('jwks', 500);
    const idToken = await fresh.issueIdToken();
    await expectRefusal(asked.verifyIdToken({ idToken }), outage('jwks_unavailable'));
  });

  it('asks the resolver of domains, with the request', async () => {
    const seen: unknown[] = [];
    const asked = createClient({
      domains: (context) => {
        seen.push(context);
        return [tenant.domain];
      },
    });
    const headers = { host: 'api.example.com' };
    await verify({}, { httpUrl: 'https://api.example.com/', headers }, asked);
    expect(seen).toEqual([
      { requestUrl: 'https://api.example.com/', requestHeaders: headers, unverifiedIss: tenant.issuer },
    ]);
  });

  it('speaks of ID tokens when it is refused', async () => {
    const error = await expectRefusal(verify({ expiresInSeconds: -1 }), refused('token_expired'));
    expect(error.message).toBe('The ID token has expired.');
    const type = await expectRefusal(
      verify({ header: { typ: 'at+jwt' } }),
      refused('unsupported_token_type'),
    );
    expect(type.message).toBe('The token is not an ID token.');
    const encrypted = await expectRefusal(callWith({ idToken: 'a.b.c.d.e' }), refused('encrypted_token'));
    expect(encrypted.message).toBe('Encrypted ID tokens are not supported.');
  });
});

describe('the registered claims of an ID token', () => {
  it.each<[string, Record<string, unknown>, ErrorReason]>([
    ['another client', { aud: 'other' }, 'audience_mismatch'],
    ['no audience', { aud: undefined }, 'audience_mismatch'],
    ['an empty list', { aud: [] }, 'audience_mismatch'],
    ['a nested list', { aud: [[tenant.clientId]] }, 'audience_mismatch'],
    ['an object', { aud: { 0: tenant.clientId } }, 'audience_mismatch'],
    ['a beginning of the client', { aud: tenant.clientId.slice(0, -1) }, 'audience_mismatch'],
    ['a list with no text in it', { aud: [tenant.clientId, 7], azp: tenant.clientId }, 'claim_invalid'],
    ['several audiences without azp', { aud: [tenant.clientId, 'b'] }, 'claim_missing'],
    ['several audiences, another azp', { aud: [tenant.clientId, 'b'], azp: 'b' }, 'audience_mismatch'],
    ['the same audience twice, no azp', { aud: [tenant.clientId, tenant.clientId] }, 'claim_missing'],
    ['one audience, another azp', { azp: 'b' }, 'audience_mismatch'],
    ['an azp that is a list', { azp: [tenant.clientId] }, 'claim_invalid'],
    ['no sub', { sub: undefined }, 'claim_missing'],
    ['an empty sub', { sub: '' }, 'claim_invalid'],
    ['a sub that is a list', { sub: ['auth0|user'] }, 'claim_invalid'],
    ['no exp', { exp: undefined }, 'claim_missing'],
    ['an exp that is text', { exp: '99999999999' }, 'claim_invalid'],
    ['no iat', { iat: undefined }, 'claim_missing'],
    ['an iat that is null', { iat: null }, 'claim_invalid'],
    ['an nbf ahead', { nbf: NOW_SECONDS + 1 }, 'token_not_yet_valid'],
    ['an exp of now', { exp: NOW_SECONDS }, 'token_expired'],
  ])('are refused: %s', async (_title, claims, reason) => {
    await expectRefusal(verify({ claims }), refused(reason));
  });

  it('may name several audiences when azp names the client', async () => {
    const aud = ['other', tenant.clientId];
    await expect(verify({ claims: { aud, azp: tenant.clientId } })).resolves.toMatchObject({ aud });
    await expect(verify({ claims: { aud: [tenant.clientId] } })).resolves.toMatchObject({
      sub: 'auth0|user',
    });
  });

  it('are held against the client of the call', async () => {
    await expect(verify({ clientId: 'spa' }, { clientId: 'spa' })).resolves.toMatchObject({ aud: 'spa' });
    await expectRefusal(verify({}, { clientId: 'spa' }), refused('audience_mismatch'));
  });

  it('expire with the tolerance of the client, to the second', async () => {
    const tolerant = createClient({ clockToleranceSeconds: 5 });
    await expect(verify({ expiresInSeconds: -4 }, {}, tolerant)).resolves.toMatchObject({
      sub: 'auth0|user',
    });
    await expectRefusal(verify({ expiresInSeconds: -5 }, {}, tolerant), refused('token_expired'));
  });

  it('may not hide behind a prototype', async () => {
    const { tenant: fresh, client: asked } = setUp({ client: { clientId: 'app' } });
    const issuer = craftIssuer(fresh);
    const inherited = `{"__proto__":{"sub":"auth0|admin"},"iss":"${fresh.issuer}","aud":"app","exp":${NOW_SECONDS + 60},"iat":1}`;
    const header = JSON.stringify({ alg: 'ES256', kid: issuer.kid });
    const call = { idToken: issuer.sign(header, inherited), algorithm: 'ES256' };
    await expectRefusal(asked.verifyIdToken(call), refused('claim_missing'));
  });
});

describe('the nonce', () => {
  it('must be the one of the login', async () => {
    await expect(verify({ nonce: 'n-1' }, { nonce: 'n-1' })).resolves.toMatchObject({ nonce: 'n-1' });
    for (const nonce of ['n-2', 'n-1 ', 'n-', 'n-11', 'N-1']) {
      const error = await expectRefusal(
        verify({ nonce: 'n-1' }, { nonce }),
        refused('id_token_nonce_mismatch'),
      );
      expect(inspect(error, { depth: 9 })).not.toContain('n-1');
    }
  });

  it('must be in the token when one is given, and must be text', async () => {
    await expectRefusal(verify({}, { nonce: 'n-1' }), refused('claim_missing'));
    for (const nonce of [['n-1'], { 0: 'n-1' }, 1, null, '']) {
      await expectRefusal(verify({ claims: { nonce } }, { nonce: 'n-1' }), refused('claim_invalid'));
    }
  });

  it('is not looked at when none is given', async () => {
    await expect(verify({ nonce: 'n-1' })).resolves.toMatchObject({ nonce: 'n-1' });
  });
});

describe('maxAgeSeconds', () => {
  it('counts from auth_time, with the tolerance, to the second', async () => {
    const at = (age: number) => ({ claims: { auth_time: NOW_SECONDS - age } });
    await expect(verify(at(60), { maxAgeSeconds: 60 })).resolves.toMatchObject({ sub: 'auth0|user' });
    await expectRefusal(verify(at(61), { maxAgeSeconds: 60 }), refused('id_token_auth_too_old'));
    await expect(verify(at(0), { maxAgeSeconds: 0 })).resolves.toMatchObject({ sub: 'auth0|user' });
    const tolerant = createClient({ clockToleranceSeconds: 5 });
    await expect(verify(at(65), { maxAgeSeconds: 60 }, tolerant)).resolves.toMatchObject({
      aud: tenant.clientId,
    });
    await expectRefusal(verify(at(66), { maxAgeSeconds: 60 }, tolerant), refused('id_token_auth_too_old'));
  });

  it('needs auth_time, as a number', async () => {
    await expectRefusal(verify({}, { maxAgeSeconds: 60 }), refused('claim_missing'));
    for (const auth_time of [String(NOW_SECONDS), null, [NOW_SECONDS], {}]) {
      await expectRefusal(verify({ claims: { auth_time } }, { maxAgeSeconds: 60 }), refused('claim_invalid'));
    }
  });
});

describe('organization', () => {
  it.each([
    ['org_1', { org_id: 'org_1' }],
    ['acme', { org_name: 'acme' }],
    ['ACME', { org_name: 'acme' }],
    ['acme', { org_name: 'Acme' }],
  ])('%s is met by %j', async (organization, claims) => {
    await expect(verify({ claims }, { organization })).resolves.toMatchObject(claims);
  });

  it.each<[string, Record<string, unknown>, ErrorReason]>([
    ['org_1', { org_id: 'org_2' }, 'organization_mismatch'],
    ['org_1', { org_id: 'ORG_1' }, 'organization_mismatch'],
    ['org_1', { org_name: 'org_1' }, 'claim_missing'],
    ['org_1', { org_id: ['org_1'] }, 'claim_invalid'],
    ['org_1', { org_id: { toString: 'org_1' } }, 'claim_invalid'],
    ['acme', { org_name: 'other' }, 'organization_mismatch'],
    ['acme', { org_id: 'acme' }, 'claim_missing'],
    ['acme', { org_name: null }, 'claim_invalid'],
    ['acme', {}, 'claim_missing'],
    ['kelvin', { org_name: '\u212aelvin' }, 'organization_mismatch'],
  ])('%s is not met by %j', async (organization, claims, reason) => {
    await expectRefusal(verify({ claims }, { organization }), refused(reason));
  });
});

describe('the access token beside an ID token', () => {
  // OpenID Connect Core, A.3 and A.4: the hash of the first token of its examples.
  const accessToken = 'jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y';
  const at_hash = '77QmUPtjPfzWtF2AnpK9RQ';

  it('must have the hash that the ID token holds', async () => {
    await expect(verify({ claims: { at_hash } }, { accessToken })).resolves.toMatchObject({ at_hash });
    const other = refused('id_token_at_hash_mismatch');
    const error = await expectRefusal(
      verify({ claims: { at_hash } }, { accessToken: `${accessToken}a` }),
      other,
    );
    expect(error.message).toBe('The ID token was issued together with another access token.');
    for (const wrong of ['77QmUPtjPfzWtF2AnpK9RR', '77QmUPtjPfzWtF2AnpK9', 'AA', '!']) {
      await expectRefusal(verify({ claims: { at_hash: wrong } }, { accessToken }), other);
    }
    await expectRefusal(verify({}, { accessToken }), refused('claim_missing'));
    await expectRefusal(
      verify({ claims: { at_hash: [at_hash] } }, { accessToken }),
      refused('claim_invalid'),
    );
  });
});

describe('the hash of the access token', () => {
  it.each([
    ['ES384', 'sha384'],
    ['PS512', 'sha512'],
    ['EdDSA', 'sha512'],
  ] as const)('is the one of %s', async (algorithm, hash) => {
    const other = setUp({ algorithm });
    const accessToken = await other.tenant.issueAccessToken();
    const digest = createHash(hash).update(accessToken).digest();
    const at_hash = encode(digest.subarray(0, digest.byteLength / 2));
    const idToken = await other.tenant.issueIdToken({ claims: { at_hash } });
    const call = { idToken, algorithm, accessToken };
    await expect(other.client.verifyIdToken(call)).resolves.toMatchObject({ at_hash });
    const whole = await other.tenant.issueIdToken({ claims: { at_hash: encode(digest) } });
    await expectRefusal(
      other.client.verifyIdToken({ ...call, idToken: whole }),
      refused('id_token_at_hash_mismatch'),
    );
  });
});

describe('the algorithm of the call', () => {
  it.each(['PS256', 'RS512', 'ES256', 'ES384', 'EdDSA'] as const)(
    'may be %s, and is the only one',
    async (algorithm) => {
      const other = setUp({ algorithm });
      const idToken = await other.tenant.issueIdToken();
      await expect(other.client.verifyIdToken({ idToken, algorithm })).resolves.toMatchObject({
        sub: 'auth0|user',
      });
      await expectRefusal(other.client.verifyIdToken({ idToken }), refused('unsupported_algorithm'));
    },
  );

  it('may be HS256, with the secret of the client and no key of the issuer', async () => {
    const asked = createClient({ clientSecret: SECRET });
    const call = { algorithm: 'HS256' };
    await expect(verify({ clientSecret: SECRET }, call, asked)).resolves.toMatchObject({ sub: 'auth0|user' });
    const wrong = verify({ clientSecret: `${SECRET}x` }, call, asked);
    await expectRefusal(wrong, refused('signature_invalid'));
    await expectRefusal(verify({}, call, asked), refused('unsupported_algorithm'));
    await expectRefusal(verify({ clientSecret: SECRET }, {}, asked), refused('unsupported_algorithm'));
  });

  it('as HS256 takes the secret of another client from the call only', async () => {
    const asked = createClient({ clientSecret: SECRET });
    const token = { clientId: 'spa', clientSecret: SECRET };
    const call = { algorithm: 'HS256', clientId: 'spa' };
    await expectRefusal(verify(token, call, asked), missingArgument('clientSecret'));
    const claims = await verify(token, { ...call, clientSecret: SECRET }, asked);
    expect(claims).toMatchObject({ aud: 'spa' });
  });

  it('as HS256 wants 32 bytes of secret, and no key', async () => {
    const { publicJwk } = rsaKeys();
    const pem = createPublicKey({ key: { ...publicJwk }, format: 'jwk' })
      .export({ type: 'spki', format: 'pem' })
      .toString();
    const jwk = JSON.stringify(publicJwk);
    for (const clientSecret of ['x'.repeat(31), pem, ` ${jwk}`, `\n${pem}`]) {
      const error = await expectRefusal(
        verify({ clientSecret }, { algorithm: 'HS256', clientSecret }),
        misconfigured,
      );
      expect(inspect(error, { depth: 9 })).not.toContain(clientSecret);
    }
    const shortest = 'é'.repeat(16);
    const call = { algorithm: 'HS256', clientSecret: shortest };
    await expect(verify({ clientSecret: shortest }, call)).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it('as HS256 is refused with a signature that is cut, longer or empty', async () => {
    const asked = createClient({ clientSecret: SECRET });
    const good = await tenant.issueIdToken({ clientSecret: SECRET });
    const signature = good.split('.')[2] ?? '';
    for (const [forged, reason] of [
      [signature.slice(0, 40), 'signature_invalid'],
      [`${signature.slice(0, -3)}AAA`, 'signature_invalid'],
      [encode(new Uint8Array(64)), 'signature_invalid'],
      ['', 'malformed_token'],
    ] as const) {
      const idToken = replaceParts(good, { signature: forged });
      await expectRefusal(asked.verifyIdToken({ idToken, algorithm: 'HS256' }), refused(reason));
    }
  });
});

describe('tokens of another kind', () => {
  it('an access token is no ID token, even for an audience that is the client', async () => {
    const idToken = await tenant.issueAccessToken({ audience: tenant.clientId });
    await expectRefusal(client.verifyIdToken({ idToken }), refused('unsupported_token_type'));
    const plain = await tenant.issueAccessToken({ header: { typ: 'JWT' } });
    await expectRefusal(client.verifyIdToken({ idToken: plain }), refused('audience_mismatch'));
  });

  it('an ID token is no access token', async () => {
    const accessToken = await tenant.issueIdToken();
    const error = await expectRefusal(
      client.verifyAccessToken({ accessToken }),
      invalidToken('audience_mismatch'),
    );
    expect(error).toBeInstanceOf(VerifyAccessTokenError);
  });
});

describe('a call of verifyIdToken', () => {
  it.each([undefined, null, 'token', [], {}, { idToken: undefined }, { idToken: null }, { idToken: '' }])(
    'needs a token: %j',
    async (options) => {
      await expectRefusal(callWith(options), missingArgument('idToken'));
    },
  );

  it('needs a client', async () => {
    const nobody = createClient({ clientId: undefined, clientSecret: undefined });
    await expectRefusal(verify({}, {}, nobody), missingArgument('clientId'));
    await expect(verify({}, { clientId: tenant.clientId }, nobody)).resolves.toMatchObject({
      aud: tenant.clientId,
    });
    await expectRefusal(
      verify({}, { algorithm: 'HS256', clientId: 'a' }, nobody),
      missingArgument('clientSecret'),
    );
  });

  it.each([
    ['nonce', null],
    ['nonce', ''],
    ['nonce', ['n']],
    ['clientId', ''],
    ['clientId', ['a']],
    ['maxAgeSeconds', -1],
    ['maxAgeSeconds', Number.NaN],
    ['maxAgeSeconds', Number.POSITIVE_INFINITY],
    ['maxAgeSeconds', '60'],
    ['maxAgeSeconds', null],
    ['organization', ''],
    ['organization', null],
    ['accessToken', ''],
    ['accessToken', null],
    ['algorithm', 'none'],
    ['algorithm', 'HS512'],
    ['algorithm', ['RS256']],
    ['algorithm', '__proto__'],
    ['clientSecret', ''],
    ['clientSecret', 7],
    ['noncee', 'n'],
    ['__proto__x', 'n'],
  ])('with %s: %j is refused, and says so', async (name, value) => {
    const idToken = await tenant.issueIdToken({ nonce: 'n' });
    await expectRefusal(callWith({ idToken, [name]: value }), { ...misconfigured, message: `\`${name}\`` });
  });

  it('leaves nothing of the token in an error', async () => {
    const idToken = await tenant.issueIdToken({ claims: { aud: 'other' } });
    const error = await expectRefusal(client.verifyIdToken({ idToken }), refused('audience_mismatch'));
    for (const part of idToken.split('.')) expect(inspect(error, { depth: 9 })).not.toContain(part);
  });
});
