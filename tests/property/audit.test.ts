import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAuditRecord, formatDelegationChain } from '../../src/audit.ts';
import { inAscii, logText } from '../../src/platform/log-text.ts';
import { runs, TIME_LIMIT } from './runs.ts';

/** Text of all kinds, and often of the kinds that do harm. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '\n',
          '\\',
          '\\u{a}',
          '\\[redacted]',
          '\\[1 more]',
          '"',
          ' <- ',
          '(unknown)',
          '(1 more)',
        ),
        fc.constantFrom(
          '\u202e',
          '\u2066',
          '\u200b',
          '\u061c',
          '\u2028',
          '\ud83d',
          '\ude00',
          'eyJhbGciOiJSUzI1NiJ9.',
        ),
        fc.string({ maxLength: 3 }),
        fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      ),
      { maxLength: 40 },
    )
    .map((parts) => parts.join('')),
);
const HARMFUL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** What `logText` made, in ASCII or not, read back; `undefined` where something was left out. */
function readBack(shown: string): string | undefined {
  if (shown.includes('\\[')) return undefined;
  return shown.replace(/\\u\{([0-9a-f]+)\}/g, (_escape, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 16)),
  );
}

/** The names of a line, read back by the rule that the docstring gives; `null` for what stands in parentheses. */
function readChain(line: string): (string | null | undefined)[] {
  const names: (string | null | undefined)[] = [];
  const name = /(?:"([^"]*)"|(\([a-z0-9 ]+\))|([^ "()]+))(?: <- |$)/y;
  while (name.lastIndex < line.length) {
    const start = name.lastIndex;
    const [, quoted, placeholder, bare] = name.exec(line) ?? [];
    if (quoted === undefined && placeholder === undefined && bare === undefined) {
      throw new Error(`nothing can be read at ${start} of ${line}`);
    }
    names.push(placeholder === undefined ? readBack(quoted ?? bare ?? '') : null);
  }
  return names;
}

describe.each([
  ['logText', logText],
  ['logText inAscii', (text: string) => inAscii(logText(text))],
])('%s', (name, show) => {
  it(
    'lets nothing through that is invisible, and loses nothing but tokens and what is too long',
    () => {
      fc.assert(
        fc.property(text, (text) => {
          const shown = show(text);
          expect(HARMFUL.test(shown)).toBe(false);
          expect(shown).not.toMatch(/eyJ[\w-]{12}/);
          if (name === 'logText inAscii') expect(shown).toMatch(/^[\x20\x21\x23-\x7e]*$/);
          const back = readBack(shown);
          if (back === undefined) expect(text.length > 256 || /eyJ[\w-]{12}/.test(text)).toBe(true);
          else expect(back).toBe(text);
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );
});

const claims = fc.letrec<{ act: unknown; actor: unknown }>((tie) => ({
  actor: fc.record({ sub: fc.oneof(text, fc.jsonValue()), iss: text, act: tie('act') }, { requiredKeys: [] }),
  act: fc.oneof({ maxDepth: 5 }, fc.jsonValue({ maxDepth: 2 }), tie('actor'), tie('actor')),
}));

describe('createAuditRecord', () => {
  it(
    'makes plain JSON of anything, with nothing harmful in it',
    () => {
      const anything = fc.oneof(
        text,
        fc.anything({ withBigInt: true, withDate: true, withSparseArray: true }),
      );
      const names = [
        'iss',
        'sub',
        'aud',
        'exp',
        'jti',
        'azp',
        'client_id',
        'scope',
        'org_id',
        'org_name',
      ] as const;
      const members = Object.fromEntries(names.map((name) => [name, anything]));
      const request = fc.record({ method: anything, url: anything, id: anything, ip: anything });
      fc.assert(
        fc.property(fc.record(members), claims.act, request, anything, (members, act, request, outcome) => {
          const record = createAuditRecord({ ...members, act }, { request: request as object, outcome });
          const written = JSON.stringify(record);
          expect(JSON.parse(written)).toEqual(record);
          expect(HARMFUL.test(written)).toBe(false);
          expect(record.depth).toBe(record.chain.length + record.dropped);
          expect(Object.isFrozen(record)).toBe(true);
          expect(formatDelegationChain({ ...members, act })).toMatch(/^[\x20-\x7e]+$/);
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );
});

describe('formatDelegationChain', () => {
  it(
    'writes lines that can be read back in one way only',
    () => {
      const named = text.filter((name) => name.trim() !== '');
      fc.assert(
        fc.property(text, fc.array(named, { maxLength: 34 }), (sub, actors) => {
          const act = actors.reduceRight<object | undefined>(
            (inner, sub) => ({ sub, act: inner }),
            undefined,
          );
          const names = readChain(formatDelegationChain({ sub, act }));
          const expected = [sub, ...actors.slice(0, 32), ...(actors.length > 32 ? [null] : [])];
          expect(names).toHaveLength(expected.length);
          for (const [index, name] of names.entries()) {
            if (name !== undefined) expect(name).toBe(expected[index]);
          }
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );
});
