import { inspect } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  ApiError,
  type ApiClientOptions,
  createDownstreamFetch,
  createDpopKey,
  type DownstreamFetchOptions,
  type DpopKey,
} from '../../src/index.ts';
import {
  badRequest,
  expectRefusal,
  misconfigured,
  missingArgument,
  rejectionOf,
} from '../support/assert-rejects.ts';
import { type DownstreamApi, serveDownstream } from '../support/downstream-api.ts';
import { type Scenario, setUp } from '../support/scenario.ts';

const AUDIENCE = 'https://billing.example.com';
const DPOP_NONCE = 'nonce-of-the-tenant';

let scenario: Scenario;
let accessToken: string;
beforeEach(async () => {
  scenario = setUp({ tenant: { dpopNonce: DPOP_NONCE } });
  accessToken = await scenario.tenant.issueAccessToken({ sub: 'auth0|ada' });
});

/** The API that is called, with a verifier of its own. */
async function serve(options: Partial<ApiClientOptions> = {}): Promise<DownstreamApi> {
  const api = await serveDownstream(scenario.createClient({ audience: AUDIENCE, ...options }));
  onTestFinished(api.close);
  return api;
}

const createCall = (options: Partial<DownstreamFetchOptions> = {}, client = scenario.client) =>
  createDownstreamFetch(client, {
    accessToken,
    audience: AUDIENCE,
    now: scenario.clock.now,
    ...options,
  });

const exchanges = () => scenario.tenant.requests.filter(({ kind }) => kind === 'token');
const granted = () => exchanges().filter(({ status }) => status === 200).length;
const statuses = (api: DownstreamApi) => api.calls.map(({ status }) => status);

describe('a call of another API', () => {
  it('presents an exchanged token of the same user', async () => {
    const api = await serve();
    const response = await createCall({ scope: 'read:invoices' })(`${api.url}/invoices?year=2026`, {
      method: 'POST',
      body: '{"a":1}',
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      sub: 'auth0|ada',
      aud: AUDIENCE,
      act: { sub: scenario.tenant.clientId },
    });
    expect(api.calls).toMatchObject([
      { method: 'POST', path: '/invoices?year=2026', scheme: 'Bearer', body: '{"a":1}' },
    ]);
    expect(exchanges()).toMatchObject([{ form: { audience: AUDIENCE, scope: 'read:invoices' } }]);
  });

  it('hands on what shapes the token', async () => {
    const api = await serve();
    await createCall({
      organization: 'org_1',
      resource: ['https://a.example', 'https://b.example'],
      authorizationDetails: [{ type: 'payment' }],
    })(api.url);
    expect(exchanges()[0]?.form).toMatchObject({
      organization: 'org_1',
      resource: ['https://a.example', 'https://b.example'],
      authorization_details: '[{"type":"payment"}]',
    });
  });

  it('costs one exchange for many calls, also of other functions for the same user', async () => {
    const api = await serve();
    const [one, other] = [createCall(), createCall()];
    await Promise.all(Array.from({ length: 10 }, () => [one(api.url), other(api.url)]).flat());
    expect(granted()).toBe(1);
    expect(new Set(statuses(api))).toEqual(new Set([200]));
  });

  it('never presents the token of another user', async () => {
    const api = await serve();
    const other = await scenario.tenant.issueAccessToken({ sub: 'auth0|bob' });
    const answers = await Promise.all(
      [accessToken, other, accessToken, other].map(async (token) => {
        const answer = (await (await createCall({ accessToken: token })(api.url)).json()) as { sub: string };
        return answer.sub;
      }),
    );
    expect(answers).toEqual(['auth0|ada', 'auth0|bob', 'auth0|ada', 'auth0|bob']);
    expect(granted()).toBe(2);
  });

  it('can verify the token of the call at hand first', async () => {
    const api = await serve();
    const forged = `${accessToken.slice(0, -4)}AAAA`;
    const error = await rejectionOf(createCall({ accessToken: forged, verifySubjectToken: true })(api.url));
    expect(error).toMatchObject({ code: 'invalid_token', reason: 'signature_invalid', statusCode: 401 });
    expect([exchanges(), api.calls]).toEqual([[], []]);
  });
});

