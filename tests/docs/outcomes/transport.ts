import { rootCertificates } from 'node:tls';
import { expect, vi } from 'vitest';
import type { ApiClient } from 'auth0-api-ts';
import type { UndiciFetch } from 'auth0-api-ts/undici';
import { type Authority, createAuthority } from '../../support/certificates.ts';
import { type ConnectProxy, startConnectProxy } from '../../support/connect-proxy.ts';
import { serveWithTls, type TlsTenant } from '../../support/tls-tenant.ts';
import { DOMAIN, type World } from '../world.ts';
import type { Outcomes } from './outcome.ts';

interface Place {
  readonly authority: Authority;
  readonly served: TlsTenant;
  readonly proxy: ConnectProxy;
  readonly proxyUrl: string;
}

/** The tenant behind TLS, and a proxy that knows where it is. */
async function withTenantBehindProxy(world: World, visit: (place: Place) => Promise<void>): Promise<void> {
  const authority = createAuthority();
  const wantsClient = { ca: authority.cert, requestCert: true, rejectUnauthorized: false };
  const served = await serveWithTls(() => world.tenant(), { ...authority.issue(DOMAIN), ...wantsClient });
  const proxy = await startConnectProxy({
    credentials: 'user:password',
    routes: { [`${DOMAIN}:443`]: served.port },
  });
  try {
    await visit({ authority, served, proxy, proxyUrl: `http://user:password@127.0.0.1:${proxy.port}` });
  } finally {
    await proxy.close();
    await served.close();
  }
}

export const transport: Outcomes = {
  Proxies: async (world, { createClient }: { createClient: (proxy: string, ca: string) => ApiClient }) => {
    await withTenantBehindProxy(world, async ({ authority, proxy, proxyUrl }) => {
      const headers = await world.bearer({ sub: 'auth0|ada' });
      const claims = await createClient(proxyUrl, authority.cert).verifyRequest({ headers });
      expect(claims.sub).toBe('auth0|ada');
      expect(new Set(proxy.asked)).toEqual(new Set([`${DOMAIN}:443`]));
    });
  },
  'more authorities': async (
    _world,
    { createFetch }: { createFetch: (companyCa: string) => UndiciFetch },
  ) => {
    expect(rootCertificates.length).toBeGreaterThan(0);
    await createFetch(createAuthority().cert).close();
  },
  'a client certificate': async (
    world,
    { createClient }: { createClient: (identity: object, ca: string) => ApiClient },
  ) => {
    await withTenantBehindProxy(world, async ({ authority, served, proxyUrl }) => {
      vi.stubEnv('https_proxy', undefined);
      vi.stubEnv('HTTPS_PROXY', proxyUrl);
      await createClient(authority.issue(), authority.cert).warmUp();
      expect(new Set(served.clients)).toEqual(new Set(['client']));
    });
  },
};
