import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readKeys } from '../../../src/exchange/encryption-key.ts';
import { createSealer } from '../../../src/exchange/sealed-text.ts';

const key = randomBytes(32);

describe('readKeys', () => {
  it.each<[string, unknown]>([
    ['bytes', key],
    ['base64url', key.toString('base64url')],
    ['base64', key.toString('base64')],
    ['hexadecimal digits', key.toString('hex')],
    ['large ones', key.toString('hex').toUpperCase()],
    ['a list', [key]],
  ])('reads %s', (_title, given) => {
    expect(readKeys(given)?.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual([
      key.toString('hex'),
    ]);
  });

  it('keeps the order of several, and a copy', () => {
    const bytes = Uint8Array.from(key);
    const read = readKeys([bytes, randomBytes(32)]);
    bytes.fill(0);
    expect(read?.map((one) => one[0])).toEqual([key[0], expect.any(Number)]);
    expect(read?.[0]).toEqual(Uint8Array.from(key));
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['16 bytes', randomBytes(16)],
    ['33 bytes', randomBytes(33)],
    ['16 bytes in hexadecimal digits', 'ab'.repeat(16)],
    ['42 characters', 'a'.repeat(42)],
    ['44 characters', 'a'.repeat(44)],
    ['another alphabet', '!'.repeat(43)],
    ['an array of numbers', [...key]],
    ['an empty list', []],
    ['a list with a wrong one', [key, 'x']],
    ['six', Array.from({ length: 6 }, () => key)],
    ['an ArrayBuffer', new ArrayBuffer(32)],
    ['a list with a hole', [key, ...new Array<string>(1)]],
  ])('refuses %s', (_title, given) => {
    expect(readKeys(given)).toBeUndefined();
  });
});

describe('a sealed text', () => {
  const sealer = createSealer([key]);

  it.each(['', 'a', 'ü€𝒳', 'x'.repeat(100_000)])('opens under its name', async (text) => {
    expect(await sealer.open(await sealer.seal(text, 'name'), 'name')).toBe(text);
  });

  it('is another each time', async () => {
    expect(await sealer.seal('a', 'name')).not.toBe(await sealer.seal('a', 'name'));
  });

  it('does not open under another name, or with another key', async () => {
    const sealed = await sealer.seal('a', 'name');
    expect(await sealer.open(sealed, 'name2')).toBeUndefined();
    expect(await sealer.open(sealed, '')).toBeUndefined();
    expect(await createSealer([randomBytes(32)]).open(sealed, 'name')).toBeUndefined();
  });

  it('opens with an older key, and is made with the first', async () => {
    const newer = randomBytes(32);
    const both = createSealer([newer, key]);
    expect(await both.open(await sealer.seal('a', 'n'), 'n')).toBe('a');
    expect(await sealer.open(await both.seal('a', 'n'), 'n')).toBeUndefined();
    expect(await createSealer([newer]).open(await both.seal('a', 'n'), 'n')).toBe('a');
  });

  it.each(['', '%', 'AAAA', 'A'.repeat(38), 'ü', ' '])('is not %j', async (sealed) => {
    expect(await sealer.open(sealed, 'name')).toBeUndefined();
  });
});
