import { describe, expect, it } from 'vitest';
import { type ApiClientEvent, type DpopReplayStore, ReplayStoreUnavailableError } from '../../src/index.ts';
import { badProof, expectRefusal, type Refusal } from '../support/assert-rejects.ts';
import { API_URL, createBoundRequest, dpopRequest, NOW_SECONDS, offers, setUp } from '../support/scenario.ts';

const replayed = badProof('dpop_proof_replayed', offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' }));
const unavailable: Refusal<ReplayStoreUnavailableError> = {
  type: ReplayStoreUnavailableError,
  code: 'replay_store_unavailable',
  statusCode: 503,
  reason: 'replay_store_unavailable',
  headers: { 'Retry-After': '1' },
};

const sharedKey = setUp().tenant.createDpopKey();

/** A store that remembers how it was called. */
function createStore() {
  const calls: [key: string, ttlSeconds: number][] = [];
  const add: DpopReplayStore['add'] = (key, ttlSeconds) => {
    const isNew = calls.every(([known]) => known !== key);
    calls.push([key, ttlSeconds]);
    return Promise.resolve(isNew);
  };
  return { calls, add };
}

describe('a proof', () => {
  it('is good once', async () => {
    const { tenant, client } = setUp();
    const { request } = await createBoundRequest(tenant);
    await expect(client.verifyRequest(request)).resolves.toMatchObject({ sub: 'auth0|user' });
    await expectRefusal(client.verifyRequest(request), replayed);
    await expectRefusal(client.verifyRequest(request), replayed);
  });

  it('is good once for any number of requests at the same time', async () => {
    const { tenant, client } = setUp();
    const { request } = await createBoundRequest(tenant);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, () => client.verifyRequest(request)),
    );
    const [accepted, ...more] = outcomes.filter(({ status }) => status === 'fulfilled');
    expect(accepted).toBeDefined();
    expect(more).toEqual([]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ reason: 'dpop_proof_replayed' });
    }
  });

  it('is good once, also among the first that a client sees, while its store is still being loaded', async () => {
    const { tenant, createClient } = setUp();
    const { accessToken, proof } = await createBoundRequest(tenant);
    const options = { accessToken, proof, httpMethod: 'GET', httpUrl: API_URL };
    const client = createClient();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, () => client.verifyDpopProof(options)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is known by its key and jti, whatever else differs', async () => {
    const { tenant, client } = setUp();
    const key = tenant.createDpopKey();
    const claims = { jti: 'same' };
    const first = await createBoundRequest(tenant, { key, proof: { claims } });
    const again = await createBoundRequest(tenant, {
      key,
      proof: { claims: { ...claims, iat: NOW_SECONDS - 1 } },
    });
    const elsewhere = await createBoundRequest(tenant, { key, proof: { claims, httpMethod: 'POST' } });
    const ofAnother = await createBoundRequest(tenant, { proof: { claims } });
    await expect(client.verifyRequest(first.request)).resolves.toBeTypeOf('object');
    await expectRefusal(client.verifyRequest(again.request), replayed);
    await expectRefusal(client.verifyRequest({ ...elsewhere.request, httpMethod: 'POST' }), replayed);
    await expect(client.verifyRequest(ofAnother.request)).resolves.toBeTypeOf('object');
  });

  it('is remembered until it would have expired', async () => {
    const { tenant, client, clock } = setUp();
    const { request } = await createBoundRequest(tenant, { proof: { claims: { iat: NOW_SECONDS + 30 } } });
    await expect(client.verifyRequest(request)).resolves.toBeTypeOf('object');
    for (const seconds of [1, 29, 270, 29, 1]) {
      clock.advance(seconds);
      await expectRefusal(client.verifyRequest(request), replayed);
    }
    clock.advance(0.001);
    await expect(client.verifyRequest(request)).rejects.toMatchObject({ reason: 'dpop_proof_expired' });
  });

  it('is remembered while the clock jumps back', async () => {
    const { tenant, client, clock } = setUp();
    const { request } = await createBoundRequest(tenant);
    await expect(client.verifyRequest(request)).resolves.toBeTypeOf('object');
    clock.advance(-20);
    await expectRefusal(client.verifyRequest(request), replayed);
  });

  it('is remembered by each client on its own, unless they share a store', async () => {
    const { tenant, client, createClient } = setUp();
    const { request } = await createBoundRequest(tenant);
    await expect(client.verifyRequest(request)).resolves.toBeTypeOf('object');
    await expect(createClient().verifyRequest(request)).resolves.toBeTypeOf('object');

    const replayStore = createStore();
    const [one, two] = [createClient({ dpop: { replayStore } }), createClient({ dpop: { replayStore } })];
    await expect(one.verifyRequest(request)).resolves.toBeTypeOf('object');
    await expectRefusal(two.verifyRequest(request), replayed);
  });

  it('is not used up by a request that is refused', async () => {
    const { tenant, client } = setUp();
    const { request, accessToken, proof } = await createBoundRequest(tenant);
    await expect(client.verifyRequest({ ...request, httpMethod: 'POST' })).rejects.toMatchObject({
      reason: 'dpop_proof_htm_mismatch',
    });
    await expect(client.verifyRequest(dpopRequest(accessToken, proof))).resolves.toBeTypeOf('object');
  });

  it('may be used again where the detection is switched off', async () => {
    const { tenant, client } = setUp({ client: { dpop: { replayStore: false } } });
    const { request } = await createBoundRequest(tenant);
    for (let round = 0; round < 3; round += 1) {
      await expect(client.verifyRequest(request)).resolves.toMatchObject({ sub: 'auth0|user' });
    }
  });
});

