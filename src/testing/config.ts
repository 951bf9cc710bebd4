/** The options of a tenant with every default filled in. */

import { checkOptions, CLIENT_CHECKS, TENANT_CHECKS } from './options.ts';
import type { ExchangeProfile, SigningAlgorithm, TestClient, TestTenantOptions } from './types.ts';

const DEFAULT_CLIENT: TestClient = { clientId: 'test-client', clientSecret: 'test-client-secret' };

/** Takes `user:<id>` for the user `<id>`. */
const exampleProfile: ExchangeProfile = (subjectToken) => {
  const sub = /^user:(?<id>.+)$/su.exec(subjectToken)?.groups?.id;
  return sub === undefined ? undefined : { sub };
};

export interface TenantConfig {
  readonly domain: string;
  /** `https://<domain>`, as URLs have it. */
  readonly origin: string;
  /** `https://<domain>/`, as tokens and discovery have it. */
  readonly issuer: string;
  readonly audience: string;
  /** `undefined`: any. */
  readonly audiences: readonly string[] | undefined;
  readonly clients: readonly [TestClient, ...TestClient[]];
  readonly now: () => number;
  readonly cacheControl: string | false;
  readonly algorithm: SigningAlgorithm;
  readonly tokenLifetimeSeconds: number;
  readonly exchangeProfiles: ReadonlyMap<string, ExchangeProfile>;
  readonly connections: readonly string[];
  readonly dpopNonce: string | undefined;
  readonly discovery: Readonly<Record<string, unknown>>;
}

/** @throws TypeError */
export function resolveConfig(given: TestTenantOptions): TenantConfig {
  const options = checkOptions('createTestTenant', given, TENANT_CHECKS);
  const domain = options.domain ?? 'tenant.auth0.test';
  const audience = options.audience ?? 'https://api.example.com';
  return Object.freeze({
    domain,
    origin: `https://${domain}`,
    issuer: `https://${domain}/`,
    audience,
    audiences: options.audiences && [audience, ...options.audiences],
    clients: resolveClients(options.clients),
    now: options.now ?? (() => Date.now()),
    cacheControl:
      options.cacheControl ?? 'public, max-age=15, stale-while-revalidate=15, stale-if-error=86400',
    algorithm: options.algorithm ?? 'RS256',
    tokenLifetimeSeconds: options.tokenLifetimeSeconds ?? 86_400,
    exchangeProfiles: new Map(
      Object.entries(options.exchangeProfiles ?? { 'urn:example:subject-token': exampleProfile }),
    ),
    connections: options.connections ?? ['google-oauth2'],
    dpopNonce: options.dpopNonce,
    discovery: options.discovery ?? {},
  });
}

function resolveClients(given: readonly TestClient[] = []): [TestClient, ...TestClient[]] {
  given.forEach((client, index) => {
    checkOptions(`createTestTenant: clients[${index}]`, client, CLIENT_CHECKS);
    if (given.findIndex(({ clientId }) => clientId === client.clientId) !== index) {
      throw new TypeError(`createTestTenant: there are two clients with the clientId '${client.clientId}'`);
    }
  });
  const [first = DEFAULT_CLIENT, ...others] = given;
  return [first, ...others];
}
