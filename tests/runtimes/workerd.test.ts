/**
 * workerd ends whatever a request has begun together with that request, also when its client leaves. Here loads are
 * shared between requests all the same, and none may hang or fail for another.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TestTenant } from '../../src/testing/index.ts';
import { type Runtime, workerd } from './runtimes.ts';
import { createWorld, type RemoteClient, type World } from './world.ts';

const RUNTIMES: readonly Runtime[] = [
  workerd(),
  // As it was for compatibility dates before 2024-10-14.
  workerd('no_handle_cross_request_promise_resolution'),
];

/** A load ends after two seconds, and is taken for lost after five. */
const QUICK = { timeoutSeconds: 2 };
const LOST_SECONDS = 5;
/** How long a condition is waited for. */
const PATIENCE = { timeout: 10_000, interval: 20 };

describe.each(RUNTIMES)('on $name', (runtime) => {
  if (runtime.missing !== undefined) {
    it.skip(`skipped: ${runtime.missing}`, () => undefined);
    console.warn(`skipped: ${runtime.missing}`);
    return;
  }

  let world: World;
  beforeAll(async () => {
    world = await createWorld(runtime);
  });
  afterEach(() => {
    world.tenant.recover();
  });
  afterAll(async () => {
    await world.close();
  });

  it('answers 50 first requests that wait for the load of one of them', async () => {
    const { tenant } = world;
    const client = world.createClient();
    const accessToken = await tenant.issueAccessToken();
    const keys = await holdKeys(tenant);
    const answers = Promise.all(Array.from({ length: 50 }, () => client.bearer(accessToken)));
    await receivedBy(client, 50);
    keys.release();
    expect(new Set((await answers).map(({ status }) => status))).toEqual(new Set([200]));
    expect(keys.requests).toHaveLength(1);
  });

  describe('when the client leaves whose request began the first load', () => {
    it('has another request load the keys', async () => {
      const { tenant } = world;
      const client = world.createClient({ options: QUICK });
      const accessToken = await tenant.issueAccessToken();
      const keys = await holdKeys(tenant);
      const first = client.leave(accessToken);
      await keys.requested();
      const answers = Promise.all(Array.from({ length: 10 }, () => client.bearer(accessToken)));
      await receivedBy(client, 11);

      await first.now();
      await keys.abandoned();
      expect(new Set((await answers).map(({ status }) => status))).toEqual(new Set([200]));
      expect((await client.bearer(accessToken)).status).toBe(200);
    });

    it('has a later request load the keys', async () => {
      const { tenant } = world;
      const client = world.createClient({ options: QUICK });
      const accessToken = await tenant.issueAccessToken();
      const keys = await holdKeys(tenant);
      const first = client.leave(accessToken);
      await keys.requested();
      await first.now();
      await keys.abandoned();
      expect((await client.bearer(accessToken)).status).toBe(200);
    });

    it('goes on with the load, given waitUntil', async () => {
      const { tenant } = world;
      const client = world.createClient({ waits: true });
      const accessToken = await tenant.issueAccessToken();
      const keys = await holdKeys(tenant);
      const first = client.leave(accessToken);
      await keys.requested();
      const answers = Promise.all(Array.from({ length: 10 }, () => client.bearer(accessToken)));
      await receivedBy(client, 11);

      await first.now();
      // One more round trip, and workerd knows of it.
      await client.received();
      keys.release();
      expect(new Set((await answers).map(({ status }) => status))).toEqual(new Set([200]));
      expect(keys.requests).toHaveLength(1);
    });
  });

  describe('when the client leaves whose request searched for an unknown key', () => {
    it.each([0, LOST_SECONDS])('finds the key %d seconds later', async (seconds) => {
      const { tenant } = world;
      const client = world.createClient({ options: QUICK });
      await client.bearer(await tenant.issueAccessToken());
      tenant.rotateKeys();
      const accessToken = await tenant.issueAccessToken();
      const keys = await holdKeys(tenant);
      const first = client.leave(accessToken);
      await keys.requested();
      await first.now();
      await keys.abandoned();
      client.advance(seconds);
      expect(await client.bearer(accessToken)).toMatchObject({ status: 200, reason: undefined });
    });

    it('asks the issuer no more than twice, however many leave', async () => {
      const { tenant } = world;
      const client = world.createClient({ options: QUICK });
      await client.bearer(await tenant.issueAccessToken());
      const accessToken = await tenant.issueAccessToken({ header: { kid: 'invented' } });
      tenant.fail('jwks', 'hang');
      tenant.clearRequests();
      for (let count = 2; count < 10; count += 1) {
        const visit = client.leave(accessToken);
        await receivedBy(client, count);
        await visit.now();
        // One more round trip, and workerd knows of it.
        await client.received();
      }
      expect(tenant.requests.length).toBeLessThanOrEqual(2);
    });
  });

  describe('when a refresh in the background is cut off', () => {
    it('serves from what is kept, and refreshes once that is late', async () => {
      const { tenant } = world;
      const client = world.createClient({ options: QUICK });
      const accessToken = await tenant.issueAccessToken();
      await client.bearer(accessToken);
      for (const seconds of [20, 1, LOST_SECONDS, LOST_SECONDS]) {
        client.advance(seconds);
        expect((await client.bearer(accessToken)).status).toBe(200);
      }
      tenant.clearRequests();
      client.advance(60 * 60);
      expect((await client.bearer(accessToken)).status).toBe(200);
      expect(kindsAnswered(tenant)).toEqual(['discovery', 'jwks']);
    });

    it('verifies a token of a new key at first sight', async () => {
      const { tenant } = world;
      const client = world.createClient({ options: QUICK });
      const before = await tenant.issueAccessToken();
      await client.bearer(before);
      client.advance(20);
      expect((await client.bearer(before)).status).toBe(200);
      tenant.rotateKeys();
      const accessToken = await tenant.issueAccessToken();
      expect(await client.bearer(accessToken)).toMatchObject({ status: 200, reason: undefined });
    });

    it('is not cut off, given waitUntil', async () => {
      const { tenant } = world;
      const client = world.createClient({ waits: true });
      const before = await tenant.issueAccessToken();
      await client.bearer(before);
      tenant.rotateKeys({ keepPrevious: true });
      const keys = await holdKeys(tenant);
      client.advance(20);
      expect((await client.bearer(before)).status).toBe(200);
      await keys.requested();

      keys.release();
      await until(() => {
        expect(kindsAnswered(tenant)).toContain('jwks');
      });
      // That refresh brings the new key: no other can.
      tenant.fail('jwks', 'network');
      expect((await client.bearer(await tenant.issueAccessToken())).status).toBe(200);
    });
  });
});

