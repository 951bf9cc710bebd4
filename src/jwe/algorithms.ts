/**
 * The one table about encryption (RFC 7518 §4.1, §5.1): the algorithms that are accepted, and nothing else. Left out on
 * purpose: RSA1_5 and RSA-OAEP with SHA-1, for their hash and their history; shared and password-based keys, because who
 * may read a token must not be who makes it; CBC, because GCM is enough.
 */

/** The two kinds of private keys, as WebCrypto names them. */
export type KeyFamily = 'RSA-OAEP' | 'ECDH';

export interface KeyManagement {
  readonly name: string;
  readonly family: KeyFamily;
  /** Whether the second part of the token carries a key; with an agreed key it is empty. */
  readonly hasEncryptedKey: boolean;
}

const KEY_MANAGEMENT: readonly KeyManagement[] = [
  { name: 'RSA-OAEP-256', family: 'RSA-OAEP', hasEncryptedKey: true },
  { name: 'ECDH-ES', family: 'ECDH', hasEncryptedKey: false },
  { name: 'ECDH-ES+A128KW', family: 'ECDH', hasEncryptedKey: true },
  { name: 'ECDH-ES+A256KW', family: 'ECDH', hasEncryptedKey: true },
];

export const KEY_MANAGEMENT_NAMES: readonly string[] = KEY_MANAGEMENT.map(({ name }) => name);

export const CONTENT_ENCRYPTION: readonly string[] = ['A128GCM', 'A192GCM', 'A256GCM'];

/** Bytes of the initialisation vector and of the tag of AES-GCM (RFC 7518 §5.3). */
export const GCM_BYTES = { iv: 12, tag: 16 };

export const CURVES = [
  { crv: 'P-256', coordinateBytes: 32 },
  { crv: 'P-384', coordinateBytes: 48 },
  { crv: 'P-521', coordinateBytes: 66 },
] as const;

/** The entry of an `alg`, which may be anything a header or a key can hold. */
export function findKeyManagement(name: unknown): KeyManagement | undefined {
  return KEY_MANAGEMENT.find((algorithm) => algorithm.name === name);
}
