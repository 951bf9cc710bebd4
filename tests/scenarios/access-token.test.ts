import { createHmac, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ApiClient, type ApiClientOptions } from '../../src/index.ts';
import { createTestTenant, type SigningAlgorithm, type TestTenant } from '../../src/testing/index.ts';
import { expectRefusal, invalidToken, missingArgument } from '../support/assert-rejects.ts';
import { craftIssuer, decode, encode, replaceParts } from '../support/crafted-issuer.ts';
import { NOW, setUp } from '../support/scenario.ts';

const { tenant, createClient } = setUp({ algorithm: 'RS256' });
const good = await tenant.issueAccessToken();
const verify = (accessToken: string, options: Partial<ApiClientOptions> = {}) =>
  createClient(options).verifyAccessToken({ accessToken });

describe('the text of an access token', () => {
  it('is accepted as the tenant issues it, with the default options', async () => {
    const plain = new ApiClient({
      domain: tenant.domain,
      audience: tenant.audience,
      customFetch: tenant.fetch,
      now: () => NOW,
    });
    await expect(plain.verifyAccessToken({ accessToken: good })).resolves.toMatchObject({
      iss: tenant.issuer,
      sub: 'auth0|user',
      aud: tenant.audience,
    });
  });

  it('has at most 16 KiB', async () => {
    const longest = await tokenOfLength(tenant, 16 * 1024);
    await expect(verify(longest)).resolves.toMatchObject({ sub: 'auth0|user' });
    await expectRefusal(verify(await tokenOfLength(tenant, 16 * 1024 + 1)), invalidToken('token_too_large'));
  });

  it.each([
    ['opaque', 'opaque_token'],
    ['two.parts', 'opaque_token'],
    ['a.b.c.d', 'opaque_token'],
    ['a.b.c.d.e.f', 'opaque_token'],
    ['a.b.c.d.e', 'encrypted_token'],
    [`${encode('{"alg":"RSA-OAEP","enc":"A256GCM"}')}.a.b.c.d`, 'encrypted_token'],
    ['a.b.c', 'malformed_token'],
    ['..', 'malformed_token'],
    [`Bearer ${good}`, 'malformed_token'],
    [` ${good}`, 'malformed_token'],
    [`${good}\n`, 'malformed_token'],
    [`${good}=`, 'malformed_token'],
    [replaceParts(good, { header: '' }), 'malformed_token'],
    [replaceParts(good, { payload: '' }), 'malformed_token'],
    [replaceParts(good, { signature: '' }), 'malformed_token'],
    [replaceParts(good, { signature: 'A' }), 'malformed_token'],
    [replaceParts(good, { signature: 'AB' }), 'malformed_token'],
    [replaceParts(good, { signature: 'a+/b' }), 'malformed_token'],
    [replaceParts(good, { header: encode('no JSON') }), 'malformed_token'],
    [replaceParts(good, { header: encode('[]') }), 'malformed_token'],
    [replaceParts(good, { header: encode('null') }), 'malformed_token'],
    [replaceParts(good, { header: encode('"text"') }), 'malformed_token'],
    [replaceParts(good, { payload: encode('7') }), 'malformed_token'],
    [replaceParts(good, { payload: encode('[{}]') }), 'malformed_token'],
    [replaceParts(good, { payload: encode('{"iss":') }), 'malformed_token'],
    [replaceParts(good, { payload: encode('\ufeff{}') }), 'malformed_token'],
    [replaceParts(good, { payload: encode(new Uint8Array([0x7b, 0xff, 0x7d])) }), 'malformed_token'],
  ] as const)('%# is refused: %.40s is %s', async (token, reason) => {
    tenant.clearRequests();
    await expectRefusal(verify(token), invalidToken(reason));
    expect(tenant.requests).toEqual([]);
  });

  it.each([7, true, {}, [good]])('is refused when it is no text: %j', async (token) => {
    await expectRefusal(verify(token as unknown as string), invalidToken('malformed_token'));
  });

  it.each([undefined, null, ''])('is missing when it is %j', async (token) => {
    await expectRefusal(verify(token as unknown as string), missingArgument('accessToken'));
  });

  it('is refused when one bit of the signature differs', async () => {
    const signature = Buffer.from(good.split('.')[2] ?? '', 'base64url');
    signature[0] = (signature[0] ?? 0) ^ 1;
    await expectRefusal(
      verify(replaceParts(good, { signature: encode(signature) })),
      invalidToken('signature_invalid'),
    );
  });

  it('is refused when its payload is that of another token', async () => {
    const other = await tenant.issueAccessToken({ sub: 'auth0|admin' });
    const [, payload = ''] = other.split('.');
    await expectRefusal(verify(replaceParts(good, { payload })), invalidToken('signature_invalid'));
  });
});

