import { describe, expect, it } from 'vitest';
import { createRedisStore, type RedisStore, type RedisStoreOptions } from '../../../src/redis/index.ts';

type Reply = unknown;

/** A store whose commands are noted, and answered with the replies in turn; the last one is given again. */
function setUp({ replies = ['OK'], prefix }: { replies?: Reply[]; prefix?: string } = {}) {
  const commands: string[][] = [];
  const sendCommand: RedisStoreOptions['sendCommand'] = (command) => {
    commands.push([...command]);
    return Promise.resolve(replies[Math.min(commands.length, replies.length) - 1]);
  };
  const store = createRedisStore(prefix === undefined ? { sendCommand } : { sendCommand, prefix });
  return { store, commands };
}

const answering = (...replies: Reply[]) => setUp({ replies }).store;
const bytes = (text: string) => new TextEncoder().encode(text);
const noUtf8 = Uint8Array.of(0xc3, 0x28);

/** Every operation that has a life time. */
const timed: [name: string, call: (store: RedisStore, ttlSeconds: number) => Promise<unknown>][] = [
  ['set', (store, ttlSeconds) => store.set('k', 1, ttlSeconds)],
  ['setIfAbsent', (store, ttlSeconds) => store.setIfAbsent('k', 1, ttlSeconds)],
  ['add', (store, ttlSeconds) => store.add('k', ttlSeconds)],
];

describe('createRedisStore', () => {
  it.each([
    ['get', (store: RedisStore) => store.get('k'), ['GET', 'auth0:cache:k']],
    [
      'set',
      (store: RedisStore) => store.set('k', { a: 1 }, 60),
      ['SET', 'auth0:cache:k', '{"a":1}', 'PX', '60000'],
    ],
    ['delete', (store: RedisStore) => store.delete('k'), ['DEL', 'auth0:cache:k']],
    [
      'setIfAbsent',
      (store: RedisStore) => store.setIfAbsent('k', [1], 60),
      ['SET', 'auth0:cache:k', '[1]', 'PX', '60000', 'NX'],
    ],
    ['add', (store: RedisStore) => store.add('k', 301), ['SET', 'auth0:dpop:k', '1', 'PX', '301000', 'NX']],
  ])('makes one command of %s', async (name, call, command) => {
    const { store, commands } = setUp({ replies: [name === 'get' ? null : 'OK'] });
    await call(store);
    expect(commands).toEqual([command]);
  });

  it.each(['', 'my-api:', '{tag}', 'ключ 🔑 '])('puts the prefix %j before every key', async (prefix) => {
    const { store, commands } = setUp({ replies: ['OK', 'OK', 'OK', 'OK', '1'], prefix });
    await store.set('k', 1, 1);
    await store.setIfAbsent('k', 1, 1);
    await store.add('k', 1);
    await store.delete('k');
    await store.get('k');
    const [cache, proof] = [`${prefix}cache:k`, `${prefix}dpop:k`];
    expect(commands.map(([, key]) => key)).toEqual([cache, cache, proof, cache, cache]);
  });

  it('takes an undefined prefix for the default', async () => {
    const commands: string[][] = [];
    const sendCommand = (command: string[]) => {
      commands.push(command);
      return Promise.resolve(null);
    };
    await createRedisStore({ sendCommand, prefix: undefined }).get('k');
    expect(commands).toEqual([['GET', 'auth0:cache:k']]);
  });

  it('works detached from the object', async () => {
    const { get, set, setIfAbsent, add } = answering('OK', 'OK', 'OK', null);
    await set('k', 1, 1);
    expect([await setIfAbsent('k', 1, 1), await add('k', 1), await get('k')]).toEqual([
      true,
      true,
      undefined,
    ]);
  });

  const sendCommand = () => Promise.resolve(null);
  class Client {
    readonly isOpen = true;
    readonly sendCommand = sendCommand;
  }
  it.each<[options: unknown, message: string]>([
    [undefined, 'the options must be an object'],
    [null, 'the options must be an object'],
    ['redis://localhost', 'the options must be an object'],
    [{}, 'the option `sendCommand` must be a function'],
    [{ sendCommand: {} }, 'the option `sendCommand` must be a function'],
    [{ sendCommand, prefix: 7 }, 'the option `prefix` must be a string'],
    [{ sendCommand, prefix: null }, 'the option `prefix` must be a string'],
    [{ sendCommand, keyPrefix: 'a' }, 'there is no option `keyPrefix`'],
    [new Client(), 'there is no option `isOpen`'],
  ])('refuses the options %j', (options, message) => {
    const create = () => createRedisStore(options as RedisStoreOptions);
    expect(create).toThrow(TypeError);
    expect(create).toThrow(`createRedisStore: ${message}`);
  });

  it('throws what the client throws, as it is', async () => {
    const failure = new Error('connection lost');
    const calls: ((store: RedisStore) => Promise<unknown>)[] = [
      ...timed.map(
        ([, call]) =>
          (store: RedisStore) =>
            call(store, 1),
      ),
      (store) => store.get('k'),
      (store) => store.delete('k'),
      (store) => store.clear(),
    ];
    for (const call of calls) {
      await expect(call(createRedisStore({ sendCommand: () => Promise.reject(failure) }))).rejects.toBe(
        failure,
      );
      const throwing = () => {
        throw failure;
      };
      await expect(call(createRedisStore({ sendCommand: throwing }))).rejects.toBe(failure);
    }
  });
});

