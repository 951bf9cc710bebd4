/**
 * How many cases the comparisons with jose try, on each of the two signature paths. What `npm test` tries is 20,500
 * tokens and proofs on both together, the same every time. `npm run test:differential` tries a million on both together;
 * `DIFFERENTIAL_CASES` is another number, and `DIFFERENTIAL_SEED` a seed that was printed.
 */
const { DIFFERENTIAL_CASES: wanted, DIFFERENTIAL_SEED: givenSeed, FAST_CHECK_RUNS: each } = process.env;

export type Kind = 'access tokens' | 'proofs' | 'token sessions' | 'proof sessions';

const DEFAULTS: Readonly<Record<Kind, number>> = {
  'access tokens': 7_500,
  proofs: 2_750,
  'token sessions': 250,
  'proof sessions': 100,
};
const TOKENS_AND_PROOFS = DEFAULTS['access tokens'] + DEFAULTS.proofs;
const PATHS = 2;
const CHUNK = 10_000;
/** `npm test` has the same cases each time. The keys, and so the signatures, are new in each process all the same. */
const SEED = 20_260_729;

export const isLong = wanted !== undefined;

/** How often a property of that kind is tried. Sessions come on top of the number that was asked for. */
export function casesOf(kind: Kind): number {
  const isSession = kind.endsWith('sessions');
  if (wanted !== undefined) return Math.ceil((Number(wanted) / PATHS) * (DEFAULTS[kind] / TOKENS_AND_PROOFS));
  if (each !== undefined) return isSession ? Math.ceil(Number(each) / 50) : Number(each);
  return DEFAULTS[kind];
}

/** The cases in pieces, each with a seed of its own that repeats it. */
export function chunksOf(kind: Kind): { readonly numRuns: number; readonly seed: number }[] {
  const cases = casesOf(kind);
  const first = Number(givenSeed ?? (each === undefined ? SEED : Date.now() % 2 ** 31));
  return Array.from({ length: Math.ceil(cases / CHUNK) }, (_, index) => ({
    numRuns: Math.min(CHUNK, cases - index * CHUNK),
    seed: first + index,
  }));
}

/** Time for a comparison, in milliseconds: generous, for a slow computer. */
export const DIFFERENTIAL_TIME_LIMIT = Math.max(120_000, 20 * (casesOf('access tokens') + casesOf('proofs')));

/** What a long run says about itself; the short one is silent. */
export function report(line: string): void {
  if (isLong) console.log(line);
}
