/**
 * Who did what for whom, for a log: plain data that no token, request or error can make dangerous to write down. Pure.
 *
 * Nothing here throws over what it is given. A request is answered the same whether or not its record looks good, and a
 * claim that cannot be read is recorded as such.
 */
import { MOST_ACTORS } from './delegation.ts';
import { BaseAuthError } from './errors/index.ts';
import { deepFreeze, ownMember } from './jws/json.ts';
import { inAscii, logText } from './platform/log-text.ts';
import { getScopes } from './scopes.ts';

/** One level of `act`, as the token has it. */
export interface AuditActor {
  readonly sub?: string;
  /** Whose name `sub` is, when the token says so (RFC 8693 §4.1). */
  readonly iss?: string;
  /** There, when this level does not name an actor properly. */
  readonly malformed?: true;
}

/** What is kept of a request: no header, no query, no body. */
export interface AuditRequest {
  readonly method?: string;
  /** Without credentials, query and fragment, where tokens and personal data travel. */
  readonly url?: string;
  readonly id?: string;
  readonly ip?: string;
}

/** How a request ended. `failed` is neither yes nor no: an outage, or a program that is wrong. */
export type AuditOutcome = 'allowed' | 'denied' | 'failed';

/** What {@link createAuditRecord} makes: JSON, deeply frozen. What the claims do not say is left out. */
export interface AuditRecord {
  /** The user: the `sub` of the token, or the client itself for a machine-to-machine token. */
  readonly user?: string;
  /** The current actor, and the only one that may decide about access. Absent when the user acts directly. */
  readonly actor?: string;
  /** All actors, the newest first, at most 32. */
  readonly chain: readonly AuditActor[];
  /** How many levels `act` has, those that are left out included. It is counted up to 100,000. */
  readonly depth: number;
  /** Whether levels are left out of the chain. */
  readonly truncated: boolean;
  /** How many. */
  readonly dropped: number;
  /** Whether a level does not name an actor properly. */
  readonly malformed: boolean;
  /** The client the token was issued to: `client_id`, or `azp`. */
  readonly client?: string;
  readonly organization?: { readonly id?: string; readonly name?: string };
  /** `jti`: it names the token and is worth nothing to a thief. */
  readonly tokenId?: string;
  readonly issuer?: string;
  readonly audience: readonly string[];
  readonly scopes: readonly string[];
  /** Epoch seconds. */
  readonly expiresAt?: number;
  readonly request?: AuditRequest;
  readonly outcome?: AuditOutcome;
  /** Why it was not allowed. */
  readonly error?: { readonly code: string; readonly reason: string; readonly statusCode: number };
}

/** Claims to record; any verified claims fit. */
export type AuditedClaims = object &
  Readonly<
    Partial<
      Record<
        'iss' | 'sub' | 'aud' | 'exp' | 'jti' | 'azp' | 'client_id' | 'scope' | 'org_id' | 'org_name' | 'act',
        unknown
      >
    >
  >;

/**
 * A request to record: a Fetch `Request`, the parts that `verifyRequest` takes, or the request of a framework. Other
 * members are not looked at.
 */
export interface AuditedRequest {
  readonly httpMethod?: string | undefined;
  readonly httpUrl?: string | undefined;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** A text or a number by which your other logs call the request. */
  readonly id?: unknown;
  /** The address of the caller, as your framework is configured to find it. */
  readonly ip?: string | undefined;
  readonly headers?: unknown;
}

export interface AuditContext {
  readonly request?: AuditedRequest | undefined;
  /** `allowed`, `denied`, or what was thrown. Any other value counts as `failed`. */
  readonly outcome?: unknown;
}

/** So many levels are counted; a token has room for a fraction of them. */
const MOST_LEVELS = 100_000;
/** Longer lists are cut. */
const MOST_ENTRIES = 100;

/**
 * Records a request: who asked, who acts for whom, by which token, and how it ended. Texts are made safe to write to a
 * log and are cut at 256 characters; lists end after 100 entries.
 *
 * @param claims verified claims; `undefined` for a request that was refused before there were any
 * @returns plain data for `JSON.stringify`, deeply frozen
 */
export function createAuditRecord(
  claims: AuditedClaims | undefined,
  context: AuditContext = {},
): AuditRecord {
  const claim = (name: string) => shown(own(claims, name));
  const scope = own(claims, 'scope');
  const expiresAt = own(claims, 'exp');
  return deepFreeze(
    present({
      user: claim('sub'),
      ...delegationOf(claims),
      client: claim('client_id') ?? claim('azp'),
      organization: unlessEmpty(present({ id: claim('org_id'), name: claim('org_name') })),
      tokenId: claim('jti'),
      issuer: claim('iss'),
      audience: listOf(own(claims, 'aud')),
      scopes: listOf(typeof scope === 'string' ? getScopes({ scope }) : []),
      // JSON knows no negative zero, and the record is what its JSON says.
      expiresAt: typeof expiresAt === 'number' && Number.isFinite(expiresAt) ? expiresAt + 0 : undefined,
      request: requestOf(read(context, 'request')),
      ...outcomeOf(read(context, 'outcome')),
    }),
  );
}

