/** The simulated engine against the contract of all engines; what only it does is in the files beside this one. */
import { engineConformance } from '#platform/engines/testing/engine-conformance.ts'
import { makeSimulatedBench } from './testing/simulated-bench.ts'

engineConformance('the simulated engine', () => makeSimulatedBench(), {
  hasGangs: true,
  tellsDrains: true,
  keepsAccounts: true,
  hasForeignWork: true,
  hasNodeFaults: true,
  hasOutages: true,
  startsSlowly: true,
})
