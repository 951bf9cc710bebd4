/**
 * Right calls, and the types of what they give. `tsc` reads this file and nothing runs it.
 */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { expectTypeOf } from 'vitest';
import * as mcpErrors from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import {
  type McpHttpHandler,
  OAuthError,
  OAuthErrorCode,
  requireBearerAuth as createGate,
  type ServerContext,
} from '@modelcontextprotocol/server';
import express, { type Request as ExpressRequest } from 'express';
import fastify, { type FastifyRequest } from 'fastify';
import { type Context, Hono } from 'hono';
import * as z from 'zod/mini';
import {
  type AccessTokenChecks,
  type AccessTokenClaims,
  ActorNotAllowedError,
  type ActorRequirements,
  ApiClient,
  type ApiClientOptions,
  ApiError,
  type AuditActor,
  type AuditRecord,
  type AuthScheme,
  BaseAuthError,
  type CheckedClaims,
  createAuditRecord,
  createDownstreamFetch,
  createDpopFetch,
  createDpopKey,
  createDpopProof,
  DpopNonceRequiredError,
  type DpopReplayStore,
  type ErrorReason,
  extractCredentials,
  formatDelegationChain,
  getCurrentActor,
  getDelegationChain,
  getPermissions,
  getScopes,
  type IdTokenClaims,
  InsufficientScopeError,
  IssuerUnavailableError,
  MissingRequiredArgumentError,
  type RequestHeaders,
  type RequestParts,
  type StandardSchemaV1,
  VerifyAccessTokenError,
} from '../../src/index.ts';
import * as expressAuth from '../../src/adapters/express.ts';
import * as fastifyAuth from '../../src/adapters/fastify.ts';
import { type AuthContext, withAuth } from '../../src/adapters/fetch.ts';
import * as honoAuth from '../../src/adapters/hono.ts';
import { type McpAuth, requireMcpAuth, serveMcpMetadata } from '../../src/mcp/index.ts';
import { createTestTenant } from '../../src/testing/index.ts';

const audience = 'https://api.example.com';

/** Under `exactOptionalPropertyTypes`, `undefined` must be written into the type to be allowed. */
export const allUndefined: Required<ApiClientOptions> = {
  audience,
  domain: undefined,
  domains: undefined,
  algorithms: undefined,
  clockToleranceSeconds: undefined,
  requireAccessTokenType: undefined,
  requireCertificateBinding: undefined,
  decryptionKeys: undefined,
  dpop: undefined,
  allowedActors: undefined,
  requireActor: undefined,
  clientId: undefined,
  clientSecret: undefined,
  clientAssertionSigningKey: undefined,
  clientAssertionSigningAlg: undefined,
  clientAuthMethod: undefined,
  onBehalfOfCache: undefined,
  retry: undefined,
  customFetch: undefined,
  timeoutSeconds: undefined,
  cacheAdapter: undefined,
  verifiedTokenCache: undefined,
  onEvent: undefined,
  waitUntil: undefined,
  cacheTtlSeconds: undefined,
  cacheMaxEntries: undefined,
  realm: undefined,
  resourceMetadataUrl: undefined,
  now: undefined,
};

