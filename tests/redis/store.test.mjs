import { describe, expect, it } from 'vitest';
import { CLIENT_NAMES } from './clients.mjs';
import { until } from './until.mjs';
import { describeWithRedis, useRedis } from './with-redis.mjs';

/** The replies are numbers, strings or bytes, as the client gives them. */
const keysOf = async (sendCommand) => (await sendCommand(['KEYS', '*'])).map(String).sort();

describeWithRedis('a store in Redis', () => {
  const redis = useRedis();

  describe.each(CLIENT_NAMES)('over %s', (name) => {
    it('keeps values, and forgets them when told to', async () => {
      const { store, sendCommand } = await redis.connect(name);
      expect(await store.get('k')).toBeUndefined();
      expect(await store.set('k', { keys: ['grüße 🔑', null, 1.5] }, 60)).toBeUndefined();
      expect(await store.get('k')).toEqual({ keys: ['grüße 🔑', null, 1.5] });
      await store.set('k', 'another', 60);
      expect(await store.get('k')).toBe('another');
      expect(await keysOf(sendCommand)).toEqual(['auth0:cache:k']);
      expect(await store.delete('k')).toBeUndefined();
      expect(await store.delete('k')).toBeUndefined();
      expect(await store.get('k')).toBeUndefined();
    });

    it('keeps a value unless there is one', async () => {
      const { store } = await redis.connect(name);
      expect(await store.setIfAbsent('k', { by: 'the first' }, 60)).toBe(true);
      expect(await store.setIfAbsent('k', { by: 'the second' }, 60)).toBe(false);
      expect(await store.get('k')).toEqual({ by: 'the first' });
      await store.delete('k');
      expect(await store.setIfAbsent('k', null, 60)).toBe(true);
      expect(await store.setIfAbsent('k', { by: 'the second' }, 60)).toBe(false);
      expect(await store.get('k')).toBeNull();
    });

    it('adds a proof once', async () => {
      const { store, sendCommand } = await redis.connect(name);
      expect(await store.add('k', 301)).toBe(true);
      expect(await store.add('k', 301)).toBe(false);
      expect(await store.add('l', 301)).toBe(true);
      expect(await keysOf(sendCommand)).toEqual(['auth0:dpop:k', 'auth0:dpop:l']);
    });

    it('adds a proof once for 200 callers at the same time', async () => {
      const [one, two] = [await redis.connect(name), await redis.connect(name)];
      for (let round = 0; round < 5; round += 1) {
        const added = await Promise.all(
          Array.from({ length: 200 }, (_, index) => (index % 2 ? one : two).store.add(`k${round}`, 60)),
        );
        expect(added.filter(Boolean)).toEqual([true]);
      }
    });

    it('keeps no key longer than it was told', async () => {
      const { store, sendCommand } = await redis.connect(name);
      await store.set('set', 1, 100.0005);
      await store.setIfAbsent('setIfAbsent', 1, 200);
      await store.add('add', 301);
      const left = async (key) => Number(await sendCommand(['PTTL', key]));
      for (const [key, milliseconds] of [
        ['auth0:cache:set', 100_001],
        ['auth0:cache:setIfAbsent', 200_000],
        ['auth0:dpop:add', 301_000],
      ]) {
        expect(await left(key)).toBeLessThanOrEqual(milliseconds);
        expect(await left(key)).toBeGreaterThan(milliseconds - 60_000);
      }
      // A refused second attempt leaves the time of the first.
      await store.add('add', 9999);
      await store.setIfAbsent('setIfAbsent', 1, 9999);
      expect(await left('auth0:dpop:add')).toBeLessThanOrEqual(301_000);
      expect(await left('auth0:cache:setIfAbsent')).toBeLessThanOrEqual(200_000);
      await store.set('set', 1, 9007199254740);
      expect(await left('auth0:cache:set')).toBeGreaterThan(9e15);
    });

    it('forgets each key when its time is over', async () => {
      const { store } = await redis.connect(name);
      await store.set('set', 1, 0.001);
      await until('the value is gone', async () => (await store.get('set')) === undefined);
      expect(await store.setIfAbsent('setIfAbsent', 1, 0.2)).toBe(true);
      await until('another value is kept', () => store.setIfAbsent('setIfAbsent', 2, 60));
      expect(await store.get('setIfAbsent')).toBe(2);
      expect(await store.add('add', 0.2)).toBe(true);
      await until('the proof is added again', () => store.add('add', 60));
    });

    it('keeps a value of 1 MiB', async () => {
      const { store } = await redis.connect(name);
      const value = { text: 'ä"🔑\u0000'.repeat(1024 * 128) };
      await store.set('k', value, 60);
      expect((await store.get('k')).text === value.text).toBe(true);
    });

    it('takes any key and any prefix', async () => {
      const { createStore } = await redis.connect(name);
      const keys = ['', ' ', 'a b\r\nc', '*', '🔑', 'x'.repeat(10_000), '{tag}', '$1', '__proto__'];
      for (const prefix of ['', 'ключ 🔑 ', '\r\n*3\r\n']) {
        const store = createStore(prefix);
        for (const key of keys) await store.set(key, { prefix, key }, 60);
        for (const key of keys) expect(await store.get(key)).toEqual({ prefix, key });
        for (const key of keys) expect(await store.add(key, 60)).toBe(true);
        for (const key of keys) expect(await store.add(key, 60)).toBe(false);
      }
    });

    it('says which value is none, and not what it is', async () => {
      const { store, sendCommand } = await redis.connect(name);
      await sendCommand(['SET', 'auth0:cache:k', 'secret']);
      await expect(store.get('k')).rejects.toThrow(
        new Error('Redis: what is kept under the key auth0:cache:k is not JSON'),
      );
    });

    it('throws what Redis refuses', async () => {
      const { store, sendCommand } = await redis.connect(name);
      await sendCommand(['RPUSH', 'auth0:cache:k', 'a list']);
      await expect(store.get('k')).rejects.toThrow('WRONGTYPE');
      await sendCommand(['CONFIG', 'SET', 'maxmemory', '1', 'maxmemory-policy', 'noeviction']);
      try {
        await expect(store.add('k', 60)).rejects.toThrow('OOM');
        await expect(store.set('k', 1, 60)).rejects.toThrow('OOM');
      } finally {
        await sendCommand(['CONFIG', 'SET', 'maxmemory', '0']);
      }
      expect(await store.add('k', 60)).toBe(true);
    });

    it('clears 3000 values, and no used proof', async () => {
      const { store, sendCommand } = await redis.connect(name);
      const numbers = (length) => Array.from({ length }, (_, index) => index);
      await Promise.all(numbers(3000).map((index) => store.set(`k${index}`, index, 600)));
      await Promise.all(numbers(100).map((index) => store.add(`k${index}`, 600)));
      expect(await sendCommand(['DBSIZE'])).toBe(3100);
      await store.clear();
      expect(await sendCommand(['DBSIZE'])).toBe(100);
      const added = await Promise.all(numbers(100).map((index) => store.add(`k${index}`, 600)));
      expect(added).not.toContain(true);
      await store.clear();
      expect(await sendCommand(['DBSIZE'])).toBe(100);
    });

    it('clears nothing that a pattern in its prefix would match', async () => {
      const { createStore, sendCommand } = await redis.connect(name);
      const store = createStore('a*b?[c-e]^\\-');
      const others = ['ab', 'axb1c^-', 'a*b?d^-', 'a*b?[c-e]^', 'a*b?[c-e]^\\\\-', 'auth0:'];
      for (const prefix of others) await createStore(prefix).set('k', 1, 60);
      for (const key of ['k', '*', '[', '\\']) await store.set(key, 1, 60);
      await store.clear();
      expect(await keysOf(sendCommand)).toEqual(others.map((prefix) => `${prefix}cache:k`).sort());
    });

    it('shares everything with a store over any other client', async () => {
      const { store } = await redis.connect(name);
      await store.set('k', 'shared', 60);
      await store.add('k', 60);
      for (const other of CLIENT_NAMES) {
        const { store: another } = await redis.connect(other);
        expect(await another.get('k')).toBe('shared');
        expect(await another.add('k', 60)).toBe(false);
      }
    });
  });
});
