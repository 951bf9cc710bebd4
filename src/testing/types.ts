/**
 * The public types of the test tenant. Durations are seconds; `undefined` means absent everywhere.
 */

import type { JWK } from 'jose';
import type { HttpHandler } from 'msw';

/** The asymmetric signature algorithms of RFC 7518, RFC 8037 and RFC 9864 that the tenant can sign with. */
export type SigningAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519';

/** A client (an application or an API that exchanges tokens) known to the tenant. */
export interface TestClient {
  readonly clientId: string;
  /** Accepted as HTTP Basic (RFC 6749 §2.3.1) and as `client_secret` in the form. */
  readonly clientSecret: string;
  /** The key of this client's `private_key_jwt` assertions (RFC 7523), which are then accepted as well. */
  readonly publicJwk?: JWK | undefined;
  /**
   * The API this client stands for. When given, only access tokens issued for it may be exchanged by the client.
   * Default: tokens for any audience.
   */
  readonly audience?: string | readonly string[] | undefined;
  /** The grant types the client may use. Default: all that the tenant speaks. */
  readonly grantTypes?: readonly string[] | undefined;
}

/** The fields of a token request as sent; a repeated field is an array. It has no prototype. */
export type TokenForm = Readonly<Record<string, string | string[]>>;

/** Whom a subject token stands for; `undefined` when the token is not acceptable. */
export type ExchangeProfile = (
  subjectToken: string,
  form: TokenForm,
) => ExchangeSubject | undefined | Promise<ExchangeSubject | undefined>;

export interface ExchangeSubject {
  /** The `sub` of the issued tokens. */
  readonly sub: string;
  /** More claims for the issued access token; they win over the standard ones, `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

export interface TestTenantOptions {
  /** The host of the tenant. Default `tenant.auth0.test`, which no resolver on the internet answers (RFC 6761). */
  readonly domain?: string | undefined;
  /** `aud` of issued tokens unless a call says otherwise. Default `https://api.example.com`. */
  readonly audience?: string | undefined;
  /** The APIs the tenant knows, next to `audience`; token requests for others are refused. Default: any API. */
  readonly audiences?: readonly string[] | undefined;
  /** The clients of the tenant, instead of the default one; `tenant.clientId` is the first of them. */
  readonly clients?: readonly TestClient[] | undefined;
  /** The clock, epoch milliseconds. Default `Date.now`, looked up at every call, so that fake timers work. */
  readonly now?: (() => number) | undefined;
  /** `Cache-Control` of discovery and JWKS; `false` sends none. Default: what Auth0 sends. */
  readonly cacheControl?: string | false | undefined;
  /** How tokens are signed. Default `RS256`; a client takes any other only when its `algorithms` list it. */
  readonly algorithm?: SigningAlgorithm | undefined;
  /** Lifetime of every issued token. Default 86400, as on a new Auth0 API. */
  readonly tokenLifetimeSeconds?: number | undefined;
  /**
   * Token exchange profiles by `subject_token_type`. Default: `urn:example:subject-token`, which takes the token
   * `user:<id>` for the user `<id>`.
   */
  readonly exchangeProfiles?: Readonly<Record<string, ExchangeProfile>> | undefined;
  /** Connections whose tokens can be had. Default `['google-oauth2']`. */
  readonly connections?: readonly string[] | undefined;
  /** The nonce that every DPoP proof must carry at the token endpoint (RFC 9449 §8). Default: none is asked for. */
  readonly dpopNonce?: string | undefined;
  /** Members that replace or extend the discovery document; `undefined` removes one. */
  readonly discovery?: Readonly<Record<string, unknown>> | undefined;
}

/** An actor and the issuer that knows it by this name (RFC 8693 §4.1). */
export interface TestActor {
  readonly sub: string;
  readonly iss?: string | undefined;
}

