/** The lab itself: it is a real Slurm with nodes and GPUs, beside others of its kind, and leaves nothing behind. */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '#platform/engines/testing/until.ts'
import { createProcessTable } from '#platform/processes/process-table.ts'
import { requirement } from '../harness/requirement.ts'
import { daemonsOf, findSlurmLab, type SlurmLab, startSlurmLab } from './lab.ts'
import { hasSlurm } from './programs.ts'

const root = mkdtempSync(join(tmpdir(), 'spillway-lab-'))

describe.runIf(requirement('slurm', hasSlurm()))('a lab', () => {
  let labs: readonly SlurmLab[] = []
  beforeAll(async () => {
    const shape = { nodes: 2, gpusPerNode: 4, hasAccounting: false }
    const make = (name: string) => startSlurmLab({ directory: join(root, name), ...shape })
    labs = await Promise.all([make('one'), make('two')])
  })
  afterAll(async () => {
    for (const lab of labs) await lab.dispose()
  })

  test('gives work its GPUs, and its neighbour knows nothing of it', async () => {
    const [one, two] = labs
    if (one === undefined || two === undefined) throw new Error('two labs were started')
    const out = join(root, 'devices')
    const wrap = 'echo $CUDA_VISIBLE_DEVICES; exec sleep 600'
    const words = ['--parsable', '--gpus-per-node=3', `--output=${out}`, `--wrap=${wrap}`]
    const job = (await one.run('sbatch', ...words)).trim()
    await until('the work has its GPUs', () => existsSync(out) && readFileSync(out, 'utf8') !== '')
    expect(readFileSync(out, 'utf8')).toBe('0,1,2\n')
    expect((await one.run('squeue', '-h', '-o', '%i %T')).trim()).toBe(`${job} RUNNING`)
    expect(await two.run('squeue', '-h')).toBe('')
  })

  test('a daemon that was killed is started again by itself and keeps what it knew', async () => {
    const [, two] = labs
    if (two === undefined) throw new Error('two labs were started')
    await two.kill('slurmctld')
    const dead = daemonsOf(two.plan.directory).filter(({ isRunning }) => !isRunning)
    expect(dead.map(({ name }) => name)).toEqual(['slurmctld'])
    await two.restart('slurmctld')
    await two.untilIdle()
  })

  test('a lab that is stopped by another process leaves no process and no file', async () => {
    const directory = join(root, 'one')
    await findSlurmLab(directory)?.dispose()
    expect(existsSync(directory)).toBe(false)
    const table = createProcessTable()
    const mark = `SLURM_CONF=${join(directory, 'etc/slurm.conf')}`
    const left = table.list().filter(({ pid }) => table.hasInEnvironment(pid, mark) === true)
    expect(left).toEqual([])
    expect(findSlurmLab(directory)).toBeNull()
  })
})
