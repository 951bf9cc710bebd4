import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ApiClient, ApiError, ConfigurationError } from '../../src/index.ts';
import type { Failure } from '../../src/testing/index.ts';
import { expectRefusal, rejectionOf, type Refusal, thrownBy } from '../support/assert-rejects.ts';
import { bearerRequest, setUp } from '../support/scenario.ts';

const SECRET = 'secret+of/the:client=with & odd characters';
const WRONG_SECRET = 'another+secret/of:the=client & its characters';
const TYPE = 'urn:example:subject-token';
const { tenant, createClient } = setUp({
  tenant: { clients: [{ clientId: 'orders-api', clientSecret: SECRET }] },
});
const subject = await tenant.issueAccessToken();

interface Outcome {
  readonly code: string;
  readonly reason: Refusal['reason'];
  readonly statusCode: number;
  /** The status of our own answer. */
  readonly answered: 502 | 503 | 504;
  readonly retryable: boolean;
  readonly retryAfterSeconds?: number;
  readonly error?: string;
}

/** What the ApiError of a failed exchange must be, in itself and as an answer to our own client. */
async function expectApiError(exchange: Promise<unknown>, outcome: Outcome): Promise<ApiError> {
  const { code, reason, statusCode, answered, retryable, retryAfterSeconds, error } = outcome;
  const headers = retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) };
  const members = { error, retryable, retryAfterSeconds, responseStatusCode: answered };
  const thrown = await expectRefusal(exchange, {
    type: ApiError,
    code,
    reason,
    statusCode,
    headers,
    members,
  });
  const response = thrown.toResponse();
  expect(response.status).toBe(answered);
  expect(response.headers.get('retry-after')).toBe(headers['Retry-After'] ?? null);
  expect(response.headers.get('www-authenticate')).toBeNull();
  // The upstream's words are about us, and none of our client's business.
  expect(await response.json()).toEqual({ error: reason, error_description: thrown.message });
  expectNoSecret(thrown);
  return thrown;
}

function expectNoSecret(shown: unknown): void {
  const text = [
    inspect(shown, { depth: null, showHidden: true }),
    JSON.stringify(shown),
    shown instanceof Error ? `${shown.message} ${shown.stack ?? ''}` : '',
  ].join('\n');
  const basic = [SECRET, WRONG_SECRET].map((secret) => btoa(`${tenant.clientId}:${formEncoded(secret)}`));
  const secrets = [SECRET, WRONG_SECRET, ...basic, ...subject.split('.'), 'user:ada-the-subject'];
  for (const secret of secrets) {
    for (const written of [secret, encodeURIComponent(secret), formEncoded(secret)]) {
      expect(text).not.toContain(written);
    }
  }
}

const formEncoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);

const refused = (code: string, statusCode: number, more: Partial<Outcome> = {}): Outcome => ({
  code,
  error: code,
  reason: 'upstream_refused',
  statusCode,
  answered: 502,
  retryable: false,
  ...more,
});
/** A refusal without a code of its own. */
const refusedSilently = (statusCode: number, more: Partial<Outcome> = {}): Outcome => ({
  ...{
    code: 'token_exchange_error',
    reason: 'upstream_refused',
    statusCode,
    answered: 502,
    retryable: false,
  },
  ...more,
});
const unreachable: Outcome = {
  ...{
    code: 'network_error',
    reason: 'upstream_unreachable',
    statusCode: 502,
    answered: 502,
    retryable: true,
  },
};
const timeout: Outcome = {
  code: 'timeout_error',
  reason: 'upstream_timeout',
  statusCode: 504,
  answered: 504,
  retryable: true,
};
const unusable = (code: string): Outcome => ({
  code,
  reason: 'upstream_invalid_answer',
  statusCode: 502,
  answered: 502,
  retryable: false,
});

const exchanges: Record<string, (client: ApiClient) => Promise<unknown>> = {
  'on behalf of a user': (client) =>
    client.getTokenOnBehalfOf({ accessToken: subject, audience: 'https://b.example' }),
  'by profile': (client) =>
    client.getTokenByExchangeProfile({ subjectToken: 'user:ada-the-subject', subjectTokenType: TYPE }),
  'for a connection': (client) =>
    client.getAccessTokenForConnection({ connection: 'google-oauth2', accessToken: subject }),
};