function kindsAnswered(tenant: TestTenant): string[] {
  return tenant.requests.filter(({ status }) => status === 200).map(({ kind }) => kind);
}

/** Polls until nothing is thrown any more. */
function until(condition: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(condition, PATIENCE);
}

async function receivedBy(client: RemoteClient, count: number): Promise<void> {
  await until(async () => {
    expect(await client.received()).toBe(count);
  });
}

interface HeldKeys {
  readonly requests: readonly Request[];
  /** Waits until the first request has come. */
  readonly requested: () => Promise<void>;
  /** Waits until its connection is gone. */
  readonly abandoned: () => Promise<void>;
  readonly release: () => void;
}

/** Lets the next request for the keys wait, and answers those after it. */
async function holdKeys(tenant: TestTenant): Promise<HeldKeys> {
  const keys = await (await tenant.fetch(`${tenant.issuer}.well-known/jwks.json`)).text();
  tenant.clearRequests();
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const requests: Request[] = [];
  tenant.fail('jwks', async (request) => {
    requests.push(request);
    if (requests.length === 1) await released;
    return new Response(keys, { headers: { 'content-type': 'application/json' } });
  });
  return {
    requests,
    requested: () =>
      until(() => {
        expect(requests).toHaveLength(1);
      }),
    abandoned: () =>
      until(() => {
        expect(requests[0]?.signal.aborted).toBe(true);
      }),
    release,
  };
}