export function options(): ApiClient[] {
  const lists = { domains: ['a.auth0.com'], audience: ['a', 'b'], algorithms: ['RS256'] } as const;
  const store: DpopReplayStore = { add: (key, ttlSeconds) => key !== '' && ttlSeconds > 0 };
  const dpop = { mode: undefined, iatOffsetSeconds: undefined, algorithms: undefined, nonce: undefined };
  return [
    new ApiClient(lists),
    new ApiClient({ audience, domains: ({ unverifiedIss }) => [unverifiedIss] }),
    new ApiClient({ audience, domains: ({ requestUrl }) => Promise.resolve([requestUrl ?? '']) }),
    new ApiClient({ audience, dpop: { ...dpop, replayStore: store } }),
    new ApiClient({ audience, dpop: { replayStore: { add: () => Promise.resolve(true) } } }),
    new ApiClient({ audience, dpop: { publicUrl: audience, onStoreError: 'accept' } }),
    new ApiClient({ audience, dpop: { publicUrl: ({ httpUrl = '' }) => audience + httpUrl } }),
    new ApiClient({ audience, dpop: { publicUrl: undefined, onStoreError: undefined } }),
    new ApiClient({ audience, clientSecret: () => Promise.resolve('secret'), onBehalfOfCache: false }),
    new ApiClient({ audience, clientAssertionSigningKey: { kty: 'EC' }, retry: { maxAttempts: 2 } }),
    new ApiClient({ audience, onBehalfOfCache: { encryptionKey: [new Uint8Array(32), 'text'] } }),
    new ApiClient({ audience, dpop: { replayStore: false, nonce: { secret: ['a', 'b'] } } }),
    new ApiClient({ ...createTestTenant().clientOptions(), customFetch: fetch, now: Date.now }),
  ];
}

export async function requests(
  client: ApiClient,
  incoming: IncomingMessage,
  request: Request,
): Promise<void> {
  const { headers, headersDistinct, method: httpMethod } = incoming;
  await client.verifyRequest(request);
  await client.verifyRequest({ headers, httpMethod, httpUrl: undefined });
  await client.verifyRequest({ headers: headersDistinct });
  await client.verifyRequest({ headers: new Headers() }, {});
  await client.verifyRequest(request, {
    requiredClaims: undefined,
    requiredScopes: undefined,
    requiredPermissions: undefined,
    allowedActors: undefined,
    requireActor: undefined,
    claimsSchema: undefined,
    clientCertificate: undefined,
  });
  const { raw } = new X509Certificate('');
  await client.verifyRequest({ headers, clientCertificate: raw });
  await client.verifyRequest({ headers: headersDistinct, clientCertificate: undefined });
  await client.verifyRequest(request, { clientCertificate: headersDistinct['x-client-cert']?.join() });
  const checks: AccessTokenChecks = { requiredScopes: ['read'] as const, requiredPermissions: ['a'] };
  const actors: ActorRequirements = { allowedActors: ['agent'] as const, requireActor: true };
  await client.verifyRequest(request, { ...checks, ...actors });
  await client.verifyAccessToken({ accessToken: 'token', httpUrl: undefined, headers: undefined, ...checks });

  const credentials = extractCredentials(headers satisfies RequestHeaders);
  expectTypeOf(credentials.scheme).toEqualTypeOf<AuthScheme>();
  expectTypeOf(credentials.dpopProof).toEqualTypeOf<string | undefined>();
}

