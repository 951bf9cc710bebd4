/**
 * Wrong calls that the compiler refuses. `tsc` reads this file and nothing runs it: each `@ts-expect-error` is itself
 * an error as soon as the line below it compiles.
 */
import { Hono } from 'hono';
import { X509Certificate } from 'node:crypto';
import * as z from 'zod/mini';
import {
  type AccessTokenClaims,
  ApiClient,
  BaseAuthError,
  createAuditRecord,
  createDownstreamFetch,
  createDpopFetch,
  createDpopKey,
  createDpopProof,
  type DpopProofClaims,
  type DpopReplayStore,
  extractCredentials,
  formatDelegationChain,
  getCurrentActor,
  VerifyAccessTokenError,
} from '../../src/index.ts';
import * as express from '../../src/adapters/express.ts';
import { withAuth } from '../../src/adapters/fetch.ts';
import {
  type AuthInfo,
  createMcpAuth,
  type McpAuth,
  requireMcpAuth,
  scopesOfToolCalls,
} from '../../src/mcp/index.ts';
import * as hono from '../../src/adapters/hono.ts';
import { createTestTenant } from '../../src/testing/index.ts';
import { createUndiciFetch } from '../../src/undici/index.ts';

const domain = 'tenant.auth0.test';
const audience = 'https://api.example.com';

export function options(): unknown[] {
  return [
    // @ts-expect-error an audience is required
    new ApiClient({ domain }),
    // @ts-expect-error undefined is no audience
    new ApiClient({ domain, audience: undefined }),
    // @ts-expect-error options are required
    new ApiClient(),
    // @ts-expect-error a number is no audience
    new ApiClient({ domain, audience: 7 }),
    // @ts-expect-error null is no domain
    new ApiClient({ domain: null, audience }),
    // @ts-expect-error a text is no list of domains
    new ApiClient({ domains: domain, audience }),
    // @ts-expect-error a resolver answers a list
    new ApiClient({ domains: () => domain, audience }),
    // @ts-expect-error a text is no list of algorithms
    new ApiClient({ domain, audience, algorithms: 'RS256' }),
    // @ts-expect-error a text is no number of seconds
    new ApiClient({ domain, audience, clockToleranceSeconds: '5' }),
    // @ts-expect-error a misspelt option
    new ApiClient({ domain, audience, clockTolerance: 5 }),
    // @ts-expect-error keys are a list
    new ApiClient({ domain, audience, decryptionKeys: '-----BEGIN PRIVATE KEY-----' }),
    // @ts-expect-error a number is no key
    new ApiClient({ domain, audience, decryptionKeys: [7] }),
    // @ts-expect-error there is no such mode
    new ApiClient({ domain, audience, dpop: { mode: 'optional' } }),
    // @ts-expect-error a text is no list of actors
    new ApiClient({ domain, audience, allowedActors: 'agent' }),
    // @ts-expect-error whether somebody must act is no matter of names
    new ApiClient({ domain, audience, requireActor: ['agent'] }),
    // @ts-expect-error a misspelt option
    new ApiClient({ domain, audience, allowedActor: ['agent'] }),
    // @ts-expect-error a misspelt DPoP option
    new ApiClient({ domain, audience, dpop: { iatOffset: 5 } }),
    // @ts-expect-error the detection of replays is switched off by false only
    new ApiClient({ domain, audience, dpop: { replayStore: null } }),
    // @ts-expect-error true is no store
    new ApiClient({ domain, audience, dpop: { replayStore: true } }),
    // @ts-expect-error a broken store refuses or accepts
    new ApiClient({ domain, audience, dpop: { onStoreError: 'ignore' } }),
    // @ts-expect-error a URL object is no text
    new ApiClient({ domain, audience, dpop: { publicUrl: new URL(audience) } }),
    // @ts-expect-error the public URL is told at once
    new ApiClient({ domain, audience, dpop: { publicUrl: () => Promise.resolve(audience) } }),
    // @ts-expect-error a request may lack a URL
    new ApiClient({ domain, audience, dpop: { publicUrl: ({ httpUrl }) => httpUrl } }),
    // @ts-expect-error a text is no yes or no
    new ApiClient({ domain, audience, requireCertificateBinding: 'true' }),
    // @ts-expect-error a nonce needs its secret
    new ApiClient({ domain, audience, dpop: { nonce: { lifetimeSeconds: 60 } } }),
    // @ts-expect-error a clock answers a number
    new ApiClient({ domain, audience, now: () => new Date() }),
    // @ts-expect-error a secret is text, or a function that has it
    new ApiClient({ domain, audience, clientSecret: 7 }),
    // @ts-expect-error a function that has the secret answers text
    new ApiClient({ domain, audience, clientSecret: () => 7 }),
    // @ts-expect-error there is no such way to authenticate
    new ApiClient({ domain, audience, clientAuthMethod: 'none' }),
    // @ts-expect-error true is no cache: leave it out
    new ApiClient({ domain, audience, onBehalfOfCache: true }),
    // @ts-expect-error a misspelt option of the cache
    new ApiClient({ domain, audience, onBehalfOfCache: { maxAge: 5 } }),
    // @ts-expect-error how often is to be said
    new ApiClient({ domain, audience, retry: true }),
    // @ts-expect-error a fetch answers a Response
    new ApiClient({ domain, audience, customFetch: () => Promise.resolve('text') }),
  ];
}

