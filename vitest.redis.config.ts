import { defineConfig } from 'vitest/config';

// The built package with a real redis-server and real clients; skipped where there is no redis-server.
export default defineConfig({
  test: {
    setupFiles: ['tests/support/export-keys-safely.ts'],
    include: ['tests/redis/**/*.test.mjs'],
    globalSetup: 'tests/redis/global-setup.mjs',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    // As users have it, and as the other processes have it: loaded by Node and not by Vitest.
    server: { deps: { external: [/\/dist\//] } },
  },
});
