import { createPrivateKey } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../../src/index.ts';
import { createTestTenant } from '../../src/testing/index.ts';
import { createUndiciFetch, type UndiciFetchOptions } from '../../src/undici/index.ts';
import { expectRefusal, outage, rejectionOf } from '../support/assert-rejects.ts';
import { createAuthority } from '../support/certificates.ts';
import { everythingIn } from '../support/everything-in.ts';
import { serveWithTls, type TlsTenant } from '../support/tls-tenant.ts';

const authority = createAuthority();
const stranger = createAuthority('Somebody Else');
const identity = authority.issue('localhost');
const clientIdentity = authority.issue();
const NO_ISSUER = outage('discovery_unavailable');

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const undo of cleanUp.splice(0)) await undo();
});

async function serve(options: Parameters<typeof serveWithTls>[1] = identity): Promise<TlsTenant> {
  const served = await serveWithTls((port) => createTestTenant({ domain: `localhost:${port}` }), options);
  cleanUp.push(served.close);
  return served;
}

const serveToClientsWithCertificate = () =>
  serve({ ...identity, ca: authority.cert, requestCert: true, rejectUnauthorized: true });

function clientOf({ tenant }: TlsTenant, options: UndiciFetchOptions, timeoutSeconds = 10) {
  const customFetch = createUndiciFetch({ proxy: false, ...options });
  // Before the server is closed, which was started earlier.
  cleanUp.unshift(customFetch.close);
  return new ApiClient({ ...tenant.clientOptions(), customFetch, timeoutSeconds });
}

describe('the authorities that are trusted', () => {
  it('are those of the program', async () => {
    const served = await serve();
    await clientOf(served, { ca: authority.cert }).warmUp();
    await clientOf(served, { ca: [stranger.cert, Buffer.from(authority.cert)] }).warmUp();
    await clientOf(served, { ca: `# ours\n${stranger.cert}\n${authority.cert}` }).warmUp();
    expect(served.handshakes()).toBeGreaterThanOrEqual(3);
  });

  it('are no others, and an unknown one is an outage', async () => {
    const served = await serve();
    for (const options of [{}, { ca: stranger.cert }]) {
      const error = await expectRefusal(clientOf(served, options).warmUp(), NO_ISSUER);
      expect(everythingIn(error)).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN/);
    }
    expect(served.tenant.requests).toEqual([]);
  });

  it('count also where the environment says that nothing shall be verified', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const served = await serve();
    await expectRefusal(clientOf(served, { ca: stranger.cert }).warmUp(), NO_ISSUER);
    expect(served.tenant.requests).toEqual([]);
  });

  it('vouch for the name of the server and no other', async () => {
    const served = await serve(authority.issue('other.example'));
    const error = await expectRefusal(clientOf(served, { ca: authority.cert }).warmUp(), NO_ISSUER);
    expect(everythingIn(error)).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(served.tenant.requests).toEqual([]);
  });
});

describe('a client certificate', () => {
  it('is shown to a server that demands one, for keys and for exchanges', async () => {
    const served = await serveToClientsWithCertificate();
    const client = clientOf(served, { ca: authority.cert, ...clientIdentity });
    const accessToken = await served.tenant.issueAccessToken({ sub: 'auth0|ada' });
    expect((await client.verifyAccessToken({ accessToken })).sub).toBe('auth0|ada');
    await client.getTokenOnBehalfOf({ accessToken, audience: 'https://calendar.example.com' });
    expect(served.clients).toEqual(['client', 'client', 'client']);
  });

  it('may have a key that is encrypted', async () => {
    const served = await serveToClientsWithCertificate();
    const passphrase = 'correct horse';
    const key = createPrivateKey(clientIdentity.key)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
      .toString();
    await clientOf(served, { ca: authority.cert, cert: clientIdentity.cert, key, passphrase }).warmUp();
    expect(served.clients).toContain('client');
  });

  it.each<[what: string, options: UndiciFetchOptions]>([
    ['is missing', {}],
    ['is of an authority that the server does not know', stranger.issue()],
  ])('that %s is an outage, and nothing is asked', async (_what, options) => {
    const served = await serveToClientsWithCertificate();
    const error = await rejectionOf(clientOf(served, { ca: authority.cert, ...options }).warmUp());
    expect(error).toMatchObject({ statusCode: 503, reason: 'discovery_unavailable' });
    expect(everythingIn(error)).not.toContain('PRIVATE KEY');
    expect(served.tenant.requests).toEqual([]);
  });
});
