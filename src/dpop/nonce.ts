/**
 * Nonces for DPoP proofs (RFC 9449 §9) without state: the HMAC of a time window. All processes that share the secret
 * issue and accept the same nonces.
 */
import { hmacSha256 } from '#signature';
import { equalInConstantTime } from '../platform/constant-time.ts';

export interface NoncePolicy {
  /** The first signs; all are accepted. */
  readonly secrets: readonly string[];
  readonly lifetimeSeconds: number;
}

/** @param now epoch milliseconds */
export async function issueNonce(policy: NoncePolicy, now: number): Promise<string> {
  const [secret = ''] = policy.secrets;
  return await nonceOfWindow(secret, windowOf(policy, now));
}

/** Whether the nonce is of the current window or the one before it, so that it lives for one to two lifetimes. */
export async function acceptsNonce(policy: NoncePolicy, nonce: string, now: number): Promise<boolean> {
  const current = windowOf(policy, now);
  let accepted = false;
  for (const secret of policy.secrets) {
    for (const window of [current, current - 1]) {
      // No early return: the time must not tell which secret or window came close.
      accepted = equalInConstantTime(await nonceOfWindow(secret, window), nonce) || accepted;
    }
  }
  return accepted;
}

function windowOf(policy: NoncePolicy, now: number): number {
  return Math.floor(now / (policy.lifetimeSeconds * 1000));
}

function nonceOfWindow(secret: string, window: number): string | Promise<string> {
  return hmacSha256(secret, `dpop-nonce:${window}`);
}
