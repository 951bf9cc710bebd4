import { describe, expect, it } from 'vitest';
import { deepFreeze, isJsonObject, ownMember } from '../../../src/jws/json.ts';

describe('isJsonObject', () => {
  it.each([
    [{}, true],
    [{ a: 1 }, true],
    [Object.create(null), true],
    [[], false],
    [null, false],
    [undefined, false],
    ['{}', false],
    [1, false],
    [true, false],
  ])('judges %j: %s', (value, expected) => {
    expect(isJsonObject(value)).toBe(expected);
  });
});

describe('ownMember', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('inherits no %s', (name) => {
    expect(ownMember({}, name)).toBeUndefined();
  });

  it('reads an own __proto__ as JSON.parse makes it', () => {
    expect(ownMember(JSON.parse('{"__proto__":5}') as object, '__proto__')).toBe(5);
  });

  it('reads members of objects without a prototype', () => {
    const object = Object.assign(Object.create(null) as object, { a: 1 });
    expect(ownMember(object, 'a')).toBe(1);
  });
});

describe('deepFreeze', () => {
  it('freezes every level, arrays too', () => {
    const value = deepFreeze({ a: { b: [{ c: 1 }] }, d: 'text' });
    expect([value, value.a, value.a.b, value.a.b[0]].every((level) => Object.isFrozen(level))).toBe(true);
    expect(() => Object.assign(value.a, { b: 2 })).toThrow(TypeError);
  });

  it('freezes what nests deeper than a stack', () => {
    const depth = 100_000;
    const value = JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as object;
    deepFreeze(value);
    let frozen = 0;
    for (let level: unknown = value; Array.isArray(level); level = level[0]) {
      if (Object.isFrozen(level)) frozen += 1;
    }
    expect(frozen).toBe(depth);
  });

  it('looks below what was frozen at its own level only', () => {
    const inner = { list: [{ a: 1 }] };
    deepFreeze({ outer: Object.freeze({ inner }) });
    expect([inner, inner.list, inner.list[0]].every((level) => Object.isFrozen(level))).toBe(true);
  });

  it('leaves what is no plain object or list as it is', () => {
    class Level {
      value = 1;
    }
    const bare = Object.create(null) as object;
    const value = deepFreeze({ day: new Date(0), map: new Map(), level: new Level(), bare });
    expect([value.day, value.map, value.level].some((inner) => Object.isFrozen(inner))).toBe(false);
    expect(Object.isFrozen(bare)).toBe(true);
  });

  it('freezes objects that hold one another', () => {
    const left: { right?: object } = {};
    const right = { left };
    left.right = right;
    deepFreeze(left);
    expect([left, right].every((object) => Object.isFrozen(object))).toBe(true);
    expect(deepFreeze(right)).toBe(right);
  });
});