describe('a life time', () => {
  it.each([
    [1, '1000'],
    [301, '301000'],
    [0.25, '250'],
    [0.0001, '1'],
    [Number.MIN_VALUE, '1'],
    [1.0005, '1001'],
    [9007199254740, '9007199254740000'],
  ])('of %s s is sent as %s ms', async (ttlSeconds, expected) => {
    for (const [, call] of timed) {
      const { store, commands } = setUp();
      await call(store, ttlSeconds);
      expect(commands[0]?.slice(3, 5)).toEqual(['PX', expected]);
    }
  });

  it.each([0, -1, -0, NaN, Infinity, -Infinity, 9007199254741, 1e300, '60', null, undefined, 60n, {}])(
    'of %s is refused, and nothing is sent',
    async (ttlSeconds) => {
      for (const [, call] of timed) {
        const { store, commands } = setUp();
        const refusal = expect(call(store, ttlSeconds as number)).rejects;
        await refusal.toThrow(RangeError);
        await refusal.toThrow('ttlSeconds must be a number of seconds above 0');
        expect(commands).toEqual([]);
      }
    },
  );
});

describe('a kept value', () => {
  it.each([
    null,
    true,
    0,
    -1.5,
    '',
    'OK',
    'grüße 🔑 \u2028 \ud83d',
    [],
    [1, [2, [3]]],
    { keys: [{ kid: 'a', n: 'ž'.repeat(1000) }], nothing: null },
    JSON.parse('{"__proto__":{"polluted":true}}') as unknown,
  ])('comes back as it was: %j', async (value) => {
    const { store, commands } = setUp();
    await store.set('k', value, 1);
    const text = commands[0]?.[2] ?? '';
    expect(await answering(text).get('k')).toEqual(value);
    expect(await answering(bytes(text)).get('k')).toEqual(value);
    expect(JSON.stringify(await answering(text).get('k'))).toBe(text);
  });

  it('is undefined when there is none', async () => {
    expect(await answering(null).get('k')).toBeUndefined();
  });

  it.each([undefined, () => 1, Symbol('s')])('cannot be %s', async (value) => {
    const { store, commands } = setUp();
    await expect(store.set('k', value, 1)).rejects.toThrow(TypeError);
    await expect(store.setIfAbsent('k', value, 1)).rejects.toThrow('must be plain JSON');
    expect(commands).toEqual([]);
  });

  it('cannot be what JSON.stringify refuses', async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    await expect(answering('OK').set('k', circular, 1)).rejects.toThrow(TypeError);
    await expect(answering('OK').setIfAbsent('k', 1n, 1)).rejects.toThrow(TypeError);
  });

  it.each(['', '{"secret":', 'secret', "{'secret':1}", '{"secret":1}}', '\ufeff{"secret":1}'])(
    'that is not JSON is an error that does not quote it: %j',
    async (text) => {
      for (const reply of [text, bytes(text)]) {
        const get = answering(reply).get('k');
        await expect(get).rejects.toThrow(
          new Error('Redis: what is kept under the key auth0:cache:k is not JSON'),
        );
        await expect(get).rejects.not.toHaveProperty('cause');
      }
    },
  );
});

describe('a reply that Redis never gives', () => {
  it.each([
    [undefined, 'nothing'],
    [1, 'a number'],
    [true, 'a boolean'],
    [['secret'], 'an array'],
    [{ secret: 1 }, 'an object'],
    [new Error('secret'), 'an object'],
    [noUtf8, 'bytes'],
  ])('to GET is an error: %o', async (reply, kind) => {
    await expect(answering(reply).get('k')).rejects.toThrow(
      new Error(`Redis: GET was answered with ${kind}, and not with a string or nil`),
    );
  });

  const notOk: [Reply, string][] = [
    [undefined, 'nothing'],
    [1, 'a number'],
    [true, 'a boolean'],
    [false, 'a boolean'],
    ['', 'a string'],
    ['ok', 'a string'],
    ['QUEUED', 'a string'],
    [bytes('QUEUED'), 'bytes'],
    [noUtf8, 'bytes'],
    [[], 'an array'],
    [['OK'], 'an array'],
    [{}, 'an object'],
  ];

  it.each(notOk)('to SET NX is neither yes nor no: %o', async (reply, kind) => {
    const expected = new Error(`Redis: SET was answered with ${kind}, and not with 'OK' or nil`);
    await expect(answering(reply).add('k', 1)).rejects.toThrow(expected);
    await expect(answering(reply).setIfAbsent('k', 1, 1)).rejects.toThrow(expected);
  });

  it.each([...notOk, [null, 'nil'] as [Reply, string]])('to SET is an error: %o', async (reply, kind) => {
    await expect(answering(reply).set('k', 1, 1)).rejects.toThrow(
      new Error(`Redis: SET was answered with ${kind}, and not with 'OK'`),
    );
  });

  it.each([
    [null, 'nil'],
    [undefined, 'nothing'],
    ['0', 'a string'],
    [0, 'a number'],
    [{ cursor: '0', keys: [] }, 'an object'],
    [[], 'an array'],
    [['0'], 'an array'],
    [['0', null], 'an array'],
    [['0', 'auth0:cache:k'], 'an array'],
    [[0, []], 'an array'],
    [[null, []], 'an array'],
    [['', []], 'an array'],
    [['-1', []], 'an array'],
    [['00', []], 'an array'],
    [['0\n', []], 'an array'],
    [['1e3', []], 'an array'],
    [[noUtf8, []], 'an array'],
  ])('to SCAN is an error: %j', async (reply, kind) => {
    const { store, commands } = setUp({ replies: [reply] });
    await expect(store.clear()).rejects.toThrow(
      new Error(`Redis: SCAN was answered with ${kind}, and not with a cursor and a list of keys`),
    );
    expect(commands).toHaveLength(1);
  });
});

