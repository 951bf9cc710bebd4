import { describe, expect, it } from 'vitest';
import { findKeyManagement } from '../../../src/jwe/algorithms.ts';
import { type DecryptionKey, keysFor, loadDecryptionKeys } from '../../../src/jwe/decryption-keys.ts';
import type { JweHeader } from '../../../src/jwe/read-jwe.ts';
import { ecKeys, rsaKeys } from '../../support/encryption.ts';

const [named, other, unnamed, rsa, p384, wrapping] = await loadDecryptionKeys([
  ecKeys('P-256', { kid: 'named' }).privateJwk,
  ecKeys('P-256', { kid: 'other' }).privateJwk,
  ecKeys('P-256').pem,
  rsaKeys().pem,
  ecKeys('P-384').pem,
  ecKeys('P-256', { kid: 'named', alg: 'ECDH-ES+A128KW' }).privateJwk,
]);
const keys = [named, other, unnamed, rsa, p384, wrapping].filter((key) => key !== undefined);

function header(alg: string, kid: string | undefined, curve: string | undefined): JweHeader {
  const algorithm = findKeyManagement(alg);
  if (algorithm === undefined) throw new Error(`there is no ${alg}`);
  return { algorithm, encryption: 'A256GCM', kid, curve };
}

describe('keysFor', () => {
  it.each<[string, JweHeader, readonly (DecryptionKey | undefined)[]]>([
    ['the named one', header('ECDH-ES', 'named', 'P-256'), [named]],
    ['a named one for that algorithm, too', header('ECDH-ES+A128KW', 'named', 'P-256'), [named, wrapping]],
    ['the unnamed for an unknown name', header('ECDH-ES', 'third', 'P-256'), [unnamed]],
    ['all that fit without a name', header('ECDH-ES', undefined, 'P-256'), [named, other, unnamed]],
    ['those of the curve', header('ECDH-ES', undefined, 'P-384'), [p384]],
    ['those of the family', header('RSA-OAEP-256', undefined, undefined), [rsa]],
    ['none of a curve that is not there', header('ECDH-ES', undefined, 'P-521'), []],
    ['the unnamed of the family only', header('RSA-OAEP-256', 'named', undefined), [rsa]],
  ])('gives %s', (_title, asked, expected) => {
    expect(keysFor(asked, keys)).toEqual(expected);
  });
});

describe('loadDecryptionKeys', () => {
  it('gives keys that cannot be exported', () => {
    expect(keys).toHaveLength(6);
    expect(keys.map(({ key }) => [key.type, key.extractable])).toEqual(keys.map(() => ['private', false]));
  });

  it('describes each by what it may be used for', () => {
    expect(keys.map(({ family, kid, algorithm, curve }) => [family, kid, algorithm, curve])).toEqual([
      ['ECDH', 'named', undefined, 'P-256'],
      ['ECDH', 'other', undefined, 'P-256'],
      ['ECDH', undefined, undefined, 'P-256'],
      ['RSA-OAEP', undefined, undefined, undefined],
      ['ECDH', undefined, undefined, 'P-384'],
      ['ECDH', 'named', 'ECDH-ES+A128KW', 'P-256'],
    ]);
  });
});
