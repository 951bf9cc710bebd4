import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { importPackage } from './built-package.mjs';
import { describeWithRedis, useRedis } from './with-redis.mjs';

const PROOFS = 50;
const VERIFIER = fileURLToPath(new URL('verifier.mjs', import.meta.url));

describeWithRedis('processes that share a replay store', () => {
  const redis = useRedis();

  it.each([
    ['redis', 'redis'],
    ['ioredis', 'ioredis'],
    ['redis', 'ioredis'],
  ])('accept each proof in one of them: %s and %s', async (...clientNames) => {
    const { createTestTenant } = await importPackage('auth0-api-ts/testing');
    const tenant = createTestTenant({ algorithm: 'ES256' });
    const server = await tenant.listen();
    const dpopKey = tenant.createDpopKey();
    const accessToken = await tenant.issueAccessToken({ dpopKey });
    const target = { httpMethod: 'GET', httpUrl: 'https://api.example.com/orders' };
    const requests = await Promise.all(
      Array.from({ length: PROOFS }, async () => {
        const dpop = await dpopKey.createProof({ ...target, accessToken });
        return { headers: { authorization: `DPoP ${accessToken}`, dpop }, ...target };
      }),
    );

    const { domain, issuer, audience } = tenant;
    const setting = { port: redis.server.port, domain, audience, issuer, url: `${server.url}/` };
    const verifiers = [];
    try {
      for (const client of clientNames) {
        const process = fork(VERIFIER, [JSON.stringify({ ...setting, client })], { execArgv: [] });
        verifiers.push(process);
      }
      // Each has the keys before the race begins, and begins when the other does.
      const warmUp = await tenant.issueAccessToken();
      expect(await Promise.all(verifiers.map((verifier) => ask(verifier, { warmUp })))).toEqual([
        'ready',
        'ready',
      ]);
      const [one, two] = await Promise.all(verifiers.map((verifier) => ask(verifier, { requests })));

      const pairs = Array.from({ length: PROOFS }, (_, index) => [one[index], two[index]].sort());
      expect(pairs).toEqual(Array.from({ length: PROOFS }, () => ['accepted', 'dpop_proof_replayed']));
      expect(verifiers[0].pid).not.toBe(verifiers[1].pid);
    } finally {
      for (const verifier of verifiers) await end(verifier);
      await server.close();
    }
  });
});

async function ask(verifier, message) {
  const answer = once(verifier, 'message');
  const exit = once(verifier, 'exit').then(([code]) => {
    throw new Error(`a verifier ended with ${code}`);
  });
  verifier.send(message);
  return (await Promise.race([answer, exit]))[0];
}

async function end(verifier) {
  if (verifier.exitCode !== null) return;
  const exit = once(verifier, 'exit');
  verifier.disconnect();
  await exit;
}
