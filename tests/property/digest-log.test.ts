import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigestLog, wordsOf } from '../../src/dpop/digest-log.ts';
import { runs, TIME_LIMIT } from './runs.ts';

const WORDS = Array.from({ length: 101 }, (_, id) =>
  wordsOf(createHash('sha256').update(String(id)).digest('base64url')),
);
const wordsAt = (id: number) => WORDS[id] ?? [0, 0, 0, 0];

describe('DigestLog', () => {
  it(
    'holds what was put in, from the oldest that was not taken out, as a plain list does',
    () => {
      const operation = fc.oneof(
        { weight: 3, arbitrary: fc.nat({ max: 100 }) },
        { weight: 2, arbitrary: fc.constant('shift' as const) },
      );
      fc.assert(
        fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
          const log = new DigestLog();
          const list: number[] = [];
          for (const id of operations) {
            if (id === 'shift') {
              if (list.length > 0) log.shift();
              list.shift();
            } else {
              expect(log.has(wordsAt(id))).toBe(list.includes(id));
              if (list.includes(id)) continue;
              log.push(wordsAt(id));
              list.push(id);
            }
            expect(log.size).toBe(list.length);
          }
          for (let id = 0; id <= 100; id += 1) expect(log.has(wordsAt(id))).toBe(list.includes(id));
        }),
        runs,
      );
    },
    TIME_LIMIT,
  );
});