export async function claims(client: ApiClient, accessToken: string): Promise<void> {
  const plain = await client.verifyAccessToken({ accessToken });
  expectTypeOf(plain).toEqualTypeOf<AccessTokenClaims>();
  expectTypeOf(plain.sub).toEqualTypeOf<string>();
  expectTypeOf(plain.aud).toEqualTypeOf<string | readonly string[]>();
  expectTypeOf(plain.scope).toEqualTypeOf<string | undefined>();
  expectTypeOf(plain.plan).toEqualTypeOf<unknown>();
  expectTypeOf(getCurrentActor).returns.toEqualTypeOf<string | undefined>();
  expectTypeOf(getDelegationChain).returns.toEqualTypeOf<string[]>();
  getCurrentActor(plain);
  client.authorize(plain, { allowedActors: ['agent'], requireActor: undefined }, null);
  client.authorize(plain, { requiredScopes: 'read', requiredPermissions: undefined }, { scheme: undefined });

  const Plan = z.object({ plan: z.enum(['gold', 'silver']) });
  const typed = await client.verifyAccessToken({ accessToken, claimsSchema: Plan });
  expectTypeOf(typed.plan).toEqualTypeOf<'gold' | 'silver'>();
  expectTypeOf(typed.sub).toEqualTypeOf<string>();
  const ofRequest = await client.verifyRequest(
    { headers: {} },
    { claimsSchema: Plan, requiredScopes: 'read' },
  );
  expectTypeOf(ofRequest).toEqualTypeOf<CheckedClaims<{ plan: 'gold' | 'silver' }>>();

  const transforming = z.object({ seats: z.pipe(z.string(), z.transform(Number)) });
  const transformed = await client.verifyAccessToken({ accessToken, claimsSchema: transforming });
  expectTypeOf(transformed.seats).toEqualTypeOf<number>();
  const byHand: StandardSchemaV1<unknown, { seats: number }> = {
    '~standard': { version: 1, vendor: 'mine', validate: () => ({ value: { seats: 1 } }) },
  };
  const counted = await client.verifyAccessToken({ accessToken, claimsSchema: byHand });
  expectTypeOf(counted.seats).toEqualTypeOf<number>();

  const idToken = await client.verifyIdToken({
    idToken: 'token',
    clientId: undefined,
    nonce: undefined,
    maxAgeSeconds: undefined,
    organization: undefined,
    accessToken: undefined,
    algorithm: undefined,
    clientSecret: undefined,
    httpUrl: undefined,
    headers: undefined,
  });
  expectTypeOf(idToken).toEqualTypeOf<IdTokenClaims>();
  expectTypeOf(idToken.email).toEqualTypeOf<string | undefined>();
  expectTypeOf(idToken.plan).toEqualTypeOf<unknown>();

  const proof = await client.verifyDpopProof({
    accessToken,
    proof: 'a',
    httpMethod: 'GET',
    httpUrl: audience,
  });
  expectTypeOf(proof.jkt).toEqualTypeOf<string>();
  expectTypeOf(proof.nonce).toEqualTypeOf<string | undefined>();
}

/** What frameworks hand to their handlers can be recorded as it is. */
export function audits(
  claims: AccessTokenClaims,
  request: Request,
  incoming: IncomingMessage,
): AuditRecord[] {
  const { headers, method: httpMethod } = incoming;
  const parts = { headers, httpMethod, httpUrl: undefined } satisfies RequestParts;
  const record = createAuditRecord(claims, { request, outcome: 'allowed' });
  expectTypeOf(record.chain).toEqualTypeOf<readonly AuditActor[]>();
  expectTypeOf(record.outcome).toEqualTypeOf<'allowed' | 'denied' | 'failed' | undefined>();
  expectTypeOf(formatDelegationChain).returns.toEqualTypeOf<string>();
  return [
    record,
    createAuditRecord(undefined, { request: parts, outcome: new Error('a bug') }),
    createAuditRecord(claims, { request: incoming, outcome: undefined }),
    createAuditRecord(
      { sub: 'auth0|ada', act: { sub: 'agent' } },
      { request: { method: 'GET', url: '/', id: 7 } },
    ),
  ];
}

export async function exchanges(client: ApiClient, accessToken: string): Promise<void> {
  const onBehalf = await client.getTokenOnBehalfOf({ accessToken, audience, scope: undefined });
  await client.getTokenOnBehalfOf({
    ...{ accessToken, audience, cache: 'refresh', verifySubjectToken: true, organization: undefined },
    resource: ['urn:example:a'],
    authorizationDetails: [{ type: 'payment', amount: 12 }],
    dpopKey: await createDpopKey(),
  });
  await client.getTokenByClientCredentials({ audience, cache: false, resource: 'urn:example:a' });
  expectTypeOf(onBehalf.expiresAt).toEqualTypeOf<number>();
  expectTypeOf(onBehalf.scope).toEqualTypeOf<string | undefined>();
  const byProfile = await client.getTokenByExchangeProfile({
    subjectToken: 'token',
    subjectTokenType: 'urn:example:type',
    audience: undefined,
    scope: undefined,
    requestedTokenType: undefined,
    actorToken: undefined,
    actorTokenType: undefined,
    organization: undefined,
    extra: { text: 'a', number: 1, flag: true, list: ['a', 1, false] as const, nothing: undefined },
  });
  expectTypeOf(byProfile.refreshToken).toEqualTypeOf<string | undefined>();
  const connection = { connection: 'google-oauth2', accessToken, loginHint: undefined };
  const ofConnection = await client.getAccessTokenForConnection(connection);
  expectTypeOf(ofConnection.connection).toEqualTypeOf<string>();
}

