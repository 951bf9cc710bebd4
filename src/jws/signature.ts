/**
 * What `#signature` offers. Two modules implement it, and the package's own import conditions choose one where the
 * package runs: `signature.node.ts` (node:crypto, synchronous) and `signature.web.ts` (jose and WebCrypto).
 */
import type { JwsAlgorithm } from './algorithms.ts';

/** The public members of a key (RFC 7518 §6), in the order in which RFC 7638 hashes them, and nothing else. */
export type PublicJwk =
  | { readonly e: string; readonly kty: 'RSA'; readonly n: string }
  | { readonly crv: string; readonly kty: 'EC'; readonly x: string; readonly y: string }
  | { readonly crv: string; readonly kty: 'OKP'; readonly x: string };

/**
 * Checks a signature by one imported key with one algorithm. The key lives in the closure and nowhere else.
 *
 * @param isBusy whether others are waiting for theirs: then several cores are worth the way to another thread
 */
export type Verifier = (
  signature: Uint8Array,
  signingInput: string,
  isBusy?: boolean,
) => boolean | Promise<boolean>;

export interface SignatureModule {
  /** The bytes, or `undefined` unless the text is the canonical encoding (RFC 4648 §5, §3.5; no padding). */
  readonly decodeBase64url: (text: string) => Uint8Array | undefined;
  /** The text of strict UTF-8, a byte order mark included; `undefined` when the bytes are none. */
  readonly decodeUtf8: (bytes: Uint8Array) => string | undefined;
  /** SHA-256 of bytes, or of the UTF-8 text, in base64url. */
  readonly sha256: (data: string | Uint8Array) => string | Promise<string>;
  /** HMAC-SHA-256 of the UTF-8 text, in base64url. */
  readonly hmacSha256: (secret: string, text: string) => string | Promise<string>;
  /** Imports a key for one algorithm. Throws or rejects when the key does not exist, such as a point off its curve. */
  readonly importVerifier: (jwk: PublicJwk, algorithm: JwsAlgorithm) => Verifier | Promise<Verifier>;
}
