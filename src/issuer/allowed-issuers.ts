/**
 * Which issuers are accepted: one domain, a list, or a resolver that is asked for each request.
 */
import { DomainsResolverError, type TokenRefusal, VerifyAccessTokenError } from '../errors/index.ts';
import { excerpt } from '../platform/excerpt.ts';
import { issuerOfDomain } from './domain.ts';

/** What a {@link DomainsResolver} may decide by. All of it comes from the request: treat it as hostile. */
export interface DomainsResolverContext {
  /** The URL of the request, when the caller gave one: `new URL` takes it. A mere path is none. */
  readonly requestUrl: string | undefined;
  /** The headers of the request, when the caller gave them: a Fetch `Headers` or a plain object. */
  readonly requestHeaders: unknown;
  /** The issuer that the token names; nothing about the token is verified yet. */
  readonly unverifiedIss: string;
}

/** Answers, for one request and within `timeoutSeconds`, the list of domains whose tokens are accepted. */
export type DomainsResolver = (
  context: DomainsResolverContext,
) => readonly string[] | Promise<readonly string[]>;

/** Issuers as `https://host/`, or the resolver of them. */
export type AllowedIssuers = ReadonlySet<string> | DomainsResolver;

/** The request a token came with, as far as a resolver may want to know it. */
export type IssuerContext = Omit<DomainsResolverContext, 'unverifiedIss'>;

/**
 * The allowed issuer that a token names, in canonical form. Without a resolver the answer is there at once: a promise
 * for it would cost more than the look-up.
 *
 * @param Refusal the error class of the kind of token
 * @throws Refusal `issuer_not_allowed` @throws DomainsResolverError
 */
export function resolveIssuer(
  allowed: AllowedIssuers,
  unverifiedIss: string,
  context: IssuerContext,
  Refusal: TokenRefusal = VerifyAccessTokenError,
): string | Promise<string> {
  return typeof allowed === 'function'
    ? askResolver(allowed, { ...context, requestUrl: urlIn(context), unverifiedIss }).then((issuers) =>
        pick(issuers, unverifiedIss, Refusal),
      )
    : pick(allowed, unverifiedIss, Refusal);
}

/** Of a hostile `Host` there may be a path only, or no URL at all; a resolver that reads one would throw over it. */
function urlIn({ requestUrl }: IssuerContext): string | undefined {
  return typeof requestUrl === 'string' && URL.canParse(requestUrl) ? requestUrl : undefined;
}

function pick(issuers: ReadonlySet<string>, unverifiedIss: string, Refusal: TokenRefusal): string {
  const issuer = issuers.has(unverifiedIss) ? unverifiedIss : issuerOfDomain(unverifiedIss);
  if (issuer !== undefined && issuers.has(issuer)) return issuer;
  throw new Refusal('issuer_not_allowed', {
    cause: { name: 'iss', expected: [...issuers], actual: excerpt(unverifiedIss) },
  });
}

async function askResolver(
  resolver: DomainsResolver,
  context: DomainsResolverContext,
): Promise<ReadonlySet<string>> {
  let domains: unknown;
  try {
    domains = await resolver(context);
  } catch (error) {
    throw new DomainsResolverError({ cause: { name: 'domains', error } });
  }
  const issuers = Array.isArray(domains) ? Array.from(domains, issuerOfDomain) : [];
  const valid = issuers.filter((issuer) => issuer !== undefined);
  if (valid.length === 0 || valid.length !== issuers.length) {
    throw new DomainsResolverError({
      cause: { name: 'domains', expected: 'a list of domains that is not empty' },
    });
  }
  return new Set(valid);
}
