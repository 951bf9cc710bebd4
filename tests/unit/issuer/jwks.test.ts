import { describe, expect, it } from 'vitest';
import { LoadFailure } from '../../../src/issuer/load-failure.ts';
import { KeySet, parseKeySet } from '../../../src/issuer/jwks.ts';
import type { JsonObject } from '../../../src/jws/json.ts';
import { algorithmNamed, exportJwk, generate, keyPairFor, signWith } from '../jws/keys.ts';
import { thrownBy } from '../platform/refusal.ts';

const ES256 = algorithmNamed('ES256');
const RS256 = algorithmNamed('RS256');
const PS256 = algorithmNamed('PS256');

const ec = exportJwk(keyPairFor(ES256).publicKey);
const rsa = exportJwk(keyPairFor(RS256).publicKey);
const offCurve = { ...ec, x: `${'A'.repeat(42)}E`, y: `${'A'.repeat(42)}E` };
const TEXT = 'header.payload';

async function accepts(keySet: KeySet, kid: string, algorithm: typeof ES256): Promise<boolean> {
  const verifier = await keySet.find(kid, algorithm);
  if (typeof verifier === 'string') throw new Error(verifier);
  return await verifier(signWith(algorithm, keyPairFor(algorithm).privateKey, TEXT), TEXT);
}

describe('parseKeySet', () => {
  it('finds a key by its kid and verifies with it', async () => {
    const keySet = parseKeySet({
      keys: [
        { ...ec, kid: 'a' },
        { ...rsa, kid: 'b' },
      ],
    });
    expect(await accepts(keySet, 'a', ES256)).toBe(true);
    expect(await accepts(keySet, 'b', RS256)).toBe(true);
    expect(await accepts(keySet, 'b', PS256)).toBe(true);
  });

  it('imports a key once for each algorithm', async () => {
    const keySet = parseKeySet({ keys: [{ ...rsa, kid: 'a' }] });
    expect(await keySet.find('a', RS256)).toBe(await keySet.find('a', RS256));
    expect(await keySet.find('a', RS256)).not.toBe(await keySet.find('a', PS256));
  });

  it('knows no other kid, though the set holds a single key', async () => {
    const keySet = parseKeySet({ keys: [{ ...ec, kid: 'a' }] });
    for (const kid of ['b', '', 'A', 'a ', '__proto__', 'constructor']) {
      expect(await keySet.find(kid, ES256)).toBe('unknown_kid');
    }
  });

  it.each<[string, JsonObject, typeof ES256]>([
    ['the type of the key', ec, RS256],
    ['the algorithm it names', { ...rsa, alg: 'RS256' }, PS256],
    ['the curve', ec, algorithmNamed('ES384')],
  ])('refuses an algorithm that does not match %s', async (_title, jwk, algorithm) => {
    const keySet = parseKeySet({ keys: [{ ...jwk, kid: 'a' }] });
    expect(await keySet.find('a', algorithm)).toBe('unsupported_algorithm');
  });

  it('refuses a key whose point is not on its curve, and goes on with the others', async () => {
    const keySet = parseKeySet({
      keys: [
        { ...offCurve, kid: 'a' },
        { ...ec, kid: 'b' },
      ],
    });
    expect(await keySet.find('a', ES256)).toBe('unsupported_algorithm');
    expect(await accepts(keySet, 'b', ES256)).toBe(true);
  });

  it.each([
    ['no kid', ec],
    ['a kid that is no string', { ...ec, kid: 5 }],
    ['a symmetric key', { kty: 'oct', k: 'AAAA', kid: 'x' }],
    ['a symmetric key for HS256', { kty: 'oct', k: 'AAAA', kid: 'x', alg: 'HS256' }],
    ['a key for encryption', { ...rsa, kid: 'x', use: 'enc' }],
    ['a private key', { ...exportJwk(generate('P-256').privateKey), kid: 'x' }],
    ['an unknown type', { kty: 'AKP', kid: 'x', alg: 'ML-DSA-44', pub: 'AAAA' }],
    ['no type', { kid: 'x' }],
    ['null', null],
    ['a string', 'key'],
    ['an array', [ec]],
  ])('passes over an odd member (%s) and keeps the rest of the set', async (_title, odd) => {
    const keySet = parseKeySet({ keys: [odd, { ...ec, kid: 'good' }, odd] });
    expect(await accepts(keySet, 'good', ES256)).toBe(true);
    expect(await keySet.find('x', ES256)).toBe('unknown_kid');
  });

  it('finds one key among 10,000, and among 10,000 of the same kid that do not exist', async () => {
    const offCurve = { ...ec, x: ec.y, kid: 'good' };
    const crowd = Array.from({ length: 10_000 }, (_, index) => ({ ...ec, kid: `other-${index}` }));
    const namesakes = Array.from({ length: 10_000 }, () => offCurve);
    const keySet = parseKeySet({ keys: [...crowd, ...namesakes, { ...ec, kid: 'good' }] });
    expect(await accepts(keySet, 'good', ES256)).toBe(true);
    expect(await accepts(keySet, 'other-9999', ES256)).toBe(true);
    expect(await keySet.find('other-10000', ES256)).toBe('unknown_kid');
  });

  it('lets keys of different types share a kid (RFC 7517 section 4.5)', async () => {
    const keySet = parseKeySet({
      keys: [
        { ...ec, kid: 'a' },
        { ...rsa, kid: 'a' },
      ],
    });
    expect(await accepts(keySet, 'a', ES256)).toBe(true);
    expect(await accepts(keySet, 'a', RS256)).toBe(true);
  });

  it('takes the first of two keys of one type that share a kid', async () => {
    const stranger = exportJwk(generate('P-256').publicKey);
    expect(
      await accepts(
        parseKeySet({
          keys: [
            { ...ec, kid: 'a' },
            { ...stranger, kid: 'a' },
          ],
        }),
        'a',
        ES256,
      ),
    ).toBe(true);
    expect(
      await accepts(
        parseKeySet({
          keys: [
            { ...stranger, kid: 'a' },
            { ...ec, kid: 'a' },
          ],
        }),
        'a',
        ES256,
      ),
    ).toBe(false);
  });

  it.each([
    ['no object', 5],
    ['nothing', undefined],
    ['null', null],
    ['an array', [{ ...ec, kid: 'a' }]],
    ['no keys', {}],
    ['keys that are no list', { keys: { a: ec } }],
  ])('fails for what is no key set: %s', (_title, json) => {
    const error = thrownBy(() => parseKeySet(json));
    expect(error).toBeInstanceOf(LoadFailure);
    expect(error).toMatchObject({ withdrawn: false });
  });

  it.each([
    ['empty', []],
    ['of symmetric keys', [{ kty: 'oct', k: 'AAAA', kid: 'x' }]],
    ['of keys without kid', [ec]],
  ])('takes a set %s for withdrawn, because that may be meant', (_title, keys) => {
    expect(thrownBy(() => parseKeySet({ keys }))).toMatchObject({ name: 'LoadFailure', withdrawn: true });
  });
});
