/**
 * A store in Redis that several processes share: kept documents, exchanged tokens, and used proofs. It knows no client.
 * Whatever sends a command for it will do, and so neither `redis` nor `ioredis` is a dependency.
 */
import type { CacheAdapter, DpopReplayStore } from '../index.ts';

export interface RedisStoreOptions {
  /**
   * Sends one command to Redis and resolves to its reply: a string or bytes, a number, `null` for nil, an array. What it
   * throws is thrown on as it is. Configure the client so that it fails while Redis is away and does not queue: a request
   * that waits in a queue is answered by nobody.
   *
   * @example
   * // redis
   * sendCommand: (command) => client.sendCommand(command)
   * // ioredis
   * sendCommand: ([name, ...args]) => client.call(name, ...args)
   */
  readonly sendCommand: (command: [name: string, ...args: string[]]) => Promise<unknown>;
  /**
   * What every key begins with; `auth0:` by default. It separates this store from all else in the same Redis, and from
   * other stores, as long as no prefix begins with another. Leave `keyPrefix` of ioredis unset: `clear` does not see
   * through it.
   */
  readonly prefix?: string | undefined;
}

/**
 * For `dpop.replayStore`, and as a cache, at once: `clear` leaves the used proofs alone. All methods reject with what
 * `sendCommand` throws, and with an `Error` when a reply is not what Redis answers. They work detached from the object.
 */
export interface RedisStore extends CacheAdapter, DpopReplayStore {
  /**
   * The value kept under the key; `undefined` when there is none.
   *
   * @throws Error when what is kept is not JSON; the message names the key and not the value
   */
  readonly get: (key: string) => Promise<unknown>;
  /**
   * Keeps a value, in place of another.
   *
   * @param value plain JSON
   * @param ttlSeconds a finite number above 0; kept to the millisecond, rounded up
   * @throws TypeError when the value has no JSON
   * @throws RangeError for another `ttlSeconds`
   */
  readonly set: (key: string, value: unknown, ttlSeconds: number) => Promise<void>;
  /** Forgets a value; nothing happens when there is none. */
  readonly delete: (key: string) => Promise<void>;
  /**
   * Forgets all values of the cache, and no used proof: a proof that is forgotten could be used again. It walks through
   * all keys of the Redis in steps, and values that are set meanwhile may stay. It does not serve a cluster, where each
   * node knows only its own keys; everything else does.
   */
  readonly clear: () => Promise<void>;
  /**
   * Keeps a value unless there is one, in one atomic step, and tells whether it did.
   *
   * @param value plain JSON
   * @param ttlSeconds a finite number above 0; kept to the millisecond, rounded up
   * @throws TypeError when the value has no JSON
   * @throws RangeError for another `ttlSeconds`
   */
  readonly setIfAbsent: (key: string, value: unknown, ttlSeconds: number) => Promise<boolean>;
  /**
   * Adds the key of a proof unless it is there, in one atomic step.
   *
   * @param ttlSeconds a finite number above 0; kept to the millisecond, rounded up
   * @returns `true` when it was added, `false` when it was there already
   * @throws RangeError for another `ttlSeconds`
   */
  readonly add: (key: string, ttlSeconds: number) => Promise<boolean>;
}

const DEFAULT_PREFIX = 'auth0:';
/** How many keys Redis looks at in one step of a walk; it serves nobody else in the meantime. */
const SCAN_COUNT = '500';
/** The longest whole milliseconds that a number tells exactly; Redis takes longer ones. */
const MAX_TTL_SECONDS = Math.floor(Number.MAX_SAFE_INTEGER / 1000);

/**
 * A store in Redis, for all processes that serve the API. A used proof is known as long as Redis knows it: let it evict
 * nothing (`maxmemory-policy noeviction`), and keep in mind that a restart without persistence, or a failover to a
 * replica that lags behind, forgets proofs.
 *
 * @throws TypeError that names the option that is not what it should be
 */
