/** The last line of a test run, `123 passed, 0 failed, 4 skipped`, alone on its line for programs to read. */
import type { SerializedError } from 'vitest'
import type { Reporter, TestModule } from 'vitest/node'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export function renderCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** A file that could not be run, and an error outside of any test, each count as one failed test. */
function countTests(
  modules: readonly TestModule[],
  unhandledErrors: readonly SerializedError[],
): Counts {
  const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
  for (const module of modules) {
    const failedBefore = counts.failed
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      counts[state === 'pending' ? 'failed' : state]++
    }
    if (module.state() === 'failed' && counts.failed === failedBefore) counts.failed++
  }
  return counts
}

export const countReporter: Reporter = {
  onTestRunEnd: (modules, unhandledErrors) => {
    process.stdout.write(`\n${renderCounts(countTests(modules, unhandledErrors))}\n`)
  },
}
