import { readdirSync, readFileSync } from 'node:fs';
import type { ErrorCode, ErrorReason } from '../../src/errors/index.ts';
import type { AccessTokenClaims } from '../../src/claims.ts';
import type { JsonObject } from '../../src/jws/json.ts';

/** One file of the directory `cases`: data of a specification, and what we make of it. */
export type ConformanceCase =
  | SignatureCase
  | ThumbprintCase
  | CertificateCase
  | ProofCase
  | UrlsCase
  | ResolvedCase
  | ChallengeCase
  | DelegationCase;

interface Described {
  readonly source: string;
  readonly title: string;
}

export interface SignatureCase extends Described {
  readonly kind: 'signature';
  readonly alg: string;
  readonly jwk: JsonObject;
  readonly jws: string;
  /** `null` for a payload that is no JSON object, which nothing of ours may be. */
  readonly payload: JsonObject | null;
}

export interface ThumbprintCase extends Described {
  readonly kind: 'thumbprint';
  readonly alg: string;
  readonly jwk: JsonObject;
  readonly thumbprint: string;
}

export interface CertificateCase extends Described {
  readonly kind: 'certificate';
  readonly pem: readonly string[];
  /** Of a token that is bound to it. */
  readonly claims: AccessTokenClaims;
}

export interface ProofCase extends Described {
  readonly kind: 'proof';
  readonly proof: string;
  readonly request: { readonly accessToken: string; readonly httpMethod: string; readonly httpUrl: string };
  readonly jkt: string;
  /** Epoch seconds. */
  readonly now: number;
  readonly expected:
    | { readonly claims: JsonObject }
    | { readonly reason: ErrorReason; readonly code: ErrorCode; readonly statusCode: number };
}

export interface UrlsCase extends Described {
  readonly kind: 'urls';
  readonly normal: string;
  readonly written: readonly string[];
}

export interface ResolvedCase extends Described {
  readonly kind: 'resolved';
  readonly base: string;
  /** Relative references, and what they are behind the base. */
  readonly references: Readonly<Record<string, string>>;
}

export interface ChallengeCase extends Described {
  readonly kind: 'challenge';
  readonly header: string;
  readonly challenges: readonly {
    readonly scheme: string;
    readonly params: Readonly<Record<string, string>>;
  }[];
}

export interface DelegationCase extends Described {
  readonly kind: 'delegation';
  readonly claims: JsonObject;
  readonly currentActor: string | null;
  readonly chain: readonly string[];
}

const directory = new URL('cases/', import.meta.url);

export const cases: readonly ConformanceCase[] = readdirSync(directory)
  .sort()
  .map((name) => JSON.parse(readFileSync(new URL(name, directory), 'utf8')) as ConformanceCase);