describe('the algorithm of an access token', () => {
  const ALGORITHMS: SigningAlgorithm[] = [
    ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
    ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
  ];
  it.each(ALGORITHMS)('may be %s when it is configured, and not otherwise', async (algorithm) => {
    const other = setUp({ algorithm });
    const accessToken = await other.tenant.issueAccessToken();
    await expect(other.client.verifyAccessToken({ accessToken })).resolves.toMatchObject({
      sub: 'auth0|user',
    });
    const picky = other.createClient({ algorithms: [algorithm === 'RS256' ? 'ES256' : 'RS256'] });
    await expectRefusal(picky.verifyAccessToken({ accessToken }), invalidToken('unsupported_algorithm'));
  });

  it.each([
    ['none'],
    ['None'],
    ['HS256'],
    ['rs256'],
    ['RS256 '],
    [''],
    [null],
    [['RS256']],
    [undefined],
    ['__proto__'],
  ])('is refused as %j before anything is fetched', async (alg) => {
    const token = await tenant.issueAccessToken({ header: { alg } });
    tenant.clearRequests();
    await expectRefusal(verify(token), invalidToken('unsupported_algorithm'));
    expect(tenant.requests).toEqual([]);
  });

  it('is refused as none without a signature', async () => {
    const header = encode(JSON.stringify({ ...decode(good).header, alg: 'none' }));
    await expectRefusal(
      verify(replaceParts(good, { header, signature: '' })),
      invalidToken('malformed_token'),
    );
  });

  it('is refused as HS256 with the public key as secret, in whatever form', async () => {
    const jwk = await firstKey(tenant);
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const { kid } = jwk;
    for (const secret of [
      key.export({ type: 'spki', format: 'pem' }),
      key.export({ type: 'spki', format: 'der' }),
      key.export({ type: 'pkcs1', format: 'pem' }),
      JSON.stringify(jwk),
      String(jwk.n),
    ]) {
      const input = `${encode(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid }))}.${good.split('.')[1] ?? ''}`;
      const signature = createHmac('sha256', secret).update(input).digest('base64url');
      await expectRefusal(verify(`${input}.${signature}`), invalidToken('unsupported_algorithm'));
    }
  });

  it.each(['RS384', 'PS256', 'ES256', 'EdDSA'])('must be that of the key: %s is not', async (alg) => {
    const token = await tenant.issueAccessToken({ header: { alg } });
    const verification = verify(token, { algorithms: ['RS256', alg] });
    await expectRefusal(verification, invalidToken('unsupported_algorithm'));
  });

  it('is taken at its word for a key that allows several, and then the signature must fit', async () => {
    const other = setUp({ algorithm: 'RS256' });
    const jwk = { ...(await firstKey(other.tenant)), alg: undefined };
    other.tenant.fail('jwks', { body: { keys: [jwk] } });
    const several = other.createClient({ algorithms: ['RS256', 'PS256'] });
    const right = await other.tenant.issueAccessToken();
    const wrong = await other.tenant.issueAccessToken({ header: { alg: 'PS256' } });
    await expect(several.verifyAccessToken({ accessToken: right })).resolves.toMatchObject({
      sub: 'auth0|user',
    });
    await expectRefusal(several.verifyAccessToken({ accessToken: wrong }), invalidToken('signature_invalid'));
  });
});

