import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../src/errors/index.ts';
import { formEncode } from '../../../src/exchange/client-auth.ts';
import type { TokenExchangeDependencies } from '../../../src/exchange/token-exchange.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  byProfile,
  everythingIn,
  json,
  rejectionOf,
  setUp,
  type SentRequest,
  type Upstream,
} from './support.ts';

const SUBJECT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl+/=';
const ACTOR = 'actor token/with&odd=characters+ü';
const PIN = 'pin-90210-pin';
const NUMBER = 4_929_123_456_781;
const BASIC = btoa(`${formEncode(CLIENT_ID)}:${formEncode(CLIENT_SECRET)}`);

const options = {
  ...byProfile,
  subjectToken: SUBJECT,
  actorToken: ACTOR,
  actorTokenType: 'urn:example:actor',
  extra: { pin: PIN, pins: [PIN], number: NUMBER, numbers: [NUMBER] },
};

const SECRETS = [SUBJECT, ACTOR, CLIENT_SECRET, PIN, String(NUMBER), BASIC];
const WRITTEN = SECRETS.flatMap((secret) => [
  secret,
  formEncode(secret),
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
]);

function echoOf({ fields, headers, url }: SentRequest): string {
  const body = new URLSearchParams(fields).toString();
  return `${url} ${body} ${JSON.stringify(fields)} ${headers.get('authorization') ?? ''} ${CLIENT_SECRET}`;
}

function expectNoSecret(error: unknown): void {
  expect(error).toBeInstanceOf(ApiError);
  const text = everythingIn(error);
  for (const secret of WRITTEN) expect(text).not.toContain(secret);
}

/** An error as careless HTTP clients throw it. */
function carelessError(request: SentRequest): Error {
  const echo = echoOf(request);
  const cause = Object.assign(new Error(echo), { code: echo, config: { data: echo } });
  const error = Object.assign(new Error(`request failed: ${echo}`, { cause }), {
    code: SUBJECT,
    request,
    headers: request.headers,
    [Symbol('body')]: echo,
  });
  error.name = `E_${CLIENT_SECRET}`;
  return error;
}

