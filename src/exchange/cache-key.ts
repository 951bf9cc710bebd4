/**
 * The name under which a token is kept, and how long it may be: two requests share one only if nothing that could change
 * the answer differs between them.
 */

import { sha256 } from '#signature';
import { isJsonObject, ownMember } from '../jws/json.ts';
import { fromBase64 } from './encryption-key.ts';
import type { FormField } from './extra.ts';

/** All that shapes the answer to a token request. */
export interface RequestIdentity {
  readonly issuer: string;
  readonly clientId: string;
  /** Every field of the form but those that only prove who the client is. */
  readonly fields: readonly FormField[];
  /** The thumbprint of the key that the token is to be bound to. */
  readonly jkt: string | undefined;
}

/**
 * SHA-256, in base64url, over JSON, in which no value can reach into the next. Values are taken as they are: whether two
 * scopes in another order, or two spellings of a letter, mean the same is for the server to say.
 */
export async function cacheKeyOf({ issuer, clientId, fields, jkt }: RequestIdentity): Promise<string> {
  return await sha256(JSON.stringify([issuer, clientId, jkt ?? null, fields]));
}

/**
 * When the subject token ends, in epoch seconds; `undefined` for a token that does not say, because it is no JWT or is
 * encrypted. One that cannot be read has ended. Not verified: the server does that, and this only shortens a life.
 */
export function endOfSubject(token: string | undefined): number | undefined {
  const parts = token?.split('.') ?? [];
  if (parts.length !== 3) return undefined;
  const payload = payloadOf(parts[1] ?? '');
  if (payload === undefined) return Number.NEGATIVE_INFINITY;
  const exp = ownMember(payload, 'exp');
  if (exp === undefined) return undefined;
  return typeof exp === 'number' ? exp : Number.NEGATIVE_INFINITY;
}

/** Read leniently, as a server might that accepts it. */
function payloadOf(part: string): object | undefined {
  try {
    const bytes = fromBase64(part);
    const payload: unknown = bytes && JSON.parse(new TextDecoder().decode(bytes));
    return isJsonObject(payload) ? payload : undefined;
  } catch {
    return undefined;
  }
}
