/** Puts the parts of a test tenant together. */

import { resolveConfig } from './config.ts';
import { generateDpopKey } from './dpop-key.ts';
import { encryptToken } from './encrypt.ts';
import { createEndpoints } from './endpoints.ts';
import { createFetch } from './fetch.ts';
import { createKeyRing } from './keys.ts';
import { serve } from './listen.ts';
import { createHandlers } from './msw.ts';
import {
  checkOptions,
  DPOP_KEY_CHECKS,
  FAIL_CHECKS,
  ID_TOKEN_CHECKS,
  LISTEN_CHECKS,
  ROTATE_CHECKS,
  TOKEN_CHECKS,
} from './options.ts';
import { createTokenEndpoint } from './token-endpoint.ts';
import { createTokenIssuer } from './tokens.ts';
import type { TestTenant, TestTenantOptions } from './types.ts';

/**
 * An Auth0 tenant inside the test process: discovery, signing keys, a token endpoint that checks what it is sent, and
 * tokens and DPoP proofs both honest and hostile. Nothing touches a network, unless `listen` is called.
 *
 * ```ts
 * const tenant = createTestTenant();
 * const client = new ApiClient(tenant.clientOptions());
 * const accessToken = await tenant.issueAccessToken({ sub: 'auth0|ada', scope: 'read:books' });
 * await client.verifyAccessToken({ accessToken });
 * ```
 *
 * It is made for Node, Deno and Bun. The keys and secrets are worth nothing outside a test.
 *
 * @throws TypeError when an option is unknown or cannot be used
 */
export function createTestTenant(options: TestTenantOptions = {}): TestTenant {
  const config = resolveConfig(options);
  const { domain, origin, issuer, audience, now } = config;
  const [{ clientId, clientSecret }] = config.clients;
  const keys = createKeyRing(config.algorithm);
  const tokens = createTokenIssuer(config, keys);
  const tokenEndpoint = createTokenEndpoint({ config, keys, tokens });
  const { answer, requests, clearRequests, fail, recover } = createEndpoints({ config, keys, tokenEndpoint });
  const network = { origin, answer };
  const customFetch = createFetch(network);

  return {
    domain,
    issuer,
    audience,
    clientId,
    clientSecret,
    fetch: customFetch,
    requests,
    clearRequests,
    recover,
    clientOptions: () => ({ domain, audience, clientId, clientSecret, customFetch, now }),
    issueAccessToken: async (given = {}) => {
      const { encryptFor, ...token } = checkOptions('issueAccessToken', given, TOKEN_CHECKS);
      const signed = tokens.accessToken(token);
      return encryptFor === undefined ? signed : await encryptToken(signed, encryptFor);
    },
    issueIdToken: async (given = {}) =>
      Promise.resolve(tokens.idToken(checkOptions('issueIdToken', given, ID_TOKEN_CHECKS))),
    createDpopKey: (given = {}) => {
      const { algorithm = 'ES256' } = checkOptions('createDpopKey', given, DPOP_KEY_CHECKS);
      return generateDpopKey(algorithm, now);
    },
    rotateKeys: (given = {}) => {
      const { keepPrevious = false, algorithm } = checkOptions('rotateKeys', given, ROTATE_CHECKS);
      keys.rotate({ keepPrevious, algorithm });
    },
    fail: (target, how, given = {}) => {
      fail(target, how, checkOptions('fail', given, FAIL_CHECKS).times);
    },
    handlers: () => createHandlers(network),
    listen: async (given = {}) => serve(network, checkOptions('listen', given, LISTEN_CHECKS).port ?? 0),
  };
}
