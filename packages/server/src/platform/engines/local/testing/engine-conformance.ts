/**
 * What every engine guarantees, as tests. An engine's test file calls `engineConformance` with a way to make one; what
 * only that engine does is tested beside it.
 */
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Admission, Engine, Observation } from '#platform/engines/engine.ts'
import { isLiving } from '#platform/processes/process-entry.ts'
import { createProcessTable } from '#platform/processes/process-table.ts'
import { until } from './until.ts'

/** An engine under test. */
export interface EngineBench {
  readonly engine: Engine
  /** Another engine over the same attempts, as after a restart of the server or beside it. */
  readonly another: () => Engine
  /** Names of a node and of a kind of slot that exist. */
  readonly node: string
  readonly acceleratorKind: 'gpu' | 'cpu'
  /** Ends whatever still runs, and removes what was written. */
  readonly dispose: () => Promise<void>
}

/** Runs `node -e <script>`; the script may leave its arguments out of account. */
export function script(source: string): readonly string[] {
  return [process.execPath, '-e', source]
}

export const WAIT_FOREVER = 'setInterval(() => {}, 1000);'

export function admissionOf(bench: EngineBench, changes: Partial<Admission> = {}): Admission {
  return {
    attemptId: 'att_1',
    leaseId: 'lse_1',
    organizationId: 'org_1',
    kind: 'spot',
    placements: [{ node: bench.node, slots: [0] }],
    acceleratorKind: bench.acceleratorKind,
    command: script(WAIT_FOREVER),
    environment: {},
    workingDirectory: null,
    timeLimitMs: null,
    ...changes,
  }
}

type Gone = Extract<Observation, { state: 'gone' }>

export function untilGone(engine: Engine, attemptId = 'att_1'): Promise<Gone> {
  return until(`${attemptId} is gone`, async () => {
    const observation = await engine.observe(attemptId)
    return observation.state === 'gone' && observation
  })
}

export async function readLog(engine: Engine, attemptId = 'att_1'): Promise<string> {
  const log = await engine.log(attemptId)
  return log === null ? '' : readFile(log.path, 'utf8')
}

/** Waits until the command has written the text, as proof that it got so far. */
export function untilLogged(engine: Engine, text: string, attemptId = 'att_1'): Promise<boolean> {
  return until(`${text} is logged`, async () => (await readLog(engine, attemptId)).includes(text))
}

export function engineConformance(name: string, makeBench: () => Promise<EngineBench>): void {
  describe(`${name} keeps the engine contract`, () => {
    let bench: EngineBench
    beforeEach(async () => {
      bench = await makeBench()
    })
    afterEach(() => bench.dispose())
    const run = (changes: Partial<Admission>) => bench.engine.admit(admissionOf(bench, changes))

    startingConformance(() => bench, run)
    stoppingConformance(() => bench, run)
    noticeConformance(() => bench, run)
    recordConformance(() => bench, run)
  })
}

type Bench = () => EngineBench
type Run = (changes: Partial<Admission>) => Promise<void>

