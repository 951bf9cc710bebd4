/**
 * Texts that are nearly one that is remembered.
 */
import fc from 'fast-check';
import { mutations } from './mutations.ts';

/** Makes another text of one, with the help of a second. */
export type Variant = (text: string, other: string) => string;

const SYMBOLS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ORDER = {
  p256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ed25519: 2n ** 252n + 27742317777372353535851937790883648493n,
};

/** The part of that number, counted from 0, is that of the other text. */
const partOfOther = (index: number): Variant => {
  return (text, other) => {
    const parts = text.split('.');
    parts[index] = other.split('.')[index] ?? '';
    return parts.join('.');
  };
};

const onSignature = (change: (signature: Buffer) => Buffer): Variant => {
  return (text) => {
    const [header = '', payload = '', signature = ''] = text.split('.');
    const changed = change(Buffer.from(signature, 'base64url'));
    return `${header}.${payload}.${changed.toString('base64url')}`;
  };
};

const toNumber = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex') || '0'}`);
const toBytes = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0').slice(-64), 'hex');

/** The other signature that a signature on P-256 always gives away; it is as good. */
const mirrored = onSignature((signature) => {
  const s = toNumber(signature.subarray(32));
  const isSmaller = signature.byteLength === 64 && s < ORDER.p256;
  return isSmaller ? Buffer.concat([signature.subarray(0, 32), toBytes(ORDER.p256 - s)]) : signature;
});

/** The same signature on Ed25519 with another number in it, which is not as good (RFC 8032 §5.1.7). */
const heightened = onSignature((signature) => {
  const s = toNumber(Buffer.from(signature.subarray(32)).reverse());
  return signature.byteLength === 64
    ? Buffer.concat([signature.subarray(0, 32), toBytes(s + ORDER.ed25519).reverse()])
    : signature;
});

const oneSymbol = fc
  .tuple(fc.nat({ max: 10_000 }), fc.integer({ min: 1, max: SYMBOLS.length - 1 }))
  .map(([position, shift]): Variant => (text) => {
    const index = position % Math.max(1, text.length);
    const symbol = SYMBOLS.indexOf(text.charAt(index));
    const replacement = SYMBOLS.charAt((symbol + shift) % SYMBOLS.length);
    return symbol === -1 ? text : text.slice(0, index) + replacement + text.slice(index + 1);
  });

export const variants: fc.Arbitrary<Variant> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Variant>((text) => text) },
  { weight: 3, arbitrary: oneSymbol },
  { weight: 3, arbitrary: fc.constantFrom(partOfOther(0), partOfOther(1), partOfOther(2)) },
  { weight: 2, arbitrary: fc.constantFrom(mirrored, heightened) },
  { weight: 1, arbitrary: mutations },
);
