/**
 * Encrypted tokens with one thing changed: whatever we decrypt, jose decrypts alone and to the same content; whatever jose
 * decrypts and we refuse is refused for a reason that is ours.
 */
import fc from 'fast-check';
import { compactDecrypt, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { VerifyAccessTokenError } from '../../src/errors/index.ts';
import { Decrypter } from '../../src/jwe/decrypt.ts';
import { ecKeys, encrypt, rsaKeys, withHeader, withPart } from '../support/encryption.ts';
import { runs, TIME_LIMIT } from './runs.ts';

const CONTENT = 'eyJh.eyJi.c2ln';
const KEYS = { 'RSA-OAEP-256': rsaKeys(), 'ECDH-ES': ecKeys(), 'ECDH-ES+A128KW': ecKeys('P-384') };
const ALGORITHMS = ['RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW'] as const;
const ENCRYPTIONS = ['A128GCM', 'A192GCM', 'A256GCM', 'A128CBC-HS256'] as const;

const tokens = new Map<string, string>();
for (const alg of ALGORITHMS) {
  for (const enc of ENCRYPTIONS) {
    tokens.set(`${alg} ${enc}`, await encrypt(CONTENT, KEYS[alg].publicJwk, { alg, enc }));
  }
}
const decrypters = new Map(ALGORITHMS.map((alg) => [alg, new Decrypter([KEYS[alg].privateJwk])]));

/** A change of a header member: another value, of any kind, or none. */
const headerChange = fc.record({
  name: fc.constantFrom('alg', 'enc', 'zip', 'crit', 'cty', 'kid', 'epk', 'apu', 'p2c', 'typ', '__proto__'),
  value: fc.oneof(
    fc.constantFrom<unknown>(undefined, 'DEF', 'JWT', 'dir', ...ALGORITHMS, ...ENCRYPTIONS),
    fc.jsonValue({ maxDepth: 2 }),
  ),
});
const partChange = fc.record({
  index: fc.integer({ min: 0, max: 4 }),
  at: fc.nat(),
  character: fc.constantFrom('', 'A', '_', '=', '+', '.', ' ', '\u0000'),
});
type Change =
  { header: typeof headerChange extends fc.Arbitrary<infer T> ? T : never } | { part: PartChange };
type PartChange = typeof partChange extends fc.Arbitrary<infer T> ? T : never;
const change: fc.Arbitrary<Change | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({ header: headerChange }),
  fc.record({ part: partChange }),
);

function apply(jwe: string, made: Change | undefined): string {
  if (made === undefined) return jwe;
  if ('header' in made) {
    const { name, value } = made.header;
    return withHeader(jwe, (header) => Object.fromEntries([...Object.entries(header), [name, value]]));
  }
  const { index, at, character } = made.part;
  const part = jwe.split('.')[index] ?? '';
  const position = part.length === 0 ? 0 : at % part.length;
  return withPart(jwe, index, part.slice(0, position) + character + part.slice(position + 1));
}

/** The reasons for which we refuse what jose decrypts; none for anything else. */
function stricter(jwe: string, enc: string): string | undefined {
  if (enc === 'A128CBC-HS256') return 'unsupported_encryption';
  // Of the last character of a part, jose passes over the bits that belong to no byte.
  const isCanonical = jwe
    .split('.')
    .every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
  return isCanonical ? undefined : 'malformed_token';
}

async function decryptedByJose(jwe: string, alg: (typeof ALGORITHMS)[number]): Promise<string | undefined> {
  try {
    const key = await importJWK(KEYS[alg].privateJwk, alg);
    const { plaintext } = await compactDecrypt(jwe, key);
    return new TextDecoder().decode(plaintext);
  } catch {
    return undefined;
  }
}

async function decryptedByUs(jwe: string, alg: (typeof ALGORITHMS)[number]): Promise<string> {
  try {
    return (await decrypters.get(alg)?.decrypt(jwe)) ?? 'no decrypter';
  } catch (error) {
    if (error instanceof VerifyAccessTokenError) return error.reason;
    throw error;
  }
}

describe('an encrypted token with one thing changed', () => {
  it(
    'is never decrypted by us when jose refuses it, and fails with a reason',
    { timeout: TIME_LIMIT },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...ALGORITHMS),
          fc.constantFrom(...ENCRYPTIONS),
          change,
          async (alg, enc, made) => {
            const jwe = apply(tokens.get(`${alg} ${enc}`) ?? '', made);
            const ours = await decryptedByUs(jwe, alg);
            const theirs = await decryptedByJose(jwe, alg);
            if (ours === CONTENT) expect(theirs).toBe(CONTENT);
            else if (theirs !== undefined) expect(ours).toBe(stricter(jwe, enc));
            if (made === undefined && enc !== 'A128CBC-HS256') expect(ours).toBe(CONTENT);
          },
        ),
        runs,
      );
    },
  );
});
