import { describe, expect, it } from 'vitest';
import { importPackage } from './built-package.mjs';
import { CLIENT_NAMES } from './clients.mjs';
import { until } from './until.mjs';
import { describeWithRedis, useRedis } from './with-redis.mjs';

const OPERATIONS = {
  get: (store) => store.get('k'),
  set: (store) => store.set('k', 1, 60),
  delete: (store) => store.delete('k'),
  clear: (store) => store.clear(),
  setIfAbsent: (store) => store.setIfAbsent('k', 1, 60),
  add: (store) => store.add('k', 60),
};

const isBack = (store) =>
  until('the client is connected again', () =>
    store.get('is it back').then(
      () => true,
      () => false,
    ),
  );

describeWithRedis('when Redis is away', () => {
  const redis = useRedis();

  describe.each(CLIENT_NAMES)('a store over %s', (name) => {
    it('rejects, and works again with Redis', async () => {
      const { store } = await redis.connect(name);
      await store.set('k', 1, 60);
      await store.add('k', 60);

      await redis.server.kill();
      for (const operation of Object.values(OPERATIONS)) {
        await expect(operation(store)).rejects.toThrow(Error);
      }

      await redis.server.start();
      await isBack(store);
      expect(await store.get('k')).toBeUndefined();
      await store.set('k', 2, 60);
      expect(await store.get('k')).toBe(2);
      expect(await store.setIfAbsent('k', 3, 60)).toBe(false);
      expect(await store.add('k', 60)).toBe(true);
      expect(await store.add('k', 60)).toBe(false);
      await store.clear();
      expect(await store.get('k')).toBeUndefined();
    });

    it('rejects what was under way', async () => {
      const { store } = await redis.connect(name);
      redis.server.pause();
      const outcomes = Promise.allSettled(Object.values(OPERATIONS).map((operation) => operation(store)));
      await redis.server.kill();
      for (const outcome of await outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(Error) });
      }
      await redis.server.start();
    });
  });

  describe.each(CLIENT_NAMES)('an API with a replay store over %s', (name) => {
    const setUp = async () => {
      const { ApiClient, ReplayStoreUnavailableError } = await importPackage('auth0-api-ts');
      const { createTestTenant } = await importPackage('auth0-api-ts/testing');
      const { store } = await redis.connect(name);
      const tenant = createTestTenant({ algorithm: 'ES256' });
      const options = { ...tenant.clientOptions(), algorithms: ['ES256'], dpop: { replayStore: store } };
      const createClient = (more = {}) => new ApiClient({ ...options, ...more });
      const dpopKey = tenant.createDpopKey();
      const accessToken = await tenant.issueAccessToken({ dpopKey });
      const target = { httpMethod: 'GET', httpUrl: 'https://api.example.com/orders' };
      const createRequest = async () => {
        const dpop = await dpopKey.createProof({ ...target, accessToken });
        return { headers: { authorization: `DPoP ${accessToken}`, dpop }, ...target };
      };
      const expectUnavailable = async (promise, cause) => {
        const error = await promise.catch((thrown) => thrown);
        expect(error).toBeInstanceOf(ReplayStoreUnavailableError);
        expect(error).toMatchObject({
          statusCode: 503,
          code: 'replay_store_unavailable',
          reason: 'replay_store_unavailable',
          headers: { 'Retry-After': '1' },
          challenges: [],
          cause,
        });
      };
      return { store, createClient, createRequest, expectUnavailable };
    };
    const replayed = { statusCode: 400, reason: 'dpop_proof_replayed' };

    it('is unavailable, and accepts the same proof once when Redis is back', async () => {
      const { store, createClient, createRequest, expectUnavailable } = await setUp();
      const [one, two] = [createClient(), createClient()];
      const used = await createRequest();
      expect(await one.verifyRequest(used)).toMatchObject({ sub: 'auth0|user' });
      await expect(two.verifyRequest(used)).rejects.toMatchObject(replayed);

      await redis.server.kill();
      const fresh = await createRequest();
      const cause = { name: 'replayStore', error: expect.any(Error) };
      for (const client of [one, two, one]) await expectUnavailable(client.verifyRequest(fresh), cause);

      await redis.server.start();
      await isBack(store);
      expect(await two.verifyRequest(fresh)).toMatchObject({ sub: 'auth0|user' });
      await expect(one.verifyRequest(fresh)).rejects.toMatchObject(replayed);
      await expect(two.verifyRequest(fresh)).rejects.toMatchObject(replayed);
    });

    it('is unavailable when Redis is silent', async () => {
      const { createClient, createRequest, expectUnavailable } = await setUp();
      const client = createClient({ timeoutSeconds: 1 });
      await client.verifyRequest(await createRequest());
      redis.server.pause();
      await expectUnavailable(client.verifyRequest(await createRequest()), { name: 'replayStore' });
      redis.server.resume();
      await until('Redis answers again', async () =>
        client.verifyRequest(await createRequest()).then(
          () => true,
          () => false,
        ),
      );
    });
  });
});