describe('a store of one’s own', () => {
  const { tenant, createClient } = setUp();
  const key = tenant.createDpopKey();

  it.each([
    [0, {}, 301],
    [30, {}, 331],
    [-300, {}, 1],
    [-299.5, {}, 2],
    [0, { iatOffsetSeconds: 10 }, 11],
    [0.25, { iatOffsetSeconds: 0.5 }, 2],
  ])(
    'is told a digest and the seconds to keep it: iat %d with %j for %d s',
    async (seconds, dpop, ttlSeconds) => {
      const replayStore = createStore();
      const claims = { jti: 'a jti in clear', iat: NOW_SECONDS + seconds };
      const { request } = await createBoundRequest(tenant, { key, proof: { claims } });
      await createClient({ dpop: { ...dpop, replayStore } }).verifyRequest(request);
      expect(replayStore.calls).toEqual([[expect.stringMatching(/^[\w-]{43}$/), ttlSeconds]]);
      expect(replayStore.calls[0]?.[0]).not.toContain(key.jkt);
    },
  );

  it('may answer at once', async () => {
    const { request } = await createBoundRequest(tenant, { key });
    const answering = (answer: boolean) => createClient({ dpop: { replayStore: { add: () => answer } } });
    await expect(answering(true).verifyRequest(request)).resolves.toBeTypeOf('object');
    await expectRefusal(answering(false).verifyRequest(request), replayed);
  });

  it('is called as a method', async () => {
    class Store {
      readonly #keys = new Set<string>();
      add(digest: string): boolean {
        const { size } = this.#keys;
        return this.#keys.add(digest).size > size;
      }
    }
    const client = createClient({ dpop: { replayStore: new Store() } });
    const { request } = await createBoundRequest(tenant, { key });
    await expect(client.verifyRequest(request)).resolves.toBeTypeOf('object');
    await expectRefusal(client.verifyRequest(request), replayed);
  });

  it('is not asked while any other check fails', async () => {
    const replayStore = createStore();
    const nonce = { secret: 'a nonce secret of more than 32 characters' };
    const client = createClient({ dpop: { replayStore } });
    const withNonce = createClient({ dpop: { replayStore, nonce } });
    const good = await createBoundRequest(tenant, { key });
    const prove = async (proof: object) => (await createBoundRequest(tenant, { key, proof })).request;
    const foreign = await tenant.createDpopKey().createProof({
      httpMethod: 'GET',
      httpUrl: API_URL,
      accessToken: good.accessToken,
    });
    const unbound = await tenant.issueAccessToken();
    const requests = [
      [dpopRequest(good.accessToken, 'garbage'), 'dpop_proof_malformed'],
      [await prove({ header: { typ: 'JWT' } }), 'dpop_proof_type'],
      [await prove({ header: { alg: 'none' } }), 'dpop_proof_algorithm'],
      [await prove({ header: { jwk: {} } }), 'dpop_proof_key'],
      [dpopRequest(good.accessToken, good.proof.replace(/[^.]+$/, 'AAAA')), 'dpop_proof_signature'],
      [await prove({ claims: { jti: '' } }), 'dpop_proof_claim'],
      [await prove({ claims: { iat: NOW_SECONDS - 301 } }), 'dpop_proof_expired'],
      [await prove({ claims: { htm: 'PUT' } }), 'dpop_proof_htm_mismatch'],
      [await prove({ claims: { htu: API_URL + '/' } }), 'dpop_proof_htu_mismatch'],
      [await prove({ claims: { ath: 'x' } }), 'dpop_proof_ath_mismatch'],
      [dpopRequest(good.accessToken, foreign), 'dpop_binding_mismatch'],
      [dpopRequest(unbound, foreign), 'dpop_binding_missing'],
      [dpopRequest('opaque', good.proof), 'opaque_token'],
    ] as const;
    for (const [request, reason] of requests) {
      await expect(client.verifyRequest(request)).rejects.toMatchObject({ reason });
    }
    await expect(withNonce.verifyRequest(good.request)).rejects.toMatchObject({
      reason: 'dpop_nonce_missing',
    });
    await expect(withNonce.verifyRequest(await prove({ nonce: 'x' }))).rejects.toMatchObject({
      reason: 'dpop_nonce_invalid',
    });
    expect(replayStore.calls).toEqual([]);
    await expect(client.verifyRequest(good.request)).resolves.toBeTypeOf('object');
    expect(replayStore.calls).toHaveLength(1);
  });

  const broken: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('the store is down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the store is down'))],
    ['never answers', () => new Promise(() => undefined)],
    ...[undefined, null, 1, 0, 'OK', '', {}, []].map((answer): [string, () => unknown] => [
      `answers ${JSON.stringify(answer)}`,
      () => answer,
    ]),
    ...[undefined, 1, 'true'].map((answer): [string, () => unknown] => [
      `answers ${JSON.stringify(answer)} later`,
      () => Promise.resolve(answer),
    ]),
  ];
  it.each(broken)('that %s accepts nothing, and nobody is challenged', async (_how, add) => {
    // What a program in JavaScript can pass all the same.
    const replayStore = { add } as unknown as DpopReplayStore;
    const client = createClient({ dpop: { replayStore }, timeoutSeconds: 0.25 });
    const { request } = await createBoundRequest(tenant, { key });
    const error = await expectRefusal(client.verifyRequest(request), unavailable);
    expect(error.cause).toMatchObject({ name: 'replayStore' });
  });
});

