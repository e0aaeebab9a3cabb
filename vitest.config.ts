/** How tests run, for all workspaces at once. Each file is isolated in a process of its own. */
import { defineConfig } from 'vitest/config'
import { LongFirst } from './packages/server/test/harness/long-first.ts'
import { countReporter } from './packages/server/test/harness/reporter.ts'

export default defineConfig({
  test: {
    include: ['packages/**/*.test.{ts,tsx}', 'tools/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/.spillway/**'],
    globalSetup: ['packages/server/test/harness/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
    reporters: ['default', countReporter],
  },
})
