/**
 * The same for Express, where `@modelcontextprotocol/sdk` 1.x runs: middleware that leaves `req.auth` for the transport.
 */
import { headersOf, type NodeHeaders, urlOf } from '../adapters/node-request.ts';
import type { AuthInfo, McpAuth, McpRequirements } from './types.ts';

/** What is read of a request, and where the MCP package looks for its authentication; a request of Express fits. */
export interface McpExpressRequest extends NodeHeaders {
  readonly method: string;
  readonly originalUrl: string;
  readonly protocol: string;
  auth?: unknown;
}

/** What is used of a response. */
export interface McpExpressResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body?: string): unknown;
}

export type McpExpressMiddleware = (
  request: McpExpressRequest,
  response: McpExpressResponse,
  next: (error?: unknown) => void,
) => void;

/** Answers for the metadata document (RFC 9728); everything else goes on. It belongs before {@link requireMcpAuth}. */
export function serveMcpMetadata(auth: McpAuth): McpExpressMiddleware {
  return (request, response, next) => {
    const answer = auth.metadata({ headers: {}, httpMethod: request.method, httpUrl: request.originalUrl });
    if (answer === undefined) {
      next();
      return;
    }
    send(answer, response).catch(next);
  };
}

/**
 * Lets requests pass whose token is good for this MCP server, with `req.auth` as the transport expects it. Every other is
 * answered as MCP asks for.
 */
export function requireMcpAuth(auth: McpAuth, requirements?: McpRequirements): McpExpressMiddleware {
  return (request, response, next) => {
    authenticate(auth, request, requirements).then(
      (outcome) => {
        if (outcome instanceof Response) {
          send(outcome, response).catch(next);
          return;
        }
        request.auth = outcome;
        next();
      },
      (error: unknown) => {
        next(error ?? new Error('The request was not authenticated.'));
      },
    );
  };
}

async function authenticate(
  auth: McpAuth,
  request: McpExpressRequest,
  requirements: McpRequirements | undefined,
): Promise<AuthInfo | Response> {
  const { method: httpMethod, originalUrl: target, protocol, headers, rawHeaders } = request;
  const { host } = headers;
  const httpUrl = urlOf({
    protocol,
    host: typeof host === 'string' ? host : undefined,
    target,
    headers,
    rawHeaders,
  });
  return await auth.gate({ headers: headersOf(request), httpMethod, httpUrl }, requirements);
}

async function send(answer: Response, response: McpExpressResponse): Promise<void> {
  response.statusCode = answer.status;
  answer.headers.forEach((value, name) => response.setHeader(name, value));
  response.end(await answer.text());
}
