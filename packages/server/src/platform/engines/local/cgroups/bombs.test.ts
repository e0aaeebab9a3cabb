/** Commands that take all they can get, for real and within bounds: each is held, and nobody beside it feels it. */
import { existsSync, mkdirSync, rmdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Admission, Engine } from '#platform/engines/engine.ts'
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
import type { AdmissionRecord, AttemptStatus } from '../attempt-folder.ts'
import { readJson } from '../durable-file.ts'
import { hasCgroups } from '../testing/cgroup-presence.ts'
import { makeLocalBench, makeSandboxBench, openLocalEngine } from '../testing/local-bench.ts'
import type { LocalBench } from '../testing/local-bench.ts'
import { hasSandboxes } from '../testing/sandbox-presence.ts'
import { findCgroups, listGroups, nameCgroups } from './cgroups.ts'

const MEMORY_BYTES = 64 * 2 ** 20
const PROCESSES_MAX = 48

/** Takes a mebibyte at a time and writes to it, up to a bound that a machine without limits can spare. */
const HOG = script(
  `const kept = []
   for (let size = 0; size < 512; size++) kept.push(Buffer.alloc(2 ** 20, 1))
   console.log('took it all')`,
)

/** Each takes one more until it is refused; bounded, should nothing refuse it. */
const FORK_BOMB = ['sh', '-c', `n=0; while [ $n -lt 400 ]; do sleep 600 & n=$((n+1)); done; wait`]

const canSandbox = (await hasSandboxes()) && hasCgroups()

/** The paths of the attempt's groups. */
async function groupsOf(bench: LocalBench, attemptId = 'att_1'): Promise<readonly string[]> {
  const { admission } = attemptPaths(bench.directory, attemptId)
  const record = await readJson<AdmissionRecord>(admission)
  return record?.groups?.groups.map(({ path }) => path) ?? []
}

async function listLeft(bench: LocalBench): Promise<readonly string[]> {
  return listGroups(await nameCgroups(bench.directory, findCgroups('auto')))
}

async function readShim(bench: LocalBench): Promise<number> {
  const { status } = attemptPaths(bench.directory, 'att_1')
  const { phase, ...rest } = JSON.parse(await readFile(status, 'utf8')) as AttemptStatus
  if (phase !== 'running' || !('shim' in rest)) throw new Error(`it is ${phase}`)
  return rest.shim.pid
}

