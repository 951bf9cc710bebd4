import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/**
 * A certificate for localhost that is its own authority.
 *
 * @param {string} directory where `caFile` is put, for the `NODE_EXTRA_CA_CERTS` of whoever shall trust it
 */
export async function createCertificate(directory) {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, cert);
  return { key, cert, caFile };
}
