import { describe, expect, it } from 'vitest';
import { ApiClient } from '../../src/index.ts';
import { createMcpAuth, type McpAuth, type McpAuthOptions, type McpClient } from '../../src/mcp/index.ts';
import { expectToBe, misconfigured, thrownBy } from '../support/assert-rejects.ts';
import { createAuth, METADATA_URL, RESOURCE } from '../support/mcp.ts';
import { type Mode, setUp } from '../support/scenario.ts';

const scenario = setUp();
const { tenant } = scenario;
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

const makeAuth = (options: Partial<McpAuthOptions> = {}, mode: Mode = 'allowed'): McpAuth =>
  createAuth(scenario, { client: { dpop: { mode } }, options }).auth;

function answer(auth: McpAuth, url: string, method = 'GET'): Response {
  const response = auth.metadata(new Request(url, { method }));
  if (response === undefined) throw new Error(`nothing is served at ${url}`);
  return response;
}

const documentOf = async (auth: McpAuth): Promise<unknown> =>
  await answer(auth, auth.resourceMetadataUrl).json();

describe('the metadata document', () => {
  const dpop = { dpop_signing_alg_values_supported: ['ES256'] };

  it.each<[Mode, object]>([
    ['allowed', { ...dpop, dpop_bound_access_tokens_required: false }],
    ['required', { ...dpop, dpop_bound_access_tokens_required: true }],
    ['disabled', {}],
  ])('says what the mode %s accepts', async (mode, members) => {
    expect(await documentOf(makeAuth({}, mode))).toEqual({
      resource: RESOURCE,
      authorization_servers: [tenant.issuer],
      bearer_methods_supported: ['header'],
      ...members,
    });
  });

  it.each<[string, Partial<McpAuthOptions>, string[]]>([
    ['that are supported', { scopesSupported: ['a', 'b'], requiredScopes: ['c'] }, ['a', 'b']],
    ['that are required', { requiredScopes: 'a  b' }, ['a', 'b']],
    ['but not offline_access', { scopesSupported: ['a', 'offline_access'] }, ['a']],
  ])('names the scopes %s', async (_, options, scopes) => {
    expect(await documentOf(makeAuth(options))).toMatchObject({ scopes_supported: scopes });
  });

  it('names all issuers of the client, or those that it is told', async () => {
    const domains = ['one.example.com', 'two.example.com'];
    const { auth } = createAuth(scenario, { client: { domains } });
    expect(await documentOf(auth)).toMatchObject({
      authorization_servers: ['https://one.example.com/', 'https://two.example.com/'],
    });
    const authorizationServers = ['https://login.example.com/', 'http://127.0.0.1:9000/'];
    expect(await documentOf(makeAuth({ authorizationServers }))).toMatchObject({
      authorization_servers: authorizationServers,
    });
  });

  it('can be kept, and read by browsers, which get no credentials along', () => {
    for (const method of ['GET', 'HEAD']) {
      expect(Object.fromEntries(answer(makeAuth(), METADATA_URL, method).headers)).toEqual({
        'access-control-allow-origin': '*',
        'cache-control': 'public, max-age=3600',
        'content-type': 'application/json',
      });
    }
  });

  it('is announced without a body to HEAD, and to the preflight of a browser', async () => {
    const head = answer(makeAuth(), METADATA_URL, 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
    const preflight = answer(makeAuth(), METADATA_URL, 'OPTIONS');
    expect([preflight.status, await preflight.text()]).toEqual([204, '']);
    expect(Object.fromEntries(preflight.headers)).toEqual({
      'access-control-allow-headers': '*',
      'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      'access-control-allow-origin': '*',
      'access-control-max-age': '86400',
    });
  });

  it.each(['POST', 'PUT', 'DELETE', 'PROPFIND'])('is not for %s', (method) => {
    const refused = answer(makeAuth(), METADATA_URL, method);
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  it('is served to parts of a request as to a Request, whatever the case of the method', async () => {
    const auth = makeAuth();
    for (const httpUrl of [
      WELL_KNOWN,
      `${WELL_KNOWN}?a=b`,
      METADATA_URL,
      'HTTPS://x/.well-known/oauth-protected-resource',
    ]) {
      const response = auth.metadata({ headers: {}, httpMethod: 'get', httpUrl });
      expect(await response?.json()).toMatchObject({ resource: RESOURCE });
    }
  });

  it.each<[string, string[]]>([
    ['https://mcp.example.com', ['', '/']],
    ['https://mcp.example.com/', ['', '/']],
    ['https://mcp.example.com/mcp', ['', '/', '/mcp']],
    ['https://mcp.example.com/v1/mcp/', ['', '/', '/v1/mcp', '/v1/mcp/']],
    ['https://mcp.example.com:8443/mcp?tenant=a', ['', '/', '/mcp']],
  ])('of %s is found where clients look for it', (resource, ends) => {
    const auth = makeAuth({ resource });
    for (const end of ends)
      expect(answer(auth, `https://mcp.example.com${WELL_KNOWN}${end}`).status).toBe(200);
  });

  it.each([
    '/',
    '/mcp',
    `${WELL_KNOWN}x`,
    `${WELL_KNOWN}/mcp/`,
    `${WELL_KNOWN}/other`,
    `${WELL_KNOWN}/%6dcp`,
    `/${WELL_KNOWN}`,
    `/mcp${WELL_KNOWN}`,
    '/.well-known/OAUTH-protected-resource',
    '/%2ewell-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource;a',
    '/.well-known\\oauth-protected-resource',
    '*',
    '',
    `?${WELL_KNOWN}`,
    `#${WELL_KNOWN}`,
    `javascript:${WELL_KNOWN}`,
    `https:${WELL_KNOWN}`,
  ])('is not served at %j', (httpUrl) => {
    const auth = makeAuth({ resource: `${RESOURCE}/mcp` });
    expect(auth.metadata({ headers: {}, httpMethod: 'GET', httpUrl })).toBeUndefined();
  });

  it.each([[undefined], [null], [7], [{}], [{ url: 7, method: 'GET' }], [{ httpUrl: [WELL_KNOWN] }]])(
    'is not served to %j',
    (request) => {
      expect(makeAuth().metadata(request as Request)).toBeUndefined();
    },
  );

  it('needs a method', () => {
    expect(makeAuth().metadata({ headers: {}, httpUrl: WELL_KNOWN })?.status).toBe(405);
  });
});

describe('the resource', () => {
  it.each<[string | URL, string, string]>([
    ['https://mcp.example.com', 'https://mcp.example.com', `https://mcp.example.com${WELL_KNOWN}`],
    ['https://mcp.example.com/', 'https://mcp.example.com/', `https://mcp.example.com${WELL_KNOWN}`],
    [new URL('https://mcp.example.com'), 'https://mcp.example.com/', `https://mcp.example.com${WELL_KNOWN}`],
    [
      'https://mcp.example.com/a/b',
      'https://mcp.example.com/a/b',
      `https://mcp.example.com${WELL_KNOWN}/a/b`,
    ],
    ['https://mcp.example.com/a/', 'https://mcp.example.com/a/', `https://mcp.example.com${WELL_KNOWN}/a/`],
    [
      'HTTPS://MCP.Example.COM:443/A',
      'HTTPS://MCP.Example.COM:443/A',
      `https://mcp.example.com${WELL_KNOWN}/A`,
    ],
    [
      'https://mcp.example.com:8443',
      'https://mcp.example.com:8443',
      `https://mcp.example.com:8443${WELL_KNOWN}`,
    ],
    [
      'https://xn--bcher-kva.example',
      'https://xn--bcher-kva.example',
      `https://xn--bcher-kva.example${WELL_KNOWN}`,
    ],
    [
      'https://mcp.example.com/m?a=b',
      'https://mcp.example.com/m?a=b',
      `https://mcp.example.com${WELL_KNOWN}/m?a=b`,
    ],
    ['http://localhost:3000/mcp', 'http://localhost:3000/mcp', `http://localhost:3000${WELL_KNOWN}/mcp`],
    ['http://[::1]:3000', 'http://[::1]:3000', `http://[::1]:3000${WELL_KNOWN}`],
  ])(
    '%s is written as it is, and its metadata stands between host and path',
    async (resource, identifier, url) => {
      const auth = makeAuth({ resource });
      expect(auth.resourceMetadataUrl).toBe(url);
      expect(await documentOf(auth)).toMatchObject({ resource: identifier });
    },
  );

  it.each<[string, unknown]>([
    ['absent', undefined],
    ['a number', 7],
    ['a path', '/mcp'],
    ['no URL', 'mcp.example.com'],
    ['of another scheme', 'mcp://mcp.example.com'],
    ['over http', 'http://mcp.example.com'],
    ['over http on a host that only looks like this one', 'http://localhost.example.com'],
    ['with a fragment', 'https://mcp.example.com/#a'],
    ['with an empty fragment', 'https://mcp.example.com/#'],
    ['with credentials', 'https://user:secret@mcp.example.com'],
    ['in another script', 'https://bücher.example'],
    ['with a blank', 'https://mcp.example.com/a b'],
    ['between blanks', ' https://mcp.example.com'],
    ['with a line break', 'https://mcp.example.com/\n'],
    ['with a quote', 'https://mcp.example.com/"a'],
    ['with a backslash', 'https:\\\\mcp.example.com'],
  ])('is refused when it is %s', async (_, resource) => {
    const error = thrownBy(() => makeAuth({ resource: resource as string }));
    await expectToBe(error, { ...misconfigured, message: '`resource`' });
    expect(error.message).not.toContain('secret');
  });

  it('must be one of several audiences, give or take a slash, and need not be the only one', async () => {
    const several = { audience: ['https://a.example.com/', 'https://b.example.com'] };
    const auth = (resource: string) => createAuth(scenario, { client: several, options: { resource } });
    for (const good of ['https://a.example.com/', 'https://a.example.com', 'https://b.example.com/'])
      expect(auth(good).auth.resourceMetadataUrl).toContain(WELL_KNOWN);
    for (const bad of ['https://c.example.com', 'https://a.example.com/mcp', 'https://A.example.com'])
      await expectToBe(
        thrownBy(() => auth(bad)),
        { ...misconfigured, message: '`resource`' },
      );
  });
});

describe('createMcpAuth', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown name', { resourceUrl: RESOURCE }, '`resourceUrl`'],
    ['authorization servers in a text', { authorizationServers: tenant.issuer }, '`authorizationServers`'],
    ['no authorization servers', { authorizationServers: [] }, '`authorizationServers`'],
    ['holes for authorization servers', { authorizationServers: new Array(1) }, '`authorizationServers`'],
    ['a domain', { authorizationServers: ['tenant.auth0.com'] }, '`authorizationServers`'],
    ['an issuer over http', { authorizationServers: ['http://tenant.auth0.com/'] }, '`authorizationServers`'],
    [
      'an issuer with a query',
      { authorizationServers: ['https://tenant.auth0.com/?a'] },
      '`authorizationServers`',
    ],
    ['scopes of another type', { scopesSupported: { a: true } }, '`scopesSupported`'],
    ['null for scopes that are required', { requiredScopes: [null] }, '`requiredScopes`'],
    ['a scope with a quote', { requiredScopes: ['a"b'] }, '`requiredScopes`'],
    ['a scope with a blank in a list', { scopesSupported: ['a b'] }, '`scopesSupported`'],
    ['a scope beyond ASCII', { scopesSupported: ['ä'] }, '`scopesSupported`'],
    ['blank scopes', { requiredScopes: ' ' }, '`requiredScopes`'],
    ['offline_access as required', { requiredScopes: ['offline_access'] }, '`offline_access`'],
    ['a text for a switch', { scopesFromPermissions: 'yes' }, '`scopesFromPermissions`'],
    ['an observer that is none', { onRefusal: true }, '`onRefusal`'],
  ])('refuses %s', async (_, options, message) => {
    await expectToBe(
      thrownBy(() => makeAuth(options)),
      { ...misconfigured, message },
    );
  });

  it.each([[undefined], [null], ['https://api.example.com'], [[]]])(
    'refuses the options %j',
    async (options) => {
      const make = () => createMcpAuth(scenario.client, options as unknown as McpAuthOptions);
      await expectToBe(thrownBy(make), misconfigured);
    },
  );

  it.each([[undefined], [null], [{}], [{ domain: 'tenant.auth0.com' }]])(
    'refuses the client %j',
    async (client) => {
      const make = () => createMcpAuth(client as McpClient, { resource: RESOURCE });
      await expectToBe(thrownBy(make), { ...misconfigured, message: 'ApiClient' });
    },
  );

  it('must be told the authorization servers when a resolver decides', async () => {
    const client = new ApiClient({ domains: () => [tenant.domain], audience: RESOURCE });
    const make = () => createMcpAuth(client, { resource: RESOURCE });
    await expectToBe(thrownBy(make), { ...misconfigured, message: '`authorizationServers`' });
    const authorizationServers = [tenant.issuer];
    const auth = createMcpAuth(client, { resource: RESOURCE, authorizationServers });
    expect(await documentOf(auth)).toMatchObject({ authorization_servers: authorizationServers });
  });

  it('sends nothing', () => {
    const before = tenant.requests.length;
    makeAuth().metadata(new Request(METADATA_URL));
    expect(tenant.requests).toHaveLength(before);
  });
});
