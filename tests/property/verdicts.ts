/**
 * Comparing our verdict with that of jose: we may be stricter, for a reason that stands in a table; what jose refuses,
 * we refuse.
 */
import fc from 'fast-check';
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { expect } from 'vitest';
import { BaseAuthError, type ErrorReason } from '../../src/errors.ts';
import { runs } from './runs.ts';

export interface Verdict {
  readonly claims?: unknown;
  /** Why it was refused. */
  readonly reason?: string;
}

export interface StricterRule {
  readonly because: string;
  readonly reason: ErrorReason;
  /** Read with jose, so that the rule is not confirmed by the code it is about. */
  readonly applies: (token: string, header: Record<string, unknown>, payload: JWTPayload) => boolean;
}

export type Judge = (token: string) => Promise<unknown>;

export const bytesOf = (part: string) => Buffer.from(part, 'base64url');
export const isText = (value: unknown) => typeof value === 'string' && value !== '';

export const isCanonical = (token: string) =>
  token.split('.').every((part) => bytesOf(part).toString('base64url') === part);
export const hasByteOrderMark = (token: string) =>
  token.split('.', 2).some((part) => bytesOf(part).toString('hex').startsWith('efbbbf'));
export const hasExtension = (header: Record<string, unknown>) =>
  ['crit', 'b64', 'zip'].some((name) => Object.hasOwn(header, name));

/** Judges every token twice, and counts which rule made the difference. */
export async function compare(
  tokens: fc.Arbitrary<string>,
  judges: { ours: Judge; theirs: Judge; stricter: readonly StricterRule[] },
) {
  const counts = { accepted: 0, refused: 0, stricter: judges.stricter.map(() => 0) };
  await fc.assert(
    fc.asyncProperty(tokens, async (token) => {
      const ours = await verdictOf(judges.ours(token), ourReason);
      const theirs = await verdictOf(judges.theirs(token), theirReason);
      if (theirs.reason !== undefined) {
        expect(ours.reason, `jose refuses with ${theirs.reason}`).toBeDefined();
        counts.refused += 1;
      } else if (ours.reason !== undefined) {
        const rule = ruleFor(token, ours.reason, judges.stricter);
        expect(rule, `refused with ${ours.reason}, and jose accepts it`).toBeGreaterThanOrEqual(0);
        counts.stricter[rule] = (counts.stricter[rule] ?? 0) + 1;
      } else {
        expect(JSON.stringify(ours.claims)).toBe(JSON.stringify(theirs.claims));
        counts.accepted += 1;
      }
    }),
    runs,
  );
  return counts;
}

/** A comparison says something only if it saw every kind of token, and every rule at work. */
export function expectVariety(
  counts: Awaited<ReturnType<typeof compare>>,
  stricter: readonly StricterRule[],
): void {
  const tried = counts.accepted + counts.refused + counts.stricter.reduce((sum, count) => sum + count, 0);
  if (tried < 2000) return;
  expect(counts.accepted).toBeGreaterThan(tried / 10);
  expect(counts.refused).toBeGreaterThan(tried / 10);
  stricter.forEach(({ because }, index) => {
    expect(counts.stricter[index], because).toBeGreaterThan(0);
  });
}

function ourReason(error: unknown): string | undefined {
  return error instanceof BaseAuthError ? error.reason : undefined;
}

/** Over a key that cannot be imported, jose passes on whatever WebCrypto throws. */
function theirReason(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

/** An error that is no refusal is a failure of the test. */
async function verdictOf(
  judging: Promise<unknown>,
  reasonOf: (error: unknown) => string | undefined,
): Promise<Verdict> {
  try {
    return { claims: await judging };
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    return { reason };
  }
}

function ruleFor(token: string, reason: string, stricter: readonly StricterRule[]): number {
  const [header, payload] = [decodeProtectedHeader(token), decodeJwt(token)];
  return stricter.findIndex((rule) => rule.reason === reason && rule.applies(token, header, payload));
}
