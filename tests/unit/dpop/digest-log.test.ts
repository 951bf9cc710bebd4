import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DigestLog, wordsOf } from '../../../src/dpop/digest-log.ts';

const digestOf = (text: string) => createHash('sha256').update(text).digest('base64url');

describe('wordsOf', () => {
  it('takes the first 120 bits of a digest', () => {
    const digest = digestOf('a proof');
    const [a, b, c, d] = wordsOf(digest).map((word) => word.toString(2).padStart(30, '0'));
    const bits = [...Buffer.from(digest, 'base64url')].map((byte) => byte.toString(2).padStart(8, '0'));
    expect(`${a}${b}${c}${d}`).toBe(bits.join('').slice(0, 120));
  });

  it('tells digests apart that differ in one of their first twenty characters', () => {
    const digest = digestOf('a proof');
    for (let index = 0; index < 20; index += 1) {
      const other = digest[index] === 'A' ? 'B' : 'A';
      expect(wordsOf(digest.slice(0, index) + other + digest.slice(index + 1))).not.toEqual(wordsOf(digest));
    }
  });
});

describe('DigestLog', () => {
  it('grows with what it holds and not with what has passed through', () => {
    const log = new DigestLog();
    for (let index = 0; index < 20_000; index += 1) {
      log.push(wordsOf(digestOf(String(index))));
      if (log.size > 10) log.shift();
    }
    expect(log.size).toBe(10);
    expect(log.has(wordsOf(digestOf('19990')))).toBe(true);
    expect(log.has(wordsOf(digestOf('19989')))).toBe(false);
  });

  it('knows the digest of zeros', () => {
    const log = new DigestLog();
    expect(log.has([0, 0, 0, 0])).toBe(false);
    log.push([0, 0, 0, 0]);
    expect(log.has([0, 0, 0, 0])).toBe(true);
  });
});