describe.each(Object.entries(exchanges))('an exchange %s', (_kind, exchange) => {
  it('with a wrong secret is our fault, and our client does not see a 401', async () => {
    const error = await expectApiError(
      exchange(createClient({ clientSecret: WRONG_SECRET })),
      refused('invalid_client', 401),
    );
    expect(error.errorDescription).toBe('Unauthorized');
  });

  const errorBody = { error: 'invalid_grant', error_description: 'no' };
  it.each<[string, Failure, Outcome]>([
    ['network', 'network', unreachable],
    ['hang', 'hang', timeout],
    ['slow', 'slow', timeout],
    ['html', 'html', unusable('invalid_json')],
    ['truncated', 'truncated', unusable('invalid_json')],
    ['empty', 'empty', unusable('invalid_response')],
    ['endless', 'endless', unusable('invalid_response')],
    ['redirect', 'redirect', refusedSilently(302)],
    ['a thrown error', () => Promise.reject(new Error(`sent ${SECRET}`)), unreachable],
    ['400', { status: 400, body: errorBody }, refused('invalid_grant', 400)],
    ['403', 403, refused('access_denied', 403)],
    ['404 in HTML', { status: 404, body: '<html>' }, refusedSilently(404)],
    ['429', 429, refused('too_many_requests', 429, { answered: 503, retryable: true })],
    [
      '429 with Retry-After',
      { status: 429, headers: { 'retry-after': '7' }, body: 'garbage' },
      refusedSilently(429, { answered: 503, retryable: true, retryAfterSeconds: 7 }),
    ],
    ['500', 500, refused('server_error', 500, { retryable: true })],
    ['502', 502, refused('server_error', 502, { retryable: true })],
    [
      '503 with Retry-After',
      { status: 503, headers: { 'retry-after': '9' } },
      refused('server_error', 503, { answered: 503, retryable: true, retryAfterSeconds: 9 }),
    ],
    ['504', 504, refused('server_error', 504, { retryable: true })],
    ['204', 204, unusable('invalid_json')],
    ['a list', { body: [] }, unusable('invalid_response')],
    ['a token that is a number', { body: { access_token: 7 } }, unusable('invalid_response')],
    ['a token with a line break', { body: { access_token: 'a\nb' } }, unusable('invalid_response')],
    ['a negative lifetime', { body: { access_token: 'a', expires_in: -1 } }, unusable('invalid_response')],
    [
      'a lifetime that is no number',
      { body: { access_token: 'a', expires_in: 'soon' } },
      unusable('invalid_response'),
    ],
  ])('that fails by %s is reported as what it is', async (_name, how, outcome) => {
    tenant.fail('token', how);
    // Short where nothing else ends the wait.
    const client = createClient({ timeoutSeconds: outcome === timeout ? 0.1 : 10 });
    await expectApiError(exchange(client), outcome);
    tenant.recover();
  });

  it('that is answered with its own secrets keeps them out of the error', async () => {
    tenant.fail('token', async (request) => {
      const sent = `${await request.text()} ${request.headers.get('authorization') ?? ''}`;
      const echo = {
        error: 'invalid_grant',
        error_description: `you sent ${sent} ${decodeURIComponent(sent)}`,
      };
      return Response.json(echo, { status: 400 });
    });
    const error = await expectApiError(exchange(createClient()), refused('invalid_grant', 400));
    expect(error.errorDescription).toContain('you sent');
    tenant.recover();
  });

  it('is sent once, whatever happens', async () => {
    for (const how of ['network', 500, 'html'] as const) {
      tenant.fail('token', how);
      tenant.clearRequests();
      await rejectionOf(exchange(createClient()));
      expect(tenant.requests.filter(({ kind }) => kind === 'token')).toHaveLength(1);
    }
    tenant.recover();
  });

  it('that is refused before it is sent shows no secret', async () => {
    const { domain, audience } = tenant;
    expectNoSecret(await rejectionOf(exchange(new ApiClient({ domain, audience, clientSecret: SECRET }))));
  });
});

describe('a refusal by the token endpoint', () => {
  const exchange = exchanges['on behalf of a user'];

  it('gets no challenge of ours: it is about our client', async () => {
    tenant.fail('token', { status: 401, body: { error: 'invalid_token' } });
    const client = createClient();
    const error = await rejectionOf(exchange?.(client) ?? Promise.resolve());
    tenant.recover();
    expect(client.challenge(error)).toBe(error);
    expect(error).toMatchObject({ constructor: ApiError, statusCode: 401, headers: {}, challenges: [] });
    expect(error.toResponse().headers.get('www-authenticate')).toBeNull();
  });

  it('gets none in the course of a verification either', async () => {
    tenant.fail('token', { status: 401, body: { error: 'invalid_token' } });
    const client = createClient();
    const validate = async (value: unknown) => {
      await exchange?.(client);
      return { value: Object(value) as object };
    };
    const claimsSchema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
    const error = await rejectionOf(client.verifyRequest(bearerRequest(subject), { claimsSchema }));
    tenant.recover();
    expect(error).toMatchObject({ constructor: ApiError, statusCode: 401, headers: {}, challenges: [] });
  });
});

it('takes lifetimes as numbers in text, and an hour for none', async () => {
  const client = createClient({ onBehalfOfCache: false });
  const exchange = () => client.getTokenOnBehalfOf({ accessToken: subject, audience: 'https://b.example' });
  for (const [given, expiresIn] of [
    ['60', 60],
    [60.9, 60],
    [undefined, 3600],
    [0, 0],
  ]) {
    tenant.fail('token', { body: { access_token: 'a', expires_in: given } });
    await expect(exchange()).resolves.toMatchObject({ accessToken: 'a', expiresIn });
  }
  tenant.recover();
});

it('shows no secret of the client when the client is shown', () => {
  const nonce = { secret: `a nonce secret of its own: ${SECRET}` };
  const client = createClient({ dpop: { nonce } });
  expectNoSecret(client);
  expect(inspect(client, { depth: null, showHidden: true, getters: true })).not.toContain('secret');
});

it.each<Record<string, unknown>>([
  { clientSecret: SECRET, timeoutSeconds: -1 },
  { clientSecret: SECRET, secret: SECRET },
  { clientSecret: [SECRET] },
  { clientSecret: SECRET, domain: `https://client:${SECRET}@tenant.auth0.test/` },
  { clientSecret: SECRET, dpop: { nonce: { secret: [SECRET, 'short'] } } },
])('shows no secret when an option is refused: %#', (options) => {
  const { domain, audience } = tenant;
  const error = thrownBy(() => new ApiClient({ domain, audience, ...options }));
  expect(error).toBeInstanceOf(ConfigurationError);
  expectNoSecret(error);
});
