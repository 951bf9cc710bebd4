import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type ApiClient, DpopNonceRequiredError } from '../../src/index.ts';
import { badProof, expectRefusal, expectToBe, rejectionOf } from '../support/assert-rejects.ts';
import { createBoundRequest, offers, setUp } from '../support/scenario.ts';

const OLD = 'an old nonce secret of more than 32 characters';
const NEW = 'a new nonce secret of more than 32 characters';
const LIFETIME = 100;

function setUpNonces() {
  const { tenant, clock, createClient } = setUp();
  const key = tenant.createDpopKey();
  const withSecrets = (secret: string | string[], lifetimeSeconds = LIFETIME) =>
    createClient({ dpop: { nonce: { secret, lifetimeSeconds } } });
  const send = async (client: ApiClient, nonce?: string) => {
    const { request } = await createBoundRequest(tenant, {
      key,
      proof: nonce === undefined ? {} : { nonce },
    });
    return client.verifyRequest(request);
  };
  /** The nonce a client hands out now. */
  const ask = async (client: ApiClient): Promise<string> => {
    const error = await rejectionOf(send(client));
    if (error instanceof DpopNonceRequiredError) return error.nonce;
    throw error;
  };
  const refuse = async (client: ApiClient, nonce: string) => {
    const error = await rejectionOf(send(client, nonce));
    const next = error.headers['DPoP-Nonce'] ?? '';
    await expectToBe(error, {
      ...{
        type: DpopNonceRequiredError,
        code: 'use_dpop_nonce',
        reason: 'dpop_nonce_invalid',
        statusCode: 401,
      },
      headers: { 'DPoP-Nonce': next },
      members: { nonce: next },
      challenges: offers('allowed', 'DPoP', { error: 'use_dpop_nonce' }),
    });
    await expect(send(client, next)).resolves.toMatchObject({ sub: 'auth0|user' });
  };
  return { clock, withSecrets, send, ask, refuse };
}

