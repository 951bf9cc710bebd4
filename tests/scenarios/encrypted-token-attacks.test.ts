import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ErrorReason } from '../../src/index.ts';
import { badProof, expectRefusal, invalidToken, rejectionOf } from '../support/assert-rejects.ts';
import { encode } from '../support/crafted-issuer.ts';
import { ecKeys, encrypt, flip, rsaKeys, withHeader, withPart } from '../support/encryption.ts';
import { createBoundRequest, jsonObject, setUp } from '../support/scenario.ts';

const rsa = rsaKeys({ kid: 'rsa' });
const ec = ecKeys('P-256', { kid: 'ec' });
const { tenant, client } = setUp({ client: { decryptionKeys: [rsa.privateJwk, ec.privateJwk] } });
const signed = await tenant.issueAccessToken();
const ECDH = { alg: 'ECDH-ES', enc: 'A256GCM', kid: 'ec' };
const WRAPPED = { alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: 'ec' };
const RSA = { alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: 'rsa' };
const forEc = await encrypt(signed, ec.publicJwk, ECDH);
const wrapped = await encrypt(signed, ec.publicJwk, WRAPPED);
const forRsa = await encrypt(signed, rsa.publicJwk, RSA);

/** Nothing is asked of anybody for the sake of a token that cannot be decrypted. */
async function expectRefused(accessToken: string, reason: ErrorReason) {
  tenant.clearRequests();
  const error = await expectRefusal(client.verifyAccessToken({ accessToken }), invalidToken(reason));
  expect(tenant.requests).toEqual([]);
  return error;
}

const changed = (change: Record<string, unknown>, jwe = forEc) =>
  withHeader(jwe, (header) => ({ ...header, ...change }));
const epkOf = (jwe: string) =>
  jsonObject(Buffer.from(jwe.split('.')[0] ?? '', 'base64url').toString()).epk as object;

describe('the header of an encrypted token', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['no base64url', '!'],
    ['padding', 'e30='],
    ['another spelling of the same bytes', 'e31'],
    ['no JSON', encode('no JSON')],
    ['a list', encode('[]')],
    ['null', encode('null')],
    ['a text', encode('"a"')],
    ['no UTF-8', encode(Uint8Array.of(0x7b, 0xff, 0x7d))],
    ['a list a thousand levels deep', encode('['.repeat(4000) + ']'.repeat(4000))],
  ])('is refused when it is %s', async (_title, header) => {
    await expectRefused(withPart(forEc, 0, header), 'malformed_token');
  });

  it.each([
    'dir',
    'A256KW',
    'A256GCMKW',
    'RSA1_5',
    'RSA-OAEP',
    'RSA-OAEP-512',
    'ECDH-ES+A192KW',
    'none',
    'RS256',
  ])('is refused with the algorithm %s', async (alg) => {
    await expectRefused(changed({ alg }), 'unsupported_encryption');
  });

  it.each([
    undefined,
    null,
    '',
    'rsa-oaep-256',
    ['ECDH-ES'],
    { 0: 'ECDH-ES' },
    '__proto__',
    'constructor',
    7,
  ])('is refused with the algorithm or the encryption %j', async (name) => {
    await expectRefused(changed({ alg: name }), 'unsupported_encryption');
    await expectRefused(changed({ enc: name }), 'unsupported_encryption');
  });

  it('is refused when one derives the key from a password, however often', async () => {
    for (const p2c of [1, 2 ** 31, 1e308]) {
      const header = { alg: 'PBES2-HS256+A128KW', p2c, p2s: encode('salt-salt-salt') };
      await expectRefused(changed(header), 'unsupported_encryption');
    }
  });

  it.each(['A128CBC-HS256', 'A256CBC-HS512', 'A256GCMKW', 'none'])('is refused with %s', async (enc) => {
    await expectRefused(changed({ enc }), 'unsupported_encryption');
  });

  it.each([{ zip: 'DEF' }, { zip: 'GZIP' }, { zip: null }, { crit: ['exp'] }, { crit: [] }, { b64: true }])(
    'is refused with %j, before anything is decrypted',
    async (parameter) => {
      await expectRefused(changed(parameter), 'unsupported_header');
    },
  );

  it('is refused with zip, even where the content is a bomb that fits', async () => {
    const bomb = deflateRawSync(Buffer.alloc(8_000_000));
    const jwe = await encrypt(bomb, ec.publicJwk, ECDH);
    expect(jwe.length).toBeLessThan(16 * 1024);
    await expectRefused(changed({ zip: 'DEF' }, jwe), 'unsupported_header');
    // Without the parameter nobody inflates it.
    await expectRefused(jwe, 'decryption_failed');
  });

  it.each([
    { cty: 'JWE' },
    { cty: ['JWT'] },
    { cty: 7 },
    { kid: '' },
    { kid: ['ec'] },
    { kid: 7 },
    { kid: null },
  ])('is refused with %j', async (parameter) => {
    await expectRefused(changed(parameter), 'malformed_token');
  });

  it('of which the last counts where a member is doubled, for us and for the one who decrypts', async () => {
    const [part = ''] = forEc.split('.');
    const text = Buffer.from(part, 'base64url').toString();
    const doubled = (member: string) => withPart(forEc, 0, encode(`${text.slice(0, -1)},${member}}`));
    await expectRefused(doubled('"kid":"other"'), 'unknown_encryption_key');
    await expectRefused(doubled('"alg":"dir"'), 'unsupported_encryption');
    // The same members, but not the text that was authenticated.
    await expectRefused(doubled('"kid":"ec"'), 'decryption_failed');
  });

  it('may not lend members from a prototype', async () => {
    const [part = ''] = forEc.split('.');
    const header = Buffer.from(part, 'base64url').toString();
    await expectRefused(withPart(forEc, 0, encode(`{"__proto__":${header}}`)), 'unsupported_encryption');
  });

  it('is refused when it names a key that is not ours', async () => {
    for (const kid of ['other', '__proto__', 'constructor', 'EC', 'rsa']) {
      await expectRefused(changed({ kid }), 'unknown_encryption_key');
    }
  });
});

