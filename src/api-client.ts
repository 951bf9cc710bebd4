/**
 * The client: what can be asked of it, and which part does it.
 */
import {
  type AccessTokenChecks,
  applyChecks,
  type CheckedClaims,
  validateChecks,
  validateRequirements,
} from './access-token/call-checks.ts';
import { certificateOf, checkCertificateBinding } from './access-token/certificate-binding.ts';
import { boundKeyOf } from './access-token/claim-checks.ts';
import { parseToken } from './access-token/read-token.ts';
import { verifyAccessToken } from './access-token/verify-access-token.ts';
import { type ActorRequirements, requireActors } from './actors.ts';
import type { AccessTokenClaims, DpopProofClaims, IdTokenClaims } from './claims.ts';
import { ClientParts } from './client-parts.ts';
import type {
  ApiClientDescription,
  TypedChecks,
  VerifyAccessTokenOptions,
  VerifyDpopProofOptions,
  VerifyIdTokenOptions,
} from './client-types.ts';
import type { ProvenRequest } from './dpop/verify-proof.ts';
import { BaseAuthError, MissingRequiredArgumentError, VerifyAccessTokenError } from './errors/index.ts';
import type { ExchangeKind } from './events.ts';
import type { OnSource, TokenExchange } from './exchange/token-exchange.ts';
import type {
  ConnectionTokenResult,
  GetAccessTokenForConnectionOptions,
  GetTokenByClientCredentialsOptions,
  GetTokenByExchangeProfileOptions,
  GetTokenOnBehalfOfOptions,
  OnBehalfOfTokenResult,
  TokenExchangeResult,
} from './exchange/types.ts';
import { isJsonObject } from './jws/json.ts';
import { isEncrypted } from './jwt/read-jwt.ts';
import type { KnownIssuers } from './issuer/issuers.ts';
import { observeExchange, observeVerification } from './observe.ts';
import type { ApiClientOptions } from './options/options.ts';
import { type ChallengeContext, readChallengeContext } from './request/challenge-context.ts';
import type { AuthScheme } from './request/credentials.ts';
import { acceptedSchemes } from './request/scheme-policy.ts';
import {
  challenge,
  type FetchRequest,
  readTarget,
  type RequestParts,
  type RequestVerification,
  verifyRequest,
} from './request/verify-request.ts';
import { resolveOptions } from './options/resolve-options.ts';
import { requireScopes, type ScopeRequirements } from './scopes.ts';

/** What stands beside the checks of a call. */
const VERIFY_ARGUMENTS = ['accessToken', 'httpUrl', 'headers'] satisfies (keyof VerifyAccessTokenOptions)[];

/**
 * Protects an API with Auth0 access tokens, and exchanges them for tokens of other APIs. Make one for the process and
 * keep it: it holds the keys of the issuers and the proofs that were used.
 *
 * The constructor sends nothing and starts nothing; {@link warmUp} does, if you want it before the first request.
 *
 * @throws ConfigurationError from the constructor, naming the option and what to write instead
 */
export class ApiClient {
  readonly #parts: ClientParts;
  /** Built once: a request without a listener and without words of its own needs no other. */
  readonly #verification: RequestVerification;

