import { describe, expect, it } from 'vitest';
import { buildChallenges, type ChallengePolicy, serializeChallenge } from '../../../src/request/challenge.ts';
import { parseChallenges } from '../../support/challenges.ts';

const METADATA = 'https://api.example.com/.well-known/oauth-protected-resource';

function policy(overrides: Partial<ChallengePolicy> = {}): ChallengePolicy {
  return {
    schemes: ['Bearer', 'DPoP'],
    realm: 'api',
    dpopAlgorithms: new Set(['ES256', 'Ed25519']),
    resourceMetadataUrl: undefined,
    ...overrides,
  };
}

const parse = (challenges: readonly string[]) => parseChallenges(challenges.join(', '));

describe('buildChallenges', () => {
  it('offers the schemes in their order, the realm on Bearer and the algorithms on DPoP', () => {
    expect(parse(buildChallenges(policy()))).toEqual([
      { scheme: 'Bearer', params: { realm: 'api' } },
      { scheme: 'DPoP', params: { algs: 'ES256 Ed25519' } },
    ]);
  });

  it('offers one scheme alone', () => {
    expect(parse(buildChallenges(policy({ schemes: ['DPoP'] })))).toEqual([
      { scheme: 'DPoP', params: { algs: 'ES256 Ed25519' } },
    ]);
    expect(parse(buildChallenges(policy({ schemes: ['Bearer'] })))).toEqual([
      { scheme: 'Bearer', params: { realm: 'api' } },
    ]);
  });

  it.each(['Bearer', 'DPoP'] as const)('puts the error on the challenge of %s alone', (scheme) => {
    const failure = { scheme, error: 'invalid_token', description: 'The access token has expired.' };
    const [bearer, dpop] = parse(buildChallenges(policy(), failure));
    const written = { error: 'invalid_token', error_description: 'The access token has expired.' };
    expect(bearer?.params).toEqual({ realm: 'api', ...(scheme === 'Bearer' ? written : {}) });
    expect(dpop?.params).toEqual({ algs: 'ES256 Ed25519', ...(scheme === 'DPoP' ? written : {}) });
  });

  it('leaves out the error of a scheme that is not offered', () => {
    const failure = { scheme: 'DPoP', error: 'invalid_token', description: 'x' } as const;
    expect(parse(buildChallenges(policy({ schemes: ['Bearer'] }), failure))).toEqual([
      { scheme: 'Bearer', params: { realm: 'api' } },
    ]);
  });

  it('writes the scopes in one value, and none when there are none', () => {
    const failure = { scheme: 'Bearer', error: 'insufficient_scope', description: 'x' } as const;
    const withScopes = buildChallenges(policy(), { ...failure, scopes: ['read:a', 'write:b'] });
    expect(parse(withScopes)[0]?.params.scope).toBe('read:a write:b');
    expect(parse(buildChallenges(policy(), { ...failure, scopes: [] }))[0]?.params).not.toHaveProperty(
      'scope',
    );
  });

  it('puts resource_metadata on every challenge', () => {
    const challenges = parse(buildChallenges(policy({ resourceMetadataUrl: METADATA })));
    expect(challenges.map(({ params }) => params.resource_metadata)).toEqual([METADATA, METADATA]);
  });
});

describe('serializeChallenge', () => {
  it('writes a scheme without parameters alone', () => {
    expect(serializeChallenge('Bearer', { realm: undefined })).toBe('Bearer');
  });

  it('escapes quotes and backslashes where RFC 9110 allows it', () => {
    const written = serializeChallenge('Bearer', { realm: 'a "quoted" \\ realm' });
    expect(written).toBe('Bearer realm="a \\"quoted\\" \\\\ realm"');
    expect(parseChallenges(written)).toEqual([
      { scheme: 'Bearer', params: { realm: 'a "quoted" \\ realm' } },
    ]);
  });

  it.each(['error', 'error_description', 'scope'])(
    'writes an apostrophe for a quote or a backslash in %s, which RFC 6750 gives no escapes',
    (name) => {
      const written = serializeChallenge('Bearer', { [name]: 'say "x" \\ y' });
      expect(parseChallenges(written)[0]?.params).toEqual({ [name]: "say 'x' ' y" });
      expect(written).not.toContain('\\');
    },
  );

  it.each([
    ['a line break', 'a\r\nX-Evil: 1', 'a??X-Evil: 1'],
    ['a tab', 'a\tb', 'a?b'],
    ['NUL and DEL', 'a\u0000b\u007f', 'a?b?'],
    ['Latin-1', 'caf\u00e9', 'caf?'],
    ['a character of two code units', 'a\u{1f600}b', 'a??b'],
    ['a lone surrogate', 'a\ud800', 'a?'],
  ])('writes question marks for %s', (_title, value, expected) => {
    const written = serializeChallenge('Bearer', { realm: value, error_description: value });
    expect(new Headers({ 'WWW-Authenticate': written }).get('www-authenticate')).toBe(written);
    expect(parseChallenges(written)[0]?.params).toEqual({ realm: expected, error_description: expected });
  });

  it('lets no value add a parameter or a challenge', () => {
    const hostile = '", error="none", DPoP algs="none';
    const written = serializeChallenge('Bearer', { realm: hostile, error_description: hostile });
    expect(parseChallenges(written)).toEqual([
      { scheme: 'Bearer', params: { realm: hostile, error_description: hostile.replaceAll('"', "'") } },
    ]);
  });

  it('writes an empty value as an empty quoted string', () => {
    expect(serializeChallenge('Bearer', { realm: '' })).toBe('Bearer realm=""');
  });
});
