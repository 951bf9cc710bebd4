/**
 * From the options as they are written to those the parts work with: what is allowed, and every default, in one place.
 */
import leven from 'leven';
import * as z from 'zod/mini';
import type { DpopReplayStore } from './dpop/replay.ts';
import { ConfigurationError } from './errors.ts';
import type { ApiClientEvent, Emit } from './events.ts';
import type { AllowedIssuers, DomainsResolver } from './issuer/allowed-issuers.ts';
import { issuerOfDomain } from './issuer/domain.ts';
import { ALGORITHMS } from './jws/algorithms.ts';
import type { ApiClientOptions } from './options.ts';
import { createRunInBackground, type RunInBackground } from './platform/background.ts';
import type { CacheAdapter } from './platform/cache-adapter.ts';
import { callQuietly } from './platform/call-quietly.ts';
import type { HttpOptions } from './platform/http.ts';
import { withTimeLimit } from './platform/time-limit.ts';

/** The options with every default filled in and every domain made an issuer. */
export interface ResolvedOptions {
  readonly allowedIssuers: AllowedIssuers;
  /** The issuer whose token endpoint serves the exchange methods. */
  readonly clientIssuer: string | undefined;
  readonly audiences: readonly string[];
  readonly algorithms: ReadonlySet<string>;
  readonly clockToleranceSeconds: number;
  readonly requireAccessTokenType: boolean;
  readonly dpop: {
    readonly mode: 'allowed' | 'required' | 'disabled';
    readonly iatOffsetSeconds: number;
    readonly iatLeewaySeconds: number;
    readonly algorithms: ReadonlySet<string>;
    /** `undefined` asks for the store of this process. */
    readonly replayStore: DpopReplayStore | false | undefined;
    readonly nonce: { readonly secrets: readonly string[]; readonly lifetimeSeconds: number } | undefined;
  };
  readonly client: { readonly clientId: string | undefined; readonly clientSecret: string | undefined };
  readonly http: HttpOptions;
  readonly cacheTtlSeconds: number;
  readonly cacheMaxEntries: number;
  readonly cacheAdapter: CacheAdapter | undefined;
  readonly realm: string;
  readonly resourceMetadataUrl: string | undefined;
  readonly emit: Emit;
  readonly runInBackground: RunInBackground;
  readonly now: () => number;
}

const MODES = ['allowed', 'required', 'disabled'] as const;
const ALGORITHM_NAMES = ALGORITHMS.map((algorithm) => algorithm.name);
const MIN_NONCE_SECRET_LENGTH = 32;

/** What to write instead, by option. */
const EXPECTED: Readonly<Record<string, string>> = {
  domain: "a host such as 'tenant.us.auth0.com', or its https URL without path, query and credentials",
  domains: 'a list of such domains that is not empty, or a function that returns one',
  audience:
    'the identifier of your API, such as https://api.example.com, or a list of them that is not empty',
  algorithms: `a list of asymmetric algorithms out of ${ALGORITHM_NAMES.join(', ')}`,
  clockToleranceSeconds: 'a number of seconds from 0 to 60',
  requireAccessTokenType: 'true or false',
  dpop: 'an object of DPoP options',
  'dpop.mode': `one of ${MODES.join(', ')}`,
  'dpop.iatOffsetSeconds': 'a number of seconds from 0 to 3600',
  'dpop.iatLeewaySeconds': 'a number of seconds from 0 to 3600',
  'dpop.algorithms': `a list of asymmetric algorithms out of ${ALGORITHM_NAMES.join(', ')}`,
  'dpop.replayStore': 'an object with an `add` method, or false',
  'dpop.nonce': 'an object with a `secret`',
  'dpop.nonce.secret': `a secret of at least ${MIN_NONCE_SECRET_LENGTH} characters, or a list of them`,
  'dpop.nonce.lifetimeSeconds': 'a number of seconds from 10 to 86400',
  clientId: 'a string that is not empty',
  clientSecret: 'a string that is not empty',
  customFetch: 'a function with the signature of fetch',
  timeoutSeconds: 'a number of seconds above 0, at most 300',
  cacheAdapter: 'an object with the methods get, set, delete and clear',
  cacheTtlSeconds: 'a number of seconds from 0 to 86400',
  cacheMaxEntries: 'a whole number from 1 to 10000',
  realm: 'a string that is not empty',
  resourceMetadataUrl: 'an absolute http(s) URL',
  onEvent: 'a function that takes an event',
  waitUntil: 'a function that takes a promise',
  now: 'a function that returns epoch milliseconds',
};