describe('onStoreError', () => {
  const setUpStore = (add: unknown, onStoreError?: 'refuse' | 'accept') => {
    const events: ApiClientEvent[] = [];
    const scenario = setUp({
      client: {
        onEvent: (event) => void events.push(event),
        // What a program in JavaScript can pass all the same.
        dpop: { replayStore: { add } as DpopReplayStore, onStoreError },
        timeoutSeconds: 0.25,
      },
    });
    return {
      ...scenario,
      events,
      failures: () => events.filter(({ type }) => type === 'replay_store_failed'),
    };
  };
  const down = () => Promise.reject(new Error('the store is down'));

  it('refuses by default, and when that is written out', async () => {
    for (const onStoreError of [undefined, 'refuse'] as const) {
      const { tenant, client, failures } = setUpStore(down, onStoreError);
      const { request } = await createBoundRequest(tenant);
      await expectRefusal(client.verifyRequest(request), unavailable);
      expect(failures()).toEqual([]);
    }
  });

  it.each<[string, unknown, string]>([
    ['rejects', down, 'Error: the store is down'],
    [
      'throws',
      () => {
        throw new TypeError('no connection');
      },
      'TypeError: no connection',
    ],
    [
      'rejects with no error',
      () => ({
        then: (_: unknown, reject: (e: string) => void) => {
          reject('secret');
        },
      }),
      'a thrown string',
    ],
    ['never answers', () => new Promise(() => undefined), 'TimeLimitExceeded: no answer within 0.25 s'],
    ['answers nothing', () => undefined, 'the answer is no boolean'],
    ['answers 1', () => Promise.resolve(1), 'the answer is no boolean'],
  ])('accepts when that is written out and the store %s, and tells of each', async (_how, add, detail) => {
    const { tenant, client, failures } = setUpStore(add, 'accept');
    const { request } = await createBoundRequest(tenant);
    for (let round = 1; round <= 2; round += 1) {
      await expect(client.verifyRequest(request)).resolves.toMatchObject({ sub: 'auth0|user' });
      expect(failures()).toEqual(
        Array.from({ length: round }, () => ({ type: 'replay_store_failed', detail })),
      );
    }
  });

  it('accepts no proof that the store knows, and none that fails another check', async () => {
    const { tenant, client, failures } = setUpStore(() => false, 'accept');
    const { request } = await createBoundRequest(tenant);
    await expectRefusal(client.verifyRequest(request), replayed);
    const broken = setUpStore(down, 'accept');
    const old = await createBoundRequest(broken.tenant, { proof: { claims: { iat: NOW_SECONDS - 301 } } });
    await expect(broken.client.verifyRequest(old.request)).rejects.toMatchObject({
      reason: 'dpop_proof_expired',
    });
    expect([...failures(), ...broken.failures()]).toEqual([]);
  });

  it('accepts no proof that grew too old while the store did not answer', async () => {
    const add = () => {
      clock.advance(301);
      return down();
    };
    const { tenant, client, clock } = setUpStore(add, 'accept');
    const { request } = await createBoundRequest(tenant);
    await expect(client.verifyRequest(request)).rejects.toMatchObject({ reason: 'dpop_proof_expired' });
  });

  it('counts for verifyDpopProof, too', async () => {
    const { tenant, client, failures } = setUpStore(down, 'accept');
    const { accessToken, proof, key } = await createBoundRequest(tenant);
    const options = { accessToken, proof, httpMethod: 'GET', httpUrl: API_URL };
    await expect(client.verifyDpopProof(options)).resolves.toMatchObject({ jkt: key.jkt });
    expect(failures()).toHaveLength(1);
  });

  it('tells a detail of bounded length, without the key of the proof, wherever the text is cut', async () => {
    for (let padding = 0; padding <= 200; padding += 1) {
      const keys: string[] = [];
      const add = (key: string) => {
        keys.push(key);
        return Promise.reject(
          new Error(`${'.'.repeat(padding)}SET ${key} 1 NX\r\nfailed: ${key} ${'y'.repeat(5000)}`),
        );
      };
      const { tenant, client, failures } = setUpStore(add, 'accept');
      await client.verifyRequest((await createBoundRequest(tenant, { key: sharedKey })).request);
      const [failure] = failures();
      const detail = failure?.type === 'replay_store_failed' ? failure.detail : '';
      expect(detail).toMatch(/^Error: [\x20-\x7e]{1,200}$/);
      expect(detail).not.toContain((keys[0] ?? '').slice(0, 8));
    }
  }, 30_000);
});