describe('a bound call', () => {
  let dpopKey: DpopKey;
  beforeEach(async () => {
    dpopKey = await createDpopKey();
  });
  const nonce = { secret: 'a secret of at least thirty-two characters' };

  it('carries a token that is bound to the key, and a proof that the other API accepts', async () => {
    const api = await serve({ dpop: { mode: 'required' } });
    const call = createCall({ dpopKey });
    const response = await call(`${api.url}/invoices?a=b`, { method: 'put', body: 'x' });
    expect(await response.json()).toMatchObject({ cnf: { jkt: dpopKey.jkt }, sub: 'auth0|ada' });
    expect((await call(api.url)).status).toBe(200);
    // The tenant demanded its nonce once, and a token was kept.
    expect(exchanges().map(({ status }) => status)).toEqual([400, 200]);
    expect(api.calls.map(({ scheme }) => scheme)).toEqual(['DPoP', 'DPoP']);
  });

  it('answers the nonce that the other API demands, and goes on with it', async () => {
    const api = await serve({ dpop: { mode: 'required', nonce } });
    const call = createCall({ dpopKey });
    expect((await call(api.url, { method: 'POST', body: 'again' })).status).toBe(200);
    expect((await call(api.url)).status).toBe(200);
    expect(api.calls.map(({ status, body }) => [status, body])).toEqual([
      [401, 'again'],
      [200, 'again'],
      [200, ''],
    ]);
    expect(granted()).toBe(1);
  });

  it('gets a new bound token when the other API refuses the old one', async () => {
    const api = await serve({ dpop: { mode: 'required', nonce } });
    const call = createCall({ dpopKey });
    await call(api.url);
    api.revoked.add(api.calls.at(-1)?.accessToken ?? '');
    const response = await call(api.url);
    expect(await response.json()).toMatchObject({ cnf: { jkt: dpopKey.jkt } });
    expect(granted()).toBe(2);
  });

  it('is not tried with a new token when the proof is what is wrong', async () => {
    const api = await serve();
    api.answer = () => ({ status: 401, headers: { 'WWW-Authenticate': 'DPoP error="invalid_dpop_proof"' } });
    expect((await createCall({ dpopKey })(api.url)).status).toBe(401);
    expect([granted(), api.calls.length]).toEqual([1, 1]);
  });

  it('ends when the other API demands a nonce for ever', async () => {
    const api = await serve();
    let count = 0;
    api.answer = () => ({
      status: 401,
      headers: { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"', 'DPoP-Nonce': `n${++count}` },
    });
    expect((await createCall({ dpopKey })(api.url)).status).toBe(401);
    expect([granted(), api.calls.length]).toEqual([1, 2]);
  });

  it('with tokens of one key never gets those of another', async () => {
    const api = await serve({ dpop: { mode: 'required' } });
    const other = await createDpopKey();
    for (const key of [dpopKey, other, dpopKey]) {
      const answer: unknown = await (await createCall({ dpopKey: key })(api.url)).json();
      expect(answer).toMatchObject({ cnf: { jkt: key.jkt } });
    }
    expect(granted()).toBe(2);
  });
});

describe('a token that the other API refuses', () => {
  /** An API that has refused the token which is kept. */
  async function serveAfterRevocation() {
    const api = await serve();
    await createCall()(api.url);
    api.revoked.add(api.calls[0]?.accessToken ?? '');
    return api;
  }

  it('is replaced, and the request is sent once more', async () => {
    const api = await serveAfterRevocation();
    const response = await createCall()(`${api.url}/x`, { method: 'POST', body: 'again' });
    expect(response.status).toBe(200);
    expect(api.calls.slice(1)).toMatchObject([
      { status: 401, body: 'again' },
      { status: 200, body: 'again' },
    ]);
    // The new one is kept in place of the old.
    expect((await createCall()(api.url)).status).toBe(200);
    expect(granted()).toBe(2);
  });

  it('is replaced again when its replacement was good for one request only', async () => {
    const api = await serveAfterRevocation();
    const call = createCall();
    for (let round = 0; round < 3; round += 1) {
      expect((await call(api.url)).status).toBe(200);
      api.revoked.add(api.calls.at(-1)?.accessToken ?? '');
    }
    expect(granted()).toBe(4);
  });

  it.each([
    ['no challenge', {}],
    ['a challenge without an error', { 'WWW-Authenticate': 'Bearer realm="billing"' }],
    ['a challenge that cannot be read', { 'WWW-Authenticate': 'Bearer error="invalid_token' }],
    ['two challenges', { 'WWW-Authenticate': 'Bearer realm="a", DPoP error="invalid_token"' }],
  ])('is replaced also when it is refused with %s', async (_title, headers) => {
    const api = await serve();
    api.answer = () => (api.calls.length === 0 ? { status: 401, headers } : undefined);
    expect((await createCall()(api.url)).status).toBe(200);
    expect([granted(), statuses(api)]).toEqual([2, [401, 200]]);
  });

  it.each([
    [401, { 'WWW-Authenticate': 'Bearer error="invalid_request"' }],
    [401, { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' }],
    [401, { 'WWW-Authenticate': 'Bearer realm="x", DPoP error="use_dpop_nonce"', 'DPoP-Nonce': 'n' }],
    [403, { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' }],
    [400, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }],
    [500, {}],
  ])('is another matter than status %d with %j', async (status, headers) => {
    const api = await serve();
    api.answer = () => ({ status, headers });
    expect((await createCall()(api.url)).status).toBe(status);
    expect([granted(), api.calls.length]).toEqual([1, 1]);
  });

  it('is replaced once and no more while each new one is refused, too', async () => {
    const api = await serve();
    api.answer = () => ({ status: 401 });
    const call = createCall();
    expect((await call(api.url)).status).toBe(401);
    expect([granted(), api.calls.length]).toEqual([2, 2]);
    // Asking again and again would use up the tenant's limit for everybody.
    for (let round = 0; round < 5; round += 1) expect((await call(api.url)).status).toBe(401);
    expect([granted(), api.calls.length]).toEqual([2, 7]);
    // Accepted once, it is a token like any other.
    api.answer = undefined;
    expect((await call(api.url)).status).toBe(200);
    api.revoked.add(api.calls.at(-1)?.accessToken ?? '');
    expect((await call(api.url)).status).toBe(200);
    expect(granted()).toBe(3);
  });

  it('is replaced once for all requests at the same time', async () => {
    const api = await serveAfterRevocation();
    const call = createCall();
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(api.url)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(granted()).toBe(2);
  });

  it('is replaced, but the body of a stream is not sent again', async () => {
    const api = await serveAfterRevocation();
    const call = createCall();
    const init = () => ({ method: 'POST', body: new Blob(['text']).stream(), duplex: 'half' });
    expect((await call(api.url, init())).status).toBe(401);
    expect(statuses(api)).toEqual([200, 401]);
    // The next request has the new token.
    expect((await call(api.url, init())).status).toBe(200);
    expect(granted()).toBe(2);
  });

  it('costs one exchange for any number of streams that are refused', async () => {
    const api = await serve();
    api.answer = () => ({ status: 401 });
    const call = createCall();
    for (let round = 0; round < 5; round += 1) {
      const body = new Blob(['text']).stream();
      expect((await call(api.url, { method: 'POST', body, duplex: 'half' } as RequestInit)).status).toBe(401);
    }
    expect([granted(), api.calls.length]).toEqual([2, 5]);
  });

  it('leaves the 401 as it came when the new token is the old one', async () => {
    const api = await serve();
    api.answer = () => ({ status: 401 });
    const client = { getTokenOnBehalfOf: () => Promise.resolve(resultWith('same')) };
    const response = await createDownstreamFetch(client, { accessToken, audience: AUDIENCE })(api.url);
    expect([response.status, await response.text()]).toEqual([401, 'refused']);
    expect(api.calls).toHaveLength(1);
  });

  it('whose replacement is refused by the tenant rejects with what the tenant said, and is tried again later', async () => {
    const api = await serveAfterRevocation();
    scenario.tenant.fail('token', {
      status: 403,
      body: { error: 'invalid_grant', error_description: 'The user is blocked.' },
    });
    const call = createCall();
    const error = await rejectionOf(call(api.url));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'invalid_grant', reauthenticationRequired: true });
    expect(statuses(api)).toEqual([200, 401]);
    scenario.tenant.recover();
    expect((await call(api.url)).status).toBe(200);
  });

  it('whose replacement fails leaves a stream its 401', async () => {
    const api = await serveAfterRevocation();
    scenario.tenant.fail('token', { status: 500, body: {} });
    const init = { method: 'POST', body: new Blob(['text']).stream(), duplex: 'half' };
    expect((await createCall()(api.url, init)).status).toBe(401);
  });
});

function resultWith(token: string, more: object = {}) {
  return { accessToken: token, expiresIn: 60, expiresAt: 60, ...more };
}

describe('what comes of an exchange', () => {
  it.each([['a b'], ['a\r\nX: y'], [''], [undefined], [7]])('is not sent when it is %j', async (token) => {
    const api = await serve();
    const client = { getTokenOnBehalfOf: () => Promise.resolve(resultWith(token as string)) };
    const call = createDownstreamFetch(client, { accessToken, audience: AUDIENCE });
    await expectRefusal(call(api.url), badRequest('invalid_argument'));
    expect(api.calls).toEqual([]);
  });

  it.each(['N_A', 'n_a'])('is not sent when it is no access token (%s)', async (tokenType) => {
    const api = await serve();
    const client = { getTokenOnBehalfOf: () => Promise.resolve(resultWith('t', { tokenType })) };
    const error = await rejectionOf(
      createDownstreamFetch(client, { accessToken, audience: AUDIENCE })(api.url),
    );
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ reason: 'upstream_invalid_answer', statusCode: 502 });
    expect(api.calls).toEqual([]);
  });

  it('is what the call rejects with when it fails, and nothing is sent', async () => {
    const api = await serve();
    scenario.tenant.fail('token', { status: 429, headers: { 'retry-after': '7' }, body: {} });
    const error = await rejectionOf(createCall()(api.url));
    expect(error).toMatchObject({ statusCode: 429, retryAfterSeconds: 7, retryable: true });
    expect(api.calls).toEqual([]);
  });
});

