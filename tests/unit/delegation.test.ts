import { describe, expect, it } from 'vitest';
import { type DelegatedClaims, getCurrentActor, getDelegationChain } from '../../src/delegation.ts';
import { MissingRequiredArgumentError, VerifyAccessTokenError } from '../../src/errors/index.ts';
import { causeOf, refusalBy, thrownBy } from './platform/refusal.ts';

interface Actor {
  sub: string;
  act?: Actor;
}

/** The actors of a chain nested as RFC 8693 nests them, the newest outside. */
function nest(actors: readonly string[]): DelegatedClaims {
  const act = actors.reduceRight<Actor | undefined>(
    (inner, sub) => (inner === undefined ? { sub } : { sub, act: inner }),
    undefined,
  );
  return act === undefined ? {} : { act };
}

const refused = {
  type: VerifyAccessTokenError,
  code: 'invalid_token',
  reason: 'act_invalid',
  statusCode: 401,
};

const malformed: [string, unknown][] = [
  ['null', null],
  ['a string', 'agent'],
  ['a number', 5],
  ['a list', [{ sub: 'agent' }]],
  ['a list with a sub', Object.assign([], { sub: 'agent' })],
  ['an empty object', {}],
  ['no sub', { client_id: 'agent' }],
  ['a sub that is null', { sub: null }],
  ['a sub that is a number', { sub: 5 }],
  ['a sub in a list', { sub: ['agent'] }],
  ['a sub that is an object', { sub: { sub: 'agent' } }],
  ['an empty sub', { sub: '' }],
  ['a blank sub', { sub: ' \t\n\u00a0' }],
  ['a sub in the prototype', Object.create({ sub: 'agent' })],
  ['a sub in an own __proto__', JSON.parse('{"__proto__":{"sub":"agent"}}')],
];

describe('getCurrentActor', () => {
  it('is the outermost actor', () => {
    expect(getCurrentActor(nest(['newest', 'older', 'oldest']))).toBe('newest');
    expect(getCurrentActor(nest(['only']))).toBe('only');
  });

  it('is nobody when the user acts directly', () => {
    expect(getCurrentActor({})).toBeUndefined();
    expect(getCurrentActor({ act: undefined })).toBeUndefined();
  });

  it('keeps the sub as it is, blanks around it included', () => {
    expect(getCurrentActor({ act: { sub: ' agent ' } })).toBe(' agent ');
  });

  it.each(malformed)('refuses an act that is %s', (_title, act) => {
    expect(refusalBy(() => getCurrentActor({ act }))).toEqual(refused);
  });

  it.each(malformed)('does not look behind the outermost level, where act is %s', (_title, act) => {
    expect(getCurrentActor({ act: { sub: 'agent', act } })).toBe('agent');
  });

  it('reads the outermost level of a chain of thousands', () => {
    expect(getCurrentActor(nest(Array.from({ length: 50_000 }, (_, index) => `actor-${index}`)))).toBe(
      'actor-0',
    );
  });

  it('inherits no actor', () => {
    expect(getCurrentActor(Object.create({ act: { sub: 'agent' } }) as DelegatedClaims)).toBeUndefined();
    expect(
      getCurrentActor(JSON.parse('{"__proto__":{"act":{"sub":"agent"}}}') as DelegatedClaims),
    ).toBeUndefined();
  });
});

describe('either helper', () => {
  it.each([undefined, null, 'claims', 5])('asks for claims when given %j', (claims) => {
    for (const helper of [getCurrentActor, getDelegationChain]) {
      expect(refusalBy(() => helper(claims as unknown as DelegatedClaims))).toEqual({
        type: MissingRequiredArgumentError,
        code: 'invalid_request',
        reason: 'missing_argument',
        statusCode: 400,
      });
    }
  });
});

describe('getDelegationChain', () => {
  it('lists the actors, the newest first', () => {
    expect(getDelegationChain(nest(['newest', 'older', 'oldest']))).toEqual(['newest', 'older', 'oldest']);
  });

  it('is empty when the user acts directly', () => {
    expect(getDelegationChain({})).toEqual([]);
    expect(getDelegationChain({ act: undefined })).toEqual([]);
  });

  it('is a new list each time', () => {
    const claims = nest(['agent']);
    getDelegationChain(claims).push('intruder');
    expect(getDelegationChain(claims)).toEqual(['agent']);
  });

  it('ends at an act that is undefined', () => {
    expect(getDelegationChain({ act: { sub: 'agent', act: undefined } })).toEqual(['agent']);
  });

  it('lists an actor as often as it acted', () => {
    expect(getDelegationChain(nest(['a', 'b', 'a']))).toEqual(['a', 'b', 'a']);
  });

  it.each(malformed)('refuses an act that is %s', (_title, act) => {
    expect(refusalBy(() => getDelegationChain({ act }))).toEqual(refused);
  });

  it.each(malformed)('refuses a chain whose third act is %s', (_title, act) => {
    const claims = { act: { sub: 'newest', act: { sub: 'older', act } } };
    expect(refusalBy(() => getDelegationChain(claims))).toEqual(refused);
  });

  it('takes 32 levels and refuses more', () => {
    const actors = Array.from({ length: 32 }, (_, index) => `actor-${index}`);
    expect(getDelegationChain(nest(actors))).toEqual(actors);
    const error = thrownBy(() => getDelegationChain(nest([...actors, 'one more'])));
    expect(refusalBy(() => getDelegationChain(nest([...actors, 'one more'])))).toEqual(refused);
    expect(causeOf(error)).toEqual({ name: 'act', expected: 'at most 32 levels' });
  });

  it('refuses a chain of thousands', () => {
    const claims = nest(Array.from({ length: 50_000 }, () => 'agent'));
    expect(refusalBy(() => getDelegationChain(claims))).toEqual(refused);
  });

  it('refuses a chain that leads back to itself', () => {
    const act: Actor = { sub: 'agent' };
    act.act = act;
    expect(refusalBy(() => getDelegationChain({ act }))).toEqual(refused);
  });

  it('inherits no further actor', () => {
    const act = Object.assign(Object.create({ act: { sub: 'intruder' } }) as object, { sub: 'agent' });
    expect(getDelegationChain({ act })).toEqual(['agent']);
  });

  it('says which part is wrong, and quotes none of it', () => {
    expect(causeOf(thrownBy(() => getDelegationChain({ act: 'secret' })))).toEqual({
      name: 'act',
      expected: 'an object',
    });
    expect(causeOf(thrownBy(() => getDelegationChain({ act: { sub: 5 } })))).toEqual({
      name: 'act.sub',
      expected: 'a string that is not blank',
    });
  });
});