const text = z.string().check(z.refine((value) => value.trim() !== ''));
const listOf = <T extends z.core.$ZodType>(entry: T) => z.array(entry).check(z.minLength(1));
const seconds = (least: number, most: number) => z.optional(z.number().check(z.gte(least), z.lte(most)));
const fn = <T>() => z.custom<T>((value) => typeof value === 'function');
const domain = z.string().check(z.refine((value) => issuerOfDomain(value) !== undefined));
const algorithms = z.optional(listOf(z.enum(ALGORITHM_NAMES)));
const nonceSecret = z.string().check(z.minLength(MIN_NONCE_SECRET_LENGTH));

const optionsSchema = z.strictObject({
  domain: z.optional(domain),
  domains: z.optional(z.union([listOf(domain), fn<DomainsResolver>()])),
  audience: z.union([text, listOf(text)]),
  algorithms,
  clockToleranceSeconds: seconds(0, 60),
  requireAccessTokenType: z.optional(z.boolean()),
  dpop: z.optional(
    z.strictObject({
      mode: z.optional(z.enum(MODES)),
      iatOffsetSeconds: seconds(0, 3600),
      iatLeewaySeconds: seconds(0, 3600),
      algorithms,
      replayStore: z.optional(
        z.union([z.literal(false), z.custom<DpopReplayStore>((value) => hasMethods(value, 'add'))]),
      ),
      nonce: z.optional(
        z.strictObject({
          secret: z.union([nonceSecret, listOf(nonceSecret)]),
          lifetimeSeconds: seconds(10, 86400),
        }),
      ),
    }),
  ),
  clientId: z.optional(text),
  clientSecret: z.optional(text),
  customFetch: z.optional(fn<typeof fetch>()),
  timeoutSeconds: z.optional(z.number().check(z.gt(0), z.lte(300))),
  cacheAdapter: z.optional(
    z.custom<CacheAdapter>((value) => hasMethods(value, 'get', 'set', 'delete', 'clear')),
  ),
  cacheTtlSeconds: seconds(0, 86400),
  cacheMaxEntries: z.optional(z.int().check(z.gte(1), z.lte(10_000))),
  realm: z.optional(text),
  resourceMetadataUrl: z.optional(z.string().check(z.refine(isHttpUrl))),
  onEvent: z.optional(fn<(event: ApiClientEvent) => void>()),
  waitUntil: z.optional(fn<(promise: Promise<unknown>) => void>()),
  now: z.optional(fn<() => number>()),
});

/**
 * Checks the options and fills in the defaults. It does nothing else: no request, no timer, no randomness.
 *
 * @throws ConfigurationError naming the option and what to write instead
 */