function startingConformance(bench: Bench, run: Run): void {
  test('the inventory names a node, its slots and how they were found', async () => {
    const [node] = await bench().engine.inventory()
    expect(node?.node).toBe(bench().node)
    expect(node?.slotCountMax).toBeGreaterThan(0)
    expect(node?.finding).not.toBe('')
  })

  test('a command runs, its exit code is kept, and its log is complete when it is gone', async () => {
    const lines = 20_000
    const source = `for (let i = 0; i < ${lines}; i++) console.log('line', i); console.error('last'); process.exitCode = 7`
    await run({ command: script(source) })
    const gone = await untilGone(bench().engine)
    expect(gone).toMatchObject({ exitCode: 7, exitSignal: null, how: 'exited' })
    const log = await readLog(bench().engine)
    expect(log.split('\n').length).toBe(lines + 2)
    expect(log).toContain('last\n')
  })

  test('a command that ends by a signal keeps the signal', async () => {
    await run({ command: script(`process.kill(process.pid, 'SIGKILL')`) })
    expect(await untilGone(bench().engine)).toMatchObject({ exitCode: null, exitSignal: 'SIGKILL' })
  })

  test('the command learns its lease and slots, and the environment the lease asked for', async () => {
    const source = `const e = process.env; console.log(e.SPILLWAY_LEASE_ID, e.SPILLWAY_SLOTS, e.WANTED)`
    await run({
      command: script(source),
      placements: [{ node: bench().node, slots: [0, 1] }],
      environment: { WANTED: 'yes' },
    })
    await untilGone(bench().engine)
    expect(await readLog(bench().engine)).toBe('lse_1 0,1 yes\n')
  })

  test('an attempt admitted again and again, at once and later, runs once', async () => {
    const command = script(`console.log('ran'); ${WAIT_FOREVER}`)
    await Promise.all([
      run({ command }),
      run({ command }),
      bench().another().admit(admissionOf(bench(), { command })),
    ])
    await untilLogged(bench().engine, 'ran')
    await run({ command })
    await bench().engine.stop('att_1', 0)
    await untilGone(bench().engine)
    await run({ command })
    expect(await readLog(bench().engine)).toBe('ran\n')
  })

  test('a command that does not exist fails to start, and the text says what to do', async () => {
    await run({ command: ['no-such-command'] })
    const text = 'no-such-command: command not found; is it installed and on PATH?'
    const want = { state: 'gone', how: 'start_failed', startedMs: null, exitCode: null, text }
    expect(await bench().engine.observe('att_1')).toMatchObject(want)
  })

  test('an instant of an attempt is never before an earlier one', async () => {
    await run({ command: script(WAIT_FOREVER) })
    const running = await bench().engine.observe('att_1')
    await bench().engine.stop('att_1', 0)
    const gone = await untilGone(bench().engine)
    if (running.state !== 'running') throw new Error(`it is ${running.state}`)
    expect(running.confirmedMs).toBeGreaterThanOrEqual(running.startedMs)
    expect(gone.startedMs).toBe(running.startedMs)
    expect(gone.goneMs).toBeGreaterThanOrEqual(running.confirmedMs)
  })

  test('twenty attempts at once all start and all end', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `att_${index}`)
    await Promise.all(names.map((attemptId) => run({ attemptId, command: ['sh', '-c', `exit 3`] })))
    const gone = await Promise.all(names.map((attemptId) => untilGone(bench().engine, attemptId)))
    expect(gone.map(({ exitCode }) => exitCode)).toEqual(names.map(() => 3))
    expect([...(await bench().engine.list()).keys()].sort()).toEqual([...names].sort())
  })
}

function stoppingConformance(bench: Bench, run: Run): void {
  test('a stop lets the command end by itself within the grace', async () => {
    const source = `process.on('SIGTERM', () => { console.log('bye'); process.exit(5) }); console.log('up'); ${WAIT_FOREVER}`
    await run({ command: script(source) })
    await untilLogged(bench().engine, 'up')
    await bench().engine.stop('att_1', 60_000)
    expect(await untilGone(bench().engine)).toMatchObject({ exitCode: 5, how: 'exited' })
    expect(await readLog(bench().engine)).toBe('up\nbye\n')
  })

  test('a command that ignores the stop is killed after the grace', async () => {
    await run({
      command: ['sh', '-c', `trap 'echo ignored' TERM; echo up; while :; do sleep 0.05; done`],
    })
    await untilLogged(bench().engine, 'up')
    await bench().engine.stop('att_1', 200)
    expect(await untilGone(bench().engine)).toMatchObject({ exitSignal: 'SIGKILL', how: 'exited' })
    expect(await readLog(bench().engine)).toContain('ignored')
  })

  test('a stop with a shorter grace overrules a longer one, and a longer one changes nothing', async () => {
    await run({ command: ['sh', '-c', `trap '' TERM; echo up; while :; do sleep 0.05; done`] })
    await untilLogged(bench().engine, 'up')
    await bench().engine.stop('att_1', 600_000)
    await bench().engine.stop('att_1', 0)
    await bench().engine.stop('att_1', 600_000)
    expect(await untilGone(bench().engine)).toMatchObject({ exitSignal: 'SIGKILL' })
  })

  test('what a command leaves behind ends with it, even in a session of its own', async () => {
    const orphan = `trap '' TERM HUP; echo orphan $$; while :; do sleep 0.05; done`
    await run({
      command: [
        'sh',
        '-c',
        `setsid sh -c "$0" & sleep 0.3; (trap '' TERM; sleep 600) & exit 4`,
        orphan,
      ],
    })
    const gone = await untilGone(bench().engine)
    expect(gone).toMatchObject({ exitCode: 4, how: 'exited' })
    const pid = Number(/orphan (\d+)/.exec(await readLog(bench().engine))?.[1])
    expect(isRunning(pid)).toBe(false)
  })

  test('stopping what is gone, or was never there, does nothing', async () => {
    await run({ command: ['true'] })
    const gone = await untilGone(bench().engine)
    await bench().engine.stop('att_1', 0)
    await bench().engine.stop('att_unknown', 0)
    expect(await bench().engine.observe('att_1')).toEqual(gone)
    expect(await bench().engine.observe('att_unknown')).toEqual({ state: 'absent' })
  })
}

