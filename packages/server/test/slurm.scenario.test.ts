/** Spillway on a real Slurm: the owner's people use `sbatch` as they always did, and what was sold gives way to them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient, type Lease } from '@spillway/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import { untilTrue } from './harness/index.ts'
import { startInstallation, type TestInstallation } from './harness/installation.ts'
import { requirement } from './harness/requirement.ts'
import { renderFleet } from './slurm-lab/fleet.ts'
import { type SlurmLab, startSlurmLab } from './slurm-lab/lab.ts'
import { hasSlurm } from './slurm-lab/programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-slurm-'))
const TELLING = ['sh', '-c', 'trap "echo noticed" USR1; echo up; while :; do sleep 0.1; done']
const PATIENCE_MS = 90_000

function until(client: Client, id: string, state: Lease['state']): Promise<Lease> {
  return untilTrue(
    async () => {
      const lease = await client.getLease({ params: { id } })
      return lease.state === state ? lease : null
    },
    { timeoutMs: 40_000, what: `${id} is ${state}` },
  )
}

describe.runIf(requirement('slurm', hasSlurm()))('Spillway on a real Slurm', () => {
  let lab: SlurmLab | null = null
  let installation: TestInstallation | null = null
  beforeAll(async () => {
    const shape = { nodes: 2, gpusPerNode: 4, graceSeconds: 5 }
    lab = await startSlurmLab({ directory: join(folder, 'lab'), ...shape })
    const fleet = join(folder, 'fleet.yaml')
    writeFileSync(fleet, renderFleet(lab))
    installation = await startInstallation({ environment: { SPILLWAY_FLEET: fleet } })
  }, PATIENCE_MS)
  afterAll(async () => {
    await installation?.stop()
    await lab?.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  test(
    'a spot lease gives way to an sbatch of the owner: noticed, confirmed gone, and billed to its end',
    async () => {
      const { url, demoApiKey } = present(installation, 'the installation')
      const buyer = createClient({ url, credential: demoApiKey })
      const cluster = present(lab, 'the lab')
      // given
      const { id } = await buyer.createLease({
        body: { command: TELLING, gpus: 8, nodes: 2, tier: 'spot', noticeSignal: 'SIGUSR1' },
      })
      await until(buyer, id, 'running')
      // when
      const words = ['--account=anchor', '--nodes=2', '--gpus-per-node=4', '--output=/dev/null']
      const job = (await cluster.run('sbatch', '--parsable', ...words, '--wrap=sleep 600')).trim()
      // then
      const ended = await until(buyer, id, 'ended')
      expect(ended.endReason).toBe('reclaimed')
      const attempts = join(cluster.plan.directory, 'work/attempts')
      const logs = readdirSync(attempts).map((name) =>
        readFileSync(join(attempts, name, 'job/log')),
      )
      expect(logs.join('')).toContain('noticed')
      expect(Number(ended.chargedUsd)).toBeGreaterThan(0)
      await untilTrue(
        async () => (await cluster.run('squeue', '-h', '-j', job, '-o', '%T')).trim() === 'RUNNING',
        { timeoutMs: 40_000, what: 'the owner has the GPUs' },
      )
      expect((await buyer.getLease({ params: { id } })).chargedUsd).toBe(ended.chargedUsd)
    },
    PATIENCE_MS,
  )
})
