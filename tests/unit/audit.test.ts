import { describe, expect, it } from 'vitest';
import {
  type AuditedClaims,
  type AuditedRequest,
  createAuditRecord,
  formatDelegationChain,
} from '../../src/audit.ts';
import {
  ActorNotAllowedError,
  ApiError,
  InsufficientScopeError,
  IssuerUnavailableError,
} from '../../src/errors/index.ts';

const claims = Object.freeze({
  iss: 'https://tenant.us.auth0.com/',
  sub: 'auth0|alice',
  aud: ['https://api.example.com', 'https://tenant.us.auth0.com/userinfo'],
  exp: 1_800_000_000,
  iat: 1_700_000_000,
  jti: 'token-1',
  azp: 'web-app',
  client_id: 'spa',
  scope: 'read:books  write:books',
  org_id: 'org_1',
  org_name: 'acme',
  act: { sub: 'calendar-mcp', iss: 'https://tenant.us.auth0.com/', act: { sub: 'agent-1', extra: 'x' } },
  secret: 'not recorded',
});

/** What a record says of a token without any of the claims. */
const nothing = {
  chain: [],
  depth: 0,
  truncated: false,
  dropped: 0,
  malformed: false,
  audience: [],
  scopes: [],
};

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhdXRoMHxhZGEifQ.c2lnbmF0dXJl';

const nested = (
  levels: number,
  sub: (level: number) => unknown = (level) => `actor-${level}`,
): AuditedClaims => {
  let act: object | undefined;
  for (let level = levels - 1; level >= 0; level -= 1) act = { sub: sub(level), ...(act && { act }) };
  return { sub: 'auth0|alice', act };
};

const json = (text: string) => JSON.parse(text) as AuditedClaims;
const isFrozenThrough = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(isFrozenThrough));

describe('createAuditRecord', () => {
  it('is the same after it was written and read', () => {
    expect(Object.is(createAuditRecord({ exp: -0 }).expiresAt, 0)).toBe(true);
  });

  it('says who asked, who acts, and by which token', () => {
    expect(createAuditRecord(claims)).toStrictEqual({
      user: 'auth0|alice',
      actor: 'calendar-mcp',
      chain: [{ sub: 'calendar-mcp', iss: 'https://tenant.us.auth0.com/' }, { sub: 'agent-1' }],
      depth: 2,
      truncated: false,
      dropped: 0,
      malformed: false,
      client: 'spa',
      organization: { id: 'org_1', name: 'acme' },
      tokenId: 'token-1',
      issuer: 'https://tenant.us.auth0.com/',
      audience: ['https://api.example.com', 'https://tenant.us.auth0.com/userinfo'],
      scopes: ['read:books', 'write:books'],
      expiresAt: 1_800_000_000,
    });
  });

  it('is plain JSON, frozen through all levels', () => {
    const context = {
      request: { method: 'GET', url: '/' },
      outcome: new ActorNotAllowedError('actor_missing'),
    };
    const record = createAuditRecord(claims, context);
    expect(JSON.parse(JSON.stringify(record))).toStrictEqual(record);
    expect(isFrozenThrough(record)).toBe(true);
  });

  it('leaves the claims alone', () => {
    const own = structuredClone(claims);
    createAuditRecord(own);
    expect(own).toEqual(claims);
    expect(Object.isFrozen(own.act)).toBe(false);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'eyJ'],
    ['a number', 5],
    ['a list', []],
    ['an empty object', {}],
    ['inherited', Object.create(claims)],
    ['in an own __proto__', json('{"__proto__":{"sub":"auth0|mallory","act":{"sub":"agent"}}}')],
  ])('says nothing of claims that are %s', (_title, given) => {
    expect(createAuditRecord(given as AuditedClaims)).toStrictEqual(nothing);
  });

  it('leaves out what has the wrong type', () => {
    const wrong = {
      ...{ iss: 1, sub: ['auth0|alice'], aud: { 0: 'a' }, exp: '1', jti: null, azp: {}, client_id: 7 },
      ...{ scope: ['read'], org_id: true, org_name: [], act: undefined },
    };
    expect(createAuditRecord(wrong)).toStrictEqual(nothing);
    expect(createAuditRecord({ ...wrong, exp: Number.POSITIVE_INFINITY })).toStrictEqual(nothing);
  });

  it('falls back to azp, and takes half an organization and a single audience', () => {
    const record = createAuditRecord({ ...claims, client_id: undefined, org_id: undefined, aud: 'api' });
    expect(record).toMatchObject({ client: 'web-app', organization: { name: 'acme' }, audience: ['api'] });
    expect(Object.keys(record.organization ?? {})).toEqual(['name']);
  });

  it('skips audiences that are no texts, and cuts long lists with a marker that no text can be', () => {
    expect(createAuditRecord({ ...claims, aud: ['a', 7, null, ['b'], 'c'] }).audience).toEqual(['a', 'c']);
    const many = Array.from({ length: 250 }, (_, index) => `entry-${index}`);
    const { audience, scopes } = createAuditRecord({ ...claims, aud: many, scope: many.join(' ') });
    expect(audience).toEqual([...many.slice(0, 100), '\\[150 more]']);
    expect(scopes).toEqual(audience);
    expect(createAuditRecord({ ...claims, aud: ['\\[150 more]'] }).audience).toEqual(['\\u{5c}[150 more]']);
  });

  it('shows what a text would hide, in every member', () => {
    const evil = 'x\n\u202e\u200b\ud800';
    const shown = 'x\\u{a}\\u{202e}\\u{200b}\\u{d800}';
    const all = {
      ...{ iss: evil, sub: evil, aud: evil, jti: evil, client_id: evil, scope: evil, org_id: evil },
      ...{ org_name: evil, act: { sub: evil, iss: evil } },
    };
    const request = { method: evil, url: `/${evil}`, id: evil, ip: evil };
    const upstream = { reason: 'upstream_refused', code: evil, statusCode: 400 } as const;
    expect(createAuditRecord(all, { request, outcome: new ApiError(upstream) })).toStrictEqual({
      ...nothing,
      ...{ user: shown, actor: shown, chain: [{ sub: shown, iss: shown }], depth: 1, client: shown },
      ...{ organization: { id: shown, name: shown }, tokenId: shown, issuer: shown, audience: [shown] },
      scopes: [shown],
      request: { method: shown, url: `/${shown}`, id: shown, ip: shown },
      outcome: 'failed',
      error: { code: shown, reason: 'upstream_refused', statusCode: 502 },
    });
  });

  it('holds no token, wherever one was put', () => {
    const all = Object.fromEntries(Object.keys(claims).map((name) => [name, JWT]));
    const request = {
      method: JWT,
      url: `https://api.example.com/${JWT}?access_token=${JWT}`,
      id: JWT,
      ip: JWT,
    };
    const headers = { authorization: `Bearer ${JWT}`, dpop: JWT };
    const actors = { ...all, aud: [JWT], act: { sub: JWT, iss: JWT, act: { sub: `x ${JWT}` } } };
    const record = JSON.stringify(
      createAuditRecord(actors, { request: { ...request, headers }, outcome: JWT }),
    );
    for (const part of JWT.split('.')) expect(record).not.toContain(part);
    expect(record).toContain('\\\\[redacted]');
    expect(formatDelegationChain(actors)).not.toContain('eyJ');
  });
});

