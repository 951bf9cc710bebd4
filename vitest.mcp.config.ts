import { defineConfig } from 'vitest/config';

// The built package with real MCP clients and servers, as examples/mcp-server has them.
export default defineConfig({
  test: {
    setupFiles: ['tests/support/export-keys-safely.ts'],
    include: ['tests/mcp/**/*.test.mjs'],
    globalSetup: 'tests/mcp/global-setup.mjs',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    // As users have it: loaded by Node and not by Vitest.
    server: { deps: { external: [/\/dist\//, /\/examples\//] } },
  },
});
