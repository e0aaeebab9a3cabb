/** The local engine when the process that watches an attempt is killed, stopped, or never came to be. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  WAIT_FOREVER,
  admissionOf,
  isRunning,
  readLog,
  script,
} from '#platform/engines/testing/bench.ts'
import { untilGone, untilLogged } from '#platform/engines/testing/bench.ts'
import { until } from '#platform/engines/testing/until.ts'
import { readBootId } from '#platform/processes/machine-clock.ts'
import { createProcessTable } from '#platform/processes/process-table.ts'
import { attemptPaths } from './attempt-folder.ts'
import type { AttemptStatus } from './attempt-folder.ts'
import { putSign } from './durable-file.ts'
import { readBeat } from './heartbeat.ts'
import { makeLocalBench } from './testing/local-bench.ts'
import type { LocalBench } from './testing/local-bench.ts'

let bench: LocalBench
beforeEach(async () => {
  bench = await makeLocalBench()
})
afterEach(() => bench.dispose())

const paths = () => attemptPaths(bench.directory, 'att_1')

async function readRunning(): Promise<{ shim: number; command: number }> {
  const status = JSON.parse(await readFile(paths().status, 'utf8')) as AttemptStatus
  if (status.phase !== 'running') throw new Error(`it is ${status.phase}`)
  return { shim: status.shim.pid, command: status.leader?.pid ?? 0 }
}

async function killShim(signal: NodeJS.Signals = 'SIGKILL'): Promise<{ command: number }> {
  const { shim, command } = await readRunning()
  process.kill(shim, signal)
  if (signal === 'SIGKILL') await until('the shim is dead', () => !isRunning(shim))
  return { command }
}

/** Logs `up` once it can take signals. */
const steady = script(
  `process.on('SIGUSR1', () => console.log('noticed')); console.log('up'); ${WAIT_FOREVER}`,
)

test('a command outlives its shim: it is running while any process lives, confirmed anew each time', async () => {
  // given
  await bench.engine.admit(admissionOf(bench, { command: steady }))
  await untilLogged(bench.engine, 'up')
  // when
  await killShim()
  // then
  const first = await bench.engine.observe('att_1')
  expect(first.state).toBe('running')
  const confirmed = await until('it is confirmed anew', async () => {
    const next = await bench.another().observe('att_1')
    return (
      next.state === 'running' &&
      first.state === 'running' &&
      next.confirmedMs > first.confirmedMs &&
      next
    )
  })
  expect(readBeat(paths().heartbeat)).toBeGreaterThanOrEqual(confirmed.confirmedMs)
})

test('a stop works without the shim, and the end is what was last confirmed', async () => {
  await bench.engine.admit(admissionOf(bench, { command: steady }))
  await untilLogged(bench.engine, 'up')
  const { command } = await killShim()
  await bench.engine.notify('att_1', {
    action: 'stop',
    time: '2026-11-20T20:00:00Z',
    signal: 'SIGUSR1',
  })
  await untilLogged(bench.engine, 'noticed')
  const running = await bench.engine.observe('att_1')
  await bench.engine.stop('att_1', 60_000)
  const gone = await untilGone(bench.engine)
  expect(gone).toMatchObject({ how: 'lost', exitCode: null, exitSignal: null })
  expect(gone.goneMs).toBeGreaterThanOrEqual(
    running.state === 'running' ? running.confirmedMs : Infinity,
  )
  expect(isRunning(command)).toBe(false)
})

test('without the shim a command that ignores the stop is killed after the grace', async () => {
  await bench.engine.admit(
    admissionOf(bench, {
      command: ['sh', '-c', `trap '' TERM; echo up; while :; do sleep 0.05; done`],
    }),
  )
  await untilLogged(bench.engine, 'up')
  await killShim()
  await bench.engine.stop('att_1', 100)
  expect(await untilGone(bench.engine)).toMatchObject({ how: 'lost' })
})

