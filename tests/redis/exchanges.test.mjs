import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { importPackage } from './built-package.mjs';
import { CLIENT_NAMES } from './clients.mjs';
import { describeWithRedis, useRedis } from './with-redis.mjs';

const AUDIENCE = 'https://calendar.example.com';

describeWithRedis('APIs that share exchanged tokens in Redis', () => {
  const redis = useRedis();

  describe.each(CLIENT_NAMES)('over %s', (name) => {
    const setUp = async () => {
      const { ApiClient } = await importPackage('auth0-api-ts');
      const { createTestTenant } = await importPackage('auth0-api-ts/testing');
      const tenant = createTestTenant({ algorithm: 'ES256' });
      const { sendCommand } = await redis.connect(name);
      const events = [];
      const background = [];
      const createApi = async (encryptionKey) =>
        new ApiClient({
          ...tenant.clientOptions(),
          algorithms: ['ES256'],
          onBehalfOfCache: { adapter: (await redis.connect(name)).store, encryptionKey },
          waitUntil: (work) => background.push(work),
          onEvent: (event) => events.push(event),
        });
      const exchange = async (api, accessToken, more = {}) => {
        const result = await api.getTokenOnBehalfOf({ accessToken, audience: AUDIENCE, ...more });
        await Promise.all(background.splice(0));
        return result;
      };
      const requests = () => tenant.requests.filter(({ kind }) => kind === 'token').length;
      const failures = () => events.filter(({ type }) => type === 'adapter_failed');
      const keys = async () => (await sendCommand(['KEYS', '*'])).map(String);
      return { tenant, sendCommand, createApi, exchange, requests, failures, keys };
    };

    it('send one request for the same call, and another for another', async () => {
      const { tenant, createApi, exchange, requests, failures } = await setUp();
      const key = randomBytes(32);
      const [one, two] = [await createApi(key), await createApi(key)];
      const accessToken = await tenant.issueAccessToken({ sub: 'auth0|ada' });
      const first = await exchange(one, accessToken);
      const shared = await exchange(two, accessToken);
      expect(shared.accessToken).toBe(first.accessToken);
      expect(shared.expiresAt).toBe(first.expiresAt);
      expect(requests()).toBe(1);

      const other = await tenant.issueAccessToken({ sub: 'auth0|bob' });
      expect((await exchange(two, other)).accessToken).not.toBe(first.accessToken);
      expect((await exchange(two, accessToken, { scope: 'read' })).accessToken).not.toBe(first.accessToken);
      expect(requests()).toBe(3);
      expect(failures()).toEqual([]);
    });

    it('keep it where no token can be read, and no longer than it lives', async () => {
      const { tenant, sendCommand, createApi, exchange, keys } = await setUp();
      const accessToken = await tenant.issueAccessToken();
      const { accessToken: exchanged } = await exchange(await createApi(randomBytes(32)), accessToken);
      const [key, ...more] = await keys();
      expect(more).toEqual([]);
      expect(key).toMatch(/^auth0:cache:/);
      const kept = `${key} ${await sendCommand(['GET', key])}`;
      for (const token of [accessToken, exchanged]) {
        for (const part of token.split('.')) expect(kept).not.toContain(part);
      }
      expect(Number(await sendCommand(['PTTL', key]))).toBeGreaterThan(0);
      expect(Number(await sendCommand(['PTTL', key]))).toBeLessThanOrEqual(600_000);
    });

    it('do without it under another key, or when somebody has changed it', async () => {
      const { tenant, sendCommand, createApi, exchange, requests, keys } = await setUp();
      const key = randomBytes(32);
      const accessToken = await tenant.issueAccessToken();
      const { accessToken: first } = await exchange(await createApi(key), accessToken);
      const [entry] = await keys();
      const kept = String(await sendCommand(['GET', entry]));
      expect((await exchange(await createApi(randomBytes(32)), accessToken)).accessToken).not.toBe(first);

      for (const changed of [
        'null',
        '{}',
        '"text"',
        'no JSON',
        kept.replace(/[A-Za-z0-9](?=[A-Za-z0-9_-]{9})/, '!'),
      ]) {
        await sendCommand(['SET', entry, changed]);
        expect((await exchange(await createApi(key), accessToken)).accessToken).not.toBe(first);
      }
      await sendCommand(['SET', entry, kept]);
      expect((await exchange(await createApi(key), accessToken)).accessToken).toBe(first);
      expect(requests()).toBe(7);
    });

    it('go on by themselves while Redis is away', async () => {
      const { tenant, createApi, exchange, requests, failures } = await setUp();
      const key = randomBytes(32);
      const [one, two] = [await createApi(key), await createApi(key)];
      const accessToken = await tenant.issueAccessToken();
      await redis.server.kill();
      try {
        const first = await exchange(one, accessToken);
        expect((await exchange(one, accessToken)).accessToken).toBe(first.accessToken);
        expect((await exchange(two, accessToken)).accessToken).not.toBe(first.accessToken);
        expect(requests()).toBe(2);
        expect(failures()).not.toEqual([]);
      } finally {
        await redis.server.start();
      }
    });
  });
});
