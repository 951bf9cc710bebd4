import { defineConfig } from 'vitest/config';

// What a user gets: the packed tarball, installed in an empty folder.
export default defineConfig({
  test: {
    include: ['tests/package/**/*.test.ts'],
    testTimeout: 5 * 60_000,
    hookTimeout: 5 * 60_000,
    fileParallelism: false,
  },
});
