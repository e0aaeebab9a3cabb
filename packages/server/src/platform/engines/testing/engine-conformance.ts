/**
 * What every engine guarantees, as tests. An engine's test file calls `engineConformance` with a way to make a bench and
 * with what its engine can do; what it cannot do is not asked. What only that engine does is tested beside it.
 */
import { afterEach, beforeEach, describe } from 'vitest'
import {
  admissionOf,
  type EngineBench,
  type EngineTraits,
  newAttempt,
  type Stage,
  type Suite,
} from './bench.ts'
import { crashConformance } from './crash-conformance.ts'
import { filesConformance } from './files-conformance.ts'
import { fleetConformance } from './fleet-conformance.ts'
import { gangConformance } from './gang-conformance.ts'
import { noticeConformance } from './notice-conformance.ts'
import { processConformance } from './process-conformance.ts'
import { recordConformance } from './record-conformance.ts'
import { serviceConformance } from './service-conformance.ts'
import { startConformance } from './start-conformance.ts'
import { stopConformance } from './stop-conformance.ts'
import { terminalConformance } from './terminal-conformance.ts'

const SUITES: readonly Suite[] = [
  startConformance,
  stopConformance,
  noticeConformance,
  recordConformance,
  gangConformance,
  fleetConformance,
  processConformance,
  serviceConformance,
  terminalConformance,
  filesConformance,
  crashConformance,
]

function stageOf(bench: EngineBench): Stage {
  const it = newAttempt()
  const admission: Stage['admission'] = (changes) => admissionOf(bench, { ...it, ...changes })
  return { bench, it, admission, run: (changes) => bench.engine.admit(admission(changes)) }
}

export function engineConformance(
  name: string,
  makeBench: () => Promise<EngineBench>,
  can: EngineTraits,
): void {
  describe(`${name} keeps the engine contract`, () => {
    let stage: Stage | null = null
    beforeEach(async () => {
      stage = stageOf(await makeBench())
    })
    afterEach(async () => {
      await stage?.bench.dispose()
      stage = null
    })
    const now = (): Stage => {
      if (stage === null) throw new Error('no test is under way')
      return stage
    }
    for (const suite of SUITES) suite(now, can)
  })
}
