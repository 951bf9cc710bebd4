/**
 * Wrong calls that the compiler refuses. `tsc` reads this file and nothing runs it: each `@ts-expect-error` is itself
 * an error as soon as the line below it compiles.
 */
import * as z from 'zod/mini';
import {
  type AccessTokenClaims,
  ApiClient,
  BaseAuthError,
  type DpopProofClaims,
  type DpopReplayStore,
  extractCredentials,
  getCurrentActor,
} from '../../src/index.ts';
import { createTestTenant } from '../../src/testing/index.ts';

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
    // @ts-expect-error there is no such mode
    new ApiClient({ domain, audience, dpop: { mode: 'optional' } }),
    // @ts-expect-error a misspelt DPoP option
    new ApiClient({ domain, audience, dpop: { iatOffset: 5 } }),
    // @ts-expect-error the detection of replays is switched off by false only
    new ApiClient({ domain, audience, dpop: { replayStore: null } }),
    // @ts-expect-error true is no store
    new ApiClient({ domain, audience, dpop: { replayStore: true } }),
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
  // @ts-expect-error a function is no schema
  await client.verifyRequest(request, { claimsSchema: () => true });
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
  // @ts-expect-error all four are required
  await client.verifyDpopProof({ accessToken: 'token', proof: 'proof', httpMethod: 'GET' });
  // @ts-expect-error there is no such scheme
  client.authorize(claims, { requiredScopes: 'read' }, { scheme: 'Basic' });
  // @ts-expect-error it would not be enforced
  client.authorize(claims, { requiredClaims: ['org_id'] });
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
    // @ts-expect-error a misspelt option
    tenant.issueAccessToken({ subject: 'auth0|ada' }),
  ];
}
