/** What the methods of the client take and give, as far as no part of it defines that. */
import type { AccessTokenChecks } from './access-token/call-checks.ts';
import type { IdTokenOptions } from './id-token/expectations.ts';
import type { AuthScheme, RequestHeaders } from './request/credentials.ts';
import type { StandardSchemaV1 } from './standard-schema.ts';

/** Checks with a schema, which types the claims. */
export type TypedChecks<Claims extends object> = AccessTokenChecks<Claims> & {
  readonly claimsSchema: StandardSchemaV1<unknown, Claims>;
};

/** A token to verify without its request. */
export interface VerifyAccessTokenOptions {
  /** The bare token, without `Bearer `. */
  readonly accessToken: string;
  /** The URL of the request, for a `domains` resolver. */
  readonly httpUrl?: string | undefined;
  /** The headers of the request, for a `domains` resolver. */
  readonly headers?: RequestHeaders | undefined;
}

/** A proof to verify, and what it must have been made for. */
export interface VerifyDpopProofOptions {
  /** The access token that the proof came with. It is decoded for its `cnf.jkt`; it is not verified here. */
  readonly accessToken: string;
  /** The value of the `DPoP` header. */
  readonly proof: string;
  readonly httpMethod: string;
  /** The absolute URL of the request as the client sees it. */
  readonly httpUrl: string;
}

/** An ID token to verify, and what it must say. */
export interface VerifyIdTokenOptions extends IdTokenOptions {
  /** The headers of the request, for a `domains` resolver. */
  readonly headers?: RequestHeaders | undefined;
}

/** What an {@link ApiClient} accepts. */
export interface ApiClientDescription {
  /** The issuers whose tokens are accepted, as `https://host/`; `undefined` when a resolver decides for each request. */
  readonly issuers: readonly string[] | undefined;
  readonly audiences: readonly string[];
  /** In the order in which challenges offer them. */
  readonly schemes: readonly AuthScheme[];
  /** The algorithms accepted for DPoP proofs. */
  readonly dpopAlgorithms: readonly string[];
}