describe.runIf(requirement('cgroups', canSandbox))('a customer’s command in a cgroup', () => {
  let bench: LocalBench
  let engine: Engine
  beforeEach(async () => {
    bench = await makeSandboxBench()
    engine = openLocalEngine(bench.directory, {
      memoryPerSlotBytes: MEMORY_BYTES,
      processesMax: PROCESSES_MAX,
    })
  })
  afterEach(() => bench.dispose())
  const run = (changes: Partial<Admission>) => engine.admit(admissionOf(bench, changes))

  test('finds its limits where programs look for them', async () => {
    const source = `cd /sys/fs/cgroup; find . -name pids.max -exec cat {} +
      find . -name memory.limit_in_bytes -exec cat {} + -o -name memory.max -exec cat {} +
      find . -name cgroup.procs -exec sh -c 'echo 0 > "$1" && echo moved' - {} ';'
      find . -name pids.max -exec sh -c 'echo 9999 > "$1" && echo lifted' - {} ';'; exit 0`
    await run({ command: ['sh', '-c', source] })
    await untilGone(engine)
    const lines = (await readLog(engine)).split('\n')
    expect(lines).toContain(String(PROCESSES_MAX))
    expect(lines).toContain(String(MEMORY_BYTES))
    expect(lines).not.toContain('moved')
    expect(lines).not.toContain('lifted')
  })

  test('that takes more memory than its limit is killed alone, and told why', async () => {
    const other = { attemptId: 'att_2', placements: [{ node: 'local', slots: [1] }] }
    await run({ ...other, command: bench.commands.runForever() })
    await untilLogged(engine, 'up', 'att_2')
    await run({ command: HOG })
    const gone = await untilGone(engine)
    expect(gone).toMatchObject({ how: 'exited', exitSignal: 'SIGKILL' })
    expect(gone.text).toBe('killed: it used more memory than its limit of 64 MiB')
    expect(await readLog(engine)).not.toContain('took it all')
    expect(await engine.observe('att_2')).toMatchObject({ state: 'running' })
  })

  test('that outlives a part of it says which limit that part met', async () => {
    const [node = '', ...words] = HOG
    const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
    await run({ command: ['sh', '-c', `${node} ${quoted}; exit 3`] })
    const { text } = await untilGone(engine)
    expect(text).toMatch(
      /^exited with code 3; a part of it was killed, because it used more memory/,
    )
  })

  test('that forks without end stays within its limit, others go on, and it can be ended', async () => {
    const other = { attemptId: 'att_2', placements: [{ node: 'local', slots: [1] }] }
    await run({ ...other, command: bench.commands.tellNotices() })
    await untilLogged(engine, 'up', 'att_2')
    await run({ command: FORK_BOMB })
    await untilLogged(engine, 'fork')
    const groups = await groupsOf(bench)
    const counted = groups.map((path) => `${path}/pids.peak`).filter(existsSync)
    for (const path of counted)
      expect(Number(await readFile(path, 'utf8'))).toBeLessThanOrEqual(PROCESSES_MAX)
    const notice = { action: 'stop', time: '2026-11-20T20:00:00Z', signal: 'SIGUSR1' } as const
    await engine.notify('att_2', notice)
    await untilLogged(engine, 'noticed', 'att_2')
    await engine.stop('att_1', 0)
    await untilGone(engine)
    expect(groups.filter((path) => existsSync(path))).toEqual([])
  })

  test('that hides from its group and drops its environment is ended, with its groups', async () => {
    const hidden = `trap '' TERM HUP; echo hidden; while :; do sleep 0.05; done`
    await run({ command: ['sh', '-c', `setsid env -i sh -c "$0" & sleep 0.3; exit 4`, hidden] })
    expect(await untilGone(engine)).toMatchObject({ exitCode: 4 })
    expect(await listLeft(bench)).toEqual([])
  })

  test('whose shim was killed leaves no group when it ends', async () => {
    await run({ command: bench.commands.runForever() })
    await untilLogged(engine, 'up')
    expect((await groupsOf(bench)).every((path) => existsSync(path))).toBe(true)
    process.kill(await readShim(bench), 'SIGKILL')
    await engine.stop('att_1', 0)
    expect(await untilGone(engine)).toMatchObject({ how: 'lost' })
    expect(await listLeft(bench)).toEqual([])
  })

  test('is told of by the inventory with the limits that apply', async () => {
    const [node] = await engine.inventory()
    expect(node?.isolation?.text).toContain('with limits on memory, processes')
    const [without] = await openLocalEngine(bench.directory, { cgroups: 'none' }).inventory()
    expect(without?.isolation?.text).toMatch(/with limits on processes, and none on memory \(/)
  })
})

describe.runIf(requirement('cgroups', hasCgroups()))('the owner’s work in a cgroup', () => {
  let bench: LocalBench
  beforeEach(async () => {
    bench = await makeLocalBench()
  })
  afterEach(() => bench.dispose())

  const hidden = `trap '' TERM HUP; echo hidden $$; while :; do sleep 0.05; done`
  const escape = ['sh', '-c', `setsid env -i sh -c "$0" & sleep 0.3; exit 4`, hidden]

  test('that leaves its process group and session and drops its environment is ended all the same', async () => {
    await bench.engine.admit(admissionOf(bench, { command: escape }))
    expect(await untilGone(bench.engine)).toMatchObject({ exitCode: 4, how: 'exited' })
    const pid = Number(/hidden (\d+)/.exec(await readLog(bench.engine))?.[1])
    expect(pid).toBeGreaterThan(1)
    expect(isRunning(pid)).toBe(false)
    expect(await listLeft(bench)).toEqual([])
  })

  test('has no limits', async () => {
    await bench.engine.admit(admissionOf(bench, { command: bench.commands.runForever() }))
    const files = (await groupsOf(bench)).flatMap((path) => [
      `${path}/pids.max`,
      `${path}/memory.max`,
    ])
    for (const path of files.filter(existsSync))
      expect((await readFile(path, 'utf8')).trim()).toBe('max')
  })

  test('whose server and shim were killed leaves no group after the next start', async () => {
    await bench.engine.admit(admissionOf(bench, { command: bench.commands.runForever() }))
    await untilLogged(bench.engine, 'up')
    const groups = await groupsOf(bench)
    process.kill(await readShim(bench), 'SIGKILL')
    await bench.engine.stop('att_1', 0)
    await untilGone(bench.engine)
    // given what a crash between the end and the removal leaves
    const strange = groups.map((path) => path.replace(/-[^-]*$/, '-unknown'))
    for (const path of [...groups, ...strange]) mkdirSync(path)
    const others = groups.map((path) => path.replace(/spillway-[^-]*-/, 'spillway-another-'))
    for (const path of others) mkdirSync(path)
    // when
    const unwatch = bench.another().watch({ attemptChanged: () => {}, fleetChanged: () => {} })
    // then
    await until('they are swept', async () => (await listLeft(bench)).length === 0)
    unwatch()
    expect(others.every((path) => existsSync(path))).toBe(true)
    for (const path of others) rmdirSync(path)
  })

  test('that is running keeps its group through a restart of the server', async () => {
    await bench.engine.admit(admissionOf(bench, { command: bench.commands.runForever() }))
    await untilLogged(bench.engine, 'up')
    const told: string[] = []
    const unwatch = bench.another().watch({
      attemptChanged: (attemptId) => told.push(attemptId),
      fleetChanged: () => {},
    })
    await until('the next server has seen it', () => told.includes('att_1'))
    unwatch()
    expect((await groupsOf(bench)).every((path) => existsSync(path))).toBe(true)
  })
})

test('where no cgroups are wanted a command runs without any', async () => {
  const bench = await makeLocalBench()
  const engine = openLocalEngine(bench.directory, { cgroups: 'none' })
  await engine.admit(admissionOf(bench, { command: ['sh', '-c', 'exit 3'] }))
  expect(await untilGone(engine)).toMatchObject({ exitCode: 3 })
  expect(await groupsOf(bench)).toEqual([])
  await bench.dispose()
})
