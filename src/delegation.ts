/**
 * Who acts for whom (RFC 8693 §4.1). Pure.
 */
import { MissingRequiredArgumentError, VerifyAccessTokenError } from './errors/index.ts';

/** Claims as far as delegation goes; any verified claims fit. */
export interface DelegatedClaims {
  readonly act?: unknown;
}

/** Auth0 nests five levels at most. A chain longer than this was not made by delegation. */
export const MOST_ACTORS = 32;

/**
 * The current actor: the `sub` of the outermost `act`, and the only actor to use for authorization. `undefined` when
 * the user acts directly.
 *
 * @throws VerifyAccessTokenError `act_invalid` when `act` is present and is not an object with a `sub`
 * @throws MissingRequiredArgumentError when there are no claims
 */
export function getCurrentActor(claims: DelegatedClaims): string | undefined {
  const act = ownAct(claims);
  return act === undefined ? undefined : readActor(act).sub;
}

/**
 * All actors, the newest first; empty when the token is not delegated. Everything behind the first is for logs, not for
 * authorization.
 *
 * @throws VerifyAccessTokenError `act_invalid` when a level is not an object with a `sub`, or there are more than 32
 * @throws MissingRequiredArgumentError when there are no claims
 */
export function getDelegationChain(claims: DelegatedClaims): string[] {
  const chain: string[] = [];
  for (let act = ownAct(claims); act !== undefined;) {
    const actor = readActor(act);
    if (chain.push(actor.sub) > MOST_ACTORS) {
      throw invalidAct({ name: 'act', expected: `at most ${MOST_ACTORS} levels` });
    }
    act = ownAct(actor);
  }
  return chain;
}

function ownAct(claims: object): unknown {
  if (typeof claims !== 'object' || (claims as unknown) === null)
    throw new MissingRequiredArgumentError('claims');
  return Object.hasOwn(claims, 'act') ? (claims as DelegatedClaims).act : undefined;
}

function readActor(act: unknown): { sub: string; act?: unknown } {
  if (typeof act !== 'object' || act === null || Array.isArray(act)) {
    throw invalidAct({ name: 'act', expected: 'an object' });
  }
  const sub: unknown = Object.hasOwn(act, 'sub') && 'sub' in act ? act.sub : undefined;
  if (typeof sub !== 'string' || sub.trim() === '') {
    throw invalidAct({ name: 'act.sub', expected: 'a string that is not blank' });
  }
  return Object.hasOwn(act, 'act') && 'act' in act ? { sub, act: act.act } : { sub };
}

function invalidAct(cause: { name: string; expected: string }): VerifyAccessTokenError {
  return new VerifyAccessTokenError('act_invalid', { cause });
}
