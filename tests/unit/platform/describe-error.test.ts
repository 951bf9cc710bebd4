import { describe, expect, it } from 'vitest';
import { describeError } from '../../../src/platform/describe-error.ts';

const withCode = (message: string, code: unknown) => Object.assign(new Error(message), { code });

describe('describeError', () => {
  it.each<[unknown, string]>([
    [new TypeError('fetch failed'), 'TypeError: fetch failed'],
    [
      new Error('fetch failed', { cause: withCode('connect', 'ECONNREFUSED') }),
      'Error: fetch failed (ECONNREFUSED)',
    ],
    [withCode('connect ECONNREFUSED 127.0.0.1', 'ECONNREFUSED'), 'Error: connect ECONNREFUSED 127.0.0.1'],
    [withCode('x', 'a\r\nb'), 'Error: x'],
    [withCode('x', 7), 'Error: x'],
    [new Error('a\r\nb\u202e\u001b[31mc\u00e9'), 'Error: a b [31mc '],
    ['a text that may be a secret', 'a thrown string'],
    [undefined, 'a thrown undefined'],
    [null, 'a thrown object'],
  ])('makes one line of %o', (error, line) => {
    expect(describeError(error)).toBe(line);
  });

  it('is short, however long the message', () => {
    expect(describeError(new Error('x'.repeat(100_000)))).toHaveLength(200);
  });

  it('survives causes in a circle, and errors that cannot be read', () => {
    const circle = new Error('circle');
    circle.cause = circle;
    expect(describeError(circle)).toBe('Error: circle');
    const hostile = Object.defineProperty(new Error(''), 'message', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(describeError(hostile)).toBe('an error that cannot be read');
    expect(describeError(Object.assign(new Error(''), { name: Symbol('x') }))).toBe(
      'an error that cannot be read',
    );
  });
});