describe('the ephemeral key', () => {
  const epk = epkOf(forEc);
  const coordinate = (bytes: number) => encode(new Uint8Array(bytes).fill(1));
  it.each<[string, unknown]>([
    ['absent', undefined],
    ['null', null],
    ['a text', 'epk'],
    ['a list', [epk]],
    ['empty', {}],
    ['without y', { ...epk, y: undefined }],
    ['too short', { ...epk, x: coordinate(31) }],
    ['too long', { ...epk, x: coordinate(33) }],
    ['huge', { ...epk, x: coordinate(4000) }],
    ['no text', { ...epk, x: 7 }],
    ['no base64url', { ...epk, x: '!' }],
    ['of another type', { ...epk, kty: 'OKP' }],
    ['symmetric', { kty: 'oct', k: 'AAAA', crv: 'P-256' }],
    ['of a curve that is not supported', { ...epk, crv: 'secp256k1' }],
    ['of a curve by another name', { ...epk, crv: ['P-256'] }],
    ['a private key', ecKeys().privateJwk],
  ])('is refused when it is %s', async (_title, value) => {
    await expectRefused(changed({ epk: value }), 'malformed_token');
    await expectRefused(changed({ epk: value }, wrapped), 'malformed_token');
  });

  it('is refused when it is of a curve that no key has', async () => {
    await expectRefused(changed({ epk: ecKeys('P-384').publicJwk }), 'unknown_encryption_key');
  });

  it('is refused off its curve, and when it is another, with the words for all failures', async () => {
    await expectRefused(changed({ epk: { ...epk, x: coordinate(32) } }), 'decryption_failed');
    await expectRefused(
      changed({ epk: { ...epk, x: coordinate(32), y: coordinate(32) } }),
      'decryption_failed',
    );
    await expectRefused(changed({ epk: { ...epk, x: encode(new Uint8Array(32)) } }), 'decryption_failed');
    const { kty, crv, x, y } = ecKeys().publicJwk;
    await expectRefused(changed({ epk: { kty, crv, x, y } }), 'decryption_failed');
    await expectRefused(changed({ apu: 7 }), 'decryption_failed');
  });
});

