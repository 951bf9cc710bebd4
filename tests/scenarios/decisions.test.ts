import { describe, expect, it } from 'vitest';
import {
  type AccessTokenChecks,
  type DpopOptions,
  InsufficientScopeError,
  type RequestParts,
} from '../../src/index.ts';
import {
  badProof,
  badRequest,
  expectRefusal,
  invalidToken,
  missingArgument,
  noCredentials,
  type Refusal,
  wrongScheme,
} from '../support/assert-rejects.ts';
import { API_URL, bearerRequest, dpopRequest, type Mode, MODES, offers, setUp } from '../support/scenario.ts';

const { tenant, createClient } = setUp();
const key = tenant.createDpopKey();
const unbound = await tenant.issueAccessToken({ scope: 'read:orders' });
const bound = await tenant.issueAccessToken({ dpopKey: key, scope: 'read:orders' });

const prove = (accessToken: string, by = key) =>
  by.createProof({ httpMethod: 'GET', httpUrl: API_URL, accessToken });
const withAuthorization = (authorization: string | string[]) => () => ({
  headers: { authorization },
  httpMethod: 'GET',
  httpUrl: API_URL,
});
const withProof = (parts: Omit<RequestParts, 'headers'>) => async () =>
  dpopRequest(bound, await prove(bound), parts);

const BEARER: readonly Mode[] = ['allowed', 'disabled'];
const DPOP: readonly Mode[] = ['allowed', 'required'];

interface Decision {
  readonly modes: readonly Mode[];
  readonly requests: Readonly<Record<string, () => RequestParts | Promise<RequestParts>>>;
  readonly outcome: 'claims' | ((mode: Mode) => Refusal);
  readonly checks?: AccessTokenChecks;
  readonly dpop?: DpopOptions;
}

function decide(title: string, { modes, requests, outcome, checks = {}, dpop = {} }: Decision) {
  describe.each(modes)(`in mode %s, ${title}`, (mode) => {
    it.each(Object.keys(requests))('%s', async (name) => {
      const client = createClient({ dpop: { ...dpop, mode } });
      const request = await requests[name]?.();
      if (request === undefined) throw new Error('there is no such request');
      const verification = client.verifyRequest(request, checks);
      if (outcome === 'claims') expect(await verification).toMatchObject({ sub: 'auth0|user' });
      else await expectRefusal(verification, outcome(mode));
    });
  });
}

decide('a request without a token is told what is offered', {
  modes: MODES,
  requests: {
    'no Authorization header': () => ({ headers: {} }),
    'an empty header': withAuthorization(' '),
    'Bearer alone': withAuthorization('Bearer'),
    'bearer and a space': withAuthorization('bearer '),
    'DPoP alone': withAuthorization('DPoP'),
    'DPOP and a tab': withAuthorization('DPOP\t'),
    'another scheme alone': withAuthorization('Basic'),
    'a proof without a token': () => ({ headers: { dpop: 'a.b.c' }, httpMethod: 'GET', httpUrl: API_URL }),
  },
  outcome: (mode) => noCredentials(offers(mode)),
});

decide('two sets of credentials are refused', {
  modes: MODES,
  requests: {
    'an array of two': withAuthorization([`Bearer ${unbound}`, `Bearer ${unbound}`]),
    'an array of two schemes': withAuthorization([`Basic dXNlcjpwYXNz`, `Negotiate abcd`]),
    'a list of two unknown schemes': withAuthorization('Basic dXNlcjpwYXNz, Negotiate abcd'),
    'a list in which an unknown scheme comes first': withAuthorization(
      `Basic dXNlcjpwYXNz,Bearer ${unbound}`,
    ),
  },
  outcome: (mode) => badRequest('multiple_credentials', errorOnFirst(mode, 'invalid_request')),
});

