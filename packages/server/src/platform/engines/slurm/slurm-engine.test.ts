/** The Slurm engine against the contract of all engines, on a real Slurm; what only it does is in the files beside this one. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { present } from '#kernel/assert.ts'
import { engineConformance } from '#platform/engines/testing/engine-conformance.ts'
import { requirement } from '../../../../test/harness/requirement.ts'
import { type SlurmLab, startSlurmLab } from '../../../../test/slurm-lab/lab.ts'
import { hasSlurm } from '../../../../test/slurm-lab/programs.ts'
import { makeSlurmBench } from './testing/slurm-bench.ts'

describe.runIf(requirement('slurm', hasSlurm()))('on a real Slurm', () => {
  let lab: SlurmLab | null = null
  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'spillway-lab-'))
    const waits = { slurmdTimeoutSeconds: 6, killWaitSeconds: 2, graceSeconds: 3 }
    lab = await startSlurmLab({ directory, nodes: 2, gpusPerNode: 4, ...waits })
  })
  afterAll(() => lab?.dispose())

  engineConformance('the Slurm engine', () => makeSlurmBench(present(lab, 'the lab')), {
    hasGangs: true,
    hasRealProcesses: true,
    hasDoors: true,
    carriesFiles: true,
    tellsDrains: true,
    keepsAccounts: true,
    hasForeignWork: true,
    hasNodeFaults: true,
    hasOutages: true,
  })
})
