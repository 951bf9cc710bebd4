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
  /** The token endpoint for clients with a certificate (RFC 8705 §5): its alias, where there is one. */
  readonly mtlsTokenEndpoint: string | undefined;
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
  const tokenEndpoint = readHttpsUrl(ownMember(json, 'token_endpoint'));
  return { issuer: named, jwksUri, tokenEndpoint, mtlsTokenEndpoint: aliasOf(json, tokenEndpoint) };
}

/** An alias that cannot be used is no reason to go elsewhere without the certificate. */
function aliasOf(json: object, tokenEndpoint: string | undefined): string | undefined {
  const aliases = ownMember(json, 'mtls_endpoint_aliases');
  if (aliases === undefined) return tokenEndpoint;
  const alias = isJsonObject(aliases) ? ownMember(aliases, 'token_endpoint') : null;
  return alias === undefined ? tokenEndpoint : readHttpsUrl(alias);
}

/**
 * Reads another process's copy. It is trusted for less: client secrets and tokens go to no token endpoint but the
 * issuer's own.
 *
 * @throws LoadFailure
 */
export function parseCopiedMetadata(issuer: string, json: unknown): IssuerMetadata {
  const metadata = parseMetadata(issuer, json);
  const { tokenEndpoint, mtlsTokenEndpoint } = metadata;
  // Auth0 serves clients with a certificate under a name of the domain's own.
  const ownHosts = [issuer, issuer.replace('https://', 'https://mtls.')];
  const isOwnAlias = ownHosts.some((host) => mtlsTokenEndpoint?.startsWith(host) !== false);
  if (tokenEndpoint?.startsWith(issuer) !== false && isOwnAlias) return metadata;
  throw new LoadFailure(`the copied metadata of ${issuer} names a token endpoint elsewhere`);
}
