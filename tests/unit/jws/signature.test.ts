import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as nodeModule from '../../../src/jws/signature.node.ts';
import type { PublicJwk, SignatureModule, Verifier } from '../../../src/jws/signature.ts';
import * as webModule from '../../../src/jws/signature.web.ts';
import { ALL_ALGORITHMS, algorithmNamed, generate, keyPairFor, publicJwkOf, signWith } from './keys.ts';

/** Two parts of a JWS whose header names the algorithm, as everything does that gets as far as a signature check. */
function signingInput(name: string): string {
  return [{ alg: name }, { sub: 'me' }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
}

/** The same, as it verifies when many are in flight. */
const busyNodeModule: SignatureModule = {
  ...nodeModule,
  importVerifier: async (jwk, algorithm) => {
    const verifier = await nodeModule.importVerifier(jwk, algorithm);
    return (signature, text) => verifier(signature, text, true);
  },
};

const modules: [string, SignatureModule][] = [
  ['signature.node', nodeModule],
  ['signature.node, busy', busyNodeModule],
  ['signature.web', webModule],
];

function withFlippedBit(bytes: Uint8Array, index: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

async function importRejects(module: SignatureModule, jwk: PublicJwk, name: string): Promise<boolean> {
  try {
    await module.importVerifier(jwk, algorithmNamed(name));
    return false;
  } catch {
    return true;
  }
}

describe.each(modules)('%s', (_title, module) => {
  describe.each(ALL_ALGORITHMS)('%s', (_name, algorithm) => {
    const { privateKey, publicKey } = keyPairFor(algorithm);
    const text = signingInput(algorithm.name);
    const signature = signWith(algorithm, privateKey, text);
    const verifier = async (): Promise<Verifier> =>
      module.importVerifier(publicJwkOf(publicKey, algorithm), algorithm);

    it('accepts a good signature, again and again', async () => {
      const verify = await verifier();
      expect(await verify(signature, text)).toBe(true);
      expect(await verify(signature, text)).toBe(true);
    });

    it('refuses a signature with one bit flipped, wherever it is', async () => {
      const verify = await verifier();
      for (const index of [0, Math.floor(signature.length / 2), signature.length - 1]) {
        expect(await verify(withFlippedBit(signature, index), text)).toBe(false);
      }
    });

    it('refuses the signature of another text', async () => {
      const verify = await verifier();
      expect(await verify(signature, `${text}A`)).toBe(false);
      expect(await verify(signature, `A${text}`)).toBe(false);
      expect(await verify(signature, text.replace('.', '..'))).toBe(false);
    });

    it('refuses a signature of the wrong length', async () => {
      const verify = await verifier();
      expect(await verify(new Uint8Array(), text)).toBe(false);
      expect(await verify(signature.slice(1), text)).toBe(false);
      expect(await verify(signature.slice(0, -1), text)).toBe(false);
      expect(await verify(Uint8Array.from([...signature, 0]), text)).toBe(false);
      expect(await verify(Uint8Array.from([0, ...signature]), text)).toBe(false);
    });

    it('refuses a signature without its leading zero', async () => {
      if (algorithm.kty !== 'RSA') return;
      const verify = await verifier();
      // One in 256 begins with a zero.
      let [other, begins] = [text, signature];
      for (let attempt = 0; begins[0] !== 0; attempt += 1) {
        other = `${text}${attempt}`;
        begins = signWith(algorithm, privateKey, other);
      }
      expect(await verify(begins.slice(1), other)).toBe(false);
    });

    it('refuses a signature of zeros', async () => {
      const verify = await verifier();
      expect(await verify(new Uint8Array(signature.length), text)).toBe(false);
    });

    it('refuses a signature of ones, whose numbers are larger than any modulus or order', async () => {
      const verify = await verifier();
      expect(await verify(new Uint8Array(signature.length).fill(255), text)).toBe(false);
    });

    it('refuses a signature by another key', async () => {
      const { kty, crv = '' } = algorithm;
      const other = generate(kty === 'RSA' ? 'rsa' : crv);
      const verify = await verifier();
      expect(await verify(signWith(algorithm, other.privateKey, text), text)).toBe(false);
    });
  });

  it.each(['ES256', 'ES384', 'ES512'])('refuses an %s signature in DER', async (name) => {
    const algorithm = algorithmNamed(name);
    const { privateKey, publicKey } = keyPairFor(algorithm);
    const text = signingInput(name);
    const verify = await module.importVerifier(publicJwkOf(publicKey, algorithm), algorithm);
    const signature = signWith(algorithm, privateKey, text, { dsaEncoding: 'der' });
    expect(await verify(signature, text)).toBe(false);
  });

  it.each(['PS256', 'PS384', 'PS512'])('refuses a %s signature with salt of another length', async (name) => {
    const algorithm = algorithmNamed(name);
    const { privateKey, publicKey } = keyPairFor(algorithm);
    const text = signingInput(name);
    const verify = await module.importVerifier(publicJwkOf(publicKey, algorithm), algorithm);
    for (const saltLength of [0, 20, 100]) {
      expect(await verify(signWith(algorithm, privateKey, text, { saltLength }), text)).toBe(false);
    }
  });

  it('refuses the signature of one RSA algorithm under the name of every other', async () => {
    const rsa = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map(algorithmNamed);
    for (const used of rsa) {
      const { privateKey, publicKey } = keyPairFor(used);
      for (const named of rsa) {
        const text = signingInput(named.name);
        const signature = signWith(used, privateKey, text);
        const verify = await module.importVerifier(publicJwkOf(publicKey, named), named);
        expect(await verify(signature, text)).toBe(used === named);
      }
    }
  });

  it('takes EdDSA and Ed25519 for two names of one algorithm', async () => {
    const [old, current] = [algorithmNamed('EdDSA'), algorithmNamed('Ed25519')];
    const { privateKey, publicKey } = keyPairFor(old);
    const text = signingInput(current.name);
    const verify = await module.importVerifier(publicJwkOf(publicKey, current), current);
    expect(await verify(signWith(old, privateKey, text), text)).toBe(true);
  });

  it.each([
    ['ES256', 32],
    ['ES384', 48],
    ['ES512', 66],
  ])('imports no point off the curve of %s', async (name, length) => {
    const { crv = '' } = algorithmNamed(name);
    const one = Buffer.alloc(length, 0);
    one[length - 1] = 1;
    const coordinate = one.toString('base64url');
    expect(await importRejects(module, { crv, kty: 'EC', x: coordinate, y: coordinate }, name)).toBe(true);
  });

  describe('decodeBase64url', () => {
    it.each([
      ['', []],
      ['AA', [0]],
      ['AAE', [0, 1]],
      ['AAEC', [0, 1, 2]],
      ['-_-_', [251, 255, 191]],
    ])('decodes %j', (text, bytes) => {
      expect([...(module.decodeBase64url(text) ?? ['nothing'])]).toEqual(bytes);
    });

    it.each([
      ['padding', 'AA=='],
      ['one sign of padding', 'AAE='],
      ['a length that no bytes have', 'A'],
      ['a length of five', 'AAECA'],
      ['bits left over', 'AB'],
      ['bits left over, of two', 'AAF'],
      ['the other alphabet', '+/+/'],
      ['a space', 'AA AA'],
      ['a line break at the end', 'AAEC\n'],
      ['a space at the start', ' AAEC'],
      ['a character beyond Latin-1', 'AAE\u0141'],
      ['a full-width letter', '\uff21AAA'],
      ['NUL', 'AAE\u0000'],
      ['a dot', 'AA.A'],
    ])('decodes nothing with %s', (_case, text) => {
      expect(module.decodeBase64url(text)).toBeUndefined();
    });
  });

  it('hashes UTF-8 text with SHA-256 into base64url', async () => {
    for (const text of ['', 'abc', 'caf\u00e9 \u{1f600}', 'x'.repeat(20_000)]) {
      expect(await module.sha256(text)).toBe(createHash('sha256').update(text, 'utf8').digest('base64url'));
    }
  });

  it('hashes bytes, and no others of the memory they lie in', async () => {
    const memory = Uint8Array.from({ length: 300 }, (_, index) => index);
    for (const bytes of [new Uint8Array(), memory, memory.subarray(7, 99), Buffer.from(memory)]) {
      expect(await module.sha256(bytes)).toBe(createHash('sha256').update(bytes).digest('base64url'));
    }
  });

  it('authenticates UTF-8 text with HMAC-SHA-256 into base64url', async () => {
    const secret = 's\u00e9cret of thirty-two characters and more';
    const expected = createHmac('sha256', secret).update('caf\u00e9', 'utf8').digest('base64url');
    expect(await module.hmacSha256(secret, 'caf\u00e9')).toBe(expected);
  });
});