/** A store must say whether the proof was new. */
export const silentStore: DpopReplayStore = {
  // @ts-expect-error nothing is no answer
  add: () => undefined,
};

export async function requests(client: ApiClient, request: Request): Promise<void> {
  const headers = { authorization: 'Bearer token' };
  // @ts-expect-error a request is required
  await client.verifyRequest();
  // @ts-expect-error headers are required
  await client.verifyRequest({ httpMethod: 'GET', httpUrl: audience });

  // @ts-expect-error -- parts have names of their own: a `method` would not be looked at
  await client.verifyRequest({ headers: {}, method: 'GET', url: audience });
  // @ts-expect-error a number is no header value
  await client.verifyRequest({ headers: { authorization: 7 } });
  // @ts-expect-error a misspelt part
  await client.verifyRequest({ headers, httpmethod: 'GET' });
  // @ts-expect-error a URL object is no text
  await client.verifyRequest({ headers, httpUrl: new URL(audience) });
  // @ts-expect-error a misspelt check
  await client.verifyRequest(request, { requiredScope: 'read' });
  // @ts-expect-error a number is no scope
  await client.verifyRequest(request, { requiredScopes: 7 });
  // @ts-expect-error permissions are a list
  await client.verifyRequest(request, { requiredPermissions: 'orders' });
  // @ts-expect-error claims are named in a list
  await client.verifyRequest(request, { requiredClaims: 'org_id' });
  // @ts-expect-error actors are a list
  await client.verifyRequest(request, { allowedActors: 'agent' });
  // @ts-expect-error nobody is no actor
  await client.verifyRequest(request, { allowedActors: [undefined] });
  // @ts-expect-error a text is neither yes nor no
  await client.verifyRequest(request, { requireActor: 'yes' });
  // @ts-expect-error a function is no schema
  await client.verifyRequest(request, { claimsSchema: () => true });
  // @ts-expect-error a certificate of node:tls is handed over as its `raw` bytes
  await client.verifyRequest({ headers, clientCertificate: new X509Certificate('') });
  // @ts-expect-error a header that may be sent twice is no certificate
  await client.verifyRequest({ headers, clientCertificate: [''] });
  // @ts-expect-error a certificate is no requirement
  client.authorize({ iss: '', sub: '', aud: '', exp: 0, iat: 0 }, { clientCertificate: '' });
  // @ts-expect-error a text is no request
  extractCredentials('Bearer token');
}

