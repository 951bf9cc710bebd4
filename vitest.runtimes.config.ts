import { defineConfig } from 'vitest/config';

const source = { conditions: ['auth0-api-ts-source'] };

// The built package on each runtime. The tenant, in this process, is the one of the sources.
export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    setupFiles: ['tests/support/export-keys-safely.ts'],
    include: ['tests/runtimes/*.test.ts'],
    globalSetup: 'tests/runtimes/install-package.ts',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    fileParallelism: false,
  },
});