export interface IssueAccessTokenOptions {
  /** `aud`. Default: the tenant's `audience`. */
  readonly audience?: string | readonly string[] | undefined;
  /** Default `auth0|user`. */
  readonly sub?: string | undefined;
  /** `azp` and `client_id`: the client the token was issued to. Default: the tenant's first client. */
  readonly clientId?: string | undefined;
  /** A space-separated string or a list. Default: no `scope` claim. */
  readonly scope?: string | readonly string[] | undefined;
  /** Default: no `permissions` claim. */
  readonly permissions?: readonly string[] | undefined;
  /**
   * Who acted for the user, newest first: `['b', 'a']` becomes `act: { sub: 'b', act: { sub: 'a' } }`. An actor that is
   * an object brings its `iss` along.
   */
  readonly act?: readonly (string | TestActor)[] | undefined;
  /** Binds the token to this key: `cnf.jkt` (RFC 9449 §6.1). */
  readonly dpopKey?: { readonly jkt: string } | undefined;
  /**
   * Encrypts the signed token (a nested JWT in a JWE) for this public key, by its `alg` or else RSA-OAEP-256 or ECDH-ES,
   * with A256GCM. Its `kid` is put into the header. Default: the token is signed only.
   */
  readonly encryptFor?: JWK | undefined;
  /** `exp - iat`; negative for a token that has expired. Default: the tenant's `tokenLifetimeSeconds`. */
  readonly expiresInSeconds?: number | undefined;
  /** Claims that replace or extend all of the above; `undefined` removes one. Nothing is validated. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Header parameters that replace or extend `alg`, `typ` and `kid`; `undefined` removes one. Only the text of the
   * header changes: the signature is always a real one by the tenant's current key, over that text.
   */
  readonly header?: Readonly<Record<string, unknown>> | undefined;
}

export interface IssueIdTokenOptions {
  /** Default `auth0|user`. */
  readonly sub?: string | undefined;
  /** `aud`: the client the user logged in to. Default: the tenant's first client. */
  readonly clientId?: string | undefined;
  /** Default: no `nonce` claim. */
  readonly nonce?: string | undefined;
  /** `exp - iat`; negative for a token that has expired. Default: the tenant's `tokenLifetimeSeconds`. */
  readonly expiresInSeconds?: number | undefined;
  /** Signs with HS256 and this secret, as Auth0 does for clients that are set so. Default: the tenant's key. */
  readonly clientSecret?: string | undefined;
  /** Claims that replace or extend all of the above; `undefined` removes one. Nothing is validated. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** Header parameters that replace or extend `alg`, `typ` and `kid`; `undefined` removes one. */
  readonly header?: Readonly<Record<string, unknown>> | undefined;
}

/** A public key with the members of RFC 7518 §6 and RFC 8037 §2 that its key type needs. */
export interface PublicJwk {
  readonly kty: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
}

export interface CreateProofOptions {
  /** `htm`, as given. */
  readonly httpMethod: string;
  /** `htu`: this URL up to its query or fragment, otherwise as given. */
  readonly httpUrl: string;
  /** Adds `ath`, the hash of this token. Needed whenever the proof accompanies a token. */
  readonly accessToken?: string | undefined;
  /** The nonce the server asked for (RFC 9449 §8, §9). */
  readonly nonce?: string | undefined;
  /** Claims that replace or extend the standard ones; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** Header parameters that replace or extend `typ`, `alg` and `jwk`; `undefined` removes one. */
  readonly header?: Readonly<Record<string, unknown>> | undefined;
}

/** A client's DPoP key. The private half stays inside. */
export interface TestDpopKey {
  /** RFC 7638 thumbprint: what `cnf.jkt` of a bound token holds. */
  readonly jkt: string;
  readonly publicJwk: PublicJwk;
  readonly algorithm: SigningAlgorithm;
  /** Makes a proof (RFC 9449 §4.2) with a fresh `jti`, dated by the tenant's clock. */
  readonly createProof: (options: CreateProofOptions) => Promise<string>;
}

export interface CreateDpopKeyOptions {
  /** Default `ES256`. */
  readonly algorithm?: SigningAlgorithm | undefined;
}

export interface RotateKeysOptions {
  /** Keeps the keys in the JWKS that are published now. Default: they are gone at once. */
  readonly keepPrevious?: boolean | undefined;
  /** The algorithm of the new key and of those after it. Default: as before. */
  readonly algorithm?: SigningAlgorithm | undefined;
}

export interface FailOptions {
  /** After how many answers the endpoint recovers by itself. Default: never. */
  readonly times?: number | undefined;
}

export interface ListenOptions {
  /** Default 0: any free port. */
  readonly port?: number | undefined;
}

export type FailureTarget = 'discovery' | 'jwks' | 'token';

