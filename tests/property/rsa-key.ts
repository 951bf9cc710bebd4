/**
 * RSA keys that no library makes: of any number of primes and with any exponent.
 */
import { createHash, generatePrimeSync } from 'node:crypto';

const SHA256_DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** The padded hash of RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §9.2). */
export function padded(text: string, length: number): Buffer {
  const info = Buffer.concat([SHA256_DIGEST_INFO, createHash('sha256').update(text).digest()]);
  const filling = Buffer.alloc(length - info.byteLength - 3, 0xff);
  return Buffer.concat([Buffer.of(0, 1), filling, Buffer.of(0), info]);
}

/** A key and its signatures (RS256). Signing is quick because each prime is small or there are few. */
export function craftRsaKey({ primes, primeBits, e }: { primes: number; primeBits: number; e: bigint }) {
  const factors = Array.from({ length: primes }, () => primeFor(primeBits, e));
  const n = factors.reduce((product, prime) => product * prime, 1n);
  const bytes = toBytes(n);
  const shares = factors.map((prime) => {
    const others = n / prime;
    return { prime, d: inverse(e, prime - 1n), factor: others * inverse(others % prime, prime) };
  });
  return {
    jwk: { kty: 'RSA', n: bytes.toString('base64url'), e: toBytes(e).toString('base64url') },
    signer: (text: string) => {
      const message = BigInt(`0x${padded(text, bytes.byteLength).toString('hex')}`);
      // The Chinese remainder theorem.
      const sum = shares.reduce(
        (sum, { prime, d, factor }) => sum + power(message % prime, d, prime) * factor,
        0n,
      );
      return toBytes(sum % n, bytes.byteLength);
    },
  };
}

function primeFor(bits: number, e: bigint): bigint {
  for (;;) {
    const prime = generatePrimeSync(bits, { bigint: true });
    if (greatestDivisor(e, prime - 1n) === 1n) return prime;
  }
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestDivisor(b, a % b);
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [r0, r1, x0, x1] = [modulus, value % modulus, 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1, x0, x1] = [r1, r0 - quotient * r1, x1, x0 - quotient * x1];
  }
  return ((x0 % modulus) + modulus) % modulus;
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

function toBytes(value: bigint, length = 0): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(Math.max(2 * length, hex.length + (hex.length % 2)), '0'), 'hex');
}
