import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formEncode } from '../../../src/exchange/client-auth.ts';
import { createRedactor, summarizeError } from '../../../src/exchange/redact.ts';

const MARKER = '[redacted]';

describe('createRedactor', () => {
  it('replaces every occurrence of every secret', () => {
    const redact = createRedactor(['first-secret', 'other']);
    expect(redact('first-secret, other and first-secret')).toBe(`${MARKER}, ${MARKER} and ${MARKER}`);
  });

  it('knows a secret as forms, URLs and JSON write it, also with lower-case escapes', () => {
    const secret = 'a"b/c~d e\'ü+';
    const redact = createRedactor([secret]);
    const forms = [
      secret,
      formEncode(secret),
      formEncode(secret).toLowerCase(),
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/'),
    ];
    for (const form of forms) expect(redact(`<${form}>`)).toBe(`<${MARKER}>`);
  });

  it('knows a secret as HTML and JSON in ASCII write it', () => {
    const redact = createRedactor([`ü<a>&'"/`]);
    for (const form of [
      'ü&lt;a&gt;&amp;&#39;&quot;/',
      String.raw`\u00fc<a>&'\"/`,
      String.raw`\u00fc<a>&'\"\/`,
      String.raw`ü\u003ca\u003e\u0026'\"/`,
    ]) {
      expect(redact(`(${form})`)).toBe(`(${MARKER})`);
    }
  });

  it('merges secrets that overlap, and leaves no piece of either', () => {
    expect(createRedactor(['abcdef', 'defghi'])('x abcdefghi y')).toBe(`x ${MARKER} y`);
  });

  it('removes a part of a secret that an upstream quotes in short', () => {
    const redact = createRedactor(['opaque-subject-token-of-a-user']);
    expect(redact('bad token opaque-subject-token... given')).toBe(`bad token ${MARKER}... given`);
    expect(redact('ends in ject-token-of-a-user')).toBe(`ends in ${MARKER}`);
  });

  it('removes what looks like a JWT although the request did not hold it', () => {
    expect(createRedactor([])('token eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0. is bad')).toBe(
      `token ${MARKER} is bad`,
    );
  });

  it('withholds the whole text when it holds a very short secret, and does not touch it otherwise', () => {
    const redact = createRedactor(['zq']);
    expect(redact('the secret zq is wrong')).toBe(MARKER);
    expect(redact('the secret is wrong')).toBe('the secret is wrong');
  });

  it('ignores empty secrets', () => {
    expect(createRedactor([''])('text')).toBe('text');
  });

  it('replaces control characters and direction marks, also in front of a secret', () => {
    const redact = createRedactor(['secret\n1']);
    expect(redact('a\r\nb\u0000c\u202ed\u2028e secret\n1 secret 1')).toBe(`a  b c d e ${MARKER} ${MARKER}`);
  });

  it('cuts long texts, at 1000 characters unless told otherwise, between characters', () => {
    expect(createRedactor([])('x'.repeat(5000))).toHaveLength(1000);
    expect(createRedactor([])('xxxx', 3)).toBe('xxx');
    expect(createRedactor([])('xx😀', 3)).toBe('xx');
  });

  it('leaves no half of a secret at the cut', () => {
    const secret = 'ABCDEFGHIJKL';
    for (let length = 985; length <= 1000; length += 1) {
      expect(createRedactor([secret])(`${'x'.repeat(length)}${secret}`)).not.toContain('A');
    }
  });

  it('leaves no secret in any text made of pieces of it', () => {
    const secrets = fc.array(fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }), {
      minLength: 1,
      maxLength: 4,
    });
    const cases = secrets.chain((list) => {
      const encoded = list.flatMap((secret) => [secret, formEncode(secret), secret.slice(0, 3)]);
      const piece = fc.oneof(fc.constantFrom(...encoded), fc.string({ maxLength: 5 }));
      return fc.tuple(fc.constant(list), fc.array(piece, { maxLength: 30 }));
    });
    fc.assert(
      fc.property(cases, ([list, pieces]) => {
        const kept = createRedactor(list)(pieces.join('')).split(MARKER);
        for (const secret of list) {
          for (const piece of kept) {
            expect(piece).not.toContain(secret);
            expect(piece).not.toContain(formEncode(secret));
          }
        }
      }),
    );
  });

  it('does not change a text that holds no secret and is short', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-d ]{0,200}$/), (text) => {
        expect(createRedactor(['SECRET-1', 'ZZ'])(text)).toBe(text);
      }),
    );
  });

  it('copes with a megabyte of text and the longest token', () => {
    const token = 'ab'.repeat(32 * 1024);
    expect(createRedactor([token])('ab'.repeat(512 * 1024))).toBe(MARKER);
  });
});

describe('summarizeError', () => {
  const redact = createRedactor(['the-secret']);

  it('keeps name, message and code, and those of the causes', () => {
    const inner = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(summarizeError(new TypeError('fetch failed', { cause: inner }), redact)).toEqual({
      name: 'TypeError',
      message: 'fetch failed',
      cause: { name: 'Error', message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' },
    });
  });

  it('drops every other property and redacts the ones it keeps', () => {
    const error = Object.assign(new Error('body: the-secret'), {
      name: 'E the-secret',
      code: 'the-secret',
      request: { body: 'the-secret' },
    });
    expect(summarizeError(error, redact)).toEqual({
      name: `E ${MARKER}`,
      message: `body: ${MARKER}`,
      code: MARKER,
    });
  });

  it.each([
    ['a string', 'the-secret failed', { name: 'string', message: `${MARKER} failed` }],
    ['undefined', undefined, { name: 'undefined', message: '' }],
    ['null', null, { name: 'object', message: '' }],
    ['an object without a message', { status: 1 }, { name: 'object', message: '' }],
    ['a number as code', { name: 'X', message: 'm', code: 7 }, { name: 'X', message: 'm', code: '7' }],
  ])('summarizes %s', (_title, thrown, summary) => {
    expect(summarizeError(thrown, redact)).toEqual(summary);
  });

  it('ends a chain of causes that never ends', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(summarizeError(error, redact)).toEqual({
      name: 'Error',
      message: 'loop',
      cause: {
        name: 'Error',
        message: 'loop',
        cause: { name: 'Error', message: 'loop', cause: { name: 'Error', message: 'loop' } },
      },
    });
  });

  it('survives getters that throw', () => {
    const error = {
      get name(): string {
        throw new Error('the-secret');
      },
      message: 'm',
    };
    expect(summarizeError(error, redact)).toEqual({ name: 'object', message: 'm' });
  });
});
