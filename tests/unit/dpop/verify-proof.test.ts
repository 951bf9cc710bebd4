import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { normalizeHtu } from '../../../src/dpop/htu.ts';
import { issueNonce } from '../../../src/dpop/nonce.ts';
import { KnownProofKeys } from '../../../src/dpop/proof-key.ts';
import { InMemoryReplayStore } from '../../../src/dpop/replay.ts';
import { type ProofPolicy, verifyProof } from '../../../src/dpop/verify-proof.ts';
import {
  DpopNonceRequiredError,
  type ErrorReason,
  InvalidDpopProofError,
  ReplayStoreUnavailableError,
  VerifyAccessTokenError,
} from '../../../src/errors/index.ts';
import { jwkThumbprint } from '../../../src/jws/public-key.ts';
import { algorithmNamed, exportJwk, keyPairFor, publicJwkOf, signWith } from '../jws/keys.ts';
import { causeOf, refusalIn, refusalOf, rejectionOf } from '../platform/refusal.ts';

const SECONDS = 1_800_000_000;
const ACCESS_TOKEN = 'header.payload.signature';
const URL_OF_REQUEST = 'https://api.example.com/a';
const ES256 = algorithmNamed('ES256');
const { privateKey, publicKey } = keyPairFor(ES256);
const jkt = await jwkThumbprint(publicJwkOf(publicKey, ES256));
const ath = createHash('sha256').update(ACCESS_TOKEN).digest('base64url');

const goodHeader = { typ: 'dpop+jwt', alg: 'ES256', jwk: exportJwk(publicKey) };
const goodClaims = { jti: 'id', htm: 'POST', htu: URL_OF_REQUEST, iat: SECONDS, ath };