export function resolveOptions(input: ApiClientOptions): ResolvedOptions {
  const result = optionsSchema.safeParse(input);
  if (!result.success) throw explain(result.error.issues[0]);
  const options = result.data;
  const { dpop = {}, customFetch, timeoutSeconds = 10 } = options;
  const clientIssuer = issuerOfDomain(options.domain);
  if (clientIssuer === undefined && options.domains === undefined) {
    throw new ConfigurationError(`\`domain\` is missing: write ${EXPECTED.domain}; or give \`domains\`.`);
  }
  if (clientIssuer === undefined && options.clientId !== undefined) {
    throw new ConfigurationError(
      '`clientId` needs `domain`: write the domain whose token endpoint the client belongs to.',
    );
  }
  return Object.freeze({
    allowedIssuers: allowedIssuersOf(options.domains ?? [options.domain ?? ''], timeoutSeconds),
    clientIssuer,
    audiences: asList(options.audience),
    algorithms: new Set(options.algorithms ?? ['RS256']),
    clockToleranceSeconds: options.clockToleranceSeconds ?? 0,
    requireAccessTokenType: options.requireAccessTokenType ?? false,
    dpop: {
      mode: dpop.mode ?? 'allowed',
      iatOffsetSeconds: dpop.iatOffsetSeconds ?? 300,
      iatLeewaySeconds: dpop.iatLeewaySeconds ?? 30,
      algorithms: new Set(dpop.algorithms ?? ['ES256']),
      replayStore: dpop.replayStore,
      nonce: dpop.nonce && {
        secrets: asList(dpop.nonce.secret),
        lifetimeSeconds: dpop.nonce.lifetimeSeconds ?? 300,
      },
    },
    client: { clientId: options.clientId, clientSecret: options.clientSecret },
    http: {
      // Looked up at the time of the call, so that whoever instruments or mocks the global fetch is seen.
      fetch: customFetch ?? ((...request) => fetch(...request)),
      timeoutSeconds,
    },
    cacheTtlSeconds: options.cacheTtlSeconds ?? 600,
    cacheMaxEntries: options.cacheMaxEntries ?? 100,
    cacheAdapter: options.cacheAdapter,
    realm: options.realm ?? 'api',
    resourceMetadataUrl: options.resourceMetadataUrl,
    emit: createEmit(options.onEvent),
    runInBackground: createRunInBackground(options.waitUntil),
    now: options.now === undefined ? Date.now : checkedClock(options.now),
  });
}

/** A listener that throws, or rejects, harms nothing. */
function createEmit(onEvent: ((event: ApiClientEvent) => unknown) | undefined): Emit {
  if (onEvent === undefined) return undefined;
  return (event) => {
    callQuietly(() => onEvent(event));
  };
}

function allowedIssuersOf(
  domains: readonly string[] | DomainsResolver,
  timeoutSeconds: number,
): AllowedIssuers {
  if (typeof domains === 'function') {
    return (context) => withTimeLimit(Promise.resolve(domains(context)), timeoutSeconds);
  }
  return new Set(domains.map(issuerOfDomain).filter((issuer) => issuer !== undefined));
}

/** A clock that is broken must not make an expired token valid: with NaN every comparison is false. */
function checkedClock(clock: () => number): () => number {
  return () => {
    const now: unknown = clock();
    if (typeof now === 'number' && Number.isFinite(now)) return now;
    throw new ConfigurationError(`\`now\` must be ${EXPECTED.now ?? 'a clock'}.`);
  };
}

function asList(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : [...value];
}

function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const members = value as Readonly<Record<string, unknown>>;
  return names.every((name) => typeof members[name] === 'function');
}

function isHttpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}

/** The first thing that is wrong, with what to write instead. The value itself is not repeated: it may be a secret. */
function explain(issue: z.core.$ZodIssue | undefined): ConfigurationError {
  if (issue === undefined || (issue.path.length === 0 && issue.code !== 'unrecognized_keys')) {
    return new ConfigurationError('The options must be an object with at least `domain` and `audience`.');
  }
  const path = issue.path.filter((key) => typeof key === 'string');
  if (issue.code === 'unrecognized_keys') {
    const unknown = [...path, issue.keys[0] ?? ''].join('.');
    return new ConfigurationError(`\`${unknown}\` is no option${suggestion(unknown)}`);
  }
  const name = path.join('.');
  return new ConfigurationError(`\`${name}\` must be ${EXPECTED[name] ?? 'something else'}.`);
}

/** The nearest option of the same object: one that goes on like the unknown name, or is spelt almost like it. */
function suggestion(unknown: string): string {
  const parent = unknown.slice(0, unknown.lastIndexOf('.') + 1);
  const [nearest] = Object.keys(EXPECTED)
    .filter((name) => name.slice(0, name.lastIndexOf('.') + 1) === parent)
    .map((name) => ({ name, distance: distanceBetween(name.toLowerCase(), unknown.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance);
  const isNear = nearest !== undefined && nearest.distance <= (unknown.length - parent.length) / 2;
  return isNear ? `; did you mean \`${nearest.name}\`?` : '.';
}

function distanceBetween(name: string, unknown: string): number {
  return name.startsWith(unknown) ? 1 : leven(name, unknown);
}