describe('setIfAbsent and add', () => {
  it.each([
    ['OK', true],
    [bytes('OK'), true],
    [null, false],
  ])('answer %o with %s', async (reply, expected) => {
    expect(await answering(reply).add('k', 1)).toBe(expected);
    expect(await answering(reply).setIfAbsent('k', 1, 1)).toBe(expected);
  });
});

describe('clear', () => {
  const scan = (cursor: string) => ['SCAN', cursor, 'MATCH', 'auth0:cache:*', 'COUNT', '500'];

  it('walks through all pages, and deletes the keys of each at once', async () => {
    const { store, commands } = setUp({
      replies: [
        ['17', ['auth0:cache:a', 'auth0:cache:b']],
        2,
        ['18446744073709551615', []],
        [bytes('3'), [bytes('auth0:cache:c'), 'auth0:cache:ü']],
        1,
        ['0', ['auth0:cache:a']],
        0,
      ],
    });
    await store.clear();
    expect(commands).toEqual([
      scan('0'),
      ['DEL', 'auth0:cache:a', 'auth0:cache:b'],
      scan('17'),
      scan('18446744073709551615'),
      ['DEL', 'auth0:cache:c', 'auth0:cache:ü'],
      scan('3'),
      ['DEL', 'auth0:cache:a'],
    ]);
  });

  it('asks once when there is nothing', async () => {
    const { store, commands } = setUp({ replies: [['0', []]] });
    await store.clear();
    expect(commands).toEqual([scan('0')]);
  });

  it('asks for the prefix and for no pattern that it may look like', async () => {
    const { store, commands } = setUp({ replies: [['0', []]], prefix: 'a*b?[c]^-\\d:' });
    await store.clear();
    expect(commands).toEqual([['SCAN', '0', 'MATCH', 'a\\*b\\?\\[c\\]\\^\\-\\\\d:cache:*', 'COUNT', '500']]);
  });

  it.each(['auth0:dpop:k', 'auth0:cach', 'other:cache:k', 'xauth0:cache:k', null, 1, noUtf8])(
    'deletes nothing of a page with a key that is not its own: %s',
    async (key) => {
      const { store, commands } = setUp({ replies: [['0', ['auth0:cache:a', key]]] });
      await expect(store.clear()).rejects.toThrow('SCAN was answered with a key that is not of this cache');
      expect(commands).toEqual([scan('0')]);
    },
  );

  it.each([[['7']], [['7', '8', '9', '8']]])('ends when cursors come back: %j', async ([...cursors]) => {
    const { store, commands } = setUp({ replies: cursors.map((cursor) => [cursor, []]) });
    await expect(store.clear()).rejects.toThrow('SCAN was answered with the same cursor twice');
    expect(commands.length).toBeLessThanOrEqual(4);
  });

  it('leaves used proofs alone', async () => {
    const kept = new Map<string, string>();
    const store = createRedisStore({
      sendCommand: ([name, ...args]): Promise<unknown> => {
        const [key = '', value = ''] = args;
        if (name === 'SCAN') {
          const start = args[2]?.replace(/\*$/, '') ?? '';
          return Promise.resolve(['0', [...kept.keys()].filter((known) => known.startsWith(start))]);
        }
        if (name === 'DEL') return Promise.resolve(args.filter((known) => kept.delete(known)).length);
        if (args.includes('NX') && kept.has(key)) return Promise.resolve(null);
        kept.set(key, value);
        return Promise.resolve('OK');
      },
    });
    await store.set('k', 1, 60);
    await store.setIfAbsent('l', 1, 60);
    expect(await store.add('k', 60)).toBe(true);
    await store.clear();
    expect([...kept.keys()]).toEqual(['auth0:dpop:k']);
    expect(await store.add('k', 60)).toBe(false);
    expect(await store.setIfAbsent('k', 2, 60)).toBe(true);
  });
});
