import { TLSSocket } from 'node:tls';
import { expect } from 'vitest';
import { createCertificate } from '../../support/certificate.ts';
import type { World } from '../world.ts';

/** A request on a TLS connection, as far as anybody looks at it. */
export async function boundToCertificate(
  world: World,
  { authenticate }: { authenticate: (request: object) => Promise<{ sub: string }> },
): Promise<void> {
  const { thumbprint, der } = createCertificate();
  const { authorization } = await world.bearer({ claims: { cnf: { 'x5t#S256': thumbprint } } });
  const ask = (raw: Uint8Array | undefined) => {
    const socket: unknown = Object.create(TLSSocket.prototype, {
      getPeerX509Certificate: { value: () => raw && { raw } },
    });
    return authenticate({ socket, headersDistinct: { authorization: [authorization] } });
  };
  expect(await ask(der)).toMatchObject({ sub: 'auth0|user' });
  await expect(ask(createCertificate().der)).rejects.toMatchObject({
    reason: 'certificate_binding_mismatch',
  });
  await expect(ask(undefined)).rejects.toMatchObject({ reason: 'client_certificate_missing' });
}
