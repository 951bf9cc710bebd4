/**
 * What most scenarios start from: a clock that stands still, a tenant on it, and a client of that tenant.
 */
import { ApiClient, type ApiClientOptions, type RequestParts } from '../../src/index.ts';
import {
  type CreateProofOptions,
  createTestTenant,
  type IssueAccessTokenOptions,
  type SigningAlgorithm,
  type TestDpopKey,
  type TestTenant,
  type TestTenantOptions,
} from '../../src/testing/index.ts';
import type { ParsedChallenge } from './challenges.ts';

/** 2026-01-01T00:00:00Z. */
export const NOW = Date.UTC(2026, 0, 1);
export const NOW_SECONDS = NOW / 1000;
export const API_URL = 'https://api.example.com/orders';

export type Mode = 'allowed' | 'required' | 'disabled';
export const MODES: readonly Mode[] = ['allowed', 'required', 'disabled'];

export interface Clock {
  readonly now: () => number;
  readonly advance: (seconds: number) => void;
}

export function createClock(): Clock {
  let now = NOW;
  return {
    now: () => now,
    advance: (seconds) => {
      now += seconds * 1000;
    },
  };
}

export interface Setting {
  /** How the tenant signs, and what the client accepts; `ES256`, whose keys are made fastest. */
  readonly algorithm?: SigningAlgorithm;
  readonly tenant?: TestTenantOptions;
  readonly client?: Partial<ApiClientOptions>;
}

export interface Scenario {
  readonly clock: Clock;
  readonly tenant: TestTenant;
  readonly client: ApiClient;
  /** Another client of the same tenant, with other options on top. */
  readonly createClient: (options?: Partial<ApiClientOptions>) => ApiClient;
}

export function setUp({ algorithm = 'ES256', ...options }: Setting = {}): Scenario {
  const clock = createClock();
  const tenant = createTestTenant({ algorithm, now: clock.now, ...options.tenant });
  const createClient = (more: Partial<ApiClientOptions> = {}) =>
    new ApiClient({ ...tenant.clientOptions(), algorithms: [algorithm], ...options.client, ...more });
  return { clock, tenant, client: createClient(), createClient };
}

/** A request under the Bearer scheme. */
export function bearerRequest(accessToken: string, headers: Record<string, string> = {}): RequestParts {
  return { headers: { authorization: `Bearer ${accessToken}`, ...headers } };
}

/** A request under the DPoP scheme, with everything that DPoP needs. */
export function dpopRequest(
  accessToken: string,
  proof: string,
  parts: Omit<RequestParts, 'headers'> = {},
): RequestParts {
  const headers = { authorization: `DPoP ${accessToken}`, dpop: proof };
  return { headers, httpMethod: 'GET', httpUrl: API_URL, ...parts };
}

export interface DpopSetting {
  readonly key?: TestDpopKey;
  readonly token?: IssueAccessTokenOptions;
  readonly proof?: Partial<CreateProofOptions>;
}

export interface BoundRequest {
  readonly key: TestDpopKey;
  readonly accessToken: string;
  readonly proof: string;
  readonly request: RequestParts;
}

/** A token bound to a key, a proof by that key, and the request that carries both. */
export async function createBoundRequest(
  tenant: TestTenant,
  { key = tenant.createDpopKey(), token = {}, proof = {} }: DpopSetting = {},
): Promise<BoundRequest> {
  const accessToken = await tenant.issueAccessToken({ dpopKey: key, ...token });
  const made = await key.createProof({ httpMethod: 'GET', httpUrl: API_URL, accessToken, ...proof });
  return { key, accessToken, proof: made, request: dpopRequest(accessToken, made) };
}

/** What a mode offers; the parameters of an error stand on the challenge of one scheme. */
export function offers(
  mode: Mode,
  on?: 'Bearer' | 'DPoP',
  error: Readonly<Record<string, string>> = {},
): ParsedChallenge[] {
  const bearer = { scheme: 'Bearer', params: { realm: 'api' } };
  const dpop = { scheme: 'DPoP', params: { algs: 'ES256' } };
  const offered = { allowed: [bearer, dpop], required: [dpop], disabled: [bearer] }[mode];
  return offered.map(({ scheme, params }) => ({
    scheme,
    params: scheme === on ? { ...params, ...error } : params,
  }));
}

/** Members of an object as JSON would have them, so that `__proto__` is a member like any other. */
export function jsonObject(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}
