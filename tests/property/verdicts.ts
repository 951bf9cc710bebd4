/**
 * Comparing our verdict with that of jose: we may be stricter, for a reason that stands in a table; what jose refuses,
 * we refuse. And ours is the same whether or not anything is remembered.
 */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { expect } from 'vitest';
import { BaseAuthError } from '../../src/errors/index.ts';
import { report } from './differential-runs.ts';
import { STRICTER, type StricterRow, stricterRow } from './stricter.ts';

export interface Verdict {
  /** The claims as JSON, when it was accepted. */
  readonly claims?: string;
  /** Why it was refused. */
  readonly reason?: string;
  /** The claims themselves. */
  readonly value?: unknown;
}

/** What was judged, as far as a stricter row wants to know it. */
export interface Circumstances {
  readonly about: 'token' | 'proof';
  readonly text: string;
  readonly keysOf: (header: Record<string, unknown>) => unknown[];
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Our verdict. An error that is no refusal is a failure of the test. */
export function ourVerdict(judging: Promise<unknown>): Promise<Verdict> {
  return verdictOf(judging, (error) => (error instanceof BaseAuthError ? error.reason : undefined));
}

/** Over a key that cannot be imported, jose passes on whatever WebCrypto throws. */
export function theirVerdict(judging: Promise<unknown>): Promise<Verdict> {
  return verdictOf(judging, (error) => {
    if (!(error instanceof Error)) return undefined;
    return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  });
}

async function verdictOf(
  judging: Promise<unknown>,
  reasonOf: (error: unknown) => string | undefined,
): Promise<Verdict> {
  try {
    const value = await judging;
    return { claims: JSON.stringify(value), value };
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    return { reason };
  }
}

/** How often what was seen. */
export class Tally {
  accepted = 0;
  readonly refused = new Map<string, number>();
  readonly stricter = new Map<StricterRow, number>();
  /** Why jose refused. */
  readonly theirs = new Map<string, number>();

  get total(): number {
    return this.accepted + sum(this.refused);
  }

  get soFar(): string {
    return `${this.total} so far, ${this.accepted} accepted`;
  }

  get refusedByBoth(): number {
    return sum(this.refused) - sum(this.stricter);
  }

  /** @throws Error where the verdicts differ and no row allows it */
  compare(ours: Verdict, theirs: Verdict, circumstances: Circumstances): void {
    if (theirs.reason !== undefined) {
      if (ours.reason === undefined)
        throw different(`accepted, jose refuses: ${theirs.reason}`, circumstances);
      count(this.theirs, theirs.reason);
    } else if (ours.reason !== undefined) {
      const row = stricterRow(circumstances.about, ours.reason, circumstances);
      if (row === undefined) throw different(`refused, jose accepts: ${ours.reason}`, circumstances);
      count(this.stricter, row);
    } else if (ours.claims !== theirs.claims) {
      throw different(
        `the claims differ: ${String(ours.claims)} and ${String(theirs.claims)}`,
        circumstances,
      );
    }
    if (ours.reason === undefined) this.accepted += 1;
    else count(this.refused, ours.reason);
  }

  /** The rows that were not at work. */
  unseen(about: 'token' | 'proof'): string[] {
    return STRICTER.filter((row) => row[about] !== undefined && !this.stricter.has(row)).map(
      (row) => row.because,
    );
  }

  report(title: string): void {
    report(`${title}: ${this.total}, accepted ${this.accepted}, refused ${sum(this.refused)}`);
    report(`  ours: ${inOrder(this.refused, String)}`);
    report(`  jose: ${inOrder(this.theirs, String)}`);
    report(`  stricter (${sum(this.stricter)}):`);
    for (const [row, times] of this.stricter) report(`    ${times}  ${row.because}`);
  }
}

/** A comparison says something only if it saw every kind of case, and every row at work. */
export function expectVariety(tally: Tally, about: 'token' | 'proof'): void {
  if (tally.total < 5000) return;
  expect(tally.accepted).toBeGreaterThan(tally.total / 10);
  expect(tally.refusedByBoth).toBeGreaterThan(tally.total / 10);
  expect(tally.unseen(about)).toEqual([]);
}

/** Runs comparisons without stack traces: of thousands of refusals, each would take longer than its verification. */
export async function withoutStacks(run: () => Promise<void>): Promise<void> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    await run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** @throws Error unless all ways to get our verdict give the same one */
export function expectSame(ways: Readonly<Record<string, Verdict>>, circumstances: Circumstances): void {
  const [[firstWay, first] = ['', {}], ...others] = Object.entries(ways);
  for (const [way, verdict] of others) {
    if (verdict.reason === first.reason && verdict.claims === first.claims) continue;
    throw different(`${firstWay}: ${outcome(first)}; ${way}: ${outcome(verdict)}`, circumstances);
  }
}

function outcome({ reason, claims }: Verdict): string {
  return reason ?? `accepted ${String(claims)}`;
}

function different(what: string, { about, text, now }: Circumstances): Error {
  const readable = (read: (text: string) => unknown) => {
    try {
      return JSON.stringify(read(text));
    } catch {
      return 'unreadable';
    }
  };
  const [header, payload] = [readable(decodeProtectedHeader), readable(decodeJwt)];
  return new Error(`${about} ${what}\nheader ${header}\npayload ${payload}\nat ${now}\n${text}`);
}

export function count<T>(counts: Map<T, number>, what: T): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

export function sum(counts: ReadonlyMap<unknown, number>): number {
  return [...counts.values()].reduce((total, times) => total + times, 0);
}

export function inOrder<T>(counts: ReadonlyMap<T, number>, nameOf: (what: T) => string): string {
  const entries = [...counts].sort(([, a], [, b]) => b - a);
  return entries.map(([what, times]) => `${nameOf(what)} ${times}`).join(', ');
}
