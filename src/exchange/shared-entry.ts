/** A token as other processes find it: the members of an answer, so that it is checked like one. Pure. */

import { isJsonObject, ownMember } from '../jws/json.ts';
import { readTokenAnswer } from './token-answer.ts';
import type { OnBehalfOfTokenResult } from './types.ts';

export interface SharedEntry {
  readonly issued: OnBehalfOfTokenResult;
  /** When it was asked for, in epoch milliseconds. */
  readonly fetchedAt: number;
}

/** The entry as JSON. */
export function formatEntry({ issued, fetchedAt }: SharedEntry): object {
  const { accessToken, expiresIn, expiresAt, scope, tokenType, issuedTokenType } = issued;
  return {
    fetchedAt,
    // The request may have been sent a moment after it was decided on.
    sentAt: expiresAt - expiresIn,
    answer: {
      access_token: accessToken,
      expires_in: expiresIn,
      scope,
      token_type: tokenType,
      issued_token_type: issuedTokenType,
    },
  };
}

/**
 * The entry in JSON of any shape; `undefined` when it cannot be used.
 *
 * @param requestedTokenType what the request asked for
 * @param isBound whether the token must be bound to a key
 */
export function parseEntry(
  json: unknown,
  requestedTokenType: string | undefined,
  isBound: boolean,
): SharedEntry | undefined {
  if (!isJsonObject(json)) return undefined;
  const fetchedAt = ownMember(json, 'fetchedAt');
  const sentAtSeconds = ownMember(json, 'sentAt');
  const isInOrder =
    isEpoch(fetchedAt) && isEpoch(sentAtSeconds) && sentAtSeconds >= Math.floor(fetchedAt / 1000);
  if (!isInOrder) return undefined;
  const reading = readTokenAnswer(ownMember(json, 'answer'), { requestedTokenType, sentAtSeconds, isBound });
  return 'value' in reading ? { issued: Object.freeze(reading.value.issued), fetchedAt } : undefined;
}

function isEpoch(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
