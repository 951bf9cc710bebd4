/**
 * The same for Express, where `@modelcontextprotocol/sdk` 1.x runs: middleware that leaves `req.auth` for the transport.
 */
import { headersOf, hostOf, type NodeHeaders, urlOf } from '../adapters/node-request.ts';
import { ConfigurationError } from '../index.ts';
import { readRequirements } from './requirements.ts';
import { isObject } from './resource.ts';
import { readToolScopes, scopesOfToolCalls, type ToolScopes } from './tool-scopes.ts';
import type { AuthInfo, McpAuth, McpRequirements } from './types.ts';

/** What is read of a request, and where the MCP package looks for its authentication; a request of Express fits. */
export interface McpExpressRequest extends NodeHeaders {
  readonly method: string;
  readonly originalUrl: string;
  readonly protocol: string;
  readonly host?: string | undefined;
  /** The parsed body, for `toolScopes`. */
  readonly body?: unknown;
  auth?: unknown;
}

/** What is used of a response. */
export interface McpExpressResponse {
  statusCode: number;
  readonly headersSent: boolean;
  setHeader(name: string, value: string): unknown;
  end(body?: string): unknown;
}

export type McpExpressMiddleware = (
  request: McpExpressRequest,
  response: McpExpressResponse,
  next: (error?: unknown) => void,
) => void;

/** What requests demand on top of the options. */
export interface McpExpressRequirements extends McpRequirements {
  /** What calls of single tools demand. `express.json()` must run before: an unread body needs the scopes of all. */
  readonly toolScopes?: ToolScopes | undefined;
}

/** Answers for the metadata document (RFC 9728); everything else goes on. It belongs before {@link requireMcpAuth}. */
export function serveMcpMetadata(auth: McpAuth): McpExpressMiddleware {
  checkAuth(auth);
  return (request, response, next) => {
    const answer = auth.metadata({ headers: {}, httpMethod: request.method, httpUrl: request.originalUrl });
    if (answer === undefined) next();
    else {
      send(answer, response).catch((error: unknown) => {
        next(errorOf(error));
      });
    }
  };
}

/**
 * Lets requests pass whose token is good for this MCP server, with `req.auth` as the transport expects it. Every other is
 * answered as MCP asks for. Use it once for each request: a DPoP proof is good for one verification.
 *
 * @throws ConfigurationError when the first argument does not come from `createMcpAuth`, or the scopes of the
 *   requirements are written wrongly
 */
export function requireMcpAuth(
  auth: McpAuth,
  requirements: McpExpressRequirements = {},
): McpExpressMiddleware {
  checkAuth(auth);
  const { checks, requiredScopes } = readRequirements(requirements, ['toolScopes']);
  const { toolScopes } = requirements;
  if (toolScopes !== undefined) readToolScopes(toolScopes);
  const admit = async (request: McpExpressRequest, response: McpExpressResponse): Promise<boolean> => {
    const scopes = [...requiredScopes, ...scopesOf(request, toolScopes)];
    const outcome = await auth.gate(partsOf(request), { ...checks, requiredScopes: scopes });
    if (outcome instanceof Response) {
      await send(outcome, response);
      return false;
    }
    const dpopNonce = await auth.dpopNonce(outcome);
    if (dpopNonce !== undefined && !response.headersSent) response.setHeader('DPoP-Nonce', dpopNonce);
    request.auth = outcome satisfies AuthInfo;
    return true;
  };
  return (request, response, next) => {
    admit(request, response).then(
      (isAdmitted) => {
        if (isAdmitted) next();
      },
      (error: unknown) => {
        next(errorOf(error));
      },
    );
  };
}

function partsOf(request: McpExpressRequest) {
  const { method: httpMethod, originalUrl: target, protocol, headers, rawHeaders } = request;
  const httpUrl = urlOf({ protocol, host: hostOf(request), target, headers, rawHeaders });
  return { headers: headersOf(request), httpMethod, httpUrl };
}

/** What the tools need that a request calls. */
function scopesOf({ method, body }: McpExpressRequest, toolScopes: ToolScopes | undefined): string[] {
  return toolScopes === undefined || method !== 'POST' ? [] : scopesOfToolCalls(body, toolScopes);
}

function checkAuth(auth: unknown): void {
  if (isObject(auth) && typeof auth.gate === 'function') return;
  throw new ConfigurationError('The first argument must come from `createMcpAuth`.');
}

/** Express goes on without an error, and over some texts: whatever was thrown, the request is not let through. */
function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error('The request was not authenticated.', { cause: error });
}

async function send(answer: Response, response: McpExpressResponse): Promise<void> {
  response.statusCode = answer.status;
  answer.headers.forEach((value, name) => response.setHeader(name, value));
  response.end(await answer.text());
}
