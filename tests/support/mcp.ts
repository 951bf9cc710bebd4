/** An MCP server as the scenarios of auth0-api-ts/mcp have it: its resource, its calls, and its answers. */
import { expect } from 'vitest';
import type { ApiClientOptions, BaseAuthError, ErrorReason, RequestParts } from '../../src/index.ts';
import { type AuthInfo, createMcpAuth, type McpAuthOptions } from '../../src/mcp/index.ts';
import type { IssueAccessTokenOptions } from '../../src/testing/index.ts';
import { type ParsedChallenge, parseChallenges } from './challenges.ts';
import { createBoundRequest, type DpopSetting, type Mode, type Scenario } from './scenario.ts';

/** What {@link setUp} of the scenarios issues tokens for. */
export const RESOURCE = 'https://api.example.com';
export const MCP_URL = `${RESOURCE}/mcp`;
export const METADATA_URL = `${RESOURCE}/.well-known/oauth-protected-resource`;

export interface McpSetting {
  readonly client?: Partial<ApiClientOptions>;
  readonly options?: Partial<McpAuthOptions>;
}

/** The authorization of a server, and all refusals that its operator is told of. */
export function createAuth(scenario: Scenario, { client = {}, options = {} }: McpSetting = {}) {
  const refusals: BaseAuthError[] = [];
  const auth = createMcpAuth(scenario.createClient(client), {
    resource: RESOURCE,
    onRefusal: (error) => refusals.push(error),
    ...options,
  });
  return { auth, refusals };
}

/** A Fetch request with a token of the tenant under Bearer. */
export async function bearer(
  { tenant }: Scenario,
  token: IssueAccessTokenOptions = {},
  headers: Record<string, string> = {},
): Promise<Request> {
  const accessToken = await tenant.issueAccessToken(token);
  return new Request(MCP_URL, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, ...headers },
  });
}

/** A request with a bound token and its proof. */
export async function bound({ tenant }: Scenario, setting: DpopSetting = {}): Promise<RequestParts> {
  const proof = { httpMethod: 'POST', httpUrl: MCP_URL, ...setting.proof };
  const { request } = await createBoundRequest(tenant, { ...setting, proof });
  return { ...request, httpMethod: 'POST', httpUrl: MCP_URL };
}

/** What the gate lets through. */
export async function admitted(outcome: Promise<AuthInfo | Response>): Promise<AuthInfo> {
  const info = await outcome;
  if (info instanceof Response) throw new Error(`refused: ${info.status} ${await info.text()}`);
  return info;
}

export interface ExpectedAnswer {
  readonly status: number;
  readonly error: string;
  readonly reason: ErrorReason;
  readonly challenges?: readonly ParsedChallenge[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Checks a refusal as a whole: its answer, parsed challenges, and what the operator is told. */
export async function expectAnswer(
  outcome: unknown,
  refusals: readonly BaseAuthError[],
  expected: ExpectedAnswer,
): Promise<void> {
  const answer = await outcome;
  if (!(answer instanceof Response)) throw new Error('the request was not refused');
  const { 'www-authenticate': authenticate, ...headers } = Object.fromEntries(answer.headers);
  const body = (await answer.json()) as { error: string; error_description: string };
  const { status, error, reason, challenges = [] } = expected;
  expect({
    status: answer.status,
    error: body.error,
    reason: refusals.at(-1)?.reason,
    challenges: authenticate === undefined ? [] : parseChallenges(authenticate),
    headers,
  }).toEqual({
    status,
    error,
    reason,
    challenges: challenges.map(({ scheme, params }) =>
      'error' in params
        ? { scheme, params: { ...params, error_description: body.error_description } }
        : { scheme, params },
    ),
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...expected.headers },
  });
}

/** What a server with these scopes to ask for offers; an error stands on the challenge of one scheme. */
export function challenges(
  mode: Mode,
  { scope, on, error }: { scope?: string; on?: 'Bearer' | 'DPoP'; error?: string } = {},
): ParsedChallenge[] {
  const resource = { resource_metadata: METADATA_URL };
  const bearer = { scheme: 'Bearer', params: { realm: 'api', ...resource } };
  const dpop = { scheme: 'DPoP', params: { algs: 'ES256', ...resource } };
  const offered = { allowed: [bearer, dpop], required: [dpop], disabled: [bearer] }[mode];
  return offered.map((challenge) => {
    const failure = error !== undefined && challenge.scheme === on ? { error } : {};
    // A 403 names its scopes where the error stands; a 401 on all.
    const isNamed = scope !== undefined && (error !== 'insufficient_scope' || challenge.scheme === on);
    const params = { ...challenge.params, ...failure, ...(isNamed ? { scope } : {}) };
    return { scheme: challenge.scheme, params };
  });
}
