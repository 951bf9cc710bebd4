import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const webSignature = fileURLToPath(new URL('src/jws/signature.web.ts', import.meta.url));
const source = { conditions: ['auth0-api-ts-source'] };

// The scenarios run twice: once on node:crypto and once on the WebCrypto path that edge runtimes take.
export default defineConfig({
  resolve: source,
  ssr: { resolve: source },
  test: {
    setupFiles: ['tests/support/export-keys-safely.ts'],
    // One for each signature module; on two cores the default would be one in all.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['tests/{unit,adapters,scenarios,property,conformance,docs,transport}/**/*.test.ts'],
        },
      },
      {
        extends: true,
        resolve: { ...source, alias: { '#signature': webSignature } },
        test: { name: 'web', include: ['tests/{scenarios,conformance}/**/*.test.ts'] },
      },
    ],
  },
});
