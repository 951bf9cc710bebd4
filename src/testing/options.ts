/**
 * What the options of each call may be, as tables, and the one function that checks them: a misspelt option in a
 * test would otherwise leave the test green and checking nothing.
 */

import { SIGNING_ALGORITHMS } from './algorithms.ts';
import { isRecord } from './members.ts';
import type {
  CannedAnswer,
  CreateDpopKeyOptions,
  CreateProofOptions,
  ExchangeSubject,
  FailOptions,
  IssueAccessTokenOptions,
  IssueIdTokenOptions,
  ListenOptions,
  RotateKeysOptions,
  TestClient,
  TestTenantOptions,
} from './types.ts';

interface Check {
  /** Completes "must be …". */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  readonly required?: true;
}

type Checks<T> = { readonly [Name in keyof Required<T>]: Check };

const isString = (value: unknown) => typeof value === 'string';
const isFilledString = (value: unknown) => isString(value) && value !== '';
const isListOf = (accepts: (item: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(accepts);
const isActor = (value: unknown) =>
  isString(value) ||
  (isRecord(value) &&
    isString(value.sub) &&
    (value.iss === undefined || isString(value.iss)) &&
    Object.keys(value).every((name) => name === 'sub' || name === 'iss'));
const isFunction = (value: unknown) => typeof value === 'function';
const isHost = (value: unknown) =>
  typeof value === 'string' &&
  URL.canParse(`https://${value}/`) &&
  new URL(`https://${value}/`).host === value;

const TEXT: Check = { expected: 'a string', accepts: isString };
const NAME: Check = { expected: 'a non-empty string', accepts: isFilledString };
const NAMES: Check = { expected: 'an array of non-empty strings', accepts: isListOf(isFilledString) };
const TEXTS: Check = { expected: 'an array of strings', accepts: isListOf(isString) };
const TEXT_OR_TEXTS: Check = {
  expected: 'a string or an array of strings',
  accepts: (value) => isString(value) || TEXTS.accepts(value),
};
const MEMBERS: Check = { expected: 'an object', accepts: isRecord };
const FLAG: Check = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
const SECONDS: Check = { expected: 'a finite number of seconds', accepts: Number.isFinite };
const ALGORITHM: Check = {
  expected: `one of ${SIGNING_ALGORITHMS.join(', ')}`,
  accepts: (value) => SIGNING_ALGORITHMS.some((name) => name === value),
};
const KEY: Check = {
  expected: 'a key made by createDpopKey()',
  accepts: (value) => isRecord(value) && isString(value.jkt),
};

const PUBLIC_JWK: Check = {
  expected: 'a public key as a JWK',
  accepts: (value) => isRecord(value) && isString(value.kty) && value.kty !== 'oct' && !('d' in value),
};

export const TENANT_CHECKS: Checks<TestTenantOptions> = {
  domain: {
    expected: "a lower-case host name without scheme or path, such as 'tenant.auth0.test'",
    accepts: isHost,
  },
  audience: NAME,
  audiences: NAMES,
  clients: {
    expected: 'a non-empty array of { clientId, clientSecret }',
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(isRecord),
  },
  now: { expected: 'a function that returns epoch milliseconds', accepts: isFunction },
  cacheControl: {
    expected: 'a Cache-Control value, or false to send none',
    accepts: (value) => value === false || isFilledString(value),
  },
  algorithm: ALGORITHM,
  tokenLifetimeSeconds: SECONDS,
  exchangeProfiles: {
    expected: 'an object of functions by subject_token_type',
    accepts: (value) => isRecord(value) && Object.values(value).every(isFunction),
  },
  connections: NAMES,
  dpopNonce: NAME,
  discovery: MEMBERS,
};

export const CLIENT_CHECKS: Checks<TestClient> = {
  clientId: { ...NAME, required: true },
  clientSecret: { ...NAME, required: true },
  publicJwk: PUBLIC_JWK,
  audience: TEXT_OR_TEXTS,
  grantTypes: NAMES,
};

/** What an exchange profile returns. */
export const SUBJECT_CHECKS: Checks<ExchangeSubject> = { sub: { ...NAME, required: true }, claims: MEMBERS };

export const TOKEN_CHECKS: Checks<IssueAccessTokenOptions> = {
  audience: TEXT_OR_TEXTS,
  sub: TEXT,
  clientId: TEXT,
  scope: TEXT_OR_TEXTS,
  permissions: TEXTS,
  act: { expected: 'an array of strings, or of { sub, iss? }', accepts: isListOf(isActor) },
  dpopKey: KEY,
  encryptFor: PUBLIC_JWK,
  expiresInSeconds: SECONDS,
  claims: MEMBERS,
  header: MEMBERS,
};

export const ID_TOKEN_CHECKS: Checks<IssueIdTokenOptions> = {
  sub: TEXT,
  clientId: TEXT,
  nonce: TEXT,
  expiresInSeconds: SECONDS,
  clientSecret: NAME,
  claims: MEMBERS,
  header: MEMBERS,
};

export const PROOF_CHECKS: Checks<CreateProofOptions> = {
  httpMethod: { ...TEXT, required: true },
  httpUrl: { ...TEXT, required: true },
  accessToken: TEXT,
  nonce: TEXT,
  claims: MEMBERS,
  header: MEMBERS,
};

export const DPOP_KEY_CHECKS: Checks<CreateDpopKeyOptions> = { algorithm: ALGORITHM };

export const ROTATE_CHECKS: Checks<RotateKeysOptions> = { keepPrevious: FLAG, algorithm: ALGORITHM };

export const FAIL_CHECKS: Checks<FailOptions> = {
  times: {
    expected: 'a positive integer',
    accepts: (value) => Number.isSafeInteger(value) && Number(value) > 0,
  },
};

export const CANNED_CHECKS: Checks<CannedAnswer> = {
  status: {
    expected: 'an integer from 200 to 599',
    accepts: (value) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599,
  },
  headers: MEMBERS,
  body: { expected: 'a string or a JSON value', accepts: () => true },
};

export const LISTEN_CHECKS: Checks<ListenOptions> = {
  port: {
    expected: 'a port number',
    accepts: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535,
  },
};

/**
 * Returns `options` when every member is known and acceptable.
 *
 * @throws TypeError that names the call, the option, and what it may be
 */
export function checkOptions<T extends object>(call: string, options: T, checks: Checks<T>): T {
  const given: unknown = options;
  if (!isRecord(given)) throw new TypeError(`${call}: the options must be an object`);
  const table = new Map<string, Check>(Object.entries(checks));
  const unknown = Object.keys(given).find((name) => !table.has(name));
  if (unknown !== undefined) {
    throw new TypeError(
      `${call}: there is no option \`${unknown}\`; the options are ${[...table.keys()].join(', ')}`,
    );
  }
  for (const [name, { expected, accepts, required }] of table) {
    const value = given[name];
    if (value === undefined ? required === true : !accepts(value)) {
      throw new TypeError(`${call}: the option \`${name}\` must be ${expected}`);
    }
  }
  return options;
}