describe('where the token goes', () => {
  it('is relative to the base URL', async () => {
    const api = await serve();
    const call = createCall({ baseUrl: `${api.url}/v1/` });
    await call('invoices');
    await call('/root?x=1');
    await call(new URL(`${api.url}/absolute`));
    await call(new Request(`${api.url}/request`));
    expect(api.calls.map(({ path }) => path)).toEqual(['/v1/invoices', '/root?x=1', '/absolute', '/request']);
  });

  it.each([
    '//evil.example/',
    'https://evil.example/',
    '\\\\evil.example\\',
    'http://127.0.0.1:1/',
    'https://billing.example.com.evil.example/',
    'https://billing.example.com@evil.example/',
    'https://billing.example.com:8443/',
    'http://billing.example.com/',
    ' \thttps://evil.example/',
  ])('is no other origin: %j', async (url) => {
    const sent: unknown[] = [];
    const send: typeof fetch = (input) => {
      sent.push(input);
      return Promise.resolve(new Response());
    };
    const call = createCall({ baseUrl: new URL('https://billing.example.com/v1/'), fetch: send });
    await expectRefusal(call(url), badRequest('invalid_argument'));
    await call('https://BILLING.example.com:443/ok');
    expect(sent).toEqual(['https://billing.example.com/ok']);
  });

  it.each(['/orders', 'http://billing.example.com/', 'https://user:secret@billing.example.com/'])(
    'is not %s',
    async (url) => {
      const error = await expectRefusal(createCall()(url), badRequest('invalid_argument'));
      expect(inspect(error, { depth: 9 })).not.toContain('secret');
      expect(exchanges()).toEqual([]);
    },
  );

  it('is not where a redirect leads', async () => {
    const [api, other] = [await serve(), await serve()];
    api.answer = () => ({ status: 307, headers: { Location: other.url } });
    const response = await createCall()(api.url, { redirect: 'follow' });
    expect(response.status).toBe(307);
    expect(other.calls).toEqual([]);
  });

  it('is not a header of the program that names another token', async () => {
    const api = await serve();
    await createCall()(api.url, { headers: { Authorization: 'Bearer other', DPoP: 'proof' } });
    expect(api.calls).toMatchObject([{ status: 200, scheme: 'Bearer' }]);
    expect(api.calls[0]?.accessToken).not.toBe('other');
  });
});

