import { defineConfig } from 'vitest/config';

const source = { conditions: ['auth0-api-ts-source'] };

// Code that we did not write, on both sides of the wire. Its packages are in a folder of their own.
export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    setupFiles: ['tests/support/export-keys-safely.ts'],
    include: ['tests/interop/**/*.test.mjs'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