function noticeConformance(bench: Bench, run: Run): void {
  const notice = { action: 'terminate', time: '2026-11-20T20:00:00Z', signal: 'SIGUSR1' } as const
  const fetchNotice = `const read = async (when) => {
    const answer = await fetch(process.env.SPILLWAY_METADATA_URL + '/spot/instance-action')
    console.log(when, answer.status, answer.status === 200 ? await answer.text() : '')
  };`

  test('the notice is readable before its signal comes, in the shape of AWS', async () => {
    const source = `${fetchNotice} process.on('SIGUSR1', async () => { await read('after'); process.exit(0) });
      read('before'); ${WAIT_FOREVER}`
    await run({ command: script(source) })
    await untilLogged(bench().engine, 'before')
    await bench().engine.notify('att_1', notice)
    await untilGone(bench().engine)
    const want = 'before 404 \nafter 200 {"action":"terminate","time":"2026-11-20T20:00:00Z"}\n'
    expect(await readLog(bench().engine)).toBe(want)
  })

  test('a notice given again is not signalled again, and one without a signal not at all', async () => {
    const source = `process.on('SIGUSR1', () => console.log('signalled')); console.log('up');
      process.on('SIGTERM', () => process.exit(0)); ${WAIT_FOREVER}`
    for (const attemptId of ['att_1', 'att_2']) await run({ attemptId, command: script(source) })
    await untilLogged(bench().engine, 'up', 'att_1')
    await untilLogged(bench().engine, 'up', 'att_2')
    await bench().engine.notify('att_1', notice)
    await untilLogged(bench().engine, 'signalled')
    await bench().engine.notify('att_1', notice)
    await bench().another().notify('att_1', notice)
    await bench().engine.notify('att_2', { ...notice, signal: null })
    for (const attemptId of ['att_1', 'att_2']) {
      await bench().engine.stop(attemptId, 60_000)
      await untilGone(bench().engine, attemptId)
    }
    expect(await readLog(bench().engine, 'att_1')).toBe('up\nsignalled\n')
    expect(await readLog(bench().engine, 'att_2')).toBe('up\n')
  })
}

function recordConformance(bench: Bench, run: Run): void {
  test('another engine over the same attempts sees, stops and forgets them', async () => {
    await run({ command: script(WAIT_FOREVER) })
    const other = bench().another()
    expect([...(await other.list()).keys()]).toEqual(['att_1'])
    expect(await other.observe('att_1')).toMatchObject({ state: 'running' })
    await other.stop('att_1', 0)
    const gone = await untilGone(other)
    expect(await bench().engine.observe('att_1')).toEqual(gone)
    await other.forget('att_1')
    expect(await bench().engine.observe('att_1')).toEqual({ state: 'absent' })
  })

  test('only what is gone can be forgotten; its log stays, and it never runs again', async () => {
    await run({ command: ['sh', '-c', 'echo ran; exec sleep 600'] })
    await untilLogged(bench().engine, 'ran')
    await expect(bench().engine.forget('att_1')).rejects.toThrow('only one that is gone')
    await bench().engine.stop('att_1', 0)
    await untilGone(bench().engine)
    await bench().engine.forget('att_1')
    await bench().engine.forget('att_1')
    expect((await bench().engine.list()).size).toBe(0)
    expect(await bench().engine.observe('att_1')).toEqual({ state: 'absent' })
    expect(await readLog(bench().engine)).toBe('ran\n')
    await expect(run({})).rejects.toThrow('has run and been forgotten')
  })

  test('an attempt nobody admitted is absent, and has no log', async () => {
    expect(await bench().engine.observe('att_1')).toEqual({ state: 'absent' })
    expect(await bench().engine.log('att_1')).toBeNull()
    expect((await bench().engine.list()).size).toBe(0)
  })

  test('a watch tells of the start and of the end, and of nothing once it has ended', async () => {
    const told: string[] = []
    const unwatch = bench().engine.watch({
      attemptChanged: (attemptId) => told.push(attemptId),
      fleetChanged: () => {},
    })
    await run({ command: ['sleep', '600'] })
    await until('the start is told', () => told.length === 1)
    await bench().engine.stop('att_1', 0)
    await until('the end is told', () => told.length === 2)
    unwatch()
    await run({ attemptId: 'att_2', command: ['true'] })
    await untilGone(bench().engine, 'att_2')
    expect(told).toEqual(['att_1', 'att_1'])
  })
}

/** Whether the pid runs code; whether its parent has taken note of its end is nobody's concern here. */
export function isRunning(pid: number): boolean {
  const entry = createProcessTable().find(pid)
  return entry !== null && isLiving(entry)
}