/**
 * The user and the actors in one line for people, the newest actor first: `auth0|alice <- calendar-mcp <- agent-1`. Not
 * for programs: {@link createAuditRecord} has the same as data.
 *
 * Names are printable ASCII; one that holds anything but letters, digits and the common marks of identifiers is put in
 * quotes. What stands in parentheses is no name: `(unknown)`, `(malformed)`, `(3 more)`.
 *
 * @param claims verified claims; `undefined` when there are none
 */
export function formatDelegationChain(claims: AuditedClaims | undefined): string {
  const { user, chain, dropped } = createAuditRecord(claims);
  const actors = chain.map(({ sub, malformed }) => (malformed === true ? '(malformed)' : nameOf(sub)));
  const more = dropped === 0 ? [] : [`(${dropped} more)`];
  return [nameOf(user), ...actors, ...more].join(' <- ');
}

function nameOf(text: string | undefined): string {
  if (text === undefined) return '(unknown)';
  return /^[\w|@.:/+~%-]+$/.test(text) ? text : `"${inAscii(text)}"`;
}

/** Level by level and not by recursion: a chain can be deeper than the stack. */
function delegationOf(claims: unknown) {
  const chain: AuditActor[] = [];
  let depth = 0;
  let malformed = false;
  for (let act = own(claims, 'act'); act !== undefined && depth < MOST_LEVELS; depth += 1) {
    const flaw = namesActor(act) ? undefined : (true as const);
    malformed ||= flaw === true;
    if (depth < MOST_ACTORS) {
      chain.push(present({ sub: shown(own(act, 'sub')), iss: shown(own(act, 'iss')), malformed: flaw }));
    }
    act = own(act, 'act');
  }
  const dropped = depth - chain.length;
  const actor = chain[0]?.malformed === true ? undefined : chain[0]?.sub;
  return { actor, chain, depth, truncated: dropped > 0, dropped, malformed };
}

/** By the same rule as `getCurrentActor` and `getDelegationChain`. */
function namesActor(act: unknown): boolean {
  const sub = attempt(() => Array.isArray(act)) === false ? own(act, 'sub') : undefined;
  return typeof sub === 'string' && sub.trim() !== '';
}

function requestOf(request: unknown): AuditRequest | undefined {
  if (request === undefined || request === null) return undefined;
  const url = read(request, 'httpUrl') ?? read(request, 'url');
  const id = read(request, 'id');
  return present({
    method: shown(read(request, 'httpMethod') ?? read(request, 'method')),
    url: typeof url === 'string' ? logText(withoutSecrets(url)) : undefined,
    id: shown(typeof id === 'number' ? String(id) : id),
    ip: shown(read(request, 'ip')),
  });
}

/** Without credentials, query and fragment. */
function withoutSecrets(url: string): string {
  if (URL.canParse(url)) {
    const { protocol, host, pathname } = new URL(url);
    if (host !== '') return `${protocol}//${host}${pathname}`;
  }
  const path = url.replace(/[?#][^]*/, '');
  // What is no plain path may be an address that cannot be parsed, and have credentials all the same.
  return /^\/(?![/\\])/.test(path) ? path : path.slice(path.lastIndexOf('@') + 1);
}

function outcomeOf(outcome: unknown): {
  readonly outcome: AuditOutcome | undefined;
  readonly error?: AuditRecord['error'];
} {
  if (outcome === undefined || outcome === 'allowed' || outcome === 'denied') return { outcome };
  const error = attempt(() => errorOf(outcome));
  return error === undefined
    ? { outcome: 'failed' }
    : { outcome: error.statusCode < 500 ? 'denied' : 'failed', error };
}

function errorOf(thrown: unknown): AuditRecord['error'] {
  if (!(thrown instanceof BaseAuthError)) return undefined;
  const { code, reason, responseStatusCode: statusCode } = thrown;
  // An upstream has codes of its own.
  return { code: logText(code), reason, statusCode };
}

/** Of claims only their own members count. */
function own(object: unknown, name: string): unknown {
  return attempt(() => ownMember(Object(object) as object, name));
}

/** Requests have getters on their prototypes. */
function read(object: unknown, name: string): unknown {
  return attempt(() => Reflect.get(Object(object) as object, name) as unknown);
}

/** A getter that throws has nothing to say. */
function attempt<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

function shown(value: unknown): string | undefined {
  return typeof value === 'string' ? logText(value) : undefined;
}

function listOf(value: unknown): string[] {
  const entries = attempt(() => (Array.isArray(value) ? Array.from<unknown>(value) : [value])) ?? [];
  const texts = entries.filter((entry) => typeof entry === 'string');
  const list = texts.slice(0, MOST_ENTRIES).map((text) => logText(text));
  return texts.length > MOST_ENTRIES ? [...list, `\\[${texts.length - MOST_ENTRIES} more]`] : list;
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without the members that are `undefined`: JSON has none. */
function present<T extends object>(members: T): Present<T> {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  // TypeScript cannot follow members through a list of entries; these are those that the name promises.
  return Object.fromEntries(entries) as Present<T>;
}

function unlessEmpty<T extends object>(members: T): T | undefined {
  return Object.keys(members).length === 0 ? undefined : members;
}