/** Errors are told apart by their class, and each class has members of its own. */
export function errors(error: unknown): string {
  if (!(error instanceof BaseAuthError)) throw error;
  expectTypeOf(error.reason).toEqualTypeOf<ErrorReason>();
  expectTypeOf(error.challenges).toEqualTypeOf<readonly string[]>();
  if (error instanceof InsufficientScopeError) return error.requiredScopes.join(' ');
  if (error instanceof ActorNotAllowedError) return error.reason;
  if (error instanceof DpopNonceRequiredError) return error.nonce;
  if (error instanceof IssuerUnavailableError) return String(error.retryAfterSeconds);
  if (error instanceof MissingRequiredArgumentError) return error.argument;
  if (error instanceof ApiError)
    return `${error.error ?? ''} ${error.responseStatusCode satisfies 502 | 503 | 504}`;
  expectTypeOf(error).toHaveProperty('toResponse').returns.toEqualTypeOf<Response>();
  return JSON.stringify(error.toJSON());
}

/** Adapters fit the types of their frameworks, whatever parameters and servers these are made for. */
export function adapters(client: ApiClient): unknown[] {
  const app = express();
  app.use('/v1', expressAuth.requireAuth(client), express.Router());
  app.get('/books/:id', expressAuth.requireScopes('read'), (req, res) => {
    expectTypeOf(req.params.id).toEqualTypeOf<string>();
    expectTypeOf(expressAuth.getAuth(req)).toEqualTypeOf<AuthContext>();
    res.json(getPermissions(expressAuth.getAuth(req).claims) satisfies string[]);
  });

  const preHandler = [fastifyAuth.requireAuth(client), fastifyAuth.requirePermissions(['read', 'write'])];
  const server = fastify({ http2: true });
  server.get<{ Params: { id: string } }>('/:id', { preHandler }, (request) => {
    expectTypeOf(fastifyAuth.getAuth(request).scopes).toEqualTypeOf<readonly string[]>();
    return request.params.id;
  });

  const routes = new Hono().use(honoAuth.requireAuth(client)).get('/:id', (c) => {
    expectTypeOf(c.var.auth).toEqualTypeOf<AuthContext>();
    expectTypeOf(c.req.param('id')).toEqualTypeOf<string>();
    return c.json(getScopes(honoAuth.getAuth(c).claims) satisfies string[]);
  });

  const worker = withAuth(client, (request, auth, env: { region: string }) => {
    expectTypeOf(request).toEqualTypeOf<Request>();
    expectTypeOf(auth).toEqualTypeOf<AuthContext>();
    return Response.json(env.region);
  });
  expectTypeOf(worker).parameters.toEqualTypeOf<[Request, { region: string }]>();
  const claimsSchema = z.object({ plan: z.enum(['gold', 'silver']) });
  const typed = withAuth(
    client,
    (_request, { claims }) => Response.json(claims.plan satisfies 'gold' | 'silver'),
    {
      claimsSchema,
    },
  );
  expectTypeOf(typed).returns.resolves.toEqualTypeOf<Response>();
  return [app, server, routes, worker, typed, ...adaptersWithCertificates(client)];
}