describe('the parts of an encrypted token', () => {
  it.each<[string, string]>([
    ['no vector', withPart(forEc, 2, '')],
    ['a vector of 16 bytes', withPart(forEc, 2, encode(new Uint8Array(16)))],
    ['no tag', withPart(forEc, 4, '')],
    [
      'a tag cut to 12 bytes',
      withPart(forEc, 4, encode(Buffer.from(forEc.split('.')[4] ?? '', 'base64url').subarray(0, 12))),
    ],
    ['a tag of 17 bytes', withPart(forEc, 4, encode(new Uint8Array(17)))],
    ['no content', withPart(forEc, 3, '')],
    ['content that is not base64url', withPart(forEc, 3, 'a+b/')],
    ['a key where one was agreed', withPart(forEc, 1, 'AAAA')],
    ['no key where one must be', withPart(wrapped, 1, '')],
    ['no key for RSA', withPart(forRsa, 1, '')],
    ['a key that is not base64url', withPart(forRsa, 1, '!!')],
    ['five parts of nothing', '....'],
    ['five parts of something', 'a.b.c.d.e'],
    ['a blank', `${forEc} `],
    ['a line feed', `${forEc}\n`],
  ])('are refused: %s', async (_title, jwe) => {
    await expectRefused(jwe, 'malformed_token');
  });

  it('are opaque when there are six or four', async () => {
    await expectRefused(`${forEc}.AAAA`, 'opaque_token');
    await expectRefused(forEc.slice(0, forEc.lastIndexOf('.')), 'opaque_token');
  });

  it('may have 16 KiB together', async () => {
    const pad = (length: number) => encrypt('x'.repeat(length), ec.publicJwk, ECDH);
    const overhead = (await pad(3)).length - 4;
    const most = Math.floor((16 * 1024 - overhead) / 4) * 3;
    await expectRefused(await pad(most), 'decryption_failed');
    await expectRefused(await pad(most + 3), 'token_too_large');
    await expectRefused(changed({ kid: 'k'.repeat(16 * 1024) }), 'token_too_large');
  });
});

describe('decrypting fails', () => {
  const failures: [string, string | Promise<string>][] = [
    ...[1, 2, 3, 4].flatMap((index): [string, string][] => [
      [`bit of part ${index}, RSA`, flip(forRsa, index)],
      [`bit of part ${index}, wrapped`, flip(wrapped, index)],
      ...(index === 1 ? [] : [[`bit of part ${index}, agreed`, flip(forEc, index)] as [string, string]]),
    ]),
    ['a header that was not authenticated', changed({ extra: 1 })],
    ['another enc of the same length of key', changed({ enc: 'A128GCM' }, forRsa)],
    ['another alg of the same key', changed({ alg: 'ECDH-ES+A128KW' }, wrapped)],
    ['the content of another token', withPart(forRsa, 3, wrapped.split('.')[3] ?? '')],
    ['a key cut short', withPart(forRsa, 1, encode(new Uint8Array(255).fill(1)))],
    ['a key too long', withPart(forRsa, 1, encode(new Uint8Array(257).fill(1)))],
    ['a key of zeros', withPart(forRsa, 1, encode(new Uint8Array(256)))],
    ['a key of ones', withPart(forRsa, 1, encode(new Uint8Array(256).fill(255)))],
    ['a wrapped key of no length', withPart(wrapped, 1, 'AAAA')],
    ['for a key of somebody else', encrypt(signed, ecKeys().publicJwk, ECDH)],
    [
      'a key of the wrong length inside',
      encrypt(signed, rsa.publicJwk, RSA).then((jwe) => changed({ enc: 'A192GCM' }, jwe)),
    ],
    ['an encrypted token inside', encrypt(forRsa, ec.publicJwk, ECDH)],
    ['an opaque token inside', encrypt('opaque', ec.publicJwk, ECDH)],
    ['bytes inside', encrypt(Uint8Array.of(0xff, 0x2e, 0x2e), ec.publicJwk, ECDH)],
    ['four parts inside', encrypt(`${signed}.a`, ec.publicJwk, ECDH)],
  ];

  it.each(failures)('by %s', async (_title, jwe) => {
    await expectRefused(await jwe, 'decryption_failed');
  });

  it('in the same words and with the same evidence, whatever the reason', async () => {
    const seen = new Set<string>();
    for (const [, jwe] of failures) {
      const error = await rejectionOf(client.verifyAccessToken({ accessToken: await jwe }));
      seen.add(
        JSON.stringify([
          error.toJSON(),
          error.reason,
          error.statusCode,
          error.headers,
          error.cause ?? 'none',
        ]),
      );
    }
    expect([...seen]).toHaveLength(1);
  });

  it('not when what is inside is a token, however bad; then it is refused as such', async () => {
    for (const [content, reason] of [
      ['a.b.c', 'malformed_token'],
      ['..', 'malformed_token'],
      [`${encode('{"alg":"none","kid":"a"}')}.${encode('{}')}.AAAA`, 'unsupported_algorithm'],
    ] as const) {
      await expectRefused(await encrypt(content, ec.publicJwk, ECDH), reason);
    }
  });
});

describe('an encrypted token in another place', () => {
  it('is no proof and no ID token', async () => {
    const { accessToken } = await createBoundRequest(tenant);
    const call = { accessToken, proof: forEc, httpMethod: 'GET', httpUrl: 'https://api.example.com/' };
    await expectRefusal(client.verifyDpopProof(call), badProof('dpop_proof_malformed'));
    await expect(client.verifyIdToken({ idToken: forEc })).rejects.toMatchObject({
      reason: 'encrypted_token',
    });
  });
});
