import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { equalInConstantTime } from '../../../src/platform/constant-time.ts';
import { acceptsNonce, issueNonce, type NoncePolicy } from '../../../src/dpop/nonce.ts';

const LIFETIME_SECONDS = 300;
const WINDOW = 6_000_000;
const START_OF_WINDOW = WINDOW * LIFETIME_SECONDS * 1000;

const policy: NoncePolicy = {
  secrets: ['a secret of at least thirty-two characters'],
  lifetimeSeconds: LIFETIME_SECONDS,
};

describe('nonces', () => {
  it('issues the same nonce throughout a window, and another in the next', async () => {
    const first = await issueNonce(policy, START_OF_WINDOW);
    expect(await issueNonce(policy, START_OF_WINDOW + 299_999)).toBe(first);
    expect(await issueNonce(policy, START_OF_WINDOW + 300_000)).not.toBe(first);
    expect(await issueNonce(policy, START_OF_WINDOW - 1)).not.toBe(first);
  });

  it('issues the HMAC of the window, in characters that a nonce may have', async () => {
    const nonce = await issueNonce(policy, START_OF_WINDOW);
    const hmac = createHmac('sha256', policy.secrets[0] ?? '').update(`dpop-nonce:${WINDOW}`);
    expect(nonce).toBe(hmac.digest('base64url'));
    expect(nonce).toMatch(/^[\w-]{43}$/);
  });

  it.each([
    [-1, false],
    [0, true],
    [299_999, true],
    [300_000, true],
    [599_999, true],
    [600_000, false],
  ])('accepts a nonce %i ms after the start of its window: %s', async (later, accepted) => {
    const nonce = await issueNonce(policy, START_OF_WINDOW);
    expect(await acceptsNonce(policy, nonce, START_OF_WINDOW + later)).toBe(accepted);
  });

  it('accepts nonces of every secret and issues with the first', async () => {
    const rotated: NoncePolicy = {
      ...policy,
      secrets: ['another secret of thirty-two characters or more', ...policy.secrets],
    };
    const old = await issueNonce(policy, START_OF_WINDOW);
    const fresh = await issueNonce(rotated, START_OF_WINDOW);
    expect(fresh).not.toBe(old);
    expect(await acceptsNonce(rotated, old, START_OF_WINDOW)).toBe(true);
    expect(await acceptsNonce(rotated, fresh, START_OF_WINDOW)).toBe(true);
    expect(await acceptsNonce(policy, fresh, START_OF_WINDOW)).toBe(false);
  });

  it.each(['', 'x', 'x'.repeat(43), 'x'.repeat(10_000), '\u0000'])(
    'refuses a nonce that is not ours: %#',
    async (nonce) => {
      expect(await acceptsNonce(policy, nonce, START_OF_WINDOW)).toBe(false);
    },
  );

  it('refuses a nonce with something around it', async () => {
    const nonce = await issueNonce(policy, START_OF_WINDOW);
    for (const other of [`${nonce} `, ` ${nonce}`, `${nonce}${nonce}`, nonce.slice(1), nonce.toLowerCase()]) {
      expect(await acceptsNonce(policy, other, START_OF_WINDOW)).toBe(false);
    }
  });
});

describe('equalInConstantTime', () => {
  it.each([
    ['', '', true],
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'xbc', false],
    ['abc', 'ab', false],
    ['ab', 'abc', false],
    ['abc', '', false],
    ['', 'abc', false],
    ['abab', 'ab', false],
    ['\u0000', '', false],
    ['', '\u0000', false],
    ['\u0100', '\u0000', false],
  ])('compares %j and %j: %s', (left, right, equal) => {
    expect(equalInConstantTime(left, right)).toBe(equal);
  });
});
