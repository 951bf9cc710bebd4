import { describe, expect, it } from 'vitest';
import { ApiClient, type ApiClientOptions } from '../../src/index.ts';
import { expectToBe, misconfigured, thrownBy } from '../support/assert-rejects.ts';

const REQUIRED = { domain: 'tenant.auth0.test', audience: 'https://api.example.com' };
const SECRET = 'a nonce secret of more than 32 characters';

/** A client from options as programs in JavaScript write them. */
const create = (options: unknown) => new ApiClient(options as ApiClientOptions);

async function expectNamed(options: unknown, ...parts: string[]): Promise<void> {
  const error = thrownBy(() => create(options));
  for (const message of parts) await expectToBe(error, { ...misconfigured, message });
}

const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Values by option: those that are taken, and those that are not. */
const OPTIONS: Record<string, { readonly good: readonly unknown[]; readonly bad: readonly unknown[] }> = {
  audience: {
    good: ['https://api.example.com', ['https://a.example'], ['a', 'b']],
    bad: [null, '', ' ', 7, {}, [], [''], ['a', ' '], ['a', 7], [null]],
  },
  algorithms: {
    good: [ALGORITHMS, ...ALGORITHMS.map((name) => [name])],
    bad: [
      null,
      'RS256',
      [],
      ['none'],
      ['HS256'],
      ['HS384'],
      ['HS512'],
      ['RS256', 'HS256'],
      ['rs256'],
      [7],
      [''],
    ],
  },
  clockToleranceSeconds: { good: [0, 0.5, 60], bad: [null, -1, 60.1, '5', Number.NaN, Infinity, true] },
  requireAccessTokenType: { good: [true, false], bad: [null, 'true', 1, 0] },
  requireCertificateBinding: { good: [true, false], bad: [null, 'true', 1, 0, ''] },
  dpop: { good: [{}], bad: [null, true, 'required', 7, []] },
  'dpop.mode': {
    good: ['allowed', 'required', 'disabled'],
    bad: [null, '', 'Required', 'optional', true, ['allowed']],
  },
  'dpop.iatOffsetSeconds': { good: [0, 0.5, 300, 3600], bad: [null, -1, 3601, '300', Number.NaN, Infinity] },
  'dpop.iatLeewaySeconds': { good: [0, 0.5, 30, 3600], bad: [null, -1, 3601, '30', Number.NaN, Infinity] },
  'dpop.algorithms': {
    good: [ALGORITHMS, ['ES256', 'EdDSA']],
    bad: [null, 'ES256', [], ['none'], ['HS256'], ['es256'], [7]],
  },
  'dpop.replayStore': {
    good: [false, { add: () => true }],
    bad: [null, true, 0, {}, { add: true }, () => true, 'memory', []],
  },
  'dpop.onStoreError': { good: ['refuse', 'accept'], bad: [null, '', 'Accept', true, false, ['accept']] },
  'dpop.publicUrl': {
    good: [
      'https://api.example.com',
      'https://api.example.com/',
      'https://api.example.com/v1/',
      'http://localhost:3000',
      'https://[::1]:8443/a',
      () => 'https://api.example.com',
    ],
    bad: [
      null,
      '',
      ' ',
      7,
      true,
      {},
      ['https://api.example.com'],
      new URL('https://api.example.com'),
      'api.example.com',
      '//api.example.com',
      '/v1',
      'ftp://api.example.com',
      'https://',
      'https:///v1',
      'https:api.example.com',
      'https://user:secret@api.example.com',
      'https://@api.example.com',
      'https://api.example.com/v1?x=1',
      'https://api.example.com?',
      'https://api.example.com/#',
      'https://api.example.com\\v1',
      ' https://api.example.com',
      'https://api.example.com/\n',
    ],
  },
  'dpop.nonce': { good: [{ secret: SECRET }], bad: [null, true, SECRET, [SECRET]] },
  'dpop.nonce.secret': {
    good: ['x'.repeat(32), [SECRET], [SECRET, 'y'.repeat(32)]],
    bad: [undefined, null, '', 'x'.repeat(31), 7, [], ['x'.repeat(31)], [SECRET, 'short'], [SECRET, 7]],
  },
  'dpop.nonce.lifetimeSeconds': {
    good: [10, 10.5, 86_400],
    bad: [null, 0, 9.9, 86_401, '300', Number.NaN, Infinity],
  },
  clientId: { good: ['client'], bad: [null, '', ' ', 7, ['client']] },
  clientSecret: { good: ['secret'], bad: [null, '', ' ', 7, ['secret'], {}] },
  customFetch: { good: [fetch, () => undefined], bad: [null, 'fetch', {}, true] },
  timeoutSeconds: { good: [0.001, 10, 300], bad: [null, 0, -1, 301, '10', Number.NaN, Infinity] },
  cacheTtlSeconds: { good: [0, 0.5, 600, 86_400], bad: [null, -1, 86_401, '600', Number.NaN, Infinity] },
  cacheMaxEntries: { good: [1, 100, 10_000], bad: [null, 0, -1, 1.5, 10_001, '100', Number.NaN, Infinity] },
  realm: { good: ['api', 'a "b" \r\n'], bad: [null, '', ' ', 7, ['api']] },
  resourceMetadataUrl: {
    good: ['https://api.example.com/.well-known/oauth-protected-resource', 'http://localhost:3000/a?b=c'],
    bad: [null, '', '/path', 'api.example.com', 'ftp://api.example.com/', 'https://u:p@api.example.com/', 7],
  },
  now: { good: [Date.now, () => 0], bad: [null, 0, 1_767_225_600_000, 'now', {}] },
};