export function createRedisStore(options: RedisStoreOptions): RedisStore {
  const { sendCommand, prefix } = checkOptions(options);
  // Two names and not one, so that no walk over the cache meets a used proof.
  const cachePrefix = `${prefix}cache:`;
  const proofPrefix = `${prefix}dpop:`;

  const setUnlessThere = async (key: string, text: string, ttlSeconds: number): Promise<boolean> => {
    const reply = await sendCommand(['SET', key, text, 'PX', toMilliseconds(ttlSeconds), 'NX']);
    if (reply === null) return false;
    return expectOk(reply, "'OK' or nil");
  };

  return {
    get: async (key) => {
      const reply = await sendCommand(['GET', cachePrefix + key]);
      if (reply === null) return undefined;
      const text = textOf(reply) ?? refuseReply('GET', 'a string or nil', reply);
      return fromJson(text, cachePrefix + key);
    },
    set: async (key, value, ttlSeconds) => {
      const text = toJson(value);
      expectOk(await sendCommand(['SET', cachePrefix + key, text, 'PX', toMilliseconds(ttlSeconds)]), "'OK'");
    },
    delete: async (key) => {
      await sendCommand(['DEL', cachePrefix + key]);
    },
    clear: async () => {
      const pattern = `${escapeGlob(cachePrefix)}*`;
      const seen = new Set<string>();
      let cursor = '0';
      do {
        const reply = await sendCommand(['SCAN', cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT]);
        const page = readPage(reply, cachePrefix);
        if (page.keys.length > 0) await sendCommand(['DEL', ...page.keys]);
        cursor = page.cursor;
        // A walk goes forward only, whatever is added or deleted on the way; a cursor that returns would never end it.
        if (seen.has(cursor)) throw new Error('Redis: SCAN was answered with the same cursor twice');
        seen.add(cursor);
      } while (cursor !== '0');
    },
    setIfAbsent: async (key, value, ttlSeconds) =>
      setUnlessThere(cachePrefix + key, toJson(value), ttlSeconds),
    add: async (key, ttlSeconds) => setUnlessThere(proofPrefix + key, '1', ttlSeconds),
  };
}

interface CheckedOptions {
  readonly sendCommand: RedisStoreOptions['sendCommand'];
  readonly prefix: string;
}

function checkOptions(options: RedisStoreOptions): CheckedOptions {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError('createRedisStore: the options must be an object with `sendCommand`');
  }
  const { sendCommand, prefix = DEFAULT_PREFIX, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new TypeError(
      `createRedisStore: there is no option \`${unknown}\`; the options are sendCommand, prefix`,
    );
  }
  if (typeof (sendCommand as unknown) !== 'function') {
    throw new TypeError('createRedisStore: the option `sendCommand` must be a function that sends a command');
  }
  if (typeof (prefix as unknown) !== 'string') {
    throw new TypeError('createRedisStore: the option `prefix` must be a string');
  }
  return { sendCommand, prefix };
}

function toMilliseconds(ttlSeconds: number): string {
  // Written so that NaN is refused, too.
  if (!(typeof ttlSeconds === 'number' && ttlSeconds > 0 && ttlSeconds <= MAX_TTL_SECONDS)) {
    throw new RangeError(`ttlSeconds must be a number of seconds above 0, at most ${MAX_TTL_SECONDS}`);
  }
  return String(Math.ceil(ttlSeconds * 1000));
}

function toJson(value: unknown): string {
  // For a function and for `undefined` there is no text at all, other than the type says.
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError('the value to keep must be plain JSON');
  return text;
}

function fromJson(text: string, key: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Without the cause: the parser quotes the text.
    throw new Error(`Redis: what is kept under the key ${key} is not JSON`);
  }
}

/** A string reply, or one that the client hands out as bytes; `undefined` for anything else. */
function textOf(reply: unknown): string | undefined {
  if (typeof reply === 'string') return reply;
  // Not `instanceof`: test runners have a Uint8Array of their own.
  if (!ArrayBuffer.isView(reply)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(reply);
  } catch {
    return undefined;
  }
}

function expectOk(reply: unknown, expected: string): true {
  return textOf(reply) === 'OK' ? true : refuseReply('SET', expected, reply);
}

interface Page {
  /** Where the walk goes on; `0` at its end. */
  readonly cursor: string;
  readonly keys: readonly string[];
}

function readPage(reply: unknown, prefix: string): Page {
  const [cursor, keys] = Array.isArray(reply) ? (reply as unknown[]) : [];
  const position = textOf(cursor);
  if (position === undefined || !/^(?:0|[1-9]\d*)$/.test(position) || !Array.isArray(keys)) {
    refuseReply('SCAN', 'a cursor and a list of keys', reply);
  }
  const names = keys.map((key) => {
    const name = textOf(key);
    // What is deleted next has to be ours, also when something between here and Redis does not know patterns.
    if (name?.startsWith(prefix) !== true)
      throw new Error('Redis: SCAN was answered with a key that is not of this cache');
    return name;
  });
  return { cursor: position, keys: names };
}

/** A text as a pattern of Redis that matches nothing else. */
function escapeGlob(text: string): string {
  return text.replace(/[*?[\]^\\-]/g, '\\$&');
}

/** Tells the kind of the reply only, for what is kept is nothing for a log. */
function refuseReply(command: string, expected: string, reply: unknown): never {
  throw new Error(`Redis: ${command} was answered with ${kindOf(reply)}, and not with ${expected}`);
}

function kindOf(reply: unknown): string {
  if (reply === null) return 'nil';
  if (reply === undefined) return 'nothing';
  if (ArrayBuffer.isView(reply)) return 'bytes';
  if (Array.isArray(reply)) return 'an array';
  return typeof reply === 'object' ? 'an object' : `a ${typeof reply}`;
}
