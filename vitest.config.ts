import { defineConfig } from 'vitest/config';

/** Three kinds of tests, each run by its own script; `vitest run` runs them all. */
export default defineConfig({
  test: {
    // A station test opens worker threads of its own: more test processes than cores only make them wait for each other.
    pool: 'forks',
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // a folder of test/ is a tool of the tests above it
          include: ['{src,scripts,bench}/**/*.test.ts', 'test/*/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts'],
          testTimeout: 10_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['{src,test,examples}/**/*.integration.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'functional',
          include: ['test/*.test.ts'],
          exclude: ['**/*.integration.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