/** `{ a: { b: value } }` for `a.b`, with what must stand beside it. */
function nested(path: string, value: unknown): Record<string, unknown> {
  const [name = '', ...rest] = path.split('.');
  if (rest.length === 0) return { [name]: value };
  const beside = name === 'nonce' ? { secret: SECRET } : {};
  return { [name]: { ...beside, ...nested(rest.join('.'), value) } };
}

describe.each(Object.entries(OPTIONS))('the option %s', (path, { good, bad }) => {
  it('takes what it is for', () => {
    for (const value of good)
      expect(create({ ...REQUIRED, ...nested(path, value) })).toBeInstanceOf(ApiClient);
  });

  it('is refused with its name for anything else', async () => {
    for (const value of bad) await expectNamed({ ...REQUIRED, ...nested(path, value) }, `\`${path}`);
  });

  it('may be undefined unless it is required', async () => {
    const options = { ...REQUIRED, ...nested(path, undefined) };
    if (path === 'audience' || path === 'dpop.nonce.secret') await expectNamed(options, `\`${path}\``);
    else expect(create(options)).toBeInstanceOf(ApiClient);
  });
});

describe('options that are no options', () => {
  it.each([[undefined], [null], [7], ['tenant.auth0.test'], [[]], [true], [() => REQUIRED]])(
    'are refused: %j',
    async (options) => {
      await expectNamed(options, '`domain`', '`audience`');
    },
  );

  it.each<[object, string, string]>([
    [{ audiences: ['a'] }, '`audiences`', '`audience`'],
    [{ customfetch: fetch }, '`customfetch`', '`customFetch`'],
    [{ customFetchh: fetch }, '`customFetchh`', '`customFetch`'],
    [{ algorithm: ['RS256'] }, '`algorithm`', '`algorithms`'],
    [{ clockTolerance: 5 }, '`clockTolerance`', '`clockToleranceSeconds`'],
    [{ timeout: 5 }, '`timeout`', ''],
    [{ resourceMetadataURL: 'https://a.example/' }, '`resourceMetadataURL`', '`resourceMetadataUrl`'],
    [{ dpop: { modes: 'required' } }, '`dpop.modes`', '`dpop.mode`'],
    [{ dpop: { iatOffset: 5 } }, '`dpop.iatOffset`', '`dpop.iatOffsetSeconds`'],
    [
      { dpop: { nonce: { secret: SECRET, lifetime: 60 } } },
      '`dpop.nonce.lifetime`',
      '`dpop.nonce.lifetimeSeconds`',
    ],
    [{ dpop: { nonce: { secret: SECRET, secrets: [] } } }, '`dpop.nonce.secrets`', '`dpop.nonce.secret`'],
    [{ xyzzy: undefined }, '`xyzzy`', ''],
  ])('are refused with the nearest name that is one: %j', async (more, unknown, suggestion) => {
    await expectNamed({ ...REQUIRED, ...more }, unknown, suggestion);
    const { message } = thrownBy(() => create({ ...REQUIRED, ...more }));
    if (suggestion !== '') expect(message).toContain(`did you mean ${suggestion}?`);
  });

  it('name no option when none is near', () => {
    expect(thrownBy(() => create({ ...REQUIRED, xyzzy: 1 })).message).not.toContain('did you mean');
  });

  it('are not found on the prototype either', async () => {
    await expectNamed({ ...REQUIRED, ...(JSON.parse('{"__proto__":{"realm":7}}') as object) }, '`__proto__`');
  });
});

it('asks for domain and audience together with everything else that is wrong, one at a time', async () => {
  await expectNamed({ audience: 'a' }, '`domain`', '`domains`');
  await expectNamed({ domain: 'tenant.auth0.test' }, '`audience`');
  await expectNamed(
    { ...REQUIRED, domain: undefined, domains: () => [], clientId: 'a' },
    '`clientId`',
    '`domain`',
  );
});

it('says what to write instead, and not what was written', () => {
  const { message } = thrownBy(() => create({ ...REQUIRED, clientSecret: ['hunter2'] }));
  expect(message).toBe('`clientSecret` must be a string that is not empty, or a function that returns one.');
});
