/**
 * An oidc-provider behind TLS on this machine: it checks clients, assertions, proofs and nonces with code that is not
 * ours. Only the token exchange grant, which it leaves to its users, is written here.
 */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { createUndiciFetch } from '../../src/undici/index.ts';
import { createAuthority } from '../support/certificates.ts';

// It is written for Node 22, and this is all that it misses on Node 20.
URL.parse ??= (url, base) => (URL.canParse(url, base) ? new URL(url, base) : null);
const { errors, Provider } = await import('oidc-provider');
// Its own checks of proofs, which its built-in grants use, too.
const { default: validateDpop, checkDpopReplay } = await import('oidc-provider/lib/helpers/validate_dpop.js');
const { resolveRequestedResources } = await import('oidc-provider/lib/helpers/grant_authorization.js');

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
export const SUBJECT_TYPE = 'urn:example:subject-token';
export const AUDIENCE = 'https://billing.example.com';
/** Each of its characters means something in a header, a form or a URL. */
export const SECRET = 'secret+of/the:client=with & odd %41 "characters"';

const GRANT_PARAMETERS = [
  'audience',
  'resource',
  'scope',
  'organization',
  'subject_token',
  'subject_token_type',
  'requested_token_type',
  'actor_token',
  'actor_token_type',
  'authorization_details',
  'custom',
];

/**
 * @param clients as oidc-provider registers them
 * @returns its domain for an `ApiClient`, the `fetch` that trusts it, and the parameters of every token request
 */
export async function startAuthorizationServer(clients) {
  const authority = createAuthority();
  const { cert, key } = authority.issue('localhost');
  const server = createServer({ cert, key }, (incoming, outgoing) => provider.callback()(incoming, outgoing));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const domain = `localhost:${server.address().port}`;
  const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  const jwks = { keys: [{ ...jwk, kid: 'of-the-server', use: 'sig', alg: 'RS256' }] };
  const grants = ['client_credentials', TOKEN_EXCHANGE];
  const provider = new Provider(`https://${domain}/`, {
    clients: clients.map((client) => ({
      grant_types: grants,
      redirect_uris: [],
      response_types: [],
      ...client,
    })),
    jwks,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    ttl: { AccessToken: 3600, ClientCredentials: 3600 },
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    extraTokenClaims: (ctx) => ctx.extraTokenClaims,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true },
      resourceIndicators: {
        enabled: true,
        // What Auth0 calls the audience.
        defaultResource: (ctx) => ctx.oidc.body.audience,
        getResourceServerInfo: () => ({
          scope: 'read:invoices write:invoices',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  provider.registerGrantType(TOKEN_EXCHANGE, exchangeWith(provider, jwks), GRANT_PARAMETERS, ['resource']);

  const requests = [];
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path === '/token') {
      requests.push({
        headers: ctx.headers,
        body: { ...ctx.oidc?.body },
        status: ctx.status,
        answer: ctx.body,
      });
    }
  });
  const customFetch = createUndiciFetch({ proxy: false, ca: authority.cert });
  return {
    domain,
    customFetch,
    requests,
    tokenEndpoint: `https://${domain}/token`,
    close: async () => {
      await customFetch.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** RFC 8693 §2 for two kinds of subject tokens: `user:<id>`, and access tokens of this server. */
function exchangeWith(provider, jwks) {
  const keys = createLocalJWKSet({ keys: jwks.keys.map(({ kty, n, e, kid }) => ({ kty, n, e, kid })) });
  return async (ctx) => {
    const { params, client } = ctx.oidc;
    const sub = await subjectOf(params, keys);
    const proof = await validateDpop(provider, ctx);
    const [resourceServer] = await resolveRequestedResources(provider, ctx);
    const token = new provider.AccessToken({ accountId: sub, client, gty: 'token_exchange' });
    token.resourceServer = resourceServer;
    const allowed = new Set(resourceServer.scope.split(' '));
    token.scope =
      (params.scope ?? '')
        .split(' ')
        .filter((scope) => allowed.has(scope))
        .join(' ') || undefined;
    if (proof !== undefined) {
      await checkDpopReplay(provider, ctx, proof, client.clientId);
      token.setThumbprint('jkt', proof.thumbprint);
    }
    ctx.extraTokenClaims = { act: { sub: client.clientId } };
    ctx.body = {
      access_token: await token.save(),
      expires_in: token.expiration,
      issued_token_type: ACCESS_TOKEN,
      scope: token.scope,
      token_type: token.tokenType,
    };
  };
}

async function subjectOf(
  { subject_token: token, subject_token_type: type, requested_token_type: wanted },
  keys,
) {
  if (wanted !== undefined && wanted !== ACCESS_TOKEN)
    throw new errors.InvalidRequest('requested_token_type');
  if (type === SUBJECT_TYPE) {
    const sub = /^user:(.+)$/.exec(token)?.[1];
    if (sub !== undefined) return sub;
  } else if (type === ACCESS_TOKEN) {
    const verified = await jwtVerify(token, keys, { typ: 'at+jwt' }).catch(() => undefined);
    if (verified !== undefined) return verified.payload.sub;
  }
  throw new errors.InvalidGrant('subject_token');
}
