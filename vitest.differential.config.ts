import { defineConfig } from 'vitest/config';

const source = { conditions: ['auth0-api-ts-source'] };
const { DIFFERENTIAL_CASES = '1000000', DIFFERENTIAL_SEED = String(Date.now() % 2 ** 31) } = process.env;

// The comparisons with jose alone, with a million tokens and proofs, half of them on each signature module.
export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    setupFiles: ['tests/support/export-keys-safely.ts'],
    include: ['tests/property/differential.*.test.ts'],
    env: { DIFFERENTIAL_CASES, DIFFERENTIAL_SEED },
    maxWorkers: 2,
    disableConsoleIntercept: true,
  },
});
