import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InsufficientScopeError, setChallenges, VerifyAccessTokenError } from '../../src/errors/index.ts';
import { buildChallenges, type ChallengeError, type ChallengePolicy } from '../../src/request/challenge.ts';
import { parseChallenges } from '../support/challenges.ts';
import { runs, TIME_LIMIT } from './runs.ts';

/** Text that tries to leave a quoted string, end a header, or be something it is not. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom('"', '\\', ',', '=', ' ', '\t', '\r', '\n', '\0', 'a', '\u007f', '\u00e9'),
    maxLength: 60,
  }),
  fc.constantFrom(
    '',
    '", error="none',
    '\\", error="none',
    '\\\\", DPoP algs="none',
    'a\r\nSet-Cookie: b=c',
    'a\n\nbody',
    '\ud800',
    '\u2028',
    '\u{1f600}',
  ),
);

const policy: fc.Arbitrary<ChallengePolicy> = fc.record({
  schemes: fc.constantFrom(['Bearer', 'DPoP'] as const, ['Bearer'] as const, ['DPoP'] as const),
  realm: hostile,
  dpopAlgorithms: fc.subarray(['ES256', 'RS256', 'Ed25519'], { minLength: 1 }),
  resourceMetadataUrl: fc.option(hostile, { nil: undefined }),
});

const failure: fc.Arbitrary<ChallengeError | undefined> = fc.option(
  fc.record({
    scheme: fc.constantFrom('Bearer' as const, 'DPoP' as const),
    error: hostile,
    description: hostile,
    scopes: fc.array(hostile, { maxLength: 4 }),
  }),
  { nil: undefined },
);

/** What the documentation says of values: what is not printable becomes `?`... */
const printable = (value: string) =>
  Array.from({ length: value.length }, (_, index) => printableUnit(value.charCodeAt(index))).join('');
const printableUnit = (unit: number) => (unit >= 0x20 && unit <= 0x7e ? String.fromCharCode(unit) : '?');
/** ...and where RFC 6750 allows neither quotes nor backslashes, they become apostrophes. */
const plain = (value: string) => printable(value).replaceAll('"', "'").replaceAll('\\', "'");

function expected({ schemes, ...policy }: ChallengePolicy, failure: ChallengeError | undefined) {
  const { scheme: failed, error = '', description = '', scopes = [] } = failure ?? {};
  const metadata = policy.resourceMetadataUrl;
  return schemes.map((scheme) => ({
    scheme,
    params: {
      ...(scheme === 'Bearer'
        ? { realm: printable(policy.realm) }
        : { algs: [...policy.dpopAlgorithms].join(' ') }),
      ...(scheme === failed ? { error: plain(error), error_description: plain(description) } : {}),
      ...(scheme === failed && scopes.length > 0 ? { scope: plain(scopes.join(' ')) } : {}),
      ...(metadata === undefined ? {} : { resource_metadata: printable(metadata) }),
    },
  }));
}

describe('a challenge', () => {
  it(
    'parses back to exactly the schemes, names and values that went in, whatever the values hold',
    () => {
      fc.assert(
        fc.property(policy, failure, (policy, failure) => {
          expect(parseChallenges(buildChallenges(policy, failure).join(', '))).toEqual(
            expected(policy, failure),
          );
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'is a header value that Headers and Response take as it is',
    () => {
      fc.assert(
        fc.property(policy, failure, (policy, failure) => {
          const challenges = buildChallenges(policy, failure);
          const error = new VerifyAccessTokenError('token_expired');
          setChallenges(error, challenges);
          const value = challenges.join(', ');
          expect(new Headers({ 'WWW-Authenticate': value }).get('www-authenticate')).toBe(value);
          expect(error.toResponse().headers.get('www-authenticate')).toBe(value);
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );

  it(
    'of a refusal survives whatever scopes a program may name',
    () => {
      const scopes = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), {
        minLength: 1,
        maxLength: 5,
      });
      fc.assert(
        fc.property(policy, scopes, (policy, scopes) => {
          const error = new InsufficientScopeError('insufficient_scope', scopes);
          const [scheme = 'Bearer'] = policy.schemes;
          const challenges = buildChallenges(policy, {
            ...{ scheme, error: error.code, description: error.message },
            scopes: error.requiredScopes,
          });
          const [first] = parseChallenges(challenges.join(', '));
          expect(first?.params).toMatchObject({
            error: 'insufficient_scope',
            error_description: error.message,
            scope: plain(scopes.join(' ')),
          });
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );
});
