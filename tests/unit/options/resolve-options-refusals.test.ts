import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../src/errors/index.ts';
import type { ApiClientOptions } from '../../../src/options/options.ts';
import { resolveOptions } from '../../../src/options/resolve-options.ts';
import { causeOf, refusalBy, thrownBy } from '../platform/refusal.ts';

const base = { domain: 'tenant.us.auth0.com', audience: 'https://api.example.com' };
const SECRET = 'a secret of at least thirty-two characters';

const misconfigured = {
  type: ConfigurationError,
  code: 'invalid_configuration',
  reason: 'invalid_option',
  statusCode: 500,
};

function resolving(input: unknown): () => unknown {
  return () => resolveOptions(input as ApiClientOptions);
}

function messageFor(input: unknown): string {
  expect(refusalBy(resolving(input))).toEqual(misconfigured);
  const error = thrownBy(resolving(input));
  expect(causeOf(error)).toBeUndefined();
  return error instanceof Error ? error.message : '';
}

/** The members of an option given by its path, such as `dpop.nonce.secret`. */
function at(path: string, value: unknown): object {
  const [name = '', ...rest] = path.split('.');
  return { [name]: rest.length === 0 ? value : at(rest.join('.'), value) };
}

const MARK = 'xyzzy';
const notText = [null, 5, true, {}, [], '', '   ', '\n'];
const notSeconds = [
  null,
  '5',
  true,
  {},
  [5],
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0.001,
  5n,
];
const notAFunction = [null, 'f', {}, [], true];
const notAlgorithms = [
  null,
  'RS256',
  [],
  [null],
  ['HS256'],
  ['none'],
  ['RS256', 'HS512'],
  ['rs256'],
  [MARK],
  { 0: 'RS256' },
];

const refused: [string, unknown[]][] = [
  [
    'domain',
    [
      null,
      5,
      {},
      [],
      '',
      '  ',
      'http://a.example',
      'https://a.example/path',
      'a.example?b',
      'a.example#b',
    ].concat([
      'https://user:xyzzy@a.example',
      'a b',
      'a\\b',
      'https://',
      'a.example:99999',
      'ftp://a.example',
    ]),
  ],
  [
    'domains',
    [null, 'a.example', [], [''], ['a.example', 'http://b.example'], ['a.example', 5], {}, 5, true],
  ],
  ['audience', [...notText, [''], ['a', ''], ['a', 5], ['a', null], () => 'a']],
  ['algorithms', notAlgorithms],
  ['clockToleranceSeconds', [...notSeconds, 60.001, 61]],
  ['requireAccessTokenType', [null, 'true', 1, 0, {}]],
  ['requireCertificateBinding', [null, 'true', 1, 0, {}]],
  ['dpop', [null, true, 'required', 5, []]],
  ['dpop.mode', [null, '', 'Required', 'off', MARK, true, ['required']]],
  ['dpop.iatOffsetSeconds', [...notSeconds, 3600.001]],
  ['dpop.iatLeewaySeconds', [...notSeconds, 3600.001]],
  ['dpop.algorithms', notAlgorithms],
  ['dpop.replayStore', [null, true, {}, { add: MARK }, 'memory', () => true]],
  ['dpop.onStoreError', [null, '', 'ACCEPT', MARK, true, ['accept']]],
  [
    'dpop.publicUrl',
    [null, 5, '', '/path', 'api.example.com', 'https://user:xyzzy@a.example', 'https://a.example?xyzzy'],
  ],
  ['dpop.nonce', [null, true, SECRET, []]],
  ['dpop.nonce.secret', [null, '', MARK, 'x'.repeat(31), [], [SECRET, MARK], 5, {}]],
  [
    'allowedActors',
    [null, 'agent', 5, true, {}, [''], ['agent', ' '], [MARK, 7], [undefined], new Set([MARK])],
  ],
  ['requireActor', [null, 'true', 1, 0, {}, []]],
  ['clientId', notText],
  ['clientSecret', notText],
  ['customFetch', [...notAFunction, 5]],
  ['timeoutSeconds', [...notSeconds, 0, 300.001]],
  ['cacheTtlSeconds', [...notSeconds, 86_400.001]],
  ['cacheMaxEntries', [...notSeconds, 0, 1.5, 10_001]],
  ['cacheAdapter', [null, 5, true, {}, [], 'redis', () => undefined, { get: () => undefined }]],
  ['verifiedTokenCache', [null, true, 5, [], '1000']],
  ['verifiedTokenCache.maxEntries', [null, 0, -1, 1.5, '1', Number.NaN, 1_000_001]],
  ['onEvent', notAFunction],
  ['waitUntil', notAFunction],
  ['realm', notText],
  [
    'resourceMetadataUrl',
    [null, 5, '', '/path', 'api.example.com', 'ftp://api.example.com/', 'https://user:xyzzy@a.example'],
  ],
  ['now', [...notAFunction, 1_800_000_000_000]],
];