describe('the chain of a record', () => {
  it('is empty when the user acts directly', () => {
    expect(createAuditRecord({ sub: 'auth0|alice' })).toStrictEqual({ user: 'auth0|alice', ...nothing });
  });

  it('has 32 levels and counts the others', () => {
    const whole = createAuditRecord(nested(32));
    expect(whole).toMatchObject({ actor: 'actor-0', depth: 32, truncated: false, dropped: 0 });
    expect(whole.chain).toHaveLength(32);
    const cut = createAuditRecord(nested(33));
    expect(cut).toMatchObject({ actor: 'actor-0', depth: 33, truncated: true, dropped: 1, malformed: false });
    expect(cut.chain.at(-1)).toEqual({ sub: 'actor-31' });
  });

  it('counts a hundred thousand levels in no time, and stops there', () => {
    const startedAt = performance.now();
    expect(createAuditRecord(nested(100_000))).toMatchObject({ depth: 100_000, dropped: 99_968 });
    expect(createAuditRecord(nested(100_001))).toMatchObject({ depth: 100_000, dropped: 99_968 });
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('ends when it leads back to itself', () => {
    const act: Record<string, unknown> = { sub: 'agent' };
    act.act = act;
    expect(createAuditRecord({ act })).toMatchObject({ actor: 'agent', depth: 100_000, truncated: true });
    expect(formatDelegationChain({ sub: 'a', act })).toMatch(/^a( <- agent){32} <- \(99968 more\)$/);
  });

  it.each<[string, unknown, object]>([
    ['null', null, {}],
    ['a text', 'agent', {}],
    ['a number', 5, {}],
    ['a list', ['agent'], {}],
    ['a list with a sub', Object.assign([], { sub: 'agent' }), { sub: 'agent' }],
    ['an empty object', {}, {}],
    ['without sub', { iss: 'issuer' }, { iss: 'issuer' }],
    ['with a sub that is a number', { sub: 5 }, {}],
    ['with an empty sub', { sub: '' }, { sub: '' }],
    ['with a blank sub', { sub: ' \n' }, { sub: ' \\u{a}' }],
    ['with an inherited sub', Object.create({ sub: 'agent' }), {}],
    ['with an own __proto__', json('{"__proto__":{"sub":"agent"}}'), {}],
  ])('records that act is %s, and names no actor', (_title, act, level) => {
    expect(createAuditRecord({ act })).toStrictEqual({
      ...nothing,
      chain: [{ ...level, malformed: true }],
      depth: 1,
      malformed: true,
    });
    expect(formatDelegationChain({ sub: 'a', act })).toBe('a <- (malformed)');
  });

  it('goes on behind a malformed level', () => {
    const act = { sub: 'newest', act: { sub: 7, act: { sub: 'oldest' } } };
    expect(createAuditRecord({ act })).toMatchObject({
      actor: 'newest',
      chain: [{ sub: 'newest' }, { malformed: true }, { sub: 'oldest' }],
      depth: 3,
      malformed: true,
    });
    expect(formatDelegationChain({ sub: 'a', act })).toBe('a <- newest <- (malformed) <- oldest');
  });

  it('says of a level that is left out when it is malformed', () => {
    const record = createAuditRecord(nested(40, (level) => (level === 39 ? 7 : 'agent')));
    expect(record).toMatchObject({ malformed: true, dropped: 8 });
    expect(record.chain.every(({ malformed }) => malformed === undefined)).toBe(true);
  });

  it('survives members that throw', () => {
    const throwing = {
      get sub(): string {
        throw new Error('no');
      },
      get act(): object {
        throw new Error('no');
      },
    };
    expect(createAuditRecord(throwing)).toStrictEqual(nothing);
    expect(createAuditRecord({ sub: 'a', act: throwing })).toMatchObject({ depth: 1, malformed: true });
  });
});

describe('the request of a record', () => {
  const requestOf = (request: unknown) =>
    createAuditRecord({}, { request: request as AuditedRequest }).request;

  it('is read from a Fetch request, and from parts', () => {
    const request = new Request('https://api.example.com/books/1?token=t#f', { method: 'PUT' });
    const expected = { method: 'PUT', url: 'https://api.example.com/books/1' };
    expect(requestOf(request)).toStrictEqual(expected);
    expect(requestOf({ headers: {}, httpMethod: 'PUT', httpUrl: request.url })).toStrictEqual(expected);
  });

  it('is read from the request of a framework, whose members are inherited getters', () => {
    class FrameworkRequest {
      id = 17;
      readonly #line = 'GET /books?x=1';
      get method() {
        return this.#line.slice(0, 3);
      }
      get url() {
        return this.#line.slice(4);
      }
      get ip() {
        return `::${this.id}`;
      }
    }
    expect(requestOf(new FrameworkRequest())).toStrictEqual({
      method: 'GET',
      url: '/books',
      id: '17',
      ip: '::17',
    });
  });

  it('has no headers and nothing else', () => {
    const request = {
      method: 'GET',
      url: '/',
      headers: { authorization: 'Bearer opaque' },
      body: 'b',
      cookies: 'c',
    };
    expect(requestOf(request)).toStrictEqual({ method: 'GET', url: '/' });
  });

  it.each<[string, string]>([
    ['https://api.example.com', 'https://api.example.com/'],
    ['https://user:password@api.example.com:8443/books?a#b', 'https://api.example.com:8443/books'],
    ['http:user:password@api.example.com/books', 'http://api.example.com/books'],
    ['https://api.example.com/a@b', 'https://api.example.com/a@b'],
    ['/books', '/books'],
    ['/books?access_token=opaque', '/books'],
    ['/books#access_token=opaque', '/books'],
    ['/@ada/books?x=@', '/@ada/books'],
    ['*', '*'],
    ['', ''],
    ['//user:password@host/books', 'host/books'],
    ['/\\user:password@host/books', 'host/books'],
    ['http://user:password@not a host/books', 'not a host/books'],
    ['user:password@host/books', 'host/books'],
    ['host.example.com:443', 'host.example.com:443'],
    ['/books\r\nX: y?z', '/books\\u{d}\\u{a}X: y'],
    ['?access_token=opaque', ''],
  ])('has the URL %j as %j', (url, shown) => {
    expect(requestOf({ url })).toStrictEqual({ url: shown });
  });

  it('is cut like every text', () => {
    const url = `https://api.example.com/${'a'.repeat(100_000)}`;
    expect(requestOf({ url })?.url).toHaveLength(256 + '\\[99768 more]'.length);
  });

  it('prefers the names that verifyRequest takes', () => {
    const request = { httpMethod: 'GET', method: 'POST', httpUrl: 'https://a.example/', url: '/' };
    expect(requestOf(request)).toStrictEqual({ method: 'GET', url: 'https://a.example/' });
  });

  it.each([
    [{ method: 7, url: {}, id: {}, ip: [] }],
    [{}],
    ['GET /'],
    [5],
    [[]],
    [{ id: Number.NaN, ip: null }],
  ])('has nothing of %j', (request) => {
    expect(JSON.stringify(requestOf(request))).toMatch(/^\{("id":"NaN")?\}$/);
  });

  it.each([undefined, null])('is absent when it is %j', (request) => {
    expect(createAuditRecord({}, { request: request as never })).toStrictEqual(nothing);
  });

  it('survives members that throw, and a proxy that was revoked', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const throwing = {
      method: 'GET',
      get url(): string {
        throw new Error('no');
      },
    };
    expect(requestOf(throwing)).toStrictEqual({ method: 'GET' });
    expect(requestOf(proxy)).toStrictEqual({});
    expect(createAuditRecord(proxy as AuditedClaims, proxy)).toStrictEqual(nothing);
    const inside = createAuditRecord(
      { aud: proxy, act: proxy, scope: proxy, sub: proxy },
      { outcome: proxy },
    );
    expect(inside).toStrictEqual({
      ...nothing,
      ...{ chain: [{ malformed: true }], depth: 1, malformed: true, outcome: 'failed' },
    });
  });

  it.each([null, 'allowed', 5])('takes %j for a context that says nothing', (context) => {
    expect(createAuditRecord({}, context as never)).toStrictEqual(nothing);
  });
});

describe('the outcome of a record', () => {
  const outcomeOf = (outcome: unknown) => {
    const { outcome: result, error } = createAuditRecord({}, { outcome });
    return { result, error };
  };

  it.each(['allowed', 'denied'])('is %s when told so', (outcome) => {
    expect(outcomeOf(outcome)).toEqual({ result: outcome, error: undefined });
  });

  it('is a denial with its reason', () => {
    expect(outcomeOf(new InsufficientScopeError('insufficient_permission', []))).toEqual({
      result: 'denied',
      error: { code: 'insufficient_scope', reason: 'insufficient_permission', statusCode: 403 },
    });
  });

  it('is no denial when the issuer is away, or an API behind us refuses us', () => {
    expect(outcomeOf(new IssuerUnavailableError('jwks_unavailable', 1))).toEqual({
      result: 'failed',
      error: { code: 'issuer_unavailable', reason: 'jwks_unavailable', statusCode: 503 },
    });
    const upstream = { reason: 'upstream_refused', code: 'invalid_grant', statusCode: 403 } as const;
    expect(outcomeOf(new ApiError(upstream))).toEqual({
      result: 'failed',
      error: { code: 'invalid_grant', reason: 'upstream_refused', statusCode: 502 },
    });
  });

  it.each<[unknown]>([[new Error('secret')], [null], ['Allowed'], [true], [{}], ['denied ']])(
    'is failed, and never allowed, when it is %o',
    (outcome) => {
      expect(outcomeOf(outcome)).toEqual({ result: 'failed', error: undefined });
    },
  );
});

describe('formatDelegationChain', () => {
  it('names the user, and then the actors from the newest to the oldest', () => {
    expect(formatDelegationChain(claims)).toBe('auth0|alice <- calendar-mcp <- agent-1');
    expect(formatDelegationChain({ sub: 'auth0|alice' })).toBe('auth0|alice');
    expect(formatDelegationChain(nested(34))).toMatch(/ <- actor-31 <- \(2 more\)$/);
  });

  it.each([undefined, null, {}, { sub: 7 }, 'claims', Object.create({ sub: 'auth0|alice' })])(
    'knows no user of %j',
    (given) => {
      expect(formatDelegationChain(given as AuditedClaims)).toBe('(unknown)');
    },
  );

  it.each<[string, string]>([
    ['alice <- admin-service', '"alice <- admin-service"'],
    ['alice" <- "admin', '"alice\\u{22} <- \\u{22}admin"'],
    ['(3 more)', '"(3 more)"'],
    ['(malformed)', '"(malformed)"'],
    ['', '""'],
    ['a\n<- b', '"a\\u{a}<- b"'],
    ['a\u00a0<-\u00a0b', '"a\\u{a0}<-\\u{a0}b"'],
    ['\u05d0\u05d1', '"\\u{5d0}\\u{5d1}"'],
    ['a\\', '"a\\u{5c}"'],
    ['x'.repeat(300), `"${'x'.repeat(256)}\\[44 more]"`],
    ['ada+test@example.com', 'ada+test@example.com'],
    ['https://actor.example.com/~a%20b', 'https://actor.example.com/~a%20b'],
  ])('cannot be forged by a user who is called %j', (sub, shown) => {
    expect(formatDelegationChain({ sub, act: { sub: 'agent' } })).toBe(`${shown} <- agent`);
    expect(formatDelegationChain({ sub: 'user', act: { sub: `-${sub}` } })).toMatch(/^user <- "?-/);
  });
});