/** A certificate comes from the request as the framework types it. */
function adaptersWithCertificates(client: ApiClient): unknown[] {
  const ofSocket = (socket: unknown) =>
    socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.raw : undefined;
  const app = express();
  app.use(
    expressAuth.requireAuth(client, undefined, {
      clientCertificate: (req: ExpressRequest) => ofSocket(req.socket),
    }),
  );
  const server = fastify();
  const preHandler = fastifyAuth.requireAuth(
    client,
    { requiredScopes: 'read' },
    { clientCertificate: ({ raw }: FastifyRequest) => ofSocket(raw.socket) },
  );
  server.get<{ Params: { id: string } }>(
    '/:id',
    { preHandler: [preHandler] },
    (request) => request.params.id,
  );
  const clientCertificate = (c: Context) => c.req.header('x-client-cert');
  const routes = new Hono().use(honoAuth.requireAuth(client, {}, { clientCertificate }));
  type Cloudflare = Request & { cf?: { tlsClientAuth: { certFingerprintSHA256: string } } };
  const worker = withAuth(
    client,
    (request, _auth, env: { region: string }) => Response.json([request.url, env.region]),
    {},
    { clientCertificate: (request: Cloudflare) => request.cf?.tlsClientAuth.certFingerprintSHA256 },
  );
  expectTypeOf(worker).parameters.toEqualTypeOf<[Cloudflare, { region: string }]>();
  return [app, server, routes, worker];
}

export async function outgoing(client: ApiClient, accessToken: string): Promise<Response[]> {
  const dpopKey = await createDpopKey({ algorithm: undefined, jwk: undefined });
  const proven = { httpMethod: 'GET', httpUrl: audience, accessToken: undefined, nonce: undefined };
  expectTypeOf(await createDpopProof(dpopKey, proven)).toEqualTypeOf<string>();
  const bound = createDpopFetch({ key: dpopKey, accessToken: () => accessToken, fetch, now: undefined });
  expectTypeOf(bound).toEqualTypeOf<typeof fetch>();
  const downstream = createDownstreamFetch(client, {
    accessToken,
    audience,
    scope: undefined,
    resource: [audience],
    dpopKey,
    baseUrl: new URL(audience),
    fetch: bound,
  });
  expectTypeOf(downstream).toEqualTypeOf<typeof fetch>();
  // Whatever exchanges tokens will do, such as a double in a test.
  const double = { getTokenOnBehalfOf: client.getTokenOnBehalfOf.bind(client) };
  return [
    await downstream('/books', { method: 'POST', body: 'text' }),
    await createDownstreamFetch(double, { accessToken, audience })(new Request(audience)),
  ];
}

/** Both MCP packages take what `createMcpAuth` gives, and their requests and errors fit what it takes. */
export function mcp(client: ApiClient, auth: McpAuth, handler: McpHttpHandler): unknown[] {
  const app = express();
  app.use(serveMcpMetadata(auth), requireMcpAuth(auth, { toolScopes: { read: 'read' } }));
  app.use(requireBearerAuth({ verifier: auth.tokenVerifier(mcpErrors) }));
  const gate = createGate({ verifier: auth.tokenVerifier({ OAuthError, OAuthErrorCode }) });
  const serve = async (request: Request): Promise<Response> => {
    const authInfo = await auth.gate(request, { requiredScopes: 'a', requireActor: true });
    if (authInfo instanceof Response) return authInfo;
    expectTypeOf(authInfo.expiresAt).toEqualTypeOf<number>();
    expectTypeOf(authInfo.extra.actor).toEqualTypeOf<string | undefined>();
    return auth.requireScopes(authInfo, ['b']) ?? (await handler.fetch(request, { authInfo }));
  };
  const inTool = ({ http }: ServerContext) =>
    http?.authInfo === undefined ? undefined : auth.requireScopes(http.authInfo, 'a');
  expectTypeOf(
    client.challenge(new VerifyAccessTokenError('claim_invalid')),
  ).toEqualTypeOf<VerifyAccessTokenError>();
  return [app, gate, serve, inTool];
}
