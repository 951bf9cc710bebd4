/** Longer nonces are taken for an attempt to fill our headers or our memory. */
const MAX_NONCE_LENGTH = 1024;
/** NQCHAR of RFC 6749 Appendix A, of which a nonce is made (RFC 9449 §8.1). */
const NONCE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Whether a value can be the nonce of a server. */
export function isNonce(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_NONCE_LENGTH && NONCE.test(value);
}