describe('a signal', () => {
  it('ends the wait for an exchange that never ends, which others still get', async () => {
    const api = await serve();
    let finish: ((result: ReturnType<typeof resultWith>) => void) | undefined;
    const result = new Promise<ReturnType<typeof resultWith>>((resolve) => {
      finish = resolve;
    });
    const asked: (() => void)[] = [];
    const bothAsked = new Promise<void>((resolve) => asked.push(() => undefined, resolve));
    let count = 0;
    const client = {
      getTokenOnBehalfOf: () => {
        asked[count++]?.();
        return result;
      },
    };
    const call = createDownstreamFetch(client, { accessToken, audience: AUDIENCE });
    const controller = new AbortController();
    const aborted = call(api.url, { signal: controller.signal });
    const patient = call(api.url);
    await bothAsked;
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    api.answer = () => ({ status: 204 });
    finish?.(resultWith('t'));
    expect((await patient).status).toBe(204);
    expect(api.calls).toHaveLength(1);
  });

  it('keeps the second attempt from a fetch that does not look at it', async () => {
    const controller = new AbortController();
    const sent: unknown[] = [];
    const send: typeof fetch = (input) => {
      sent.push(input);
      return Promise.resolve(new Response(null, { status: 401 }));
    };
    let count = 0;
    const client = {
      getTokenOnBehalfOf: async () => {
        count += 1;
        if (count === 2) controller.abort(new Error('enough'));
        return await Promise.resolve(resultWith(`t${count}`));
      },
    };
    const call = createDownstreamFetch(client, { accessToken, audience: AUDIENCE, fetch: send });
    await expect(call('https://b.example/', { signal: controller.signal })).rejects.toThrow('enough');
    expect([count, sent.length]).toEqual([2, 1]);
  });

  it('keeps the second attempt from the network', async () => {
    const api = await serve();
    const controller = new AbortController();
    api.answer = () => {
      controller.abort(new Error('enough'));
      return { status: 401 };
    };
    await expect(createCall()(api.url, { signal: controller.signal })).rejects.toThrow('enough');
    expect(api.calls).toHaveLength(1);
  });
});

