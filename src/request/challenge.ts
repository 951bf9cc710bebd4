/**
 * The only writer of `WWW-Authenticate` (RFC 9110 §11.6.1, RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1). Pure.
 */
import type { AuthScheme } from './credentials.ts';

/** What a challenge offers, apart from any error. */
export interface ChallengePolicy {
  /** The accepted schemes, in the order in which they are offered. */
  readonly schemes: readonly AuthScheme[];
  readonly realm: string;
  /** The algorithms accepted for DPoP proofs. */
  readonly dpopAlgorithms: Iterable<string>;
  readonly resourceMetadataUrl: string | undefined;
  /** Scopes to ask for, said where nothing else says which: on challenges for want of a good token (RFC 6750 §3). */
  readonly scopes?: readonly string[] | undefined;
}

/** What went wrong, and under which scheme. */
export interface ChallengeError {
  readonly scheme: AuthScheme;
  readonly error: string;
  readonly description: string;
  /** All scopes of the operation (RFC 6750 §3). */
  readonly scopes?: readonly string[];
}

/** The challenges of an answer; the error stands on that of the scheme that was used. */
export function buildChallenges(policy: ChallengePolicy, failure?: ChallengeError): string[] {
  return policy.schemes.map((scheme) => {
    const { error, description, scopes = policy.scopes ?? [] } = failure?.scheme === scheme ? failure : {};
    return serializeChallenge(scheme, {
      realm: scheme === 'Bearer' ? policy.realm : undefined,
      algs: scheme === 'DPoP' ? [...policy.dpopAlgorithms].join(' ') : undefined,
      error,
      error_description: description,
      scope: scopes.length === 0 ? undefined : scopes.join(' '),
      resource_metadata: policy.resourceMetadataUrl,
    });
  });
}

/** One challenge; parameters without a value are left out. */
export function serializeChallenge(
  scheme: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const written = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${quote(value, RFC6750_PARAMETERS.has(name))}`],
  );
  return written.length === 0 ? scheme : `${scheme} ${written.join(', ')}`;
}

/** RFC 6750 §3 allows these no quote and no backslash, not even escaped. */
const RFC6750_PARAMETERS = new Set(['error', 'error_description', 'scope']);

/**
 * A quoted-string (RFC 9110 §5.6.4). Whatever is not printable ASCII becomes `?`: a header must not be split, and
 * `new Headers()` must not throw, over anything that got into a value.
 */
function quote(value: string, withoutEscapes: boolean): string {
  const printable = value.replace(/[^\x20-\x7e]/g, '?');
  return `"${withoutEscapes ? printable.replace(/["\\]/g, "'") : printable.replace(/["\\]/g, '\\$&')}"`;
}
