/**
 * Node 20 waits for ever when it exports a key as a JWK in the moment in which it collects the job that made the key: both
 * hold the same lock, on the same thread. Tests make hundreds of keys and export most of them, so here a key is written as
 * DER, which takes no lock, and read again before it is exported. A setup file of Vitest.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  webcrypto,
} from 'node:crypto';

type Export = (this: KeyObject, options: object) => unknown;

/** The same key, without the job that made it. */
function copyOf(key: KeyObject, exportKey: Export): KeyObject {
  const format = 'der';
  if (key.type === 'public') {
    const der = exportKey.call(key, { type: 'spki', format }) as Buffer;
    return createPublicKey({ key: der, type: 'spki', format });
  }
  const der = exportKey.call(key, { type: 'pkcs8', format }) as Buffer;
  return createPrivateKey({ key: der, type: 'pkcs8', format });
}

// Each kind of key has a class of its own, which Node does not name.
for (const sample of Object.values(generateKeyPairSync('ed25519'))) {
  const prototype = Object.getPrototypeOf(sample) as object;
  const exportKey = Reflect.get(prototype, 'export') as Export;
  Reflect.set(prototype, 'export', function exported(this: KeyObject, options: object = {}): unknown {
    const isJwk = 'format' in options && options.format === 'jwk';
    return exportKey.call(isJwk ? copyOf(this, exportKey) : this, options);
  });
}

const { subtle } = webcrypto;
const exportCryptoKey = subtle.exportKey.bind(subtle);

Reflect.set(
  Object.getPrototypeOf(subtle) as object,
  'exportKey',
  async (format: webcrypto.KeyFormat, key: webcrypto.CryptoKey): Promise<unknown> => {
    if (format !== 'jwk') return await exportCryptoKey(format, key);
    if (key.type === 'secret') return await exportCryptoKey('jwk', key);
    const form = key.type === 'public' ? 'spki' : 'pkcs8';
    const der = await exportCryptoKey(form, key);
    const copy = await subtle.importKey(form, der, key.algorithm, true, key.usages);
    return await exportCryptoKey('jwk', copy);
  },
);
