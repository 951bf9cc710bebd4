import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { issuerOfDomain } from '../../src/issuer/domain.ts';
import { runs, TIME_LIMIT } from './runs.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          'https://',
          'http://',
          'HTTPS://',
          '//',
          '/',
          '\\',
          '@',
          ':',
          ':443',
          ':8443',
          '?',
          '#',
          '%',
          '%2e',
          '..',
          '.',
        ],
        ...[
          'tenant',
          'auth0',
          '.com',
          'TENANT',
          '[::1]',
          '127.0.0.1',
          '\u00fc',
          '\u3002',
          ' ',
          '\t',
          '\n',
          '\0',
          '\u00ad',
        ],
      ),
      { maxLength: 8 },
    )
    .map((pieces) => pieces.join('')),
  fc.domain(),
  fc.webUrl(),
);

describe('issuerOfDomain', () => {
  it(
    'makes of any text an https origin that no URL parser changes, or nothing',
    () => {
      fc.assert(
        fc.property(text, (text) => {
          const issuer = issuerOfDomain(text);
          if (issuer === undefined) return;
          expect(issuer).toMatch(/^https:\/\/[^/?#@\\\s%]+\/$/);
          expect(new URL(issuer).href).toBe(issuer);
          expect(issuerOfDomain(issuer)).toBe(issuer);
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'takes every domain, in any case, with or without its scheme',
    () => {
      fc.assert(
        fc.property(
          fc.domain().chain((domain) => fc.mixedCase(fc.constant(domain))),
          (domain) => {
            const issuer = `https://${domain.toLowerCase()}/`;
            expect(issuerOfDomain(domain)).toBe(issuer);
            expect(issuerOfDomain(`https://${domain}`)).toBe(issuer);
            expect(issuerOfDomain(` https://${domain}/ `)).toBe(issuer);
            expect(issuerOfDomain(`http://${domain}/`)).toBeUndefined();
            expect(issuerOfDomain(`https://user@${domain}/`)).toBeUndefined();
            expect(issuerOfDomain(`https://${domain}/path`)).toBeUndefined();
          },
        ),
        runs,
      );
    },
    TIME_LIMIT,
  );
});