for (const [scheme, modes] of [['Bearer', BEARER] as const, ['DPoP', DPOP] as const]) {
  decide(`a list that starts with ${scheme} is refused under that scheme`, {
    modes,
    requests: {
      'two values of that scheme': withAuthorization(`${scheme} ${unbound}, ${scheme} ${unbound}`),
      'two values without a space': withAuthorization(`${scheme} ${unbound},${scheme} ${unbound}`),
      'another scheme after it': withAuthorization(`${scheme} ${unbound}, Basic dXNlcjpwYXNz`),
      'a trailing comma': withAuthorization(`${scheme} ${unbound},`),
    },
    outcome: (mode) => badRequest('multiple_credentials', offers(mode, scheme, { error: 'invalid_request' })),
  });

  decide(`what is no token after ${scheme} is refused under that scheme`, {
    modes,
    requests: {
      'two words': withAuthorization(`${scheme} a b`),
      'a NUL': withAuthorization(`${scheme} a\u0000b`),
      'a tab inside': withAuthorization(`${scheme} a\tb`),
      'a tab before it': withAuthorization(`${scheme}\t${unbound}`),
      'a line break': withAuthorization(`${scheme} a\r\nX-Injected: 1`),
      'a line break after a good token': withAuthorization(`${scheme} ${unbound}\n`),
      'a letter outside ASCII': withAuthorization(`${scheme} caf\u00e9`),
      'a quoted string': withAuthorization(`${scheme} "${unbound}"`),
      'a colon after the scheme': withAuthorization(`${scheme}: ${unbound}`),
      'an equals sign alone': withAuthorization(`${scheme} =`),
      'an equals sign inside': withAuthorization(`${scheme} token=abc`),
    },
    outcome: (mode) => invalidToken('malformed_token', offers(mode, scheme, { error: 'invalid_token' })),
  });

  const own = scheme === 'Bearer' ? () => bearerRequest(unbound) : withProof({});
  decide(`a ${scheme} request that lacks a scope learns all scopes of the operation`, {
    modes,
    requests: { 'one of two scopes': own },
    checks: { requiredScopes: 'read:orders write:orders' },
    outcome: (mode) => lacking('insufficient_scope', mode, scheme, { scope: 'read:orders write:orders' }),
  });
  decide(`a ${scheme} request that lacks a permission only is told no scopes`, {
    modes,
    requests: { 'the scope and no permission': own },
    checks: { requiredScopes: ['read:orders'], requiredPermissions: ['orders:read'] },
    outcome: (mode) => lacking('insufficient_permission', mode, scheme),
  });
}

decide('schemes of others are refused without an error', {
  modes: MODES,
  requests: {
    Basic: withAuthorization('Basic dXNlcjpwYXNz'),
    'Digest with its parameters': withAuthorization('Digest username="ada", realm="api"'),
    'Digest with a comma in a parameter': withAuthorization('Digest username="a, b c", realm="api"'),
    'a scheme that begins like Bearer': withAuthorization('BearerX abc'),
    'a scheme with a letter outside ASCII': withAuthorization('B\u00e9arer abc'),
    'a control character before the scheme': withAuthorization('\u0000Bearer abc'),
  },
  outcome: (mode) => wrongScheme('unsupported_scheme', offers(mode)),
});

decide('an unbound token is accepted as Bearer', {
  modes: BEARER,
  requests: {
    'as it should be': () => bearerRequest(unbound),
    'in lower case': withAuthorization(`bearer ${unbound}`),
    'in upper case': withAuthorization(`BEARER ${unbound}`),
    'with several spaces': withAuthorization(`Bearer   ${unbound}`),
    'with blanks around it': withAuthorization(` \tBearer ${unbound}\t `),
    'with an empty DPoP header': () => bearerRequest(unbound, { DPoP: '' }),
  },
  outcome: 'claims',
});

decide('a bound token is refused as Bearer', {
  modes: ['allowed'],
  requests: {
    'without proof': () => bearerRequest(bound),
    'with its proof': async () => bearerRequest(bound, { DPoP: await prove(bound) }),
  },
  outcome: () =>
    invalidToken('dpop_bound_token_as_bearer', offers('allowed', 'Bearer', { error: 'invalid_token' })),
});

decide('a proof beside Bearer is refused once the token is found good', {
  modes: ['allowed'],
  requests: {
    'with a proof': async () => bearerRequest(unbound, { DPoP: await prove(unbound) }),
    'with anything': () => bearerRequest(unbound, { DPoP: 'anything' }),
    'with two': () => bearerRequest(unbound, { DPoP: 'a, b' }),
  },
  outcome: () =>
    badRequest('dpop_proof_with_bearer', offers('allowed', 'Bearer', { error: 'invalid_request' })),
});

decide('a bad token is refused for itself, whatever proof is beside it', {
  modes: BEARER,
  requests: {
    expired: async () =>
      bearerRequest(await tenant.issueAccessToken({ expiresInSeconds: -1 }), { DPoP: 'anything' }),
  },
  outcome: (mode) => invalidToken('token_expired', offers(mode, 'Bearer', { error: 'invalid_token' })),
});

