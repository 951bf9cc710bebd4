/**
 * An issuer's metadata (OpenID Connect Discovery 1.0 §3, RFC 8414 §2): the members this SDK needs.
 */
import { isJsonObject, ownMember } from '../jws/json.ts';
import { LoadFailure } from './load-failure.ts';
import { readHttpsUrl } from './domain.ts';

export interface IssuerMetadata {
  /** The issuer as it spells itself; tokens must spell it the same. */
  readonly issuer: string;
  readonly jwksUri: string;
  readonly tokenEndpoint: string | undefined;
}

/** It becomes part of a cache key and of messages. */
const MAX_URL_LENGTH = 2048;

export function discoveryUrl(issuer: string): string {
  return `${issuer}.well-known/openid-configuration`;
}

/**
 * Reads metadata that was fetched for `issuer`. A document that names another issuer is an outage of this one, never
 * a reason to trust the other (RFC 8414 §3.3).
 *
 * @throws LoadFailure
 */
export function parseMetadata(issuer: string, json: unknown): IssuerMetadata {
  const unusable = (member: string) => new LoadFailure(`the metadata of ${issuer} cannot be used: ${member}`);
  if (!isJsonObject(json)) throw unusable('document');
  const named = ownMember(json, 'issuer');
  const jwksUri = readHttpsUrl(ownMember(json, 'jwks_uri'));
  if (typeof named !== 'string') throw unusable('issuer');
  if (jwksUri === undefined || jwksUri.length > MAX_URL_LENGTH) throw unusable('jwks_uri');
  if (named !== issuer && `${named}/` !== issuer) {
    throw new LoadFailure(`the metadata of ${issuer} names another issuer`, {
      cause: { expected: issuer, actual: named.slice(0, 300) },
    });
  }
  // A token endpoint that cannot be used is the exchange's trouble, not that of verification.
  return { issuer: named, jwksUri, tokenEndpoint: readHttpsUrl(ownMember(json, 'token_endpoint')) };
}

/**
 * Reads another process's copy. It is trusted for less: client secrets and tokens go to no token endpoint but the
 * issuer's own.
 *
 * @throws LoadFailure
 */
export function parseCopiedMetadata(issuer: string, json: unknown): IssuerMetadata {
  const metadata = parseMetadata(issuer, json);
  if (metadata.tokenEndpoint?.startsWith(issuer) !== false) return metadata;
  throw new LoadFailure(`the copied metadata of ${issuer} names a token endpoint elsewhere`);
}