function proof(header: object = {}, claims: object = {}): string {
  const signingInput = [
    { ...goodHeader, ...header },
    { ...goodClaims, ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signingInput}.${Buffer.from(signWith(ES256, privateKey, signingInput)).toString('base64url')}`;
}

function verify(text: string, overrides: Partial<ProofPolicy> = {}, boundTo = jkt) {
  const request = { proof: text, accessToken: ACCESS_TOKEN, jkt: boundTo, httpMethod: 'POST' };
  return verifyProof(
    { ...request, htu: normalizeHtu(URL_OF_REQUEST) ?? '' },
    {
      algorithms: new Set(['ES256']),
      iatOffsetSeconds: 300,
      iatLeewaySeconds: 30,
      replayStore: false,
      onStoreError: 'refuse',
      nonce: undefined,
      timeoutSeconds: 1,
      emit: undefined,
      knownKeys: new KnownProofKeys(),
      now: () => SECONDS * 1000,
      ...overrides,
    },
  );
}

const refused = (reason: ErrorReason) => ({
  type: InvalidDpopProofError,
  code: 'invalid_dpop_proof',
  reason,
  statusCode: 400,
});

describe('verifyProof', () => {
  it('returns the claims and the thumbprint, frozen', async () => {
    const claims = await verify(proof({}, { custom: { a: [1] } }));
    expect(claims).toEqual({ ...goodClaims, custom: { a: [1] }, jkt });
    expect(Object.isFrozen(claims) && Object.isFrozen(claims.custom)).toBe(true);
  });

  it('does not let a claim pass for the thumbprint', async () => {
    expect((await verify(proof({}, { jkt: 'forged' }))).jkt).toBe(jkt);
  });

  it.each<[string, string, ErrorReason]>([
    ['what is no JWS', 'proof', 'dpop_proof_malformed'],
    ['an excessive length', 'a'.repeat(16 * 1024 + 1), 'dpop_proof_malformed'],
    ['crit', proof({ crit: ['exp'] }), 'dpop_proof_malformed'],
    ['b64', proof({ b64: true }), 'dpop_proof_malformed'],
    ['another type', proof({ typ: 'JWT' }), 'dpop_proof_type'],
    ['the type in another case', proof({ typ: 'DPOP+JWT' }), 'dpop_proof_type'],
    ['no type', proof({ typ: undefined }), 'dpop_proof_type'],
    ['another algorithm', proof({ alg: 'ES384' }), 'dpop_proof_algorithm'],
    ['a symmetric algorithm', proof({ alg: 'HS256' }), 'dpop_proof_algorithm'],
    ['no algorithm', proof({ alg: 'none' }), 'dpop_proof_algorithm'],
    ['no key', proof({ jwk: undefined }), 'dpop_proof_key'],
    ['a key that is a string', proof({ jwk: 'key' }), 'dpop_proof_key'],
    ['a private key', proof({ jwk: exportJwk(privateKey) }), 'dpop_proof_key'],
    ['a key of another type', proof({ jwk: { kty: 'oct', k: 'AAAA' } }), 'dpop_proof_key'],
    [
      'a point off its curve',
      proof({ jwk: { ...goodHeader.jwk, x: `${'A'.repeat(42)}E` } }),
      'dpop_proof_key',
    ],
    ['another signature', `${proof().split('.', 2).join('.')}.${'A'.repeat(86)}`, 'dpop_proof_signature'],
    ['another method', proof({}, { htm: 'GET' }), 'dpop_proof_htm_mismatch'],
    [
      'a method that only looks alike in upper case',
      proof({}, { htm: 'PO\u017fT' }),
      'dpop_proof_htm_mismatch',
    ],
    ['another URL', proof({}, { htu: `${URL_OF_REQUEST}/` }), 'dpop_proof_htu_mismatch'],
    ['what is no URL', proof({}, { htu: '/a' }), 'dpop_proof_htu_mismatch'],
    ['the hash of another token', proof({}, { ath: ath.toLowerCase() }), 'dpop_proof_ath_mismatch'],
    ['an age of more than 300 s', proof({}, { iat: SECONDS - 300.001 }), 'dpop_proof_expired'],
    ['a time more than 30 s ahead', proof({}, { iat: SECONDS + 30.001 }), 'dpop_proof_expired'],
  ])('refuses %s', async (_title, text, reason) => {
    expect(await refusalOf(verify(text))).toEqual(refused(reason));
  });

  it.each(['jti', 'htm', 'htu', 'ath', 'iat'])(
    'refuses a proof whose %s is missing or of another type',
    async (name) => {
      for (const value of [undefined, null, {}, ['x'], name === 'iat' ? '5' : 5]) {
        expect(await refusalOf(verify(proof({}, { [name]: value })))).toEqual(refused('dpop_proof_claim'));
      }
    },
  );

  it.each(['', ' \t', 'x'.repeat(257)])('refuses the identifier %j', async (jti) => {
    expect(await refusalOf(verify(proof({}, { jti })))).toEqual(refused('dpop_proof_claim'));
  });

  it.each([
    ['the longest identifier', { jti: 'x'.repeat(256) }],
    ['a lower-case method', { htm: 'post' }],
    ['another spelling of the URL', { htu: 'HTTPS://API.example.com:443/%61?b=c#d' }],
    ['the oldest age', { iat: SECONDS - 300 }],
    ['the latest time', { iat: SECONDS + 30 }],
  ])('accepts %s', async (_title, claims) => {
    expect((await verify(proof({}, claims))).jkt).toBe(jkt);
  });

  it('refuses a good proof for a token that is bound to another key', async () => {
    const error = await rejectionOf(verify(proof(), {}, 'another'));
    expect(refusalIn(error)).toEqual({
      type: VerifyAccessTokenError,
      code: 'invalid_token',
      reason: 'dpop_binding_mismatch',
      statusCode: 401,
    });
    expect(causeOf(error)).toEqual({ name: 'cnf.jkt', expected: 'another', actual: jkt });
  });

  it('keeps the query of a URL out of its evidence', async () => {
    const error = await rejectionOf(verify(proof({}, { htu: 'https://api.example.com/b?token=secret' })));
    expect(JSON.stringify(causeOf(error))).not.toContain('secret');
  });

  it('cuts the evidence that others write, since it goes to a log', async () => {
    // Beyond ASCII, the normal form has six characters for each.
    const long = '\u00e9'.repeat(3000);
    for (const refusal of [
      verify(proof({}, { htu: `https://api.example.com/${long}` })),
      verify(proof(), {}, 'x'.repeat(9000)),
    ])
      expect(JSON.stringify(causeOf(await rejectionOf(refusal))).length).toBeLessThan(700);
  });
});

