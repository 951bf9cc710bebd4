import { describe, expect, it } from 'vitest';
import { inAscii, logText } from '../../../src/platform/log-text.ts';

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhdXRoMHxhZGEifQ.c2lnbmF0dXJl';

const logAscii = (text: string) => inAscii(logText(text));

describe.each([
  ['logText', logText],
  ['logText inAscii', logAscii],
])('%s', (_name, show) => {
  it.each([
    'auth0|ada',
    'google-oauth2|1234',
    'client@clients',
    'https://api.example.com/',
    '',
    'a b',
    "it's <b>",
  ])('leaves %j as it is', (text) => {
    expect(show(text)).toBe(text);
  });

  it.each<[string, string, string]>([
    ['a line feed', 'a\nb', 'a\\u{a}b'],
    ['a carriage return', 'a\r\nb', 'a\\u{d}\\u{a}b'],
    ['a null', '\0', '\\u{0}'],
    ['a tab', '\t', '\\u{9}'],
    ['an escape sequence', '\u001b[31mred', '\\u{1b}[31mred'],
    ['a delete', '\u007f', '\\u{7f}'],
    ['a C1 control', '\u0085\u009b', '\\u{85}\\u{9b}'],
    [
      'embeddings and overrides',
      '\u202a\u202b\u202c\u202d\u202e',
      '\\u{202a}\\u{202b}\\u{202c}\\u{202d}\\u{202e}',
    ],
    ['isolates', '\u2066\u2067\u2068\u2069', '\\u{2066}\\u{2067}\\u{2068}\\u{2069}'],
    ['direction marks', '\u200e\u200f\u061c', '\\u{200e}\\u{200f}\\u{61c}'],
    [
      'zero-width characters',
      '\u200b\u200c\u200d\u2060\ufeff',
      '\\u{200b}\\u{200c}\\u{200d}\\u{2060}\\u{feff}',
    ],
    ['line and paragraph separators', '\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['other blanks', '\u00a0\u3000\u2003', '\\u{a0}\\u{3000}\\u{2003}'],
    ['what fills and does not show', '\u115f\u3164\u00ad\ufe0f', '\\u{115f}\\u{3164}\\u{ad}\\u{fe0f}'],
    ['symbols that look like blanks', '\u2800\u{1d159}', '\\u{2800}\\u{1d159}'],
    ['invisible tags', '\u{e0041}', '\\u{e0041}'],
    ['a lone high surrogate', 'a\ud83d.', 'a\\u{d83d}.'],
    ['a lone high surrogate at the end', 'a\ud83d', 'a\\u{d83d}'],
    ['a lone low surrogate', '\ude00', '\\u{de00}'],
    ['a backslash', 'DOMAIN\\user', 'DOMAIN\\u{5c}user'],
    ['an escape that is pretended', '\\u{a}', '\\u{5c}u{a}'],
    ['a marker that is pretended', '\\[redacted]', '\\u{5c}[redacted]'],
  ])('shows %s', (_title, text, shown) => {
    expect(show(text)).toBe(shown);
  });

  it.each<[string, string]>([
    [JWT, '\\[redacted]'],
    [`Bearer ${JWT}`, 'Bearer \\[redacted]'],
    [`/reset/${JWT}/now`, '/reset/\\[redacted]/now'],
    [`${JWT}${JWT}`, '\\[redacted]'],
    [`${JWT} ${JWT}`, '\\[redacted] \\[redacted]'],
    [`token_${JWT}`, 'token_\\[redacted]'],
    [JWT.slice(0, 20), '\\[redacted]'],
    ['eyJhbGciOiJub25lIn0..', '\\[redacted]'],
  ])('blacks out a token: %j', (text, shown) => {
    expect(show(text)).toBe(shown);
  });

  it.each(['heyJohn', 'heyJoanna@example.com', 'EYJHBGCIOIJSUZI1NIJ9', 'eyJ'])(
    'takes %j for no token',
    (text) => {
      expect(show(text)).toBe(text);
    },
  );

  it('cuts at 256 characters and says how many are missing', () => {
    expect(show('a'.repeat(256))).toBe('a'.repeat(256));
    expect(show('a'.repeat(1_000_000))).toBe(`${'a'.repeat(256)}\\[999744 more]`);
    expect(show(`${'a'.repeat(200)}${JWT}${'b'.repeat(300)}`)).toMatch(
      /^a{200}\\\[redacted\]\\\[\d+ more\]$/,
    );
  });

  it('leaves of a token at the cut less than its header', () => {
    const text = show(`${'-'.repeat(256 - 14)}${JWT}`);
    expect(text).toBe(`${'-'.repeat(242)}eyJhbGciOiJSUz\\[46 more]`);
    expect(show(`${'-'.repeat(256 - 15)}${JWT}`)).toContain('\\[redacted]');
  });

  it('cuts no pair in half', () => {
    expect(show(`${'a'.repeat(255)}\ud83d`)).toBe(`${'a'.repeat(255)}\\u{d83d}`);
    const shown = show(`${'a'.repeat(255)}\u{1f600}b`);
    expect(shown).toBe(`${'a'.repeat(255)}\\[3 more]`);
  });

  it('takes its time from the limit and not from the text', () => {
    const startedAt = performance.now();
    for (const piece of ['eyJ', 'eyJhbGciOiJSUzI1.', '\\', '\ud83d', '\u202e']) show(piece.repeat(1_000_000));
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});

it('logText leaves letters and signs of any script', () => {
  for (const text of ['J\u00fcrgen', '\u5f20\u4f1f', '\u05d0\u05d1\u05d2', '\u{1f600}', '"quoted"']) {
    expect(logText(text)).toBe(text);
  }
});

it('inAscii shows everything but printable ASCII, and quotes', () => {
  expect(logAscii('J\u00fcrgen')).toBe('J\\u{fc}rgen');
  expect(logAscii('\u05d0\u{1f600}')).toBe('\\u{5d0}\\u{1f600}');
  expect(logAscii('"quoted"')).toBe('\\u{22}quoted\\u{22}');
});
