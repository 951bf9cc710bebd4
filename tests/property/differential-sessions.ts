/**
 * Sequences of related tokens and proofs through one client that remembers. Its verdict is at every step that of a client
 * without memory, and that of jose at that time and with those keys.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createProofJudge,
  judgeByJose as judgeProofByJose,
  proofKeysOf,
  type ProofRequest,
} from './differential-proofs.ts';
import { chunksOf, DIFFERENTIAL_TIME_LIMIT, report } from './differential-runs.ts';
import { KEY_SETS, proofSessions, tokenSessions } from './sessions.ts';
import { SECONDS } from './tenant.ts';
import {
  count,
  expectSame,
  inOrder,
  sum,
  Tally,
  theirVerdict,
  type Verdict,
  withoutStacks,
} from './verdicts.ts';
import { createWatched, judgeByJose, type World } from './watched-client.ts';

/** What a run of sessions saw of the memory. */
class MemoryTally extends Tally {
  /** How often a verdict came from memory: the very same object, which nothing else gives. */
  fromMemory = 0;
  /** Why a text was refused that the same client had accepted before. */
  readonly nowRefused = new Map<string, number>();
}

async function runTokenSessions(
  tally: MemoryTally,
  parameters: { numRuns: number; seed: number },
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(tokenSessions, async ({ tokens, steps, milliseconds, maxEntries }) => {
      const start = SECONDS * 1000 + milliseconds;
      const world: World = { now: start, steady: start, keySet: 0 };
      const remembering = createWatched(world, { verifiedTokenCache: { maxEntries } });
      const forgetting = createWatched(world, { verifiedTokenCache: false });
      const accepted = new Set<string>();
      for (const step of steps) {
        const { elapsed, keySet } = step.event;
        world.now += elapsed * 1000;
        world.steady += Math.max(0, elapsed * 1000);
        world.keySet = keySet ?? world.keySet;
        const text = step.variant(pick(tokens, step.which), pick(tokens, step.other));
        const verdicts: Verdict[] = [];
        for (let time = 0; time < 2; time += 1) {
          const ours = await remembering.judge(text, step);
          const reference = await forgetting.judge(text, step);
          const keysOf = ({ kid }: Record<string, unknown>) =>
            KEY_SETS[reference.keySet]?.keys.filter((key) => key.kid === kid) ?? [];
          const circumstances = { about: 'token' as const, text, keysOf, now: world.now };
          expectSame({ 'with memory': ours.verdict, 'without memory': reference.verdict }, circumstances);
          expect(ours.keySet).toBe(reference.keySet);
          const jose = await theirVerdict(judgeByJose(text, step, reference.keySet, world.now));
          tally.compare(ours.verdict, jose, circumstances);
          verdicts.push(ours.verdict);
        }
        note(tally, text, verdicts, accepted);
      }
    }),
    parameters,
  );
}

function note(tally: MemoryTally, text: string, verdicts: readonly Verdict[], accepted: Set<string>): void {
  const [first, second] = verdicts;
  if (first?.value !== undefined && first.value === second?.value) tally.fromMemory += 1;
  if (first?.reason === undefined) accepted.add(text);
  else if (accepted.has(text)) count(tally.nowRefused, first.reason);
}

function pick<T>(list: readonly T[], index: number): T {
  const picked = list[index % list.length];
  if (picked === undefined) throw new Error('the list is empty');
  return picked;
}

async function runProofSessions(
  tally: MemoryTally,
  parameters: { numRuns: number; seed: number },
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(proofSessions, async ({ proofs, steps }) => {
      const remembering = createProofJudge();
      const accepted = new Set<string>();
      for (const { which, other, boundTo, isOwnToken, variant, elapsed, httpMethod, httpUrl } of steps) {
        const text = variant(pick(proofs, which).proof, pick(proofs, other).proof);
        const { accessToken } = pick(proofs, isOwnToken ? which : boundTo);
        const now = (SECONDS + elapsed) * 1000;
        const request: ProofRequest = { proof: text, accessToken, httpMethod, httpUrl, now };
        const circumstances = { about: 'proof' as const, text, keysOf: proofKeysOf, now };
        const first = await remembering(request);
        expectSame(
          {
            'at first': first,
            again: await remembering(request),
            'by a new client': await createProofJudge()(request),
          },
          circumstances,
        );
        tally.compare(first, await theirVerdict(judgeProofByJose(request)), circumstances);
        note(tally, text, [first], accepted);
      }
    }),
    parameters,
  );
}

/** Reasons for which what was accepted a moment ago must be refused, memory or not. */
const TOKEN_TURNS = [
  ...['token_expired', 'token_not_yet_valid', 'unknown_kid', 'unsupported_algorithm', 'signature_invalid'],
  ...[
    'issuer_not_allowed',
    'insufficient_scope',
    'insufficient_permission',
    'claim_missing',
    'claim_invalid',
  ],
];
const PROOF_TURNS = [
  ...['dpop_proof_expired', 'dpop_proof_htm_mismatch', 'dpop_proof_htu_mismatch'],
  ...['dpop_proof_ath_mismatch'],
];

export function describeSessions(path: string): void {
  const sessions = [
    { kind: 'token sessions', run: runTokenSessions, turns: TOKEN_TURNS },
    { kind: 'proof sessions', run: runProofSessions, turns: PROOF_TURNS },
  ] as const;
  describe('the verdict on what is related to what is remembered', () => {
    it.each(sessions)(
      'is that of jose and that without memory, in $kind',
      async ({ kind, run, turns }) => {
        const tally = new MemoryTally();
        for (const chunk of chunksOf(kind)) {
          report(
            `${path}: verdicts in ${kind}, ${tally.soFar}, next ${chunk.numRuns} with seed ${chunk.seed}`,
          );
          await withoutStacks(() => run(tally, chunk));
        }
        tally.report(`${path}: verdicts in ${kind}`);
        report(`  accepted before and refused then: ${inOrder(tally.nowRefused, String)}`);
        if (kind === 'token sessions') report(`  from memory: ${tally.fromMemory}`);
        if (tally.total < 400) return;
        expect(tally.accepted).toBeGreaterThan(tally.total / 10);
        expect(sum(tally.refused)).toBeGreaterThan(tally.total / 10);
        // The rarest turn comes once in 3,000 verdicts; a shorter run may do without it by chance.
        if (tally.total > 50_000) {
          expect(turns.filter((reason) => !tally.nowRefused.has(reason))).toEqual([]);
        }
        if (kind === 'token sessions') expect(tally.fromMemory).toBeGreaterThan(tally.total / 20);
      },
      DIFFERENTIAL_TIME_LIMIT,
    );
  });
}