  constructor(options: ApiClientOptions) {
    const parts = new ClientParts(resolveOptions(options), (accessToken) =>
      this.verifyAccessToken({ accessToken }),
    );
    const { dpop, actors, requireCertificateBinding } = parts.options;
    this.#parts = parts;
    this.#verification = {
      ...parts.challenges,
      actors,
      publicUrl: dpop.publicUrl,
      verifyAccessToken: this.#tokenVerifier(parts.issuers),
      checkCertificate: (claims, certificate) =>
        checkCertificateBinding(claims, certificate, requireCertificateBinding),
      verifyProof: (proven) => this.#verifyProof(proven),
    };
  }

  /**
   * Verifies a request: finds the scheme, verifies the token, and for DPoP the proof (RFC 6750, RFC 9449 §7).
   *
   * @param request a Fetch `Request`, or `{ headers, httpMethod, httpUrl }`; method and URL are needed for DPoP only
   * @param context what the challenges of this call say besides
   * @returns the claims, deeply frozen
   * @throws MissingAuthorizationError 401, InvalidAuthSchemeError 401, InvalidRequestError 400
   * @throws VerifyAccessTokenError 401, InsufficientScopeError 403, ActorNotAllowedError 403
   * @throws InvalidDpopProofError 400, DpopNonceRequiredError 401
   * @throws IssuerUnavailableError 503, ReplayStoreUnavailableError 503, DomainsResolverError 500: not the caller's fault
   * @throws MissingRequiredArgumentError 400 when the program did not pass what DPoP needs
   * @throws ConfigurationError 500 when checks or context are written wrongly, or a function or key of the options fails
   */
  verifyRequest<Claims extends object>(
    request: RequestParts | FetchRequest,
    checks: TypedChecks<Claims>,
    context?: ChallengeContext | null,
  ): Promise<CheckedClaims<Claims>>;
  verifyRequest(
    request: RequestParts | FetchRequest,
    checks?: AccessTokenChecks,
    context?: ChallengeContext | null,
  ): Promise<AccessTokenClaims>;
  async verifyRequest(
    request: RequestParts | FetchRequest,
    checks: AccessTokenChecks = {},
    context?: ChallengeContext | null,
  ): Promise<AccessTokenClaims> {
    validateChecks(checks);
    const verification =
      context === undefined || context === null
        ? this.#verification
        : { ...this.#verification, ...readChallengeContext(context) };
    return await this.#observeVerification((issuers) =>
      verifyRequest(
        request,
        checks,
        issuers === this.#parts.issuers
          ? verification
          : { ...verification, verifyAccessToken: this.#tokenVerifier(issuers) },
      ),
    );
  }

  /**
   * Verifies an access token alone (RFC 9068 §4). It sees no proof, so it does not check to which key the token is
   * bound; {@link verifyRequest} does.
   *
   * @returns the claims, deeply frozen
   * @throws VerifyAccessTokenError 401, InsufficientScopeError 403, ActorNotAllowedError 403
   * @throws IssuerUnavailableError 503, DomainsResolverError 500
   * @throws MissingRequiredArgumentError 400, ConfigurationError 500
   */
  verifyAccessToken<Claims extends object>(
    options: VerifyAccessTokenOptions & TypedChecks<Claims>,
  ): Promise<CheckedClaims<Claims>>;
  verifyAccessToken(options: VerifyAccessTokenOptions & AccessTokenChecks): Promise<AccessTokenClaims>;
  async verifyAccessToken(options: VerifyAccessTokenOptions & AccessTokenChecks): Promise<AccessTokenClaims> {
    const { accessToken, httpUrl, headers } = requireArguments(options, 'accessToken');
    validateChecks(options, VERIFY_ARGUMENTS);
    const context = { requestUrl: httpUrl, requestHeaders: headers };
    const { actors, requireCertificateBinding } = this.#parts.options;
    const certificate = certificateOf({}, options);
    return await this.#observeVerification(async (issuers) => {
      const claims = await verifyAccessToken(accessToken, context, this.#parts.accessTokenPolicy, issuers);
      const checked = checkCertificateBinding(claims, certificate, requireCertificateBinding);
      if (checked !== undefined) await checked;
      return await applyChecks(claims, options, actors);
    });
  }

  /**
   * Verifies a DPoP proof against a request and the key that the access token names (RFC 9449 §4.3), and marks it as
   * used. The token is not verified: do that first, or use {@link verifyRequest}, which does all of it.
   *
   * @returns the claims of the proof and the thumbprint of its key, frozen
   * @throws InvalidDpopProofError 400, DpopNonceRequiredError 401
   * @throws VerifyAccessTokenError 401 `dpop_binding_missing`, `dpop_binding_mismatch`, or when it cannot be decoded
   * @throws ReplayStoreUnavailableError 503
   * @throws MissingRequiredArgumentError 400, InvalidRequestError 400
   * @throws ConfigurationError 500 when the clock or a decryption key fails
   */
  async verifyDpopProof(options: VerifyDpopProofOptions): Promise<DpopProofClaims> {
    const given = requireArguments(options, 'accessToken', 'proof', 'httpMethod', 'httpUrl');
    const { accessToken, proof, httpMethod, httpUrl } = given;
    const target = readTarget(httpMethod, httpUrl);
    const { decrypt } = this.#parts.accessTokenPolicy;
    const signed =
      decrypt !== undefined && isEncrypted(accessToken) ? await decrypt(accessToken) : accessToken;
    const jkt = boundKeyOf(parseToken(signed).payload);
    if (jkt === undefined) throw new VerifyAccessTokenError('dpop_binding_missing');
    return await this.#verifyProof({ accessToken, proof, jkt, ...target });
  }

  /**
   * Verifies an ID token (OpenID Connect Core §3.1.3.7), such as one that came with an exchange: that it was issued to
   * `clientId` by an allowed issuer, and what else the call demands. It proves who logged in, and is no permission to
   * call an API: {@link verifyRequest} refuses it.
   *
   * Not checked: a `nonce` when none is given, `acr` and `amr`, and whether the token was used before.
   *
   * @returns the claims, deeply frozen
   * @throws VerifyIdTokenError 401, IssuerUnavailableError 503, DomainsResolverError 500
   * @throws MissingRequiredArgumentError 400, ConfigurationError 500 when the options are written wrongly
   */
  async verifyIdToken(options: VerifyIdTokenOptions): Promise<IdTokenClaims> {
    const { verifyIdToken } = await import('./id-token/verify-id-token.ts');
    return await verifyIdToken(options, this.#parts.options, this.#parts.issuers);
  }

  /**
   * Exchanges the access token this API received for one of another API, on behalf of the same user (RFC 8693 §2.1).
   * Needs `domain`, `clientId` and a secret or another way to prove the client. Verify the token first, or set
   * `verifySubjectToken`. The token is kept for the very same call (`onBehalfOfCache`).
   *
   * @throws MissingRequiredArgumentError 400, GetTokenByExchangeProfileError 400: nothing was sent
   * @throws what `verifyAccessToken` throws, with `verifySubjectToken`
   * @throws ApiError when the token endpoint refuses or fails, IssuerUnavailableError 503
   * @throws ConfigurationError 500 when the client's secret or signing key, or `dpopKey`, cannot be used
   */
  async getTokenOnBehalfOf(options: GetTokenOnBehalfOfOptions): Promise<OnBehalfOfTokenResult> {
    return await this.#observeExchange('on_behalf_of', (exchange, onSource) =>
      exchange.onBehalfOf(options, onSource),
    );
  }

  /**
   * A token of this client's own, for no user (RFC 6749 §4.4), such as one for the Management API. Kept like those on
   * behalf of a user.
   *
   * @throws MissingRequiredArgumentError 400, GetTokenByClientCredentialsError 400: nothing was sent
   * @throws ApiError when the token endpoint refuses or fails, IssuerUnavailableError 503
   * @throws ConfigurationError 500 when the client's secret or signing key, or `dpopKey`, cannot be used
   */
  async getTokenByClientCredentials(
    options: GetTokenByClientCredentialsOptions,
  ): Promise<OnBehalfOfTokenResult> {
    return await this.#observeExchange('client_credentials', (exchange, onSource) =>
      exchange.byClientCredentials(options, onSource),
    );
  }

  /**
   * Exchanges a token of any kind by a token exchange profile of the tenant, chosen by `subjectTokenType` (RFC 8693).
   *
   * @throws MissingRequiredArgumentError 400, GetTokenByExchangeProfileError 400: nothing was sent
   * @throws ApiError when the token endpoint refuses or fails, IssuerUnavailableError 503
   * @throws ConfigurationError 500 when the client's secret or signing key, or `dpopKey`, cannot be used
   */
  async getTokenByExchangeProfile(options: GetTokenByExchangeProfileOptions): Promise<TokenExchangeResult> {
    return await this.#observeExchange('exchange_profile', (exchange) => exchange.byProfile(options));
  }

  /**
   * The user's access token at a connection, such as `google-oauth2`, out of Auth0's Token Vault.
   *
   * @throws MissingRequiredArgumentError 400, GetAccessTokenForConnectionError 400: nothing was sent
   * @throws ApiError when the token endpoint refuses or fails, IssuerUnavailableError 503
   * @throws ConfigurationError 500 when the client's secret or signing key cannot be used
   */
  async getAccessTokenForConnection(
    options: GetAccessTokenForConnectionOptions,
  ): Promise<ConnectionTokenResult> {
    return await this.#observeExchange('connection', (exchange) => exchange.forConnection(options));
  }

  /**
   * Refuses verified claims that lack a scope or a permission, or with which the wrong one acts for the user: for
   * checks that depend on the route. Pure.
   *
   * @param context the scheme under which the token came (the first that the client offers by default), and what the
   *   challenge says besides
   * @throws InsufficientScopeError, ActorNotAllowedError 403 with their challenge
   * @throws VerifyAccessTokenError 401 `act_invalid` with its challenge, when it matters who acts
   * @throws ConfigurationError 500 when the requirements are written wrongly
   */
  authorize(
    claims: AccessTokenClaims,
    requirements: ScopeRequirements & ActorRequirements,
    context?: (ChallengeContext & { readonly scheme?: AuthScheme | undefined }) | null,
  ): void {
    if (!isJsonObject(claims)) throw new MissingRequiredArgumentError('claims');
    validateRequirements(requirements);
    readChallengeContext(context);
    try {
      requireActors(claims, this.#parts.options.actors, requirements);
      requireScopes(claims, requirements);
    } catch (error) {
      if (error instanceof BaseAuthError) this.challenge(error, context);
      throw error;
    }
  }

  /**
   * Puts the challenges of this client on an error of this package, for refusals that a program decides by itself:
   * `throw client.challenge(new VerifyAccessTokenError('claim_invalid'))`. Errors that are answered with 500 or more, an
   * `ApiError` among them, are not about the request, and get none.
   *
   * @param context the scheme under which the token came (the first that the client offers by default), and what the
   *   challenge says besides
   * @returns the same error
   * @throws ConfigurationError when the context is written wrongly
   */
  challenge<E extends BaseAuthError>(
    error: E,
    context?: (ChallengeContext & { readonly scheme?: AuthScheme | undefined }) | null,
  ): E {
    const policy = this.#challengePolicy(context);
    // Without types, whatever was caught may come here, on its way to be thrown again.
    if ((error as unknown) instanceof BaseAuthError) challenge(error, context?.scheme, policy);
    return error;
  }

  /** What this client accepts, for metadata documents such as that of RFC 9728. It tells nothing secret. */
  describe(): ApiClientDescription {
    const { allowedIssuers, audiences, dpop } = this.#parts.options;
    return {
      issuers: typeof allowedIssuers === 'function' ? undefined : [...allowedIssuers],
      audiences: [...audiences],
      schemes: [...acceptedSchemes(dpop.mode)],
      dpopAlgorithms: [...dpop.algorithms],
    };
  }

  /**
   * Fetches metadata and keys of every configured domain, so that no request waits for them. With a `domains` resolver
   * there is nothing to know in advance but `domain`. Imports `decryptionKeys` as well.
   *
   * @throws IssuerUnavailableError when one of them cannot be had
   * @throws ConfigurationError when a decryption key cannot be used
   */
  async warmUp(): Promise<void> {
    const { allowedIssuers, clientIssuer, decryptionKeys } = this.#parts.options;
    if (decryptionKeys !== undefined) await (await this.#parts.decrypter()).keys();
    const issuers = new Set(typeof allowedIssuers === 'function' ? [] : allowedIssuers);
    if (clientIssuer !== undefined) issuers.add(clientIssuer);
    await Promise.all([...issuers].map((issuer) => this.#parts.issuers.get(issuer).warmUp()));
  }

  /**
   * The nonce for the `DPoP-Nonce` header of an answer (RFC 9449 §8.2), so that a client has the next one before its own
   * has run out; `undefined` unless `dpop.nonce` is configured. It changes once per lifetime.
   */
  async nextDpopNonce(): Promise<string | undefined> {
    const { nonce, mode } = this.#parts.options.dpop;
    if (nonce === undefined || mode === 'disabled') return undefined;
    return await (await this.#parts.proofVerifier()).nextNonce();
  }

  /** Whether requests must use DPoP. */
  isDpopRequired(): boolean {
    return this.#parts.options.dpop.mode === 'required';
  }

  #tokenVerifier(issuers: KnownIssuers): RequestVerification['verifyAccessToken'] {
    return (accessToken, context) =>
      verifyAccessToken(accessToken, context, this.#parts.accessTokenPolicy, issuers);
  }

  #verifyProof(request: ProvenRequest): Promise<DpopProofClaims> {
    return (
      this.#parts.loadedProofVerifier?.verify(request) ??
      this.#parts.proofVerifier().then((verifier) => verifier.verify(request))
    );
  }

  #observeVerification<T>(verify: (issuers: KnownIssuers) => Promise<T>): Promise<T> {
    const { emit } = this.#parts.options;
    return emit === undefined
      ? verify(this.#parts.issuers)
      : observeVerification(emit, this.#parts.issuers, verify);
  }

  async #observeExchange<T>(
    kind: ExchangeKind,
    request: (exchange: TokenExchange, onSource?: OnSource) => Promise<T>,
  ): Promise<T> {
    const { emit, clientIssuer: issuer } = this.#parts.options;
    const exchange = await this.#parts.exchange();
    return await (emit === undefined
      ? request(exchange)
      : observeExchange(emit, { exchange: kind, issuer }, (onSource) => request(exchange, onSource)));
  }

  /** What every challenge of this client says, and those of one call besides. */
  #challengePolicy(context?: ChallengeContext | null) {
    return context === undefined || context === null
      ? this.#parts.challenges
      : { ...this.#parts.challenges, ...readChallengeContext(context) };
  }
}

/** The arguments, once it is sure that those named are there. @throws MissingRequiredArgumentError */
function requireArguments<T extends object>(given: T | null | undefined, ...names: (keyof T & string)[]): T {
  for (const name of names) {
    const value: unknown = given?.[name];
    if (value === undefined || value === null || value === '') throw new MissingRequiredArgumentError(name);
  }
  if (given === null || given === undefined) throw new MissingRequiredArgumentError('options');
  return given;
}
