/**
 * What each option may be, as one table; and what to write instead of a wrong value.
 */
import leven from 'leven';
import { ACTOR_LIST, isActorList } from '../actors.ts';
import { ConfigurationError } from '../errors/index.ts';
import { readKeys } from '../exchange/encryption-key.ts';
import { issuerOfDomain } from '../issuer/domain.ts';
import { ALGORITHMS } from '../jws/algorithms.ts';
import { isJsonObject, type JsonObject } from '../jws/json.ts';
import { isMetadataUrl, METADATA_URL } from '../request/challenge-context.ts';
import { readPublicUrl } from '../request/public-url.ts';

const MODES: readonly unknown[] = ['allowed', 'required', 'disabled'];
const ON_STORE_ERROR: readonly unknown[] = ['refuse', 'accept'];
const ALGORITHM_NAMES: readonly unknown[] = ALGORITHMS.map((algorithm) => algorithm.name);
const AUTH_METHODS: readonly unknown[] = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
];
const MIN_NONCE_SECRET_LENGTH = 32;
/** Each may have to be tried on a token that names none of them. */
const MAX_DECRYPTION_KEYS = 10;

/** What an option may be, in words for whoever wrote something else, and as a check. */
interface Rule {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';
const isFunction = (value: unknown): boolean => typeof value === 'function';
const isNonceSecret = (value: unknown): boolean =>
  typeof value === 'string' && value.length >= MIN_NONCE_SECRET_LENGTH;
const isDomain = (value: unknown): boolean => issuerOfDomain(value) !== undefined;
const isAlgorithm = (value: unknown): boolean => ALGORITHM_NAMES.includes(value);
const isListOf = (accepts: Rule['accepts'], value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && Array.from<unknown>(value).every(accepts);

const text: Rule = { expected: 'a string that is not empty', accepts: isText };
const algorithms: Rule = {
  expected: `a list of asymmetric algorithms out of ${ALGORITHM_NAMES.join(', ')}`,
  accepts: (value) => isListOf(isAlgorithm, value),
};

const optionsOrFalse: Rule = {
  expected: 'an object of options, or false',
  accepts: (value) => value === false || isJsonObject(value),
};
const cacheAdapter: Rule = {
  expected: 'an object with the methods get, set, delete and clear, and perhaps setIfAbsent',
  accepts: isCacheAdapter,
};

function seconds(least: number, most: number): Rule {
  return {
    expected: `a number of seconds from ${least} to ${most}`,
    accepts: (value) => typeof value === 'number' && value >= least && value <= most,
  };
}

function wholeNumber(least: number, most: number): Rule {
  return {
    expected: `a whole number from ${least} to ${most}`,
    accepts: (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  };
}

function method(expected: string): Rule {
  return { expected, accepts: isFunction };
}

/** One rule for each option; a name with a dot belongs to the option before the dot. */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>(
  Object.entries({
    domain: {
      expected: "a host such as 'tenant.us.auth0.com', or its https URL without path, query and credentials",
      accepts: isDomain,
    },
    domains: {
      expected: 'a list of such domains that is not empty, or a function that returns one',
      accepts: (value) => isFunction(value) || isListOf(isDomain, value),
    },
    audience: {
      expected:
        'the identifier of your API, such as https://api.example.com, or a list of them that is not empty',
      accepts: (value) => isText(value) || isListOf(isText, value),
    },
    algorithms,
    clockToleranceSeconds: seconds(0, 60),
    requireCertificateBinding: { expected: 'true or false', accepts: (value) => typeof value === 'boolean' },
    requireAccessTokenType: { expected: 'true or false', accepts: (value) => typeof value === 'boolean' },
    decryptionKeys: {
      expected: `a list of 1 to ${MAX_DECRYPTION_KEYS} private keys: PEM (PKCS #8), JWK or CryptoKey, RSA-OAEP or ECDH`,
      accepts: (value) =>
        Array.isArray(value) && value.length <= MAX_DECRYPTION_KEYS && isListOf(isDecryptionKey, value),
    },
    dpop: { expected: 'an object of DPoP options', accepts: isJsonObject },
    'dpop.mode': { expected: `one of ${MODES.join(', ')}`, accepts: (value) => MODES.includes(value) },
    'dpop.iatOffsetSeconds': seconds(0, 3600),
    'dpop.iatLeewaySeconds': seconds(0, 3600),
    'dpop.algorithms': algorithms,
    'dpop.replayStore': {
      expected: 'an object with an `add` method, or false',
      accepts: (value) => value === false || hasMethods(value, 'add'),
    },
    'dpop.onStoreError': {
      expected: `one of ${ON_STORE_ERROR.join(', ')}`,
      accepts: (value) => ON_STORE_ERROR.includes(value),
    },
    'dpop.nonce': { expected: 'an object with a `secret`', accepts: isJsonObject },
    'dpop.nonce.secret': {
      expected: `a secret of at least ${MIN_NONCE_SECRET_LENGTH} characters, or a list of them`,
      accepts: (value) => isNonceSecret(value) || isListOf(isNonceSecret, value),
    },
    'dpop.nonce.lifetimeSeconds': seconds(10, 86400),
    allowedActors: { expected: ACTOR_LIST, accepts: isActorList },
    requireActor: { expected: 'true or false', accepts: (value) => typeof value === 'boolean' },
    'dpop.publicUrl': {
      expected:
        'an absolute http(s) URL without query, fragment and credentials, or a function that returns one',
      accepts: (value) => isFunction(value) || readPublicUrl(value) !== undefined,
    },
    clientId: text,
    clientSecret: {
      expected: 'a string that is not empty, or a function that returns one',
      accepts: (value) => isText(value) || isFunction(value),
    },
    clientAssertionSigningKey: {
      expected: 'a private key (PKCS#8 in PEM, a JWK, or a CryptoKey), or a function that returns one',
      accepts: (value) => isSigningKey(value) || isFunction(value),
    },
    clientAssertionSigningAlg: { expected: `one of ${ALGORITHM_NAMES.join(', ')}`, accepts: isAlgorithm },
    clientAuthMethod: {
      expected: `one of ${AUTH_METHODS.join(', ')}`,
      accepts: (value) => AUTH_METHODS.includes(value),
    },
    onBehalfOfCache: optionsOrFalse,
    'onBehalfOfCache.maxEntries': wholeNumber(1, 1_000_000),
    'onBehalfOfCache.maxAgeSeconds': seconds(0, 86400),
    'onBehalfOfCache.adapter': cacheAdapter,
    'onBehalfOfCache.encryptionKey': {
      expected: '32 bytes as base64url or hexadecimal text or a Uint8Array, a list of 1 to 5, or a function',
      accepts: (value) => isFunction(value) || readKeys(value) !== undefined,
    },
    retry: optionsOrFalse,
    'retry.maxAttempts': wholeNumber(2, 10),
    'retry.maxDelaySeconds': seconds(0, 300),
    customFetch: method('a function with the signature of fetch'),
    timeoutSeconds: {
      expected: 'a number of seconds above 0, at most 300',
      accepts: (value) => typeof value === 'number' && value > 0 && value <= 300,
    },
    cacheAdapter,
    cacheTtlSeconds: seconds(0, 86400),
    cacheMaxEntries: wholeNumber(1, 10_000),
    verifiedTokenCache: {
      expected: 'an object such as { maxEntries: 1000 }, or false',
      accepts: (value) => value === false || isJsonObject(value),
    },
    'verifiedTokenCache.maxEntries': wholeNumber(1, 1_000_000),
    realm: text,
    resourceMetadataUrl: { expected: METADATA_URL, accepts: isMetadataUrl },
    onEvent: method('a function that takes an event'),
    waitUntil: method('a function that takes a promise'),
    now: method('a function that returns epoch milliseconds'),
  } satisfies Record<string, Rule>),
);
/** The only members that an object of options cannot do without. */
const REQUIRED = ['audience', 'dpop.nonce.secret'];

/**
 * Refuses the first member that is unknown, missing or wrong. A value is never repeated: it may be a secret.
 *
 * @param prefix the path of the object, with a dot at its end; empty for the options themselves
 * @throws ConfigurationError
 */
export function checkMembers(members: JsonObject, prefix: string): void {
  const unknown = Object.keys(members).find((name) => name.includes('.') || !RULES.has(prefix + name));
  if (unknown !== undefined) {
    throw new ConfigurationError(`\`${prefix}${unknown}\` is no option${suggestion(prefix + unknown)}`);
  }
  for (const [path, { accepts }] of RULES) {
    const name = path.slice(prefix.length);
    if (!path.startsWith(prefix) || name.includes('.')) continue;
    const value = members[name];
    if (value === undefined ? REQUIRED.includes(path) : !accepts(value)) {
      throw new ConfigurationError(`\`${path}\` must be ${expected(path)}.`);
    }
    if (isJsonObject(value) && hasRulesOfItsOwn(path)) checkMembers(value, `${path}.`);
  }
}

function hasRulesOfItsOwn(path: string): boolean {
  return [...RULES.keys()].some((name) => name.startsWith(`${path}.`));
}

/** What an option may be, in words. */
export function expected(path: string): string {
  return RULES.get(path)?.expected ?? '';
}

/** The nearest option of the same object: one that goes on like the unknown name, or is spelt almost like it. */
function suggestion(unknown: string): string {
  const parent = unknown.slice(0, unknown.lastIndexOf('.') + 1);
  const [nearest] = [...RULES.keys()]
    .filter((name) => name.slice(0, name.lastIndexOf('.') + 1) === parent)
    .map((name) => ({ name, distance: distanceBetween(name.toLowerCase(), unknown.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance);
  const isNear = nearest !== undefined && nearest.distance <= (unknown.length - parent.length) / 2;
  return isNear ? `; did you mean \`${nearest.name}\`?` : '.';
}

function distanceBetween(name: string, unknown: string): number {
  return name.startsWith(unknown) ? 1 : leven(name, unknown);
}

function isCacheAdapter(value: unknown): boolean {
  if (!hasMethods(value, 'get', 'set', 'delete', 'clear')) return false;
  const { setIfAbsent } = value as { readonly setIfAbsent?: unknown };
  return setIfAbsent === undefined || isFunction(setIfAbsent);
}

/** What can be seen of a private key at once; the rest is seen when it is imported. */
function isDecryptionKey(value: unknown): boolean {
  if (typeof value === 'string') return value.trimStart().startsWith('-----BEGIN PRIVATE KEY-----');
  if (!isJsonObject(value)) return false;
  const { type, kty, d } = value;
  return type === 'private' || ((kty === 'RSA' || kty === 'EC') && typeof d === 'string');
}

function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const members = value as Readonly<Record<string, unknown>>;
  return names.every((name) => typeof members[name] === 'function');
}

/** Whether it may be one: whether it is, the first signature shows. */
function isSigningKey(value: unknown): boolean {
  if (typeof value === 'string') return /^\s*-----BEGIN PRIVATE KEY-----/.test(value);
  if (!isJsonObject(value)) return false;
  const { type, kty, d } = value;
  return type === 'private' || (typeof kty === 'string' && kty !== 'oct' && typeof d === 'string');
}
