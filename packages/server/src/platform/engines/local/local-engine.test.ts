/** The local engine against the contract of all engines; what only it does is in the files beside this one. */
import { engineConformance } from '#platform/engines/testing/engine-conformance.ts'
import { makeLocalBench } from './testing/local-bench.ts'

engineConformance('the local engine', makeLocalBench, {
  hasRealProcesses: true,
  hasDoors: true,
  carriesFiles: true,
  keepsAccounts: true,
})