describe('a nonce', () => {
  it('is accepted in the window in which it was issued, for any number of proofs', async () => {
    const { withSecrets, send, ask, clock } = setUpNonces();
    const client = withSecrets(OLD);
    const nonce = await ask(client);
    await expect(send(client, nonce)).resolves.toMatchObject({ sub: 'auth0|user' });
    clock.advance(LIFETIME - 1);
    await expect(send(client, nonce)).resolves.toMatchObject({ sub: 'auth0|user' });
    expect(await ask(client)).toBe(nonce);
  });

  it('is accepted in the window after it, and not in the second', async () => {
    const { withSecrets, send, ask, refuse, clock } = setUpNonces();
    const client = withSecrets(OLD);
    const nonce = await ask(client);
    clock.advance(LIFETIME);
    expect(await ask(client)).not.toBe(nonce);
    await expect(send(client, nonce)).resolves.toMatchObject({ sub: 'auth0|user' });
    clock.advance(LIFETIME - 1);
    await expect(send(client, nonce)).resolves.toMatchObject({ sub: 'auth0|user' });
    clock.advance(1);
    await refuse(client, nonce);
  });

  it('of the future is refused', async () => {
    const { withSecrets, ask, refuse, clock } = setUpNonces();
    const client = withSecrets(OLD);
    clock.advance(LIFETIME);
    const nonce = await ask(client);
    clock.advance(-LIFETIME);
    await refuse(client, nonce);
  });

  it('must be the very text', async () => {
    const { withSecrets, ask, refuse } = setUpNonces();
    const client = withSecrets(OLD);
    const nonce = await ask(client);
    const others = [
      '',
      ' ',
      `${nonce} `,
      `${nonce}=`,
      nonce.slice(0, -1),
      nonce + nonce,
      nonce.toLowerCase(),
      OLD,
    ];
    for (const wrong of others) await refuse(client, wrong);
  });

  it('of one process is accepted by another with the same secret', async () => {
    const { withSecrets, send, ask } = setUpNonces();
    const nonce = await ask(withSecrets(OLD));
    await expect(send(withSecrets(OLD), nonce)).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it('depends on the secret and on the lifetime', async () => {
    const { withSecrets, ask, refuse } = setUpNonces();
    const nonce = await ask(withSecrets(OLD));
    await refuse(withSecrets(NEW), nonce);
    await refuse(withSecrets(OLD, LIFETIME + 1), nonce);
  });

  it('lives for 300 seconds at least by default', async () => {
    const { tenant, clock, createClient } = setUp();
    const client = createClient({ dpop: { nonce: { secret: OLD } } });
    const verify = async (proof: object) =>
      client.verifyRequest((await createBoundRequest(tenant, { proof })).request);
    const { headers } = await rejectionOf(verify({}));
    const nonce = headers['DPoP-Nonce'];
    clock.advance(300);
    await expect(verify({ nonce })).resolves.toMatchObject({ sub: 'auth0|user' });
    clock.advance(300);
    await expect(verify({ nonce })).rejects.toMatchObject({ reason: 'dpop_nonce_invalid' });
  });
});

describe('secrets that rotate', () => {
  it('sign with the first and accept all', async () => {
    const { withSecrets, send, ask, refuse } = setUpNonces();
    const [before, during, after] = [withSecrets([OLD]), withSecrets([NEW, OLD]), withSecrets([NEW])];
    const old = await ask(before);
    const rotated = await ask(during);
    expect(rotated).not.toBe(old);
    expect(await ask(after)).toBe(rotated);
    await expect(send(during, old)).resolves.toMatchObject({ sub: 'auth0|user' });
    await expect(send(during, rotated)).resolves.toMatchObject({ sub: 'auth0|user' });
    await expect(send(after, rotated)).resolves.toMatchObject({ sub: 'auth0|user' });
    await refuse(before, rotated);
    await refuse(after, old);
  });
});

describe('a nonce that is none of ours', () => {
  it.each<[string, string]>([
    ['of ten thousand characters', 'x'.repeat(10_000)],
    ['of control characters', '\u0000\r\n\u007f'],
    ['of a line end and a header', 'x\r\nDPoP-Nonce: y'],
    ['of quotes', '"\\"'],
    ['outside ASCII', '\u{1f512}'.repeat(20)],
    ['of half a character', '\ud83d'],
    ['named like a member that objects inherit', '__proto__'],
  ])('%s is refused, and not repeated', async (_what, nonce) => {
    const { withSecrets, send, refuse } = setUpNonces();
    const client = withSecrets(OLD);
    await refuse(client, nonce);
    const error = await rejectionOf(send(client, nonce));
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(nonce);
    expect(JSON.stringify(error)).not.toContain(JSON.stringify(nonce).slice(1, -1));
  });

  it('is refused however long ours is repeated in it', async () => {
    const { withSecrets, ask, refuse } = setUpNonces();
    const client = withSecrets(OLD);
    const nonce = await ask(client);
    await refuse(client, nonce.repeat(230));
    await refuse(client, nonce + '\u0000'.repeat(1000));
  });

  it.each<[unknown]>([[7], [null], [true], [['x']], [{ x: 1 }]])(
    'and is no text is a malformed proof: %j',
    async (nonce) => {
      const { tenant, client } = setUp({ client: { dpop: { nonce: { secret: OLD } } } });
      const { request } = await createBoundRequest(tenant, { proof: { claims: { nonce } } });
      const challenges = offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' });
      const error = await expectRefusal(
        client.verifyRequest(request),
        badProof('dpop_proof_claim', challenges),
      );
      expect(error.cause).toMatchObject({ name: 'nonce' });
    },
  );
});

describe('nextDpopNonce', () => {
  it('is the nonce that refusals hand out, on each process', async () => {
    const { withSecrets, ask, send } = setUpNonces();
    const nonce = await withSecrets(OLD).nextDpopNonce();
    expect(nonce).toBe(await ask(withSecrets(OLD)));
    await expect(send(withSecrets(OLD), nonce)).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it('changes once in a lifetime, before the one before it has run out', async () => {
    const { withSecrets, send, clock } = setUpNonces();
    const client = withSecrets(OLD);
    const first = await client.nextDpopNonce();
    clock.advance(LIFETIME - 1);
    expect(await client.nextDpopNonce()).toBe(first);
    clock.advance(1);
    const second = await client.nextDpopNonce();
    expect(second).not.toBe(first);
    for (const nonce of [first, second])
      await expect(send(client, nonce)).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it('spares a client that follows it every refusal', async () => {
    const { withSecrets, send, ask, clock } = setUpNonces();
    const client = withSecrets(OLD);
    let nonce: string | undefined = await ask(client);
    for (let round = 0; round < 10; round += 1) {
      await expect(send(client, nonce)).resolves.toMatchObject({ sub: 'auth0|user' });
      nonce = await client.nextDpopNonce();
      clock.advance(LIFETIME / 2);
    }
  });

  it('is by the first secret of several', async () => {
    const { withSecrets } = setUpNonces();
    expect(await withSecrets([NEW, OLD]).nextDpopNonce()).toBe(await withSecrets(NEW).nextDpopNonce());
  });

  it('is text that a header can hold', async () => {
    const { withSecrets } = setUpNonces();
    const nonce = (await withSecrets(OLD).nextDpopNonce()) ?? '';
    expect(nonce).toMatch(/^[\w-]{43}$/);
    expect(new Headers({ 'DPoP-Nonce': nonce }).get('dpop-nonce')).toBe(nonce);
  });

  it('is none where nonces are off, and where DPoP is', async () => {
    const { createClient } = setUp();
    expect(await createClient().nextDpopNonce()).toBeUndefined();
    const disabled = createClient({ dpop: { mode: 'disabled', nonce: { secret: OLD } } });
    expect(await disabled.nextDpopNonce()).toBeUndefined();
    const required = createClient({ dpop: { mode: 'required', nonce: { secret: OLD } } });
    expect(await required.nextDpopNonce()).toBeTypeOf('string');
  });
});

it('without the option nonces are neither asked for nor looked at', async () => {
  const { tenant, client } = setUp();
  const { request } = await createBoundRequest(tenant, { proof: { nonce: 'anything' } });
  await expect(client.verifyRequest(request)).resolves.toMatchObject({ sub: 'auth0|user' });
});