export async function tokens(client: ApiClient, claims: AccessTokenClaims): Promise<void> {
  // @ts-expect-error a token is required
  await client.verifyAccessToken({});
  // @ts-expect-error options are required, not the token itself
  await client.verifyAccessToken('token');
  // @ts-expect-error a misspelt check
  await client.verifyAccessToken({ accessToken: 'token', scopes: 'read' });
  // @ts-expect-error an ID token is required
  await client.verifyIdToken({ nonce: 'n' });
  // @ts-expect-error a session that has lost its nonce must not pass
  await client.verifyIdToken({ idToken: 'token', nonce: null });
  // @ts-expect-error a text is no number of seconds
  await client.verifyIdToken({ idToken: 'token', maxAgeSeconds: '60' });
  // @ts-expect-error a misspelt check
  await client.verifyIdToken({ idToken: 'token', maxAge: 60 });
  // @ts-expect-error claims are not changed
  (await client.verifyIdToken({ idToken: 'token' })).sub = 'auth0|admin';
  // @ts-expect-error all four are required
  await client.verifyDpopProof({ accessToken: 'token', proof: 'proof', httpMethod: 'GET' });
  // @ts-expect-error there is no such scheme
  client.authorize(claims, { requiredScopes: 'read' }, { scheme: 'Basic' });
  // @ts-expect-error it would not be enforced
  client.authorize(claims, { requiredClaims: ['org_id'] });
  // @ts-expect-error a misspelt requirement
  client.authorize(claims, { allowedActor: ['agent'] });
  // @ts-expect-error requirements are required
  client.authorize(claims);
  // @ts-expect-error claims are an object
  getCurrentActor('token');
  // @ts-expect-error an audience is required
  await client.getTokenOnBehalfOf({ accessToken: 'token' });
  // @ts-expect-error the kind of the token is required
  await client.getTokenByExchangeProfile({ subjectToken: 'token' });
  const profile = { subjectToken: 'token', subjectTokenType: 'urn:example:type' };
  // @ts-expect-error an object is no form field
  await client.getTokenByExchangeProfile({ ...profile, extra: { nested: {} } });
  // @ts-expect-error tokens by exchange profile are not kept
  await client.getTokenByExchangeProfile({ ...profile, cache: false });
  // @ts-expect-error a token of the client's own is for an API, too
  await client.getTokenByClientCredentials({ scope: 'read' });
  // @ts-expect-error there is no user whose token could be verified
  await client.getTokenByClientCredentials({ audience, verifySubjectToken: true });
  // @ts-expect-error a detail has a type
  await client.getTokenByClientCredentials({ audience, authorizationDetails: [{ actions: [] }] });
  // @ts-expect-error a thumbprint is no key
  await client.getTokenByClientCredentials({ audience, dpopKey: 'thumbprint' });
  // @ts-expect-error another word for the cache
  await client.getTokenByClientCredentials({ audience, cache: 'reload' });
  // @ts-expect-error a connection is required
  await client.getAccessTokenForConnection({ accessToken: 'token' });
}

export function mutations(claims: AccessTokenClaims, proof: DpopProofClaims, error: BaseAuthError): void {
  // @ts-expect-error claims are shared by all who verify the same token
  claims.sub = 'auth0|admin';
  // @ts-expect-error also those of the tenant's own
  claims.plan = 'gold';
  // @ts-expect-error through all levels
  if (claims.permissions !== undefined) claims.permissions[0] = 'admin';
  // @ts-expect-error also the delegation
  if (claims.act !== undefined) claims.act.sub = 'someone';
  // @ts-expect-error also the binding
  if (claims.cnf !== undefined) claims.cnf.jkt = 'another';
  // @ts-expect-error also a list of audiences
  if (typeof claims.aud !== 'string') claims.aud[0] = 'another';
  // @ts-expect-error nor are those of a proof
  proof.jti = 'another';
  // @ts-expect-error nor is what an error says
  error.headers['WWW-Authenticate'] = 'Bearer';
  // @ts-expect-error nor its status
  error.statusCode = 200;
  // @ts-expect-error the parent of all errors is made by none
  new BaseAuthError({ code: 'mine', reason: 'opaque_token', statusCode: 401 });
}

