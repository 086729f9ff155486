import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** What plugins import by this name is the package itself, which need not be built. */
const alias = [
  { find: /^edge-orchestrator$/, replacement: fileURLToPath(new URL('src/plugin-api.ts', import.meta.url)) },
];

/** Three kinds of tests, each run by its own script; `vitest run` runs them all. */
export default defineConfig({
  resolve: { alias },
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
          include: ['{src,scripts,bench,examples}/**/*.test.ts', 'test/*/**/*.test.ts'],
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
