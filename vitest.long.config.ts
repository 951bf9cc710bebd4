import { defineConfig } from 'vitest/config';

const source = { conditions: ['auth0-api-ts-source'] };

// The property tests with many more cases than `npm test` takes the time for.
export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    setupFiles: ['tests/support/export-keys-safely.ts'],
    include: ['tests/property/**/*.test.ts', 'tests/unit/exchange/**/*.test.ts'],
    env: { FAST_CHECK_RUNS: '50000' },
    testTimeout: 20 * 60_000,
  },
});