describe('no error holds a secret', () => {
  const upstreams: [string, Upstream][] = [
    ['echoes the request in its description', (r) => json({ error: 'e', error_description: echoOf(r) }, 400)],
    ['echoes the token as its error', () => json({ error: SUBJECT, error_description: SUBJECT }, 401)],
    [
      'quotes the token in part',
      () => json({ error: 'e', error_description: `bad ${SUBJECT.slice(0, 30)}…` }, 400),
    ],
    [
      'echoes it under every other name',
      (r) => json({ detail: echoOf(r), message: SUBJECT, [SUBJECT]: 1 }, 500),
    ],
    [
      'echoes it in headers',
      () => json({ error: 'e' }, 429, { 'Retry-After': 'actor-token', 'X-Echo': BASIC }),
    ],
    ['echoes it in a body that is no JSON', (r) => new Response(echoOf(r), { status: 400 })],
    ['answers 200 and echoes it', (r) => json({ error: SUBJECT, error_description: echoOf(r) })],
    ['answers 200 with text', (r) => new Response(echoOf(r))],
    ['gives it as a bad access token', (r) => json({ access_token: echoOf(r) })],
    ['gives it as a bad lifetime', () => json({ access_token: 't', expires_in: SUBJECT })],
    ['gives it as a bad token type', () => json({ access_token: 't', token_type: CLIENT_SECRET })],
    ['gives it as a bad scope', () => json({ access_token: 't', scope: [SUBJECT] })],
    ['gives it as its status', () => Object.defineProperty(json({}), 'status', { value: SUBJECT })],
    [
      'redirects to it',
      (r) =>
        new Response(null, {
          status: 302,
          headers: { Location: `https://x.example/?${new URLSearchParams(r.fields).toString()}` },
        }),
    ],
    [
      'breaks off with it',
      (r) =>
        new Response(
          new ReadableStream({
            start: (c) => {
              c.error(carelessError(r));
            },
          }),
        ),
    ],
  ];

  it.each(upstreams)('when the upstream %s', async (_title, upstream) => {
    expectNoSecret(await rejectionOf(setUp(upstream).exchange.byProfile(options)));
  });

  it.each([
    ['throws it', (r: SentRequest) => carelessError(r)],
    ['throws it as a string', (r: SentRequest) => echoOf(r)],
    [
      'throws it as an object',
      (r: SentRequest) => ({ name: SUBJECT, message: echoOf(r), code: CLIENT_SECRET, cause: echoOf(r) }),
    ],
    ['throws the request', (r: SentRequest) => r],
    [
      'aggregates it',
      (r: SentRequest) => new AggregateError([carelessError(r)], echoOf(r), { cause: carelessError(r) }),
    ],
    [
      'throws it from getters',
      () => ({
        get message() {
          return SUBJECT;
        },
        get cause(): unknown {
          throw new Error(SUBJECT);
        },
      }),
    ],
  ])('when fetch %s', async (_title, thrown) => {
    const upstream: Upstream = (request) => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- custom fetch functions throw anything
      throw thrown(request);
    };
    const { exchange } = setUp(upstream);
    const error = await rejectionOf(exchange.byProfile(options));
    expectNoSecret(error);
    expect(error).toMatchObject({ code: 'network_error', statusCode: 502 });
  });

  it('when an answer that refuses holds a token of its own', async () => {
    const upstream: Upstream = () =>
      json(
        { error: 'mfa_required', mfa_token: 'fresh-mfa-token', error_description: 'use fresh-mfa-token' },
        403,
      );
    const error = await rejectionOf(setUp(upstream).exchange.byProfile(options));
    expect(error).toMatchObject({ code: 'mfa_required', errorDescription: 'use [redacted]' });
  });

  it('when a secret is a piece of a registered error code, which is kept', async () => {
    for (const clientSecret of ['in', 'grant']) {
      const { exchange } = setUp(() => json({ error: 'invalid_grant' }, 400), {
        client: { clientId: 'c', clientSecret },
      });
      expect(await rejectionOf(exchange.byProfile(byProfile))).toMatchObject({ code: 'invalid_grant' });
    }
  });

  it('when secrets are very short', async () => {
    const client: TokenExchangeDependencies['client'] = { clientId: 'c', clientSecret: '~!' };
    const upstream: Upstream = () =>
      json({ error: 'invalid_client', error_description: 'the secret ~! is wrong for ^*' }, 401);
    const error = await rejectionOf(
      setUp(upstream, { client }).exchange.byProfile({ ...byProfile, subjectToken: '^*' }),
    );
    expect(error).toMatchObject({ code: 'invalid_client', errorDescription: '[redacted]' });
    expect(everythingIn(error)).not.toContain('~!');
    expect(everythingIn(error)).not.toContain('^*');
  });

  it('when the options are refused', async () => {
    const { exchange } = setUp();
    const bad: object[] = [
      { ...options, subjectToken: `Bearer ${SUBJECT}` },
      { ...options, subjectToken: ` ${SUBJECT}` },
      { ...options, actorToken: `${ACTOR}\n` },
      { ...options, audience: [SUBJECT] },
      { ...options, [SUBJECT]: 'x' },
      { ...options, extra: { [CLIENT_SECRET]: {} } },
      { ...options, extra: { [ACTOR]: 'x' } },
      { ...options, extra: { a: { pin: PIN } } },
    ];
    const run = exchange.byProfile as (given: object) => Promise<unknown>;
    for (const given of bad) {
      const error = await rejectionOf(run(given));
      expect(error).toMatchObject({ statusCode: 400 });
      const text = everythingIn(error);
      for (const secret of WRITTEN) expect(text).not.toContain(secret);
    }
  });

  it('whatever the tokens are and wherever the upstream puts them', async () => {
    const token = fc.stringMatching(/^[!-~]{6,40}$/).filter((text) => !/^(?:bearer|dpop)\s/i.test(text));
    await fc.assert(
      fc.asyncProperty(
        token,
        token,
        fc.string({ maxLength: 10 }),
        async (subjectToken, actorToken, noise) => {
          const description = `${noise}${subjectToken}${noise}${actorToken}${subjectToken}${noise}`;
          const { exchange } = setUp(() =>
            json({ error: subjectToken, error_description: description }, 400),
          );
          const error = await rejectionOf(
            exchange.byProfile({ ...byProfile, subjectToken, actorToken, actorTokenType: 'urn:x' }),
          );
          const { errorDescription = '', code } = error as ApiError;
          const kept = errorDescription.split('[redacted]');
          for (const secret of [subjectToken, actorToken]) {
            for (const piece of kept) expect(piece).not.toContain(secret);
          }
          expect(code).toBe('token_exchange_error');
        },
      ),
    );
  });
});
