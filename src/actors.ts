/**
 * Which actors may act for a user (RFC 8693 §4.1): what the client or an operation accepts, and who acts. Pure.
 *
 * Only the current actor is ever compared. Earlier ones must not decide about access, so no requirement names them.
 */
import { type DelegatedClaims, getCurrentActor } from './delegation.ts';
import { ActorNotAllowedError, ConfigurationError } from './errors/index.ts';
import { excerpt } from './platform/excerpt.ts';

/** Who may act for the user. What a client and a call demand adds up: neither lifts what the other demands. */
export interface ActorRequirements {
  /**
   * The actors that are accepted: the `sub` of the outermost `act` must be one of them, to the letter. A token that is
   * not delegated passes, unless `requireActor` says otherwise; an empty list refuses every delegated token. Without a
   * list, whoever acts is accepted.
   */
  readonly allowedActors?: readonly string[] | undefined;
  /** Whether somebody must act for the user: `true` refuses a token that is not delegated; `false` by default. */
  readonly requireActor?: boolean | undefined;
}

/**
 * Refuses a token by who acts. Every one of the requirements must be met.
 *
 * @throws ActorNotAllowedError `actor_not_allowed`, `actor_missing`
 * @throws VerifyAccessTokenError `act_invalid` when it matters who acts and the claim does not say it properly
 */
export function requireActors(claims: DelegatedClaims, ...requirements: readonly ActorRequirements[]): void {
  if (requirements.every(demandsNothing)) return;
  const lists = requirements.map(({ allowedActors }) => allowedActors).filter((list) => list !== undefined);
  const isRequired = requirements.some(({ requireActor }) => requireActor === true);
  const actor = getCurrentActor(claims);
  if (actor === undefined) {
    if (isRequired) throw new ActorNotAllowedError('actor_missing', { cause: { name: 'act' } });
    return;
  }
  const refusing = lists.find((list) => !list.includes(actor));
  if (refusing !== undefined) {
    throw new ActorNotAllowedError('actor_not_allowed', {
      cause: { name: 'act.sub', expected: excerpt(refusing), actual: excerpt(actor) },
    });
  }
}

function demandsNothing({ allowedActors, requireActor }: ActorRequirements): boolean {
  return allowedActors === undefined && requireActor !== true;
}

/** Refuses requirements that are written wrongly. @throws ConfigurationError */
export function validateActors({ allowedActors, requireActor }: ActorRequirements): void {
  if (allowedActors !== undefined && !isActorList(allowedActors)) {
    throw new ConfigurationError(`\`allowedActors\` must be ${ACTOR_LIST}.`);
  }
  if (requireActor !== undefined && typeof requireActor !== 'boolean') {
    throw new ConfigurationError('`requireActor` must be true or false.');
  }
}

/** What {@link isActorList} accepts, in words. */
export const ACTOR_LIST = 'a list of actors, each as the `sub` of its `act` spells it';

export function isActorList(value: unknown): boolean {
  // A copy has no holes, which `every` would pass over.
  return Array.isArray(value) && Array.from<unknown>(value).every(isActor);
}

function isActor(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