/** A failure by name. */
export type FailureName =
  /** The connection breaks: `fetch` rejects with a `TypeError`. */
  | 'network'
  /** No answer, ever; only aborting the request ends it. */
  | 'hang'
  /** 200 with an HTML page, as a proxy or a captive portal sends it. */
  | 'html'
  /** 200 with the first half of the real JSON. */
  | 'truncated'
  /** 200 with well-formed JSON that holds nothing: `{ "keys": [] }` for the JWKS, else `{}`. */
  | 'empty'
  /** Discovery of another issuer; only for `discovery`. */
  | 'wrong-issuer'
  /** 302 to the same path on another host. */
  | 'redirect'
  /** 200 and a body that never ends, made only as fast as it is read. */
  | 'endless'
  /** 200 and one byte of a body, then silence on an open connection. */
  | 'slow';

/**
 * The real answer with parts of it replaced. A status outside 2xx brings an error body of its own, unless `body` is
 * given.
 */
export interface CannedAnswer {
  /** Default: 200. */
  readonly status?: number | undefined;
  /** Replace or extend the usual headers; `undefined` removes one. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown;
}

/**
 * A name, a status, a canned answer, or a function that answers. `Response.error()` is a broken connection, and so, in
 * process, is a function that throws.
 */
export type Failure =
  number | FailureName | CannedAnswer | ((request: Request) => Response | Promise<Response>);

/** One request the tenant received. */
export interface LoggedRequest {
  readonly kind: FailureTarget | 'other';
  readonly method: string;
  readonly url: string;
  /** Names in lower case; the values of a repeated header joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed form of a token request, when it was a form. */
  readonly form?: TokenForm;
  /** The status of the answer; absent while there is none, and when the answer was a network failure. */
  readonly status?: number;
}

/** A running loopback server. */
export interface TestServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Carries requests for the tenant's https origin to the server over real HTTP; others go to the global `fetch`. */
  readonly fetch: typeof fetch;
  /** Ends every connection and stops listening. */
  readonly close: () => Promise<void>;
}

/** What `new ApiClient(...)` needs to work against a tenant that signs with RS256. */
export interface TestClientOptions {
  readonly domain: string;
  readonly audience: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly customFetch: typeof fetch;
  readonly now: () => number;
}

/** An Auth0 tenant inside the test process. Every function works detached from the object. */
export interface TestTenant {
  /** The host: `tenant.auth0.test`. */
  readonly domain: string;
  /** `https://<domain>/`. */
  readonly issuer: string;
  readonly audience: string;
  /** The first client. By default `test-client`. */
  readonly clientId: string;
  /** Its secret. By default `test-client-secret`. */
  readonly clientSecret: string;
  /** Answers for the tenant without any network; any other host is unreachable. */
  readonly fetch: typeof fetch;
  /** Everything received so far, oldest first. The array is live. */
  readonly requests: readonly LoggedRequest[];
  readonly clearRequests: () => void;

  /** Spread it into `new ApiClient(...)`. */
  readonly clientOptions: () => TestClientOptions;
  /** An access token in the profile of RFC 9068, signed with the current key. */
  readonly issueAccessToken: (options?: IssueAccessTokenOptions) => Promise<string>;
  /** An ID token, signed with the current key unless told otherwise. */
  readonly issueIdToken: (options?: IssueIdTokenOptions) => Promise<string>;
  /** A new key for DPoP proofs. */
  readonly createDpopKey: (options?: CreateDpopKeyOptions) => TestDpopKey;

  /** Signs with a new key from now on. */
  readonly rotateKeys: (options?: RotateKeysOptions) => void;
  /**
   * Makes an endpoint misbehave until {@link TestTenant.recover} or, with `times`, for so many answers. A second
   * failure of the same endpoint replaces the first.
   */
  readonly fail: (target: FailureTarget, how: Failure, options?: FailOptions) => void;
  /** Ends the failure of one endpoint, or of all. */
  readonly recover: (target?: FailureTarget) => void;

  /** Request handlers for `setupServer(...)` of msw, which must be installed. */
  readonly handlers: () => HttpHandler[];
  /** Serves the tenant over real HTTP on 127.0.0.1. */
  readonly listen: (options?: ListenOptions) => Promise<TestServer>;
}