describe('the header of an access token', () => {
  it.each<[string, unknown]>([
    ['crit', ['exp']],
    ['crit', []],
    ['crit', null],
    ['b64', false],
    ['b64', true],
    ['zip', 'DEF'],
  ])('may not hold %s (%j)', async (name, value) => {
    const token = await tenant.issueAccessToken({ header: { [name]: value } });
    await expectRefusal(verify(token), invalidToken('unsupported_header'));
  });

  it('may hold what nobody needs to understand, and is not asked for keys', async () => {
    const header = {
      jku: 'https://evil.example/jwks',
      x5u: 'https://evil.example/',
      jwk: {},
      cty: 'JWT',
      extra: 1,
    };
    await expect(verify(await tenant.issueAccessToken({ header }))).resolves.toMatchObject({
      sub: 'auth0|user',
    });
    expect(tenant.requests.every(({ url }) => url.startsWith(tenant.issuer))).toBe(true);
  });

  it.each([undefined, null, '', 7, [], ['kid'], {}])(
    'must name its key, also in a set of one: %j',
    async (kid) => {
      await expectRefusal(
        verify(await tenant.issueAccessToken({ header: { kid } })),
        invalidToken('missing_kid'),
      );
    },
  );

  it.each(['other', '__proto__', 'constructor', 'toString', '0'])(
    'must name a key of the issuer: %s is none',
    async (kid) => {
      await expectRefusal(
        verify(await tenant.issueAccessToken({ header: { kid } })),
        invalidToken('unknown_kid'),
      );
    },
  );

  const AT_JWT = ['at+jwt', 'AT+JWT', 'at+JWT', 'application/at+jwt', 'Application/AT+JWT'];
  it.each([...AT_JWT, undefined, 'JWT', 'jwt', 'Jwt'])('may say that its type is %j', async (typ) => {
    const token = await tenant.issueAccessToken({ header: { typ } });
    await expect(verify(token)).resolves.toMatchObject({ sub: 'auth0|user' });
    const strict = verify(token, { requireAccessTokenType: true });
    if (AT_JWT.includes(typ ?? '')) await expect(strict).resolves.toMatchObject({ sub: 'auth0|user' });
    else await expectRefusal(strict, invalidToken('unsupported_token_type'));
  });

  it.each(['dpop+jwt', 'logout+jwt', 'JWS', 'application/jwt', 'at+jwt ', '', null, 7, ['JWT'], {}])(
    'may not say that its type is %j',
    async (typ) => {
      const token = await tenant.issueAccessToken({ header: { typ } });
      await expectRefusal(verify(token), invalidToken('unsupported_token_type'));
    },
  );
});

describe('members that occur twice', () => {
  const crafted = createTestTenant({ now: () => NOW });
  const issuer = craftIssuer(crafted);
  const craftedClient = new ApiClient({ ...crafted.clientOptions(), algorithms: ['ES256'] });
  const seconds = NOW / 1000;
  const rest = `"sub":"a","iat":${seconds},"exp":${seconds + 60}`;
  const sign = (payload: string, alg = '"alg":"ES256"') =>
    craftedClient.verifyAccessToken({ accessToken: issuer.sign(`{${alg},"kid":"${issuer.kid}"}`, payload) });

  it('are decided by the last, and by nothing else', async () => {
    const iss = `"iss":"${crafted.issuer}"`;
    const aud = `"aud":"${crafted.audience}"`;
    await expectRefusal(
      sign(`{${iss},"iss":"https://evil.example/",${aud},${rest}}`),
      invalidToken('issuer_not_allowed'),
    );
    await expectRefusal(sign(`{${iss},${aud},"aud":"other",${rest}}`), invalidToken('audience_mismatch'));
    await expectRefusal(sign(`{${iss},${aud},${rest},"exp":1}`), invalidToken('token_expired'));
    await expectRefusal(
      sign(`{${iss},${aud},${rest}}`, '"alg":"ES256","alg":"none"'),
      invalidToken('unsupported_algorithm'),
    );
    const claims = await sign(`{"iss":"other",${iss},"aud":"other",${aud},"sub":"first",${rest}}`);
    expect(claims).toMatchObject({ iss: crafted.issuer, aud: crafted.audience, sub: 'a' });
  });
});

async function firstKey(of: TestTenant): Promise<Record<string, unknown>> {
  const response = await of.fetch(`${of.issuer}.well-known/jwks.json`);
  const { keys } = (await response.json()) as { keys: Record<string, unknown>[] };
  return keys[0] ?? {};
}

/** A good token of exactly that many characters: base64url skips one length in four, so the header is padded too. */
async function tokenOfLength(of: TestTenant, length: number): Promise<string> {
  for (const inHeader of [0, 1, 2]) {
    const pad = async (inPayload: number) =>
      of.issueAccessToken({
        header: { pad: 'x'.repeat(inHeader) },
        claims: { pad: 'x'.repeat(inPayload) },
      });
    const missing = length - (await pad(0)).length;
    for (let count = Math.floor(missing * 0.75) - 2; count <= missing * 0.75 + 2; count += 1) {
      const token = await pad(count);
      if (token.length === length) return token;
    }
  }
  throw new Error(`there is no token of ${length} characters`);
}
