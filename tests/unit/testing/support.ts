import { createLocalJWKSet, jwtVerify } from 'jose';
import type { JSONWebKeySet, JWTVerifyResult } from 'jose';
import type { TestTenant } from '../../../src/testing/index.ts';

/** 2026-01-01T00:00:00Z: the clock of these tests. */
export const NOW = Date.UTC(2026, 0, 1);

export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

export const discoveryUrl = (tenant: TestTenant) => `${tenant.issuer}.well-known/openid-configuration`;
export const jwksUrl = (tenant: TestTenant) => `${tenant.issuer}.well-known/jwks.json`;
export const tokenUrl = (tenant: TestTenant) => `${tenant.issuer}oauth/token`;

export async function fetchJwks(tenant: TestTenant): Promise<JSONWebKeySet> {
  return (await (await tenant.fetch(jwksUrl(tenant))).json()) as JSONWebKeySet;
}

/** Verifies a token with jose against what the tenant publishes now. */
export async function verified(tenant: TestTenant, token: string, at = NOW): Promise<JWTVerifyResult> {
  const keys = createLocalJWKSet(await fetchJwks(tenant));
  return jwtVerify(token, keys, { issuer: tenant.issuer, currentDate: new Date(at) });
}

/** The decoded header and payload of a JWS, whatever they are. */
export function decoded(token: string): { header: unknown; payload: unknown } {
  const [header, payload] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown);
  return { header, payload };
}

export function basic(clientId: string, clientSecret: string): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`;
}

export interface TokenResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends a token request, by default authenticated as the tenant's first client. */
export async function requestToken(
  tenant: TestTenant,
  form: Record<string, string> | string | [string, string][],
  headers: Record<string, string> = { authorization: basic(tenant.clientId, tenant.clientSecret) },
): Promise<TokenResponse> {
  const response = await tenant.fetch(tokenUrl(tenant), {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('not a string');
  return value;
}
