/**
 * Tokens that were verified, so that the same text need not be verified again.
 */
import type { AccessTokenClaims } from '../claims.ts';
import type { Verifier } from '../jws/signature.ts';
import type { LruMap } from '../platform/lru-map.ts';
import type { UnverifiedToken } from './read-token.ts';

/** A token whose signature one key has confirmed. With another key, even of the same `kid`, it says nothing. */
export interface VerifiedToken extends UnverifiedToken {
  /** The key as the key set had it: a new set has new ones. */
  readonly verifier: Verifier;
  /** Deeply frozen: every caller is handed the same object. */
  readonly claims: AccessTokenClaims;
}

/** By the whole text of the token: two that differ in one character have nothing in common. */
export type VerifiedTokens = LruMap<string, VerifiedToken>;
