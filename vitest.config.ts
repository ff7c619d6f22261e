import { defineConfig } from 'vitest/config';

const setupFiles = ['test/support/network-guard.setup.ts'];
const withoutEngines = 'test/{unit,contracts,integration,security,faults,cli}/**';

export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'quick',
          include: [`${withoutEngines}/*.test.ts`, 'test/*.test.ts'],
          exclude: ['**/*.slow.test.ts'],
          setupFiles,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'slow',
          include: [`${withoutEngines}/*.slow.test.ts`],
          setupFiles,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'engines',
          include: ['test/engines/**/*.test.ts'],
          setupFiles,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: 2, // Engines mostly wait for each other; more would starve them.
        },
      },
    ],
  },
});
