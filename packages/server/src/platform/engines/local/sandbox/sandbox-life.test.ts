/** What only a sandboxed attempt has to show: that all of it ends, that its witness may die, and what it is given. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Admission } from '#platform/engines/engine.ts'
import {
  admissionOf,
  isRunning,
  readLog,
  script,
  untilGone,
  untilLogged,
} from '#platform/engines/testing/bench.ts'
import { until } from '#platform/engines/testing/until.ts'
import { requirement } from '../../../../../test/harness/requirement.ts'
import { attemptPaths } from '../attempt-folder.ts'
import type { AttemptStatus } from '../attempt-folder.ts'
import { createLocalEngine } from '../local-engine.ts'
import { makeSandboxBench } from '../testing/local-bench.ts'
import type { LocalBench } from '../testing/local-bench.ts'
import { hasSandboxes } from '../testing/sandbox-presence.ts'

describe.runIf(requirement('bubblewrap', await hasSandboxes()))('a sandboxed command', () => {
  let bench: LocalBench
  beforeEach(async () => {
    bench = await makeSandboxBench()
  })
  afterEach(() => bench.dispose())
  const run = (changes: Partial<Admission>) => bench.engine.admit(admissionOf(bench, changes))
  const paths = () => attemptPaths(bench.directory, 'att_1')

  async function readRunning() {
    const status = JSON.parse(await readFile(paths().status, 'utf8')) as AttemptStatus
    if (status.phase !== 'running') throw new Error(`it is ${status.phase}`)
    return { shim: status.shim.pid, leader: status.leader?.pid ?? 0, holder: status.holder ?? 0 }
  }

  test('that hides from its group and drops its environment is ended all the same', async () => {
    const hidden = `trap '' TERM HUP; echo hidden; while :; do sleep 0.05; done`
    await run({ command: ['sh', '-c', `setsid env -i sh -c "$0" & sleep 0.3; exit 4`, hidden] })
    const { leader } = await readRunning()
    const gone = await untilGone(bench.engine)
    expect(gone).toMatchObject({ exitCode: 4, how: 'exited' })
    expect(await readLog(bench.engine)).toBe('hidden\n')
    expect(isRunning(leader)).toBe(false)
  })

  test('outlives its shim, is noticed and stopped without it, and is not gone before it ends', async () => {
    await run({ command: bench.commands.tellNotices() })
    await untilLogged(bench.engine, 'up')
    const { shim, leader } = await readRunning()
    process.kill(shim, 'SIGKILL')
    await until('the shim is dead', () => !isRunning(shim))
    expect(await bench.engine.observe('att_1')).toMatchObject({ state: 'running' })
    const notice = { action: 'stop', time: '2026-11-20T20:00:00Z', signal: 'SIGUSR1' } as const
    await bench.engine.notify('att_1', notice)
    await untilLogged(bench.engine, 'noticed')
    await bench.engine.stop('att_1', 60_000)
    expect(await untilGone(bench.engine)).toMatchObject({ how: 'lost' })
    expect(isRunning(leader)).toBe(false)
  })

  test('whose sandbox loses its holder ends with it, and is gone only then', async () => {
    await run({ command: bench.commands.runForever() })
    await untilLogged(bench.engine, 'up')
    const { leader, holder } = await readRunning()
    process.kill(holder, 'SIGKILL')
    expect(await untilGone(bench.engine)).toMatchObject({ exitSignal: 'SIGKILL' })
    expect(isRunning(leader)).toBe(false)
  })

  test('has its work folder to write, its home there, and nothing else of the machine', async () => {
    const places = '/ /etc /usr /run /home /dev /var'
    const source = `echo made > made; pwd; echo "$HOME"
      for place in ${places}; do touch $place/x 2>/dev/null && echo "wrote to $place"; done; exit 0`
    await run({ command: ['sh', '-c', source] })
    await untilGone(bench.engine)
    expect(await readLog(bench.engine)).toBe('/home/lease\n/home/lease\n')
    expect(await readFile(join(paths().work, 'made'), 'utf8')).toBe('made\n')
  })

  test('gets no file that its server had open, and no channel to anything outside', async () => {
    await run({ command: ['sh', '-c', 'for file in /proc/self/fd/*; do echo "${file##*/}"; done'] })
    await untilGone(bench.engine)
    // The shell's own reading of the folder is not in it: it lists by name.
    const files = (await readLog(bench.engine)).trim().split('\n').map(Number)
    expect(files.filter((file) => file > 3)).toEqual([])
  })

  test('ends at a broken pipe as it would anywhere', async () => {
    await run({ command: ['sh', '-c', '{ yes; echo "ended with $?" >&2; } | head -n 1'] })
    await untilGone(bench.engine)
    expect(await readLog(bench.engine)).toContain('ended with 141\n')
  })

  test('is the first to go when memory runs out, and cannot fork without end', async () => {
    const source = 'cat /proc/self/oom_score_adj; grep "Max processes" /proc/self/limits'
    await run({ command: ['sh', '-c', source] })
    await untilGone(bench.engine)
    expect(await readLog(bench.engine)).toMatch(/^900\nMax processes +4096 +4096 /)
  })

  test('that cannot be run says why, and has not run', async () => {
    const texts = {
      'no/such/file': /no\/such\/file: no such file; the path is read on the node/,
      'no-such-program': /command not found/,
    }
    for (const [index, [name, text]] of Object.entries(texts).entries()) {
      const attemptId = `att_${index}`
      await run({ attemptId, command: [name] })
      const gone = await untilGone(bench.engine, attemptId)
      expect(gone).toMatchObject({ how: 'start_failed', startedMs: null })
      expect(gone.text).toMatch(text)
    }
  })

  test('sees a shared folder, and not Spillway’s own within it', async () => {
    const top = join(bench.home, 'top')
    const directory = join(top, 'data', 'engine')
    await mkdir(directory, { recursive: true })
    await writeFile(join(top, 'data', 'credentials.json'), 'secret')
    await writeFile(join(top, 'dataset'), 'public')
    const engine = createLocalEngine({ directory, environment: process.env, shared: [top] })
    const source = `cat ${top}/dataset; cat ${top}/data/credentials.json || ls ${top}/data`
    await engine.admit(admissionOf(bench, { command: ['sh', '-c', source] }))
    await untilGone(engine)
    const log = await readLog(engine)
    expect(log).toContain('public')
    expect(log).not.toContain('secret')
  })
})

test('without a sandbox a customer’s command does not run, whoever let it come this far', async () => {
  const bench = await makeSandboxBench()
  const engine = createLocalEngine({ directory: bench.directory, environment: { PATH: '/none' } })
  const [node] = await engine.inventory()
  expect(node?.isolation).toMatchObject({ kind: 'owner_only' })
  expect(node?.isolation?.text).toContain('bubblewrap is not installed')
  await engine.admit(admissionOf(bench, { command: script('console.log("ran")') }))
  const gone = await untilGone(engine)
  expect(gone).toMatchObject({ how: 'start_failed' })
  expect(gone.text).toContain('bubblewrap is not installed')
  expect(await readLog(engine)).toBe('')
  await bench.dispose()
})
