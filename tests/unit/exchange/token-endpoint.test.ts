import { describe, expect, it } from 'vitest';
import { requestToken } from '../../../src/exchange/token-endpoint.ts';
import { NOW_MS, NOW_SECONDS, TOKEN_ENDPOINT, json } from './support.ts';
import {
  answering,
  apiErrorOf,
  endlessBody,
  request,
  silentBody,
  type Fetch,
} from './token-endpoint-support.ts';

const neverEnding: Fetch = () => new Promise(() => undefined);

describe('requestToken', () => {
  it('posts the form once, asks for JSON and follows no redirect', async () => {
    const calls: [unknown, RequestInit | undefined][] = [];
    await request((url, init) => {
      calls.push([url, init]);
      return Promise.resolve(json({ access_token: 't' }));
    });
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject([
      TOKEN_ENDPOINT,
      { method: 'POST', redirect: 'manual', body: 'grant_type=g&subject_token=the-subject' },
    ]);
    expect([...new Headers(calls[0]?.[1]?.headers)]).toEqual([
      ['accept', 'application/json'],
      ['authorization', 'Basic aWQ6dGhlLXNlY3JldA=='],
      ['content-type', 'application/x-www-form-urlencoded'],
    ]);
  });

  it.each([200, 201, 202, 299])('takes %d for success', async (status) => {
    const answer = await request(answering(() => json({ access_token: 't', expires_in: 5 }, status)));
    expect(answer.issued).toEqual({ accessToken: 't', expiresIn: 5, expiresAt: NOW_SECONDS + 5 });
  });

  it('counts the lifetime from when the request was sent', async () => {
    let time = NOW_MS;
    const answer = await requestToken({
      tokenEndpoint: TOKEN_ENDPOINT,
      form: [],
      authorization: 'Basic x',
      secrets: [],
      http: {
        fetch: () => {
          time += 9_000;
          return Promise.resolve(json({ access_token: 't', expires_in: 60 }));
        },
        timeoutSeconds: 5,
      },
      now: () => time,
    });
    expect(answer.issued.expiresAt).toBe(NOW_SECONDS + 60);
  });

  describe('a success that is none', () => {
    it.each([
      ['HTML', () => new Response('<html></html>')],
      ['empty', () => new Response('')],
      ['no UTF-8', () => new Response(new Uint8Array([0x22, 0xff, 0x22]))],
      ['without content', () => new Response(null, { status: 204 })],
    ])('is invalid_json when its body is %s', async (_title, response) => {
      expect(await apiErrorOf(request(answering(response)))).toMatchObject({
        reason: 'upstream_invalid_answer',
        code: 'invalid_json',
        statusCode: 502,
        responseStatusCode: 502,
      });
    });

    it.each([
      ['null', null],
      ['an array', []],
      ['an object without a token', { error: 'invalid_grant' }],
      ['a bad lifetime', { access_token: 't', expires_in: -1 }],
      ['a DPoP token', { access_token: 't', token_type: 'DPoP' }],
    ])('is invalid_response when its JSON is %s', async (_title, body) => {
      const error = await apiErrorOf(request(answering(() => json(body))));
      expect(error).toMatchObject({
        reason: 'upstream_invalid_answer',
        code: 'invalid_response',
        statusCode: 502,
        responseStatusCode: 502,
      });
      expect(error.error).toBeUndefined();
      expect(error.cause).toHaveProperty('expected');
    });

    it('is invalid_response when its body is endless', async () => {
      expect(await apiErrorOf(request(answering(() => new Response(endlessBody()))))).toMatchObject({
        reason: 'upstream_invalid_answer',
        code: 'invalid_response',
        statusCode: 502,
      });
    });

    it('is an error of the network when its body breaks off', async () => {
      const broken = () =>
        new Response(
          new ReadableStream({
            start: (controller) => {
              controller.error(new Error('cut'));
            },
          }),
        );
      expect(await apiErrorOf(request(answering(broken)))).toMatchObject({
        reason: 'upstream_unreachable',
        code: 'network_error',
        statusCode: 502,
      });
    });

    it('is invalid_response when its status is none of HTTP', async () => {
      expect(await apiErrorOf(request(answering(() => Response.error())))).toMatchObject({
        reason: 'upstream_invalid_answer',
        code: 'invalid_response',
        statusCode: 502,
      });
      const strange = Object.defineProperty(json({ access_token: 't' }), 'status', { value: 'the-secret' });
      const error = await apiErrorOf(request(answering(() => strange)));
      expect(error).toMatchObject({ code: 'invalid_response', statusCode: 502 });
      expect(JSON.stringify(error.cause)).not.toContain('the-secret');
    });
  });

  describe('no answer', () => {
    it('is a network_error of status 502', async () => {
      const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
      const error = await apiErrorOf(request(() => Promise.reject(new TypeError('fetch failed', { cause }))));
      expect(error).toMatchObject({ reason: 'upstream_unreachable', code: 'network_error', statusCode: 502 });
      expect(error).toMatchObject({ retryable: true, responseStatusCode: 502 });
      expect(error.cause).toEqual({
        name: 'HttpFailure',
        message: `POST ${TOKEN_ENDPOINT} could not be reached`,
        cause: {
          name: 'TypeError',
          message: 'fetch failed',
          cause: { name: 'Error', message: 'connect', code: 'ECONNREFUSED' },
        },
      });
    });

    it('is a network_error when fetch throws instead of rejecting', async () => {
      const thrower: Fetch = () => {
        throw new Error('no network');
      };
      expect(await apiErrorOf(request(thrower))).toMatchObject({ code: 'network_error', statusCode: 502 });
    });

    it('is a network_error when fetch gives something else than a Response', async () => {
      const nothing = answering(() => JSON.parse('null') as Response);
      expect(await apiErrorOf(request(nothing))).toMatchObject({ code: 'network_error', statusCode: 502 });
      const poor = answering(() => JSON.parse('{"status":400,"ok":false,"body":null}') as Response);
      expect(await apiErrorOf(request(poor))).toMatchObject({ code: 'network_error', statusCode: 502 });
    });

    it('is a timeout_error of status 504, also when fetch ignores its signal', async () => {
      const error = await apiErrorOf(request(neverEnding, 0.02));
      expect(error).toMatchObject({ reason: 'upstream_timeout', code: 'timeout_error', statusCode: 504 });
      expect(error).toMatchObject({ retryable: true, responseStatusCode: 504 });
    });

    it('is a timeout_error when a success stops in its body', async () => {
      expect(
        await apiErrorOf(
          request(
            answering(() => new Response(silentBody())),
            0.02,
          ),
        ),
      ).toMatchObject({
        reason: 'upstream_timeout',
        code: 'timeout_error',
        statusCode: 504,
      });
    });

    it('is an unusable answer when fetch hides a redirect', async () => {
      const hidden = Object.defineProperty(new Response(null), 'type', { value: 'opaqueredirect' });
      expect(await apiErrorOf(request(answering(() => hidden)))).toMatchObject({
        reason: 'upstream_invalid_answer',
        code: 'invalid_response',
        statusCode: 502,
      });
    });
  });
});