describe('options', () => {
  it.each([
    ['no client', undefined, {}],
    ['a client that is none', {}, {}],
    ['a client that is a function', () => undefined, {}],
  ])('with %s are refused', async (_title, client, more) => {
    const call = createDownstreamFetch(client as never, { accessToken, audience: AUDIENCE, ...more });
    await expectRefusal(call('https://billing.example.com/'), misconfigured);
  });

  it.each([
    ['a misspelt name', { audiance: 'x' }],
    ['a cache of their own', { cache: false }],
    ['a look-alike of a key', { dpopKey: { algorithm: 'ES256', jkt: 'x' } }],
    ['a key that is null', { dpopKey: null }],
    ['a fetch that is none', { fetch: 'fetch' }],
    ['a clock that is none', { now: 5 }],
    ['a base URL in the clear', { baseUrl: 'http://billing.example.com' }],
    ['a base URL with credentials', { baseUrl: 'https://user:secret@billing.example.com' }],
    ['a relative base URL', { baseUrl: '/v1' }],
    ['a base URL that is none', { baseUrl: {} }],
  ])('with %s are refused', async (_title, more) => {
    const error = await expectRefusal(
      createCall(more as never)('https://billing.example.com/'),
      misconfigured,
    );
    expect(inspect(error, { depth: 9 })).not.toContain('secret');
    expect(exchanges()).toEqual([]);
  });

  it.each([[undefined], [null], ['token'], [[]]])('that are %j are refused', async (options) => {
    const call = createDownstreamFetch(scenario.client, options as never);
    await expectRefusal(call('https://billing.example.com/'), misconfigured);
  });

  it.each(['accessToken', 'audience'])('without %s are refused as by the exchange', async (name) => {
    const call = createCall({ [name]: undefined });
    await expectRefusal(call('https://billing.example.com/'), missingArgument(name));
  });

  it('are those of the moment they were given', async () => {
    const api = await serve();
    const options = { accessToken, audience: AUDIENCE };
    const call = createDownstreamFetch(scenario.client, options);
    options.audience = 'https://other.example';
    expect((await call(api.url)).status).toBe(200);
  });
});
