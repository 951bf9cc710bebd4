import { describe, expect, it } from 'vitest';
import { readChallengeErrors } from '../../../src/dpop/challenge-errors.ts';

const none = (scheme: string) => ({ scheme, error: undefined });

describe('readChallengeErrors', () => {
  it.each([
    ['Bearer', [none('bearer')]],
    ['DPoP error="use_dpop_nonce"', [{ scheme: 'dpop', error: 'use_dpop_nonce' }]],
    ['dpop ERROR=use_dpop_nonce', [{ scheme: 'dpop', error: 'use_dpop_nonce' }]],
    ['DPoP algs="ES256 RS256", error = "invalid_token"', [{ scheme: 'dpop', error: 'invalid_token' }]],
    [
      'Bearer realm="a, b", DPoP algs="ES256", error="use_dpop_nonce", error_description="x"',
      [none('bearer'), { scheme: 'dpop', error: 'use_dpop_nonce' }],
    ],
    [
      'Negotiate abc==, Bearer error="invalid_token"',
      [none('negotiate'), { scheme: 'bearer', error: 'invalid_token' }],
    ],
    ['Basic, , Bearer realm="x"', [none('basic'), none('bearer')]],
    // A token68 by the grammar.
    ['DPoP error=', [none('dpop')]],
    ['Bearer , DPoP  error=invalid_token', [none('bearer'), { scheme: 'dpop', error: 'invalid_token' }]],
    [', Bearer', [none('bearer')]],
    // What looks like an error in the text of another parameter is none.
    [
      'DPoP error_description="say error=\\"use_dpop_nonce\\"", error="invalid_token"',
      [{ scheme: 'dpop', error: 'invalid_token' }],
    ],
    ['DPoP realm="DPoP error=use_dpop_nonce"', [none('dpop')]],
    [
      'Bearer error="use_dpop_nonce", DPoP algs="ES256"',
      [{ scheme: 'bearer', error: 'use_dpop_nonce' }, none('dpop')],
    ],
    // The first of two is what a client that stops there would see.
    ['DPoP error="invalid_token", error="use_dpop_nonce"', [{ scheme: 'dpop', error: 'invalid_token' }]],
    ['DPoP __proto__="x", constructor="y"', [none('dpop')]],
    ['DPoP error="use\\_dpop\\_nonce"', [{ scheme: 'dpop', error: 'use_dpop_nonce' }]],
  ])('reads %s', (header, errors) => {
    expect(readChallengeErrors(header)).toEqual(errors);
  });

  it.each([
    [null],
    [''],
    ['DPoP error="use_dpop_nonce'],
    ['DPoP error="use_dpop_nonce" x'],
    ['"DPoP" error="use_dpop_nonce"'],
    ['=x'],
    ['DPoP error="use_dpop_nonce"; x'],
    ['Bearer \u00e9'],
    [`DPoP error="use_dpop_nonce", x="${'y'.repeat(8192)}"`],
  ])('finds nothing in %j', (header) => {
    expect(readChallengeErrors(header)).toEqual([]);
  });

  it.each([
    ['quotes', '"'],
    ['backslashes', '\\'],
    ['commas', ','],
    ['spaces', ' '],
    ['equals signs', '='],
    ['letters', 'a'],
    ['parameters', 'a=b,'],
    ['escapes', '\\"'],
    ['openings', 'a="'],
  ])('takes no longer for many %s than for other texts', (_title, piece) => {
    const header = `DPoP ${piece.repeat(Math.floor(8000 / piece.length))}`;
    const before = performance.now();
    for (let round = 0; round < 100; round += 1) readChallengeErrors(header);
    // Quadratic in 8 kB, they would take seconds; linear, some milliseconds.
    expect(performance.now() - before).toBeLessThan(2000);
  });
});
