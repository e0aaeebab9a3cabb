/** What breaks around a real Slurm, by name: nothing is ever called gone or free because somebody did not answer. */
import { mkdtempSync } from 'node:fs'
import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import {
  admissionOf,
  isRunning,
  readLog,
  untilGone,
  untilLogged,
  untilRunning,
} from '#platform/engines/testing/bench.ts'
import { until } from '#platform/engines/testing/until.ts'
import { requirement } from '../../../../test/harness/requirement.ts'
import { type SlurmLab, startSlurmLab } from '../../../../test/slurm-lab/lab.ts'
import { hasSlurm } from '../../../../test/slurm-lab/programs.ts'
import { makeSlurmBench, openSlurmEngine, type SlurmBench } from './testing/slurm-bench.ts'

const PATIENCE_MS = 100_000
/** Says its pid, so that one can look whether it really is gone. */
const COMMAND = ['sh', '-c', 'echo pid $$; exec sleep 600']

describe.runIf(requirement('slurm', hasSlurm()))('around a real Slurm', () => {
  let started: SlurmLab | null = null
  let made: SlurmBench | null = null
  const lab = () => present(started, 'the lab')
  const bench = () => present(made, 'the bench')
  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'spillway-lab-'))
    const waits = { slurmdTimeoutSeconds: 6, killWaitSeconds: 2, hasAccounting: false }
    started = await startSlurmLab({ directory, nodes: 2, gpusPerNode: 4, ...waits })
  })
  afterAll(() => started?.dispose())
  beforeEach(async () => {
    made = await makeSlurmBench(lab())
  })
  afterEach(() => made?.dispose())

  async function runOne(): Promise<number> {
    await bench().engine.admit(admissionOf(bench(), { command: COMMAND }))
    await untilLogged(bench().engine, 'pid')
    await untilRunning(bench().engine, 'att_1')
    return Number(/pid (\d+)/.exec(await readLog(bench().engine))?.[1])
  }

  /** An engine that meets a program of this text in the place of Slurm's. */
  async function engineWith(program: string, text: string) {
    const programs = await mkdtemp(join(tmpdir(), 'spillway-programs-'))
    await writeFile(join(programs, program), `#!/bin/sh\n${text}\n`)
    await chmod(join(programs, program), 0o755)
    return openSlurmEngine({ ...bench().argument, programs })
  }

  test('a squeue that hangs, and one that answers with errors, make everything unknown', async () => {
    await runOne()
    const answer = `{"errors":[{"error":"Unable to contact slurm controller"}],"jobs":[]}`
    for (const text of ['exec sleep 600', `echo '${answer}'`, 'true', 'exit 1']) {
      const engine = await engineWith('squeue', text)
      await expect(engine.list()).rejects.toThrow()
      await expect(engine.foreign()).rejects.toThrow()
      expect(await engine.observe('att_1')).toMatchObject({ state: 'unknown' })
      expect(await engine.confirmGone('att_1')).toBe('unknown')
    }
    expect(await bench().engine.observe('att_1')).toMatchObject({ state: 'running' })
  })

  test('an sbatch that answers oddly is asked again, and what it took is not taken twice', async () => {
    const odd = await engineWith('sbatch', '/usr/bin/sbatch "$@" >/dev/null; echo garbage')
    const admission = admissionOf(bench(), { command: COMMAND })
    await expect(odd.admit(admission)).rejects.toThrow('odd answer')
    await bench().engine.admit(admission)
    await untilLogged(bench().engine, 'pid')
    expect(
      (await lab().run('squeue', '-h', '--name=spillway-att_1')).trim().split('\n').length,
    ).toBe(1)
  })

  test('munge down: unknown, and the same work again once it is back', async () => {
    if (!lab().plan.hasMunge) return
    await runOne()
    const { startedMs } = await untilRunning(bench().engine, 'att_1')
    await lab().kill('munged')
    await until('it is unknown', async () => {
      const { state } = await bench().engine.observe('att_1')
      expect(['running', 'unknown']).toContain(state)
      return state === 'unknown'
    })
    await lab().restart('munged')
    expect((await untilRunning(bench().engine, 'att_1')).startedMs).toBe(startedMs)
  })

  test(
    'a lost slurmd: its zombie keeps the claim after NODE_FAIL, and is gone once the node is back',
    async () => {
      const pid = await runOne()
      await lab().kill('gpu1')
      await until('it is unknown', async () => {
        return (await bench().engine.observe('att_1')).state === 'unknown'
      })
      await until('Slurm has given it up', async () => {
        return (await lab().run('squeue', '--json')).includes('NODE_FAIL')
      })
      expect(isRunning(pid)).toBe(true)
      expect(await bench().engine.observe('att_1')).toMatchObject({ state: 'unknown' })
      expect(await bench().engine.confirmGone('att_1')).toBe('unknown')
      await lab().restart('gpu1')
      expect(await untilGone(bench().engine)).toMatchObject({ how: 'lost' })
      expect(isRunning(pid)).toBe(false)
      await lab().untilIdle()
    },
    PATIENCE_MS,
  )

  test(
    'slurmctld killed right after a submission: it runs once or not at all, and its end is true',
    async () => {
      await bench().engine.admit(admissionOf(bench(), { command: COMMAND }))
      await lab().kill('slurmctld')
      await lab().restart('slurmctld')
      const seen = await until('Slurm knows what became of it', async () => {
        const observation = await bench().engine.observe('att_1')
        return ['running', 'gone'].includes(observation.state) && observation
      })
      const log = await readLog(bench().engine)
      expect(log.match(/pid/g)?.length ?? 0).toBeLessThanOrEqual(1)
      const pid = Number(/pid (\d+)/.exec(log)?.[1] ?? 0)
      if (seen.state === 'gone') expect(pid > 0 && isRunning(pid)).toBe(false)
    },
    PATIENCE_MS,
  )
})
