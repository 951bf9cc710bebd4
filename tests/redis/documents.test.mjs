import { expect, it } from 'vitest';
import { importPackage } from './built-package.mjs';
import { CLIENT_NAMES } from './clients.mjs';
import { describeWithRedis, useRedis } from './with-redis.mjs';

describeWithRedis('APIs that share documents in Redis', () => {
  const redis = useRedis();

  /** Two APIs over each client, and what they tell. */
  const setUp = async () => {
    const { ApiClient } = await importPackage('auth0-api-ts');
    const { createTestTenant } = await importPackage('auth0-api-ts/testing');
    const tenant = createTestTenant({ algorithm: 'ES256' });
    const events = [];
    const apis = [];
    for (const name of [...CLIENT_NAMES, ...CLIENT_NAMES]) {
      const { store: cacheAdapter } = await redis.connect(name);
      const options = { ...tenant.clientOptions(), algorithms: ['ES256'], cacheAdapter };
      apis.push(new ApiClient({ ...options, onEvent: (event) => events.push(event) }));
    }
    const accessToken = await tenant.issueAccessToken();
    const failures = () => events.filter(({ type }) => type === 'adapter_failed');
    return { tenant, apis, failures, verify: (api) => api.verifyAccessToken({ accessToken }) };
  };

  it('fetch them once, when all begin at the same time', async () => {
    const { tenant, apis, failures, verify } = await setUp();
    await Promise.all(apis.map(verify));
    expect(tenant.requests.map(({ kind }) => kind)).toEqual(['discovery', 'jwks']);
    expect(failures()).toEqual([]);
  });

  it('go on by themselves while Redis is away', async () => {
    const { tenant, apis, failures, verify } = await setUp();
    await redis.server.kill();
    try {
      await Promise.all(apis.map(verify));
      expect(tenant.requests).toHaveLength(2 * apis.length);
      expect(failures()).not.toEqual([]);
    } finally {
      await redis.server.start();
    }
  });
});
