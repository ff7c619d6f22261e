import { defineConfig } from 'vitest/config';

const quick = ['test/{unit,contracts,integration,security,cli}/**/*.test.ts', 'test/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'quick', include: quick, testTimeout: 20_000 } },
      {
        test: {
          name: 'engines',
          include: ['test/engines/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
