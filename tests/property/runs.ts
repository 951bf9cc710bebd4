import type { Parameters } from 'fast-check';

const asked = process.env.FAST_CHECK_RUNS;

/**
 * How often each property is tried. By default the cases are the same every time, so that no change fails by chance;
 * `FAST_CHECK_RUNS=100000` looks for new ones, and a failure prints the seed that repeats it.
 */
export const runs: Parameters<unknown> =
  asked === undefined ? { numRuns: 500, seed: 20_260_729 } : { numRuns: Number(asked) };

/** Time for a property, in milliseconds: generous, because a long session asks for many runs. */
export const TIME_LIMIT = Math.max(60_000, Number(asked ?? 0) * 10);
