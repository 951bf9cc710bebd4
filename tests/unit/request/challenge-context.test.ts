import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../src/errors/index.ts';
import { type ChallengeContext, readChallengeContext } from '../../../src/request/challenge-context.ts';
import { refusalBy } from '../platform/refusal.ts';

const misconfigured = {
  type: ConfigurationError,
  code: 'invalid_configuration',
  reason: 'invalid_option',
  statusCode: 500,
};

describe('readChallengeContext', () => {
  it.each<[ChallengeContext | null | undefined, object]>([
    [undefined, {}],
    [null, {}],
    [{}, {}],
    [{ resourceMetadataUrl: undefined, scopes: undefined }, {}],
    [{ scopes: [] }, {}],
    [{ scopes: ' read  write ' }, { scopes: ['read', 'write'] }],
    [{ resourceMetadataUrl: 'http://localhost:3000/m' }, { resourceMetadataUrl: 'http://localhost:3000/m' }],
  ])('makes of %j %j', (context, expected) => {
    expect(readChallengeContext(context)).toEqual(expected);
  });

  it.each<[string, string, unknown]>([
    ['a path', 'resourceMetadataUrl', '/m'],
    ['a script', 'resourceMetadataUrl', 'javascript:alert(1)'],
    ['another scheme', 'resourceMetadataUrl', 'ftp://api.example.com/m'],
    ['credentials', 'resourceMetadataUrl', 'https://user:secret@api.example.com/m'],
    ['null', 'resourceMetadataUrl', null],
    ['a URL object', 'resourceMetadataUrl', new URL('https://api.example.com/m')],
    ['blank scopes', 'scopes', ' '],
    ['a scope with a quote', 'scopes', ['a"b']],
    ['a number of scopes', 'scopes', 2],
  ])('refuses %s, and says what for: %s', (_title, name, value) => {
    const read = () => readChallengeContext({ [name]: value });
    expect(refusalBy(read)).toEqual(misconfigured);
    expect(read).toThrow(`\`${name}\` must be `);
    expect(read).not.toThrow('secret');
  });

  it.each<[unknown]>([['read'], [['read']], [7], [{ scope: 'read' }], [{ resourceMetadata: '/m' }]])(
    'refuses %j as a whole',
    (context) => {
      expect(refusalBy(() => readChallengeContext(context as ChallengeContext))).toEqual(misconfigured);
    },
  );
});
