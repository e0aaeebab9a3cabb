/** The local engine keeps the contract of all engines in a sandbox too. */
import { describe } from 'vitest'
import { engineConformance } from '#platform/engines/testing/engine-conformance.ts'
import { requirement } from '../../../../../test/harness/requirement.ts'
import { makeSandboxBench } from '../testing/local-bench.ts'
import { hasSandboxes } from '../testing/sandbox-presence.ts'

describe.runIf(requirement('bubblewrap', await hasSandboxes()))('in a sandbox', () => {
  engineConformance('the local engine', makeSandboxBench, {
    hasRealProcesses: true,
    hasDoors: true,
    keepsAccounts: true,
  })
})
