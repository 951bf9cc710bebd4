import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeHtu } from '../../src/dpop/htu.ts';
import { runs, TIME_LIMIT } from './runs.ts';

const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/** One resource, in parts that can be written in more than one way. */
interface Resource {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number | undefined;
  /** Segments without `.` and `..`, each a list of characters or encoded octets. */
  readonly segments: readonly (readonly string[])[];
}

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));
const octet = fc
  .integer({ min: 0, max: 255 })
  .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`);
const reservedOctet = octet.filter(
  (text) => !UNRESERVED.test(String.fromCharCode(parseInt(text.slice(1), 16))),
);
const character = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9\-_~]$/),
  fc.constantFrom('!', '$', '&', '(', ')', '*', '+', ',', ';', '=', ':', '@'),
  reservedOctet,
);
const resource: fc.Arbitrary<Resource> = fc.record({
  scheme: fc.constantFrom('http' as const, 'https' as const),
  host,
  port: fc.option(fc.constantFrom(1, 8080, 8443, 65_535), { nil: undefined }),
  segments: fc.array(fc.array(character, { minLength: 1, maxLength: 6 }), { maxLength: 4 }),
});

/** A stream of decisions with which one resource is written in one of its ways. */
const decisions = fc.infiniteStream(fc.nat({ max: 5 }));

function plainly({ scheme, host, port, segments }: Resource): string {
  return `${scheme}://${host}${port === undefined ? '' : `:${port}`}/${segments.map((part) => part.join('')).join('/')}`;
}

function inOneOfItsWays(resource: Resource, decisions: Iterator<number>): string {
  const decide = () => Number(decisions.next().value);
  const mixCase = (text: string) =>
    Array.from(text, (letter) => (decide() < 3 ? letter.toUpperCase() : letter)).join('');
  const { scheme, host, port, segments } = resource;
  const defaultPort = scheme === 'http' ? ':80' : ':443';
  const written = segments.map((segment) => segment.map((unit) => writeCharacter(unit, decide)).join(''));
  const path = written
    .map((segment) => `${['', '', '', '/.', '/x/..', '/%2e'][decide()] ?? ''}/${segment}`)
    .join('');
  const ending = ['', '', '?', '?a=b&c=/d', '#e', '?a=https://x.example/#f'][decide()] ?? '';
  const portText =
    port === undefined ? (['', '', '', ':', defaultPort, defaultPort][decide()] ?? '') : `:${port}`;
  return `${mixCase(scheme)}://${mixCase(host)}${portText}${path === '' ? ['', '/'][decide() % 2] : path}${ending}`;
}

function writeCharacter(unit: string, decide: () => number): string {
  if (unit.startsWith('%')) return decide() < 3 ? unit.toLowerCase() : unit;
  if (!UNRESERVED.test(unit) || decide() < 4) return unit;
  const encoded = `%${unit.charCodeAt(0).toString(16)}`;
  return decide() < 3 ? encoded.toUpperCase() : encoded;
}

describe('normalizeHtu', () => {
  it(
    'is the same for every way in which one resource is written',
    () => {
      fc.assert(
        fc.property(resource, decisions, (resource, decisions) => {
          const written = inOneOfItsWays(resource, decisions[Symbol.iterator]());
          expect(normalizeHtu(written)).toBe(normalizeHtu(plainly(resource)));
          expect(normalizeHtu(written)).toBe(plainly(resource));
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'tells resources apart',
    () => {
      fc.assert(
        fc.property(resource, resource, (left, right) => {
          expect(normalizeHtu(plainly(left)) === normalizeHtu(plainly(right))).toBe(
            plainly(left) === plainly(right),
          );
          expect(normalizeHtu(`${plainly(left)}/`)).not.toBe(normalizeHtu(plainly(left)));
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'maps its own results to themselves',
    () => {
      fc.assert(
        fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
          const once = normalizeHtu(url);
          expect(once).toBeDefined();
          expect(normalizeHtu(once)).toBe(once);
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'makes of any text a bare http(s) URL or nothing',
    () => {
      const start = fc.constantFrom('', 'https://', 'HTTP://', 'https://a.example/', 'https:', '//');
      fc.assert(
        fc.property(start, fc.string({ unit: 'binary', maxLength: 40 }), (start, text) => {
          const normal = normalizeHtu(start + text);
          if (normal === undefined) return;
          const url = new URL(normal);
          expect(['http:', 'https:']).toContain(url.protocol);
          expect(url.username + url.password + url.search + url.hash).toBe('');
          expect(normal).toMatch(/^https?:\/\/[^/?#@\\]+\/[^?#\\\s]*$/);
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );
});