test('a stop asked of an engine that died is seen through by the next, shim or no shim', async () => {
  await bench.engine.admit(
    admissionOf(bench, {
      command: ['sh', '-c', `trap '' TERM; echo up; while :; do sleep 0.05; done`],
    }),
  )
  await untilLogged(bench.engine, 'up')
  await killShim()
  // given the request of an engine that did no more than write it
  const bootId = readBootId()
  await writeFile(paths().stopRequest, JSON.stringify({ bootId, deadlineMs: 0 }))
  // when
  const unwatch = bench.another().watch({ attemptChanged: () => {}, fleetChanged: () => {} })
  // then
  await untilGone(bench.engine)
  unwatch()
})

test('shim and command dead: gone, lost, and counted to the last instant they were seen alive', async () => {
  await bench.engine.admit(admissionOf(bench, { command: steady }))
  await until('there is a second beat', async () => {
    const seen = await bench.engine.observe('att_1')
    return seen.state === 'running' && seen.confirmedMs > seen.startedMs
  })
  const { command } = await killShim()
  process.kill(command, 'SIGKILL')
  const gone = await untilGone(bench.another())
  expect(gone).toMatchObject({ how: 'lost', exitCode: null })
  expect(gone.goneMs).toBe(readBeat(paths().heartbeat))
  expect(await bench.engine.observe('att_1')).toEqual(gone)
})

test('the shim dead and the command gone into a session of its own: still running until that ends too', async () => {
  const child = `trap 'exit 0' USR1; echo child $$; while :; do sleep 0.05; done`
  await bench.engine.admit(
    admissionOf(bench, { command: ['sh', '-c', `setsid sh -c "$0" & wait`, child] }),
  )
  await untilLogged(bench.engine, 'child ')
  const { command } = await killShim()
  process.kill(-command, 'SIGKILL')
  await until('the command is dead', () => !isRunning(command))
  expect(await bench.engine.observe('att_1')).toMatchObject({ state: 'running' })
  process.kill(Number(/child (\d+)/.exec(await readLog(bench.engine))?.[1]), 'SIGKILL')
  expect(await untilGone(bench.engine)).toMatchObject({ how: 'lost' })
})

test('a shim that was stopped is woken by a stop, and keeps the exit code', async () => {
  const source = `process.on('SIGTERM', () => process.exit(6)); console.log('up'); ${WAIT_FOREVER}`
  await bench.engine.admit(admissionOf(bench, { command: script(source) }))
  await untilLogged(bench.engine, 'up')
  await killShim('SIGSTOP')
  await bench.engine.stop('att_1', 60_000)
  expect(await untilGone(bench.engine)).toMatchObject({ how: 'exited', exitCode: 6 })
})

test('the shim enforces a stop when the server that asked for it is dead', async () => {
  const asker = `
    import { createLocalEngine } from ${JSON.stringify(new URL('local-engine.ts', import.meta.url).href)}
    const engine = createLocalEngine({ directory: process.argv[1], environment: {} })
    await engine.stop('att_1', 300)
    process.kill(process.pid, 'SIGKILL')`
  await bench.engine.admit(
    admissionOf(bench, {
      command: ['sh', '-c', `trap '' TERM; echo up; while :; do sleep 0.05; done`],
    }),
  )
  await untilLogged(bench.engine, 'up')
  const words = ['--input-type=module', '-e', asker, bench.directory]
  const server = spawn(process.execPath, words, { stdio: 'ignore' })
  await once(server, 'exit')
  // Observing a live shim ends nothing: only the shim itself can have.
  expect(await untilGone(bench.another())).toMatchObject({ how: 'exited', exitSignal: 'SIGKILL' })
})

test('an attempt outlives the server that admitted it', async () => {
  const admission = admissionOf(bench, { command: ['sh', '-c', 'echo up; sleep 0.5; exit 9'] })
  const admitter = `
    import { createLocalEngine } from ${JSON.stringify(new URL('local-engine.ts', import.meta.url).href)}
    const engine = createLocalEngine({ directory: process.argv[1], environment: {} })
    await engine.admit(JSON.parse(process.argv[2]))
    process.kill(process.pid, 'SIGKILL')`
  const words = ['--input-type=module', '-e', admitter, bench.directory, JSON.stringify(admission)]
  const server = spawn(process.execPath, words, { stdio: 'ignore' })
  await once(server, 'exit')
  expect(await untilGone(bench.engine)).toMatchObject({ how: 'exited', exitCode: 9 })
})