describe('the nonce of a proof', () => {
  const nonce = { secrets: ['a secret of at least thirty-two characters'], lifetimeSeconds: 300 };

  it('is demanded, and a new one is offered', async () => {
    for (const [claims, reason] of [
      [{}, 'dpop_nonce_missing'],
      [{ nonce: 'made up' }, 'dpop_nonce_invalid'],
    ] as const) {
      const error = await rejectionOf(verify(proof({}, claims), { nonce }));
      expect(refusalIn(error)).toEqual({
        type: DpopNonceRequiredError,
        code: 'use_dpop_nonce',
        reason,
        statusCode: 401,
      });
      expect(error).toMatchObject({ headers: { 'DPoP-Nonce': await issueNonce(nonce, SECONDS * 1000) } });
    }
  });

  it('is accepted when it is ours', async () => {
    const ours = await issueNonce(nonce, SECONDS * 1000);
    expect((await verify(proof({}, { nonce: ours }), { nonce })).nonce).toBe(ours);
  });

  it('consumes nothing before it is right', async () => {
    const add = vi.fn(() => true);
    await rejectionOf(verify(proof(), { nonce, replayStore: { add } }));
    expect(add).not.toHaveBeenCalled();
  });
});

describe('the use of a proof', () => {
  it('is its last, also for another that carries its identifier', async () => {
    const replayStore = new InMemoryReplayStore({ now: () => SECONDS * 1000, emit: undefined });
    await verify(proof(), { replayStore });
    expect(await refusalOf(verify(proof(), { replayStore }))).toEqual(refused('dpop_proof_replayed'));
    expect((await verify(proof({}, { jti: 'other' }), { replayStore })).jti).toBe('other');
  });

  it.each([0, 5, 15, 25, 100, 299])(
    'is its last, also when the process stood still for %s s while it was verified',
    async (pause) => {
      let seconds = SECONDS;
      let readings = 0;
      // The first reading is that of the verification; before the second, the process is suspended.
      const now = () => {
        if (readings++ === 1) seconds += pause;
        return seconds * 1000;
      };
      const replayStore = new InMemoryReplayStore({ now, emit: undefined });
      expect((await verify(proof(), { replayStore, now })).jti).toBe('id');
      expect(await refusalOf(verify(proof(), { replayStore, now }))).toEqual(refused('dpop_proof_replayed'));
    },
  );

  it('is not needed by a proof that grew too old while it was verified', async () => {
    const add = vi.fn(() => true);
    const readings = [SECONDS, SECONDS + 300.001];
    const now = () => (readings.shift() ?? SECONDS + 300.001) * 1000;
    const verification = verify(proof(), { replayStore: { add }, now });
    expect(await refusalOf(verification)).toEqual(refused('dpop_proof_expired'));
    expect(add).not.toHaveBeenCalled();
  });

  it('is remembered by a digest, until a second after it could be accepted', async () => {
    const add = vi.fn(() => Promise.resolve(true));
    await verify(proof({}, { iat: SECONDS - 99.5 }), { replayStore: { add } });
    const key = createHash('sha256').update(`${jkt}.id`).digest('base64url');
    expect(add.mock.calls).toEqual([[key, 202]]);
  });

  it.each<[string, () => boolean | Promise<boolean>]>([
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['answers nothing', () => undefined as unknown as boolean],
    ['answers with a number', () => Promise.resolve(1 as unknown as boolean)],
    ['never answers', () => new Promise(() => undefined)],
  ])('is refused as an outage when the store %s', async (_title, add) => {
    expect(await refusalOf(verify(proof(), { replayStore: { add }, timeoutSeconds: 0.02 }))).toEqual({
      type: ReplayStoreUnavailableError,
      code: 'replay_store_unavailable',
      reason: 'replay_store_unavailable',
      statusCode: 503,
    });
  });

  it('is refused when the store takes until the proof is too old', async () => {
    let now = SECONDS * 1000;
    const add = () => {
      now += 301_000;
      return Promise.resolve(true);
    };
    expect(await refusalOf(verify(proof(), { replayStore: { add }, now: () => now }))).toEqual(
      refused('dpop_proof_expired'),
    );
  });

  it('costs nothing when the proof is refused for another reason', async () => {
    const add = vi.fn(() => true);
    await rejectionOf(verify(proof({}, { htm: 'GET' }), { replayStore: { add } }));
    await rejectionOf(verify(proof(), { replayStore: { add } }, 'another'));
    expect(add).not.toHaveBeenCalled();
  });
});