export function audits(claims: AccessTokenClaims, request: Request): void {
  const record = createAuditRecord(claims, { request });
  // @ts-expect-error a user may be absent
  record.user satisfies string;
  // @ts-expect-error a record is not changed
  record.user = 'auth0|admin';
  // @ts-expect-error through all levels
  record.chain[0] = { sub: 'agent' };
  // @ts-expect-error headers are not recorded
  record.request?.headers satisfies unknown;
  // @ts-expect-error a misspelt member
  createAuditRecord(claims, { requests: request });
  // @ts-expect-error a text is no request
  createAuditRecord(claims, { request: 'GET /' });
  // @ts-expect-error claims are an object
  createAuditRecord('token');
  // @ts-expect-error nor is a token anything to format
  formatDelegationChain('token');
}

export async function results(client: ApiClient, accessToken: string): Promise<void> {
  const claims = await client.verifyAccessToken({ accessToken });
  // @ts-expect-error a claim that nobody typed is unknown
  claims.plan satisfies string;
  // @ts-expect-error an audience may be a list
  claims.aud satisfies string;
  // @ts-expect-error a scope may be absent
  claims.scope.split(' ');

  const claimsSchema = z.object({ plan: z.enum(['gold', 'silver']), seats: z.optional(z.number()) });
  const typed = await client.verifyAccessToken({ accessToken, claimsSchema });
  // @ts-expect-error the schema knows no such plan
  typed.plan satisfies 'gold';
  // @ts-expect-error the schema makes it optional
  typed.seats satisfies number;
  // @ts-expect-error what a schema typed is frozen as well
  typed.plan = 'silver';

  const exchanged = await client.getTokenOnBehalfOf({ accessToken, audience });
  // @ts-expect-error an exchange on behalf of a user brings an access token only
  exchanged.refreshToken satisfies unknown;
  // @ts-expect-error a result is not changed
  exchanged.accessToken = 'another';
}

export function testing(): unknown[] {
  const tenant = createTestTenant();
  // @ts-expect-error there is no such endpoint
  tenant.fail('userinfo', 500);
  // @ts-expect-error there is no such failure
  tenant.fail('jwks', 'explode');
  // @ts-expect-error the log is read only
  tenant.requests.length = 0;
  return [
    // @ts-expect-error a misspelt option
    createTestTenant({ algorithms: ['ES256'] }),
    // @ts-expect-error an actor has a name
    tenant.issueAccessToken({ act: [{ iss: domain }] }),
    // @ts-expect-error a misspelt option
    tenant.issueAccessToken({ subject: 'auth0|ada' }),
    // @ts-expect-error a text is no public key
    tenant.issueAccessToken({ encryptFor: 'key' }),
    // @ts-expect-error a misspelt option
    tenant.issueIdToken({ audience: 'client' }),
  ];
}

export async function adapters(client: ApiClient, request: Request): Promise<void> {
  // @ts-expect-error a client is required
  express.requireAuth({ requiredScopes: 'read' });
  // @ts-expect-error a misspelt check
  express.requireAuth(client, { requiredScope: 'read' });
  // @ts-expect-error a certificate is of a request, and not of a program
  express.requireAuth(client, {}, { clientCertificate: 'certificate' });
  // @ts-expect-error a promise is no certificate
  hono.requireAuth(client, {}, { clientCertificate: async () => Promise.resolve('certificate') });
  // @ts-expect-error a misspelt option
  withAuth(client, () => new Response(), {}, { certificate: () => undefined });
  // @ts-expect-error a number is no scope
  express.requireScopes(7);
  // @ts-expect-error a text is no request
  express.getAuth('request');
  // @ts-expect-error a handler answers a response
  withAuth(client, () => 'text');
  // @ts-expect-error the runtime passes no such argument
  await withAuth(client, (_request, _auth, id: number) => Response.json(id))(request, 'seven');
  // @ts-expect-error nothing has set the variable
  new Hono().get('/', (c) => c.json(c.var.auth));
  // @ts-expect-error a request of Fetch is no context of Hono
  hono.getAuth(request);

  const auth = express.getAuth(request);
  // @ts-expect-error an audience is required
  await auth.getTokenOnBehalfOf({ scope: 'read' });
  // @ts-expect-error the token is that of the request
  await auth.getTokenOnBehalfOf({ audience, accessToken: 'another' });
  // @ts-expect-error an authentication is not changed
  auth.scheme = 'DPoP';
  // @ts-expect-error a claim that nobody typed is unknown
  auth.claims.plan satisfies string;
}