/** What a crash right after the admission was written leaves behind: no shim has claimed it. */
async function admitWithoutShim(): Promise<void> {
  await bench.engine.admit(admissionOf(bench, { attemptId: 'att_0', command: ['true'] }))
  const whole = attemptPaths(bench.directory, 'att_0')
  await untilGone(bench.engine, 'att_0')
  await mkdir(dirname(paths().instanceAction), { recursive: true })
  await mkdir(paths().work)
  const record = await readFile(whole.admission, 'utf8')
  await writeFile(paths().admission, record.replaceAll('att_0', 'att_1'))
}

test('a crash between admission and start is mended by admitting again', async () => {
  await admitWithoutShim()
  expect(await bench.engine.observe('att_1')).toMatchObject({ state: 'starting' })
  await bench.engine.admit(admissionOf(bench))
  expect(await untilGone(bench.engine)).toMatchObject({ how: 'exited', exitCode: 0 })
})

test('an admission that a power cut left empty is mended by admitting again', async () => {
  await admitWithoutShim()
  await writeFile(paths().admission, '')
  expect(await bench.engine.observe('att_1')).toMatchObject({ state: 'starting' })
  await bench.engine.admit(admissionOf(bench, { command: ['sh', '-c', 'exit 2'] }))
  expect(await untilGone(bench.engine)).toMatchObject({ how: 'exited', exitCode: 2 })
})

test('an attempt stopped before it started never starts', async () => {
  await admitWithoutShim()
  await bench.engine.stop('att_1', 0)
  await bench.engine.admit(admissionOf(bench))
  expect(await untilGone(bench.engine)).toMatchObject({ how: 'start_failed', startedMs: null })
})

test('a shim that died before it started the command: gone, lost, never ran', async () => {
  await admitWithoutShim()
  const bootId = readBootId()
  const claim = {
    phase: 'starting',
    bootId,
    shim: { pid: process.pid, birth: '1' },
    mark: 'none',
    claimedMs: 5,
  }
  await putSign(paths().claim, claim)
  const want = { state: 'gone', how: 'lost', startedMs: null, goneMs: 5 }
  expect(await bench.engine.observe('att_1')).toMatchObject(want)
})

test('after a restart of the machine everything of before is gone, at its last confirmed instant', async () => {
  await bench.engine.admit(admissionOf(bench, { command: ['sleep', '600'] }))
  const { shim, command } = await readRunning()
  const status = JSON.parse(await readFile(paths().status, 'utf8')) as AttemptStatus
  await killShim()
  process.kill(-command, 'SIGKILL')
  const own = createProcessTable().find(process.pid)
  const reused = { ...status, bootId: 'before', shim: { pid: process.pid, birth: own?.birth } }
  await writeFile(paths().status, JSON.stringify(reused))
  const gone = await untilGone(bench.engine)
  expect(gone).toMatchObject({ bootId: 'before', how: 'lost', goneMs: readBeat(paths().heartbeat) })
  expect(isRunning(shim)).toBe(false)
})

test('a damaged status is unknown, not gone', async () => {
  await bench.engine.admit(admissionOf(bench, { command: ['sleep', '600'] }))
  const status = await readFile(paths().status, 'utf8')
  await writeFile(paths().status, status.slice(0, 20))
  expect(await bench.engine.observe('att_1')).toMatchObject({ state: 'unknown' })
  await writeFile(paths().status, status)
})

test('an attempt whose folder was deleted ends, and its shim with it', async () => {
  await bench.engine.admit(admissionOf(bench, { command: ['sleep', '600'] }))
  const { shim, command } = await readRunning()
  await rm(paths().folder, { recursive: true })
  await until('the command is ended', () => !isRunning(command))
  await until('the shim has ended', () => !isRunning(shim))
})