describe.each(refused)('the option %s', (name, values) => {
  it.each(values.map((value) => [value]))(
    'is refused when it is %o, and the message says what to write',
    (value) => {
      const message = messageFor({ ...base, ...at(name, value) });
      expect(message).toMatch(new RegExp(`^\`${name.replaceAll('.', '\\.')}\` must be .+\\.$`));
      expect(message).not.toContain(MARK);
      expect(message).not.toContain('something else');
    },
  );
});

describe('a lifetime of nonces', () => {
  it.each([null, '5', Number.NaN, Number.POSITIVE_INFINITY, 9.999, 86_400.001, -10])(
    'is refused when it is %j',
    (value) => {
      const dpop = { nonce: { secret: SECRET, lifetimeSeconds: value } };
      expect(messageFor({ ...base, dpop })).toBe(
        '`dpop.nonce.lifetimeSeconds` must be a number of seconds from 10 to 86400.',
      );
    },
  );
});

describe('options that are missing', () => {
  it('are asked for by name', () => {
    expect(messageFor({ domain: base.domain })).toMatch(/^`audience` must be the identifier of your API/);
    expect(messageFor({ audience: base.audience })).toMatch(
      /^`domain` is missing: write a host such as .+`domains`\.$/,
    );
    expect(messageFor({ domain: base.domain, dpop: { nonce: {} } })).toMatch(
      /^`(audience|dpop\.nonce\.secret)` must be/,
    );
  });

  it('include the domain that client credentials belong to', () => {
    const message = messageFor({
      domains: ['one.example'],
      audience: 'api',
      clientId: MARK,
      clientSecret: SECRET,
    });
    expect(message).toBe(
      '`clientId` needs `domain`: write the domain whose token endpoint the client belongs to.',
    );
  });

  it('may be the client secret: the exchange methods say so when they are called', () => {
    expect(resolving({ ...base, clientId: 'client' })).not.toThrow();
    expect(resolving({ ...base, clientSecret: 'secret' })).not.toThrow();
  });

  it.each([undefined, null, 5, 'tenant.us.auth0.com', true, [], [base]])(
    'are all missing from %j',
    (input) => {
      expect(messageFor(input)).toBe('The options must be an object with at least `domain` and `audience`.');
    },
  );
});

describe('unknown options', () => {
  it.each([
    [{ audiance: MARK }, '`audiance` is no option; did you mean `audience`?'],
    [{ Domain: MARK }, '`Domain` is no option; did you mean `domain`?'],
    [{ client_id: MARK }, '`client_id` is no option; did you mean `clientId`?'],
    [{ algorithm: ['HS256'] }, '`algorithm` is no option; did you mean `algorithms`?'],
    [{ clockTolerance: 5 }, '`clockTolerance` is no option; did you mean `clockToleranceSeconds`?'],
    [
      { dpop: { iatOffsetSecs: 5 } },
      '`dpop.iatOffsetSecs` is no option; did you mean `dpop.iatOffsetSeconds`?',
    ],
    [{ dpop: { Mode: MARK } }, '`dpop.Mode` is no option; did you mean `dpop.mode`?'],
    [
      { dpop: { nonce: { secret: SECRET, secrets: MARK } } },
      '`dpop.nonce.secrets` is no option; did you mean `dpop.nonce.secret`?',
    ],
    [{ qqqqqqqq: MARK }, '`qqqqqqqq` is no option.'],
    [{ '': MARK }, '`` is no option.'],
  ])('such as %j are refused with the nearest name', (members, message) => {
    expect(messageFor({ ...base, ...members })).toBe(message);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty'])('include %s', (name) => {
    expect(messageFor({ ...base, [name]: MARK })).toMatch(new RegExp(`^\`${name}\` is no option`));
  });

  it('are refused even when they are undefined', () => {
    expect(messageFor({ ...base, audiences: undefined })).toBe(
      '`audiences` is no option; did you mean `audience`?',
    );
  });
});
