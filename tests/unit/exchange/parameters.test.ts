import { beforeEach, describe, expect, it } from 'vitest';
import { MissingRequiredArgumentError } from '../../../src/errors/index.ts';
import {
  FAILURES,
  METHODS,
  VALID,
  byProfile,
  forConnection,
  onBehalfOf,
  rejectionOf,
  setUp,
  type Method,
  type Untyped,
} from './support.ts';

const SUBJECTS: [Method, string][] = [
  ['onBehalfOf', 'accessToken'],
  ['byProfile', 'subjectToken'],
  ['forConnection', 'accessToken'],
];
const REQUIRED: [Method, string][] = [
  ...SUBJECTS,
  ['onBehalfOf', 'audience'],
  ['byProfile', 'subjectTokenType'],
  ['forConnection', 'connection'],
];
const TEXTS: [Method, string][] = [
  ['onBehalfOf', 'audience'],
  ['onBehalfOf', 'scope'],
  ['byProfile', 'subjectTokenType'],
  ['byProfile', 'audience'],
  ['byProfile', 'scope'],
  ['byProfile', 'requestedTokenType'],
  ['byProfile', 'organization'],
  ['byProfile', 'actorTokenType'],
  ['forConnection', 'connection'],
  ['forConnection', 'loginHint'],
];

let upstream: ReturnType<typeof setUp>;
let untyped: Untyped;
beforeEach(() => {
  upstream = setUp();
  untyped = upstream.exchange as Untyped;
});

function call(method: Method, change: object = {}): Promise<unknown> {
  return untyped[method]({ ...VALID[method], ...change });
}

async function expectRefusal(method: Method, change: object, reason: string): Promise<unknown> {
  const error = await rejectionOf(call(method, change));
  expect(error).toBeInstanceOf(FAILURES[method]);
  expect(error).toMatchObject({ reason, statusCode: 400 });
  expect(upstream.sent).toEqual([]);
  expect(upstream.tokenEndpointOf).not.toHaveBeenCalled();
  return error;
}

describe('required arguments', () => {
  it.each(REQUIRED)('%s without %s sends nothing', async (method, name) => {
    for (const nothing of [undefined, null, '']) {
      const error = await rejectionOf(call(method, { [name]: nothing }));
      expect(error).toBeInstanceOf(MissingRequiredArgumentError);
      expect(error).toMatchObject({ argument: name, code: 'invalid_request', statusCode: 400 });
    }
    expect(upstream.sent).toEqual([]);
  });

  it.each([
    ['onBehalfOf', 'accessToken'],
    ['byProfile', 'subjectToken'],
    ['forConnection', 'connection'],
  ] as const)('%s without any options misses %s', async (method, argument) => {
    for (const options of [undefined, null, {}, 'token', 42]) {
      const error = await rejectionOf(untyped[method](options));
      expect(error).toBeInstanceOf(MissingRequiredArgumentError);
      expect(error).toMatchObject({ argument });
    }
  });

  it('are looked for before anything else', async () => {
    const { exchange } = setUp(undefined, { client: {}, issuer: undefined });
    const error = await rejectionOf((exchange as Untyped).onBehalfOf({ accessToken: ' ', typo: 1 }));
    expect(error).toMatchObject({ reason: 'missing_argument', argument: 'audience' });
  });

  it('must be own members of the options', async () => {
    const error = await rejectionOf(untyped.onBehalfOf(Object.create(onBehalfOf)));
    expect(error).toBeInstanceOf(MissingRequiredArgumentError);
  });
});

describe('subject tokens', () => {
  const bad: [string, unknown][] = [
    ['blank', ' '],
    ['a tab', '\t'],
    ['with a space before it', ' token'],
    ['with a line break after it', 'token\n'],
    ['after a Bearer prefix', 'Bearer token'],
    ['after a lower-case bearer prefix', 'bearer token'],
    ['after a shouted prefix', 'BEARER  token'],
    ['after a DPoP prefix', 'dpop token'],
    ['with a control character', 'to\u0000ken'],
    ['with a line break', 'to\nken'],
    ['half a surrogate pair', 'to\ud800ken'],
    ['longer than 64 KiB', 'x'.repeat(64 * 1024 + 1)],
    ['a number', 42],
    ['a boolean', true],
    ['an array', ['token']],
    ['an object', { toString: () => 'token' }],
  ];
  const cases = SUBJECTS.flatMap(([method, name]) =>
    bad.map(([title, token]): [Method, string, unknown, string] => [method, title, token, name]),
  );

  it.each(cases)('%s refuses a token that is %s', async (method, _title, token, name) => {
    const error = await expectRefusal(method, { [name]: token }, 'subject_token_invalid');
    expect(error).toMatchObject({ cause: { name } });
  });

  it.each(SUBJECTS)(
    '%s sends a token of 64 KiB, and any other characters, as they are',
    async (method, name) => {
      for (const token of ['x'.repeat(64 * 1024), 'a b+c&d=é', 'bearer', 'Bearerish-token']) {
        await call(method, { [name]: token });
        expect(Object.fromEntries(upstream.sent.at(-1)?.fields ?? []).subject_token).toBe(token);
      }
    },
  );
});