export function transport(): unknown[] {
  return [
    // @ts-expect-error verification of servers has no switch
    createUndiciFetch({ rejectUnauthorized: false }),
    // @ts-expect-error there is either no proxy, or one
    createUndiciFetch({ proxy: true }),
    // @ts-expect-error a text is no number of seconds
    createUndiciFetch({ keepAliveSeconds: '4' }),
    // @ts-expect-error null is no key
    createUndiciFetch({ key: null }),
  ];
}

export async function outgoing(client: ApiClient): Promise<unknown[]> {
  const key = await createDpopKey();
  const accessToken = 'token';
  // @ts-expect-error the private half cannot be had
  key.privateKey satisfies unknown;
  // @ts-expect-error a key is not changed
  key.jkt = 'another';
  // @ts-expect-error a JWK is no key yet
  await createDpopProof({ kty: 'EC', crv: 'P-256', d: 'd' }, { httpMethod: 'GET', httpUrl: audience });
  // @ts-expect-error a proof is made for a URL
  await createDpopProof(key, { httpMethod: 'GET' });
  return [
    // @ts-expect-error a bound token needs its key
    createDpopFetch({ accessToken }),
    // @ts-expect-error an API needs to be named
    createDownstreamFetch(client, { accessToken }),
    // @ts-expect-error whether a kept token will do is not for the caller to say
    createDownstreamFetch(client, { accessToken, audience, cache: false }),
    // @ts-expect-error there is a client
    createDownstreamFetch({}, { accessToken, audience }),
    // @ts-expect-error a thumbprint is no key
    createDownstreamFetch(client, { accessToken, audience, dpopKey: { jkt: key.jkt } }),
    // @ts-expect-error a misspelt option
    createDownstreamFetch(client, { accessToken, audience, baseURL: audience }),
  ];
}

export function mcp(client: ApiClient, auth: McpAuth, request: Request): unknown[] {
  const resource = 'https://mcp.example.com';
  class TheirError extends Error {}
  return [
    // @ts-expect-error a resource is required
    createMcpAuth(client, {}),
    // @ts-expect-error a misspelt option is no option
    createMcpAuth(client, { resource, requiredScope: 'a' }),
    // @ts-expect-error the list of servers is no text
    createMcpAuth(client, { resource, authorizationServers: 'https://tenant.auth0.com/' }),
    // @ts-expect-error a schema is for verifyRequest
    auth.gate(request, { claimsSchema: z.object({}) }),
    // @ts-expect-error scopes of tools are for Express, which has read the body
    auth.gate(request, { toolScopes: {} }),
    // @ts-expect-error an answer is no AuthInfo: it must be told apart first
    auth.gate(request) satisfies Promise<AuthInfo>,
    // @ts-expect-error whoever may be missing has no scopes
    auth.requireScopes(undefined, 'a'),
    // @ts-expect-error the scopes are missing
    auth.requireScopes({ scopes: [] }),
    // @ts-expect-error half of the error classes of 1.x
    auth.tokenVerifier({ InvalidTokenError: TheirError }),
    // @ts-expect-error the scopes of a tool are no number
    requireMcpAuth(auth, { toolScopes: { a: 1 } }),
    // @ts-expect-error the scopes of the tools are missing
    scopesOfToolCalls({}),
    // @ts-expect-error a URL is a text here
    client.verifyRequest(request, {}, { resourceMetadataUrl: new URL(resource) }),
    // @ts-expect-error a misspelt member says nothing
    client.challenge(new VerifyAccessTokenError('claim_invalid'), { scope: 'a' }),
  ];
}
