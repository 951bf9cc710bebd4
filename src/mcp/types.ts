/** What `createMcpAuth` takes and gives. */
import type {
  AccessTokenChecks,
  AccessTokenClaims,
  ApiClient,
  BaseAuthError,
  FetchRequest,
  RequestParts,
} from '../index.ts';

/** As much of an {@link ApiClient} as is used here. */
export type McpClient = Pick<ApiClient, 'verifyRequest' | 'challenge' | 'describe' | 'nextDpopNonce'>;

/** The protected resource that an MCP server is (RFC 9728, MCP authorization). */
export interface McpAuthOptions {
  /**
   * The URL of the MCP server, as its clients call it: an absolute https URL without fragment, or http on this machine.
   * When it is one of the client's audiences, tokens must have been issued for it; otherwise for the client's only one.
   */
  readonly resource: string | URL;
  /** The issuers to send clients to; those of the client by default. Needed when `domains` is a resolver. */
  readonly authorizationServers?: readonly string[] | undefined;
  /**
   * Scopes for the metadata document, and for 401s of operations that need none in particular; `requiredScopes` by
   * default. `offline_access` is left out.
   */
  readonly scopesSupported?: readonly string[] | undefined;
  /** Scopes that every request needs, as a list or separated by spaces; none by default. */
  readonly requiredScopes?: string | readonly string[] | undefined;
  /** Whether Auth0 permissions count as scopes, as far as they could be any (no blanks); `false` by default. */
  readonly scopesFromPermissions?: boolean | undefined;
  /**
   * Is told of every refusal, with `reason` and `cause` for the operator: the answers that clients get do not say as
   * much. It is called later, and what it throws is passed over.
   */
  readonly onRefusal?: ((error: BaseAuthError) => unknown) | undefined;
}

/** What a single request demands on top. A `claimsSchema` is left to `verifyRequest`. */
export type McpRequirements = Omit<AccessTokenChecks, 'claimsSchema'>;

/**
 * What the MCP packages hand to tools; fits the `AuthInfo` of `@modelcontextprotocol/sdk` and `/server`. Logging it, or
 * turning it into JSON, does not show the token.
 */
export interface AuthInfo {
  /** The raw access token, for an exchange. Never pass it on to another API (MCP authorization, token passthrough). */
  readonly token: string;
  /** The client the token was issued to: `client_id`, or `azp`. */
  clientId: string;
  /** The scopes of the token; with `scopesFromPermissions`, its permissions as well. */
  scopes: string[];
  /** Epoch seconds. */
  expiresAt: number;
  /** The MCP server. */
  resource: URL;
  /** Where its metadata document is, for challenges of the MCP packages. */
  resourceMetadataUrl: string;
  extra: AuthInfoExtra;
}

export interface AuthInfoExtra {
  /** The user. */
  sub: string;
  /** The verified claims, deeply frozen. */
  claims: AccessTokenClaims;
  /** The current actor, the only one for authorization; `undefined` when the user acts directly. */
  actor: string | undefined;
  /** All actors, the newest first, for logs. */
  delegationChain: string[];
  [member: string]: unknown;
}

/** The error classes of `@modelcontextprotocol/sdk` 1.x, from its `server/auth/errors.js`. */
export interface McpErrorsV1 {
  readonly InvalidTokenError: new (message: string) => Error;
  readonly InsufficientScopeError: new (message: string) => Error;
}

/** The error class and codes of `@modelcontextprotocol/server` 2.x. */
export interface McpErrorsV2<Code = never> {
  readonly OAuthError: new (code: Code, message: string) => Error;
  readonly OAuthErrorCode: {
    readonly InvalidToken: Code;
    readonly InsufficientScope: Code;
    /** For outages, where the package has it. */
    readonly ServerError?: Code;
  };
}

/** What `requireBearerAuth` of both MCP packages takes as its `verifier`. */
export interface McpTokenVerifier {
  verifyAccessToken(token: string): Promise<AuthInfo>;
}

/** The authorization of one MCP server. */
export interface McpAuth {
  /** The URL of the metadata document (RFC 9728 §3.1). */
  readonly resourceMetadataUrl: string;
  /**
   * The metadata document, where it is asked for: at the well-known path of the resource, and at the one without its
   * path. `undefined` for every other path.
   */
  metadata(request: FetchRequest | RequestParts): Response | undefined;
  /**
   * Verifies a request, once. Refusals come back as the answer to send: 401 for want of a good token or proof, 403 for
   * want of a scope, both with `resource_metadata`; 400, 500 and 503 as the client has them.
   *
   * @param requirements what this request needs on top of the options, such as the scopes of the tool it calls
   * @throws ConfigurationError when the requirements are written wrongly
   */
  gate(request: FetchRequest | RequestParts, requirements?: McpRequirements): Promise<AuthInfo | Response>;
  /**
   * Refuses an operation for which the token of a request lacks a scope (step-up): the 403 to send, with all scopes of
   * the operation. `undefined` when it has them.
   *
   * @param authInfo what {@link gate} gave, as it is or as an MCP package hands it on
   * @throws ConfigurationError when the scopes are written wrongly, or there are none
   * @throws MissingRequiredArgumentError when there is no `authInfo`: the request was not authenticated
   */
  requireScopes(
    authInfo: Pick<AuthInfo, 'scopes'> & { readonly extra?: unknown },
    scopes: string | readonly string[],
  ): Response | undefined;
  /**
   * For `requireBearerAuth` of the MCP packages, which sees Bearer tokens only: one that is bound to a DPoP key is
   * refused, unless the client's mode is `disabled`. An outage rejects with an error that is a 5xx there.
   *
   * @param errors the error classes of the package that calls it
   */
  tokenVerifier<Code>(errors: McpErrorsV1 | McpErrorsV2<Code>): McpTokenVerifier;
  /**
   * The value for the `DPoP-Nonce` header of the answer (RFC 9449 §8.2); `undefined` when there is no `dpop.nonce`, and
   * for requests that came without DPoP.
   */
  dpopNonce(authInfo: { readonly extra?: unknown }): Promise<string | undefined>;
}
