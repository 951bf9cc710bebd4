/**
 * What one call demands of an ID token, from the options as they are written.
 */
import { ConfigurationError, MissingRequiredArgumentError } from '../errors/index.ts';
import { findAlgorithm } from '../jws/algorithms.ts';
import { isJsonObject, type JsonObject } from '../jws/json.ts';
import { currentValue, type Rotated } from '../platform/rotated.ts';

/** An ID token to verify, and what it must say. */
export interface IdTokenOptions {
  readonly idToken: string;
  /** The client the token was issued to; the client's own `clientId` by default. */
  readonly clientId?: string | undefined;
  /**
   * The nonce of the authentication request. When given, the token must hold it. Always give it for a login that your
   * program began with one: without it, a nonce in the token is not looked at.
   */
  readonly nonce?: string | undefined;
  /** How long ago the user may have authenticated (`auth_time`), in seconds; not checked by default. */
  readonly maxAgeSeconds?: number | undefined;
  /** The organization the user must have logged in to: an `org_…` id, or a name; not checked by default. */
  readonly organization?: string | undefined;
  /** The access token that was issued together with the ID token, whose `at_hash` must then fit. */
  readonly accessToken?: string | undefined;
  /**
   * The one algorithm to accept; `RS256` by default. `HS256` verifies with the client secret and nothing else, so
   * whoever knows the secret can make such tokens.
   */
  readonly algorithm?: string | undefined;
  /** The secret for `HS256`, at least 32 bytes; the client's own by default, when the token is for that client. */
  readonly clientSecret?: string | undefined;
  /** The URL of the request, for a `domains` resolver. */
  readonly httpUrl?: string | undefined;
  /** The headers of the request, for a `domains` resolver. */
  readonly headers?: unknown;
}

/** The options, checked; what is `undefined` is not demanded. */
export interface IdTokenExpectations {
  readonly idToken: string;
  readonly clientId: string;
  readonly nonce: string | undefined;
  readonly maxAgeSeconds: number | undefined;
  readonly organization: string | undefined;
  readonly accessToken: string | undefined;
  readonly algorithm: string;
  /** There for `HS256` only. */
  readonly clientSecret: string | undefined;
}

/** The client whose ID tokens are verified unless a call names another. */
export interface IdTokenClient {
  readonly clientId?: string | undefined;
  readonly clientSecret?: Rotated<string> | undefined;
}

interface Rule {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

const SYMMETRIC = 'HS256';
/** A key as long as the hash (RFC 7518 §3.2). */
const MIN_SECRET_BYTES = 32;

const text: Rule = {
  expected: 'a string that is not empty',
  accepts: (value) => typeof value === 'string' && value.trim() !== '',
};
const anything: Rule = { expected: '', accepts: () => true };

const RULES = {
  idToken: anything,
  clientId: text,
  nonce: text,
  maxAgeSeconds: {
    expected: 'a number of seconds, 0 or more',
    accepts: (value) => typeof value === 'number' && value >= 0 && Number.isFinite(value),
  },
  organization: text,
  accessToken: text,
  algorithm: {
    expected: 'one asymmetric algorithm such as RS256, or HS256',
    accepts: (value) => value === SYMMETRIC || findAlgorithm(value) !== undefined,
  },
  clientSecret: text,
  httpUrl: anything,
  headers: anything,
} satisfies Record<keyof IdTokenOptions, Rule>;

/**
 * Refuses options that are written wrongly, before the token is looked at: a misspelt check would protect nothing, and a
 * session that has lost its nonce must not pass for one that never had any.
 *
 * @throws MissingRequiredArgumentError `idToken`, `clientId`, `clientSecret` @throws ConfigurationError
 */
export async function readExpectations(
  options: IdTokenOptions,
  client: IdTokenClient,
  timeoutSeconds: number,
): Promise<IdTokenExpectations> {
  const given: unknown = options;
  if (!isJsonObject(given)) throw new MissingRequiredArgumentError('idToken');
  checkOptions(given);
  const { nonce, maxAgeSeconds, organization, accessToken, algorithm = 'RS256' } = options;
  const { clientId = client.clientId } = options;
  // A hand-made call may pass anything; the parser refuses what is no text.
  if (isAbsent(options.idToken)) throw new MissingRequiredArgumentError('idToken');
  if (clientId === undefined) throw new MissingRequiredArgumentError('clientId');
  const clientSecret =
    algorithm === SYMMETRIC ? await secretOf(clientId, options, client, timeoutSeconds) : undefined;
  const { idToken } = options;
  return { idToken, clientId, nonce, maxAgeSeconds, organization, accessToken, algorithm, clientSecret };
}

function checkOptions(given: JsonObject): void {
  const names = Object.keys(RULES);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `\`${unknown}\` is no option of \`verifyIdToken\`; there are ${names.join(', ')}.`,
    );
  }
  for (const [name, { expected, accepts }] of Object.entries<Rule>(RULES)) {
    const value = given[name];
    if (value !== undefined && !accepts(value)) {
      throw new ConfigurationError(`\`${name}\` must be ${expected}.`);
    }
  }
}

/**
 * The secret that makes and verifies the tokens of a client. Never that of another client; and nothing that is not
 * secret: with a public key in its place, anybody could sign.
 */
async function secretOf(
  clientId: string,
  { clientSecret: given }: IdTokenOptions,
  client: IdTokenClient,
  timeoutSeconds: number,
): Promise<string> {
  const own = clientId === client.clientId ? client.clientSecret : undefined;
  const secret = given ?? (await currentValue(own, 'clientSecret', timeoutSeconds));
  if (secret === undefined) throw new MissingRequiredArgumentError('clientSecret');
  const isKey =
    typeof secret !== 'string' || secret.includes('-----BEGIN ') || secret.trimStart().startsWith('{');
  if (isKey || new TextEncoder().encode(secret).byteLength < MIN_SECRET_BYTES) {
    throw new ConfigurationError(
      `\`clientSecret\` must be a secret of at least ${MIN_SECRET_BYTES} bytes, and no key, to verify HS256 with.`,
    );
  }
  return secret;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
