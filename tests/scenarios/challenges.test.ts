import { describe, expect, it } from 'vitest';
import { InvalidAuthSchemeError, VerifyAccessTokenError } from '../../src/index.ts';
import { expectRefusal, invalidToken, noCredentials, rejectionOf } from '../support/assert-rejects.ts';
import { parseChallenges } from '../support/challenges.ts';
import { bearerRequest, createBoundRequest, MODES, offers, setUp } from '../support/scenario.ts';

const METADATA = 'https://api.example.com/.well-known/oauth-protected-resource';
const { tenant, createClient } = setUp();

describe.each(MODES)('in mode %s', (mode) => {
  it('offers its schemes in order, and the realm on Bearer only', async () => {
    const client = createClient({ realm: 'orders', dpop: { mode, algorithms: ['ES384', 'EdDSA'] } });
    const error = await rejectionOf(client.verifyRequest({ headers: {} }));
    const bearer = { scheme: 'Bearer', params: { realm: 'orders' } };
    const dpop = { scheme: 'DPoP', params: { algs: 'ES384 EdDSA' } };
    const expected = { allowed: [bearer, dpop], required: [dpop], disabled: [bearer] }[mode];
    expect(error.challenges.map((challenge) => parseChallenges(challenge))).toEqual(
      expected.map((one) => [one]),
    );
    await expectRefusal(client.verifyRequest({ headers: {} }), noCredentials(expected));
  });

  it('names the resource metadata in every challenge', async () => {
    const client = createClient({ resourceMetadataUrl: METADATA, dpop: { mode } });
    const expected = offers(mode).map(({ scheme, params }) => ({
      scheme,
      params: { ...params, resource_metadata: METADATA },
    }));
    await expectRefusal(client.verifyRequest({ headers: {} }), noCredentials(expected));
  });
});

describe('the challenge of a refused token', () => {
  it('carries the error, its description and the resource metadata on the scheme that was used', async () => {
    const client = createClient({ resourceMetadataUrl: METADATA });
    const common = { resource_metadata: METADATA };
    const error = { error: 'invalid_token', ...common };
    const expired = await tenant.issueAccessToken({ expiresInSeconds: -1 });
    await expectRefusal(
      client.verifyRequest(bearerRequest(expired)),
      invalidToken('token_expired', [
        { scheme: 'Bearer', params: { realm: 'api', ...error } },
        { scheme: 'DPoP', params: { algs: 'ES256', ...common } },
      ]),
    );
    const { request } = await createBoundRequest(tenant, { token: { expiresInSeconds: -1 } });
    await expectRefusal(
      client.verifyRequest(request),
      invalidToken('token_expired', [
        { scheme: 'Bearer', params: { realm: 'api', ...common } },
        { scheme: 'DPoP', params: { algs: 'ES256', ...error } },
      ]),
    );
  });

  it('is written once in the headers, under its canonical name', async () => {
    const error = await rejectionOf(createClient().verifyRequest(bearerRequest('opaque')));
    expect(error).toBeInstanceOf(VerifyAccessTokenError);
    expect(Object.keys(error.headers)).toEqual(['WWW-Authenticate']);
    expect(error.headers['WWW-Authenticate']).toBe(error.challenges.join(', '));
    expect(Object.isFrozen(error.headers)).toBe(true);
    expect(Object.isFrozen(error.challenges)).toBe(true);
  });

  it('is not changed by what a second call finds', async () => {
    const client = createClient();
    const first = await rejectionOf(client.verifyRequest({ headers: {} }));
    const before = { ...first.headers };
    await rejectionOf(client.verifyRequest(bearerRequest('opaque')));
    expect(first.headers).toEqual(before);
  });

  it('is absent from errors that are found without a request', async () => {
    await expectRefusal(
      createClient().verifyAccessToken({ accessToken: 'opaque' }),
      invalidToken('opaque_token'),
    );
  });
});

describe('values that would break out of a challenge', () => {
  const HOSTILE = [
    'quote " and backslash \\',
    '", error="invalid_token',
    'line\r\nX-Injected: 1',
    'tab\tand NUL\u0000 and DEL\u007f',
    'outside ASCII: caf\u00e9 \u{1f600} \ud800',
    'commas, equals = and other delimiters ()<>@;:/[]?{}',
    '\\',
    '"',
  ];

  it.each(HOSTILE)('are escaped or replaced in the realm: %j', async (realm) => {
    const shown = realm.replace(/[^\x20-\x7e]/g, '?');
    const expected = [
      { scheme: 'Bearer', params: { realm: shown } },
      { scheme: 'DPoP', params: { algs: 'ES256' } },
    ];
    const error = await rejectionOf(createClient({ realm }).verifyRequest({ headers: {} }));
    expect(() => new Headers(error.headers)).not.toThrow();
    expect(parseChallenges(error.headers['WWW-Authenticate'] ?? '')).toEqual(expected);
    expect(error.toResponse().headers.get('www-authenticate')).toBe(error.headers['WWW-Authenticate']);
  });

  it.each([
    'https://api.example.com/a"b',
    'https://api.example.com/?a="b",x="y',
    'https://api.example.com/\u00e9',
  ])('are escaped or replaced in the metadata URL: %s', async (resourceMetadataUrl) => {
    const error = await rejectionOf(createClient({ resourceMetadataUrl }).verifyRequest({ headers: {} }));
    const shown = resourceMetadataUrl.replace(/[^\x20-\x7e]/g, '?');
    expect(parseChallenges(error.headers['WWW-Authenticate'] ?? '').map(({ params }) => params)).toEqual([
      { realm: 'api', resource_metadata: shown },
      { algs: 'ES256', resource_metadata: shown },
    ]);
  });

  it.each(['Basic', 'Bearer', 'DPoP'])('never come from the request: %s', async (scheme) => {
    const client = createClient();
    for (const value of HOSTILE) {
      const error = await rejectionOf(
        client.verifyRequest({
          headers: { authorization: `${scheme} ${value}`, dpop: value },
          httpMethod: value,
          httpUrl: value,
        }),
      );
      for (const { params } of parseChallenges(error.headers['WWW-Authenticate'] ?? '')) {
        expect(Object.values(params).join()).not.toContain(value);
        expect(Object.keys(params)).not.toContain('X-Injected');
      }
    }
  });
});

it('answers with a status and no error where the scheme is refused', async () => {
  const client = createClient({ dpop: { mode: 'required' } });
  const error = await rejectionOf(client.verifyRequest(bearerRequest('opaque')));
  expect(error).toBeInstanceOf(InvalidAuthSchemeError);
  const response = error.toResponse();
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toBe('DPoP algs="ES256"');
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual({ error: 'unauthorized', error_description: error.message });
});
