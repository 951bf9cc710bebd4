import { describe, expect, it } from 'vitest';
import { type ActorRequirements, requireActors, validateActors } from '../../src/actors.ts';
import type { DelegatedClaims } from '../../src/delegation.ts';
import { ActorNotAllowedError, ConfigurationError, VerifyAccessTokenError } from '../../src/errors/index.ts';
import { causeOf, refusalBy, thrownBy } from './platform/refusal.ts';

const refused = (reason: string) => ({
  type: ActorNotAllowedError,
  code: 'insufficient_scope',
  reason,
  statusCode: 403,
});
const invalidAct = {
  type: VerifyAccessTokenError,
  code: 'invalid_token',
  reason: 'act_invalid',
  statusCode: 401,
};

const direct: DelegatedClaims = {};
const delegated = (sub: unknown, act?: unknown): DelegatedClaims => ({ act: { sub, act } });
const requiring =
  (claims: DelegatedClaims, ...requirements: ActorRequirements[]) =>
  () => {
    requireActors(claims, ...requirements);
  };

describe('requireActors', () => {
  it.each<[string, DelegatedClaims, ActorRequirements[]]>([
    ['whoever acts, when nothing is demanded', delegated('agent'), [{}, { requireActor: false }]],
    ['an act that is malformed, when it does not matter', { act: 'agent' }, [{ requireActor: undefined }]],
    ['the actor that is listed', delegated('agent'), [{ allowedActors: ['other', 'agent'] }]],
    [
      'the actor that every list has',
      delegated('b'),
      [{ allowedActors: ['a', 'b'] }, { allowedActors: ['b', 'c'] }],
    ],
    [
      'a user who acts directly, whatever the list',
      direct,
      [{ allowedActors: [] }, { allowedActors: ['a'] }],
    ],
    ['any actor, when only somebody must act', delegated('agent'), [{ requireActor: true }]],
    [
      'an earlier actor that is not listed',
      delegated('agent', { sub: 'stranger' }),
      [{ allowedActors: ['agent'] }],
    ],
    ['an earlier level that is malformed', delegated('agent', 7), [{ allowedActors: ['agent'] }]],
  ])('accepts %s', (_title, claims, requirements) => {
    expect(requiring(claims, ...requirements)).not.toThrow();
  });

  it.each<[string, DelegatedClaims, ActorRequirements[]]>([
    ['an actor that is not listed', delegated('stranger'), [{ allowedActors: ['agent'] }]],
    ['every actor, by an empty list', delegated('agent'), [{ allowedActors: [] }]],
    [
      'an actor that only the first list has',
      delegated('a'),
      [{ allowedActors: ['a'] }, { allowedActors: ['b'] }],
    ],
    [
      'an actor that only the second list has',
      delegated('b'),
      [{ allowedActors: ['a'] }, { allowedActors: ['b'] }],
    ],
    ['an actor in other letters', delegated('Agent'), [{ allowedActors: ['agent'] }]],
    ['an actor with a blank behind', delegated('agent '), [{ allowedActors: ['agent'] }]],
    ['an actor that a listed name begins with', delegated('agent'), [{ allowedActors: ['agent-1'] }]],
    ['another spelling of the same letter', delegated('\u00e9'), [{ allowedActors: ['e\u0301'] }]],
    ['a name that every list inherits', delegated('constructor'), [{ allowedActors: ['agent'] }]],
    [
      'a stranger before whom a listed actor acted',
      delegated('stranger', { sub: 'agent' }),
      [{ allowedActors: ['agent'] }],
    ],
  ])('refuses %s', (_title, claims, requirements) => {
    expect(refusalBy(requiring(claims, ...requirements))).toEqual(refused('actor_not_allowed'));
  });

  it.each<[string, ActorRequirements[]]>([
    ['one of them says so', [{ requireActor: true }, {}]],
    ['the other does not lift it', [{ requireActor: true }, { requireActor: false }]],
    ['the call says so', [{ requireActor: false }, { requireActor: true, allowedActors: [] }]],
  ])('refuses that nobody acts, when %s', (_title, requirements) => {
    const error = thrownBy(requiring(direct, ...requirements));
    expect(refusalBy(requiring(direct, ...requirements))).toEqual(refused('actor_missing'));
    expect(causeOf(error)).toEqual({ name: 'act' });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a text', 'agent'],
    ['a list', ['agent']],
    ['nameless', {}],
    ['named by a list', { sub: ['agent'] }],
    ['named by a blank', { sub: ' ' }],
    ['named by its prototype', Object.create({ sub: 'agent' })],
  ])('refuses the token when it matters who acts and act is %s', (_title, act) => {
    for (const requirements of [{ allowedActors: ['agent'] }, { requireActor: true }]) {
      expect(refusalBy(requiring({ act }, requirements))).toEqual(invalidAct);
    }
  });

  it('does not take an inherited act for one', () => {
    const claims = Object.create({ act: { sub: 'agent' } }) as DelegatedClaims;
    expect(refusalBy(requiring(claims, { requireActor: true }))).toEqual(refused('actor_missing'));
  });

  it('keeps as evidence the list that refuses and the actor, both cut short', () => {
    const many = Array.from({ length: 50 }, (_, index) => `actor-${index}`);
    const error = thrownBy(requiring(delegated('x'.repeat(5000)), { allowedActors: many }));
    expect(causeOf(error)).toEqual({
      name: 'act.sub',
      expected: many.slice(0, 10),
      actual: 'x'.repeat(300),
    });
    expect(String(error)).toBe(
      'ActorNotAllowedError: The current actor of the access token is not accepted here.',
    );
  });
});

describe('validateActors', () => {
  it.each<[ActorRequirements]>([
    [{}],
    [{ allowedActors: undefined, requireActor: undefined }],
    [{ allowedActors: [] }],
    [{ allowedActors: ['auth0|agent', ' padded '], requireActor: true }],
    [{ requireActor: false }],
  ])('takes %j', (requirements) => {
    expect(() => {
      validateActors(requirements);
    }).not.toThrow();
  });

  it.each<[unknown, string]>([
    [{ allowedActors: null }, '`allowedActors`'],
    [{ allowedActors: 'agent' }, '`allowedActors`'],
    [{ allowedActors: new Set(['agent']) }, '`allowedActors`'],
    [{ allowedActors: { 0: 'agent', length: 1 } }, '`allowedActors`'],
    [{ allowedActors: [''] }, '`allowedActors`'],
    [{ allowedActors: [' \t'] }, '`allowedActors`'],
    [{ allowedActors: ['agent', 7] }, '`allowedActors`'],
    [{ allowedActors: [undefined] }, '`allowedActors`'],
    // A hole.
    [{ allowedActors: Object.assign(['agent'], { length: 2 }) }, '`allowedActors`'],
    [{ requireActor: null }, '`requireActor`'],
    [{ requireActor: 'true' }, '`requireActor`'],
    [{ requireActor: 1 }, '`requireActor`'],
    [{ requireActor: ['agent'] }, '`requireActor`'],
  ])('refuses %j', (requirements, name) => {
    const validating = () => {
      validateActors(requirements as ActorRequirements);
    };
    expect(refusalBy(validating)).toEqual({
      type: ConfigurationError,
      code: 'invalid_configuration',
      reason: 'invalid_option',
      statusCode: 500,
    });
    expect(validating).toThrow(name);
  });
});