describe('other options', () => {
  const bad: [string, unknown][] = [
    ['null', null],
    ['a number', 42],
    ['an array', ['a']],
    ['blank', '  '],
    ['with a control character', 'a\r\nb'],
    ['half a surrogate pair', 'a\udc00'],
    ['longer than 64 KiB', 'x'.repeat(64 * 1024 + 1)],
  ];

  it.each(TEXTS)('%s refuses a %s that is no usable text', async (method, name) => {
    const required = REQUIRED.some((pair) => pair[0] === method && pair[1] === name);
    for (const [, value] of bad) {
      if (required && value === null) continue;
      const error = await expectRefusal(
        method,
        { actorToken: undefined, [name]: value },
        'invalid_parameter',
      );
      expect(error).toMatchObject({ cause: { name } });
    }
    if (!required) await expectRefusal(method, { [name]: '' }, 'invalid_parameter');
  });

  it('an actor token obeys the rules for tokens', async () => {
    for (const actorToken of ['', ' ', 'Bearer x', ' x', 'x\n', 7, null]) {
      const change = { actorToken, actorTokenType: 'urn:example:actor' };
      const error = await expectRefusal('byProfile', change, 'invalid_parameter');
      expect(error).toMatchObject({ cause: { name: 'actorToken' } });
    }
  });

  it('actor token and actor token type go together', async () => {
    await expectRefusal('byProfile', { actorToken: 'x' }, 'invalid_parameter');
    await expectRefusal('byProfile', { actorTokenType: 'urn:example:actor' }, 'invalid_parameter');
  });

  it.each(METHODS)('%s refuses an option it does not know, and says which it does', async (method) => {
    for (const typo of ['scopes', 'Audience', 'constructor', '__proto__']) {
      const change = JSON.parse(`{"${typo}":"x"}`) as object;
      const error = await rejectionOf(
        untyped[method](
          Object.defineProperties({ ...VALID[method] }, Object.getOwnPropertyDescriptors(change)),
        ),
      );
      expect(error).toBeInstanceOf(FAILURES[method]);
      expect(error).toMatchObject({ reason: 'invalid_parameter', cause: { name: typo } });
      expect(error).toMatchObject({
        message: expect.stringContaining(Object.keys(VALID[method])[0] ?? '') as string,
      });
    }
    expect(upstream.sent).toEqual([]);
  });

  it.each(METHODS)('%s takes undefined for absent, also under an unknown name', async (method) => {
    await call(method, { scope: undefined, loginHint: undefined, whatever: undefined });
    expect(upstream.sent).toHaveLength(1);
  });

  it('a reserved name in extra is refused by name', async () => {
    const error = await expectRefusal('byProfile', { extra: { SCOPE: 'admin' } }, 'reserved_parameter');
    expect(error).toMatchObject({ message: '`extra` must not hold `scope`: the SDK sets it itself.' });
  });

  it('an unusable value in extra is refused', async () => {
    await expectRefusal('byProfile', { extra: { a: {} } }, 'invalid_parameter');
    await expectRefusal('byProfile', { extra: 'a=b' }, 'invalid_parameter');
    await expectRefusal('byProfile', { extra: null }, 'invalid_parameter');
  });

  it('the options may change after the call without changing the request', async () => {
    const options = { ...byProfile, extra: { roles: ['a'] } };
    const pending = upstream.exchange.byProfile(options);
    options.subjectToken = 'other';
    options.extra.roles.push('admin');
    await pending;
    expect(upstream.sent[0]?.fields).toContainEqual(['subject_token', 'subject-token-1']);
    expect(upstream.sent[0]?.fields).not.toContainEqual(['roles', 'admin']);
  });

  it('the options may change after the call without changing the result', async () => {
    const options = { ...forConnection };
    const pending = upstream.exchange.forConnection(options);
    options.connection = 'other';
    expect(await pending).toMatchObject({ connection: 'google-oauth2' });
  });
});
