/**
 * What the challenges of a single call say besides what those of the client always say.
 */
import { ConfigurationError } from '../errors/index.ts';
import { isJsonObject } from '../jws/json.ts';
import { readScopes } from '../scopes.ts';

/** For a client that serves several protected resources (RFC 9728), each with metadata of its own. */
export interface ChallengeContext {
  /** The URL of the resource's metadata document (RFC 9728 §5.1), in place of the client's own. */
  readonly resourceMetadataUrl?: string | undefined;
  /**
   * Scopes that a client should ask for, as a list or separated by spaces: said by a 401, for which nothing else says
   * which (RFC 6750 §3). A 403 always says the scopes of the operation.
   */
  readonly scopes?: string | readonly string[] | undefined;
}

/** The same, once it is checked. */
export interface ResolvedChallengeContext {
  readonly resourceMetadataUrl?: string;
  readonly scopes?: readonly string[];
}

const NAMES = ['scheme', 'resourceMetadataUrl', 'scopes'];

/** @throws ConfigurationError when a member is unknown or wrong */
export function readChallengeContext(context: ChallengeContext | null | undefined): ResolvedChallengeContext {
  if (context === undefined || context === null) return {};
  checkNames(context);
  const { resourceMetadataUrl, scopes } = context;
  if (resourceMetadataUrl !== undefined && !isMetadataUrl(resourceMetadataUrl)) {
    throw new ConfigurationError(`\`resourceMetadataUrl\` must be ${METADATA_URL}.`);
  }
  const asked = readScopes(scopes, 'scopes');
  return {
    ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
    ...(asked.length === 0 ? {} : { scopes: asked }),
  };
}

/** What {@link isMetadataUrl} accepts, in words. */
export const METADATA_URL = 'an absolute http(s) URL without credentials';

/** Whether clients can be sent there; the same for all calls and for one. */
export function isMetadataUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}

function checkNames(context: unknown): void {
  if (!isJsonObject(context)) throw new ConfigurationError('The context of a challenge must be an object.');
  const unknown = Object.keys(context).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `\`${unknown}\` says nothing to a challenge; there are ${NAMES.join(', ')}.`,
    );
  }
}