decide('bindings and proofs are ignored', {
  modes: ['disabled'],
  requests: {
    'a bound token without proof': () => bearerRequest(bound),
    'a bound token with a proof that is none': () => bearerRequest(bound, { DPoP: 'nobody reads this' }),
    'an unbound token with two proofs': () => bearerRequest(unbound, { DPoP: 'a, b' }),
  },
  outcome: 'claims',
});

decide('the DPoP scheme is refused without an error', {
  modes: ['disabled'],
  requests: { 'with a proof': withProof({}), 'without proof': withAuthorization(`DPoP ${bound}`) },
  outcome: () => wrongScheme('scheme_not_allowed', offers('disabled')),
});

decide('what is no Bearer token either is told so where the other scheme is offered', {
  modes: ['required'],
  requests: { 'two words': withAuthorization('Bearer a b') },
  outcome: () => invalidToken('malformed_token', errorOnFirst('required', 'invalid_token')),
});

decide('the Bearer scheme is refused without an error', {
  modes: ['required'],
  requests: { unbound: () => bearerRequest(unbound), bound: () => bearerRequest(bound) },
  outcome: () => wrongScheme('scheme_not_allowed', offers('required')),
});

decide('a bound token is accepted with its proof', {
  modes: DPOP,
  requests: {
    'as it should be': withProof({}),
    'with a method in lower case': withProof({ httpMethod: 'get' }),
    'with the scheme in lower case': async () => ({
      ...dpopRequest(bound, await prove(bound)),
      headers: { authorization: `dpop ${bound}`, dpop: await prove(bound) },
    }),
  },
  outcome: 'claims',
});

decide('a token that is not bound is refused under DPoP', {
  modes: DPOP,
  requests: { 'with a proof': async () => dpopRequest(unbound, await prove(unbound)) },
  outcome: (mode) => invalidToken('dpop_binding_missing', offers(mode, 'DPoP', { error: 'invalid_token' })),
});

decide('a proof by another key is refused', {
  modes: DPOP,
  requests: {
    'a good proof': async () => dpopRequest(bound, await prove(bound, tenant.createDpopKey())),
  },
  outcome: (mode) => invalidToken('dpop_binding_mismatch', offers(mode, 'DPoP', { error: 'invalid_token' })),
});

for (const [reason, request] of Object.entries({
  dpop_proof_missing: withAuthorization(`DPoP ${bound}`),
  dpop_proof_multiple: async () => dpopRequest(bound, `${await prove(bound)},${await prove(bound)}`),
  dpop_proof_malformed: () => dpopRequest(bound, 'garbage'),
  dpop_proof_htu_mismatch: withProof({ httpUrl: `${API_URL}/1` }),
  dpop_proof_htm_mismatch: withProof({ httpMethod: 'POST' }),
  dpop_proof_ath_mismatch: async () => dpopRequest(bound, await prove(unbound)),
})) {
  decide('a proof that is missing, doubled or bad is refused', {
    modes: DPOP,
    requests: { [reason]: request },
    outcome: (mode) =>
      badProof(reason as Refusal['reason'], offers(mode, 'DPoP', { error: 'invalid_dpop_proof' })),
  });
}

for (const name of ['httpMethod', 'httpUrl'] as const) {
  decide(`the program is told to pass ${name}`, {
    modes: DPOP,
    requests: { absent: withProof({ [name]: undefined }), empty: withProof({ [name]: '' }) },
    outcome: (mode) => missingArgument(name, offers(mode, 'DPoP', { error: 'invalid_request' })),
  });
}

decide('a URL that is not absolute or not http is refused', {
  modes: DPOP,
  requests: Object.fromEntries(
    [
      '/orders',
      'api.example.com',
      'ftp://api.example.com/',
      'https://',
      'https://user@host/',
      'https://a b/',
    ].map((httpUrl) => [httpUrl, withProof({ httpUrl })]),
  ),
  outcome: (mode) => badRequest('invalid_argument', offers(mode, 'DPoP', { error: 'invalid_request' })),
});

function errorOnFirst(mode: Mode, error: string) {
  return offers(mode, mode === 'required' ? 'DPoP' : 'Bearer', { error });
}

function lacking(
  reason: 'insufficient_scope' | 'insufficient_permission',
  mode: Mode,
  scheme: 'Bearer' | 'DPoP',
  more: Record<string, string> = {},
): Refusal {
  const challenges = offers(mode, scheme, { error: 'insufficient_scope', ...more });
  return { type: InsufficientScopeError, code: 'insufficient_scope', reason, statusCode: 403, challenges };
}
