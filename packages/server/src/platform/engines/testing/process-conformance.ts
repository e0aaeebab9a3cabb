/** What only commands that are real processes of this machine can show. */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { readLog, script, type Suite, untilGone, untilLogged, WAIT_FOREVER } from './bench.ts'

const NOTICE = { action: 'terminate', time: '2026-11-20T20:00:00Z', signal: 'SIGUSR1' } as const

const FETCH_NOTICE = `const read = async (when) => {
  const answer = await fetch(process.env.SPILLWAY_METADATA_URL + '/spot/instance-action')
  console.log(when, answer.status, answer.status === 200 ? await answer.text() : '')
};`

/** Of every process that can be seen from here, whatever number it has inside. */
function commandLines(): readonly string[] {
  return execFileSync('ps', ['-axww', '-o', 'args='], { encoding: 'utf8' }).split('\n')
}

export const processConformance: Suite = (stage, can) => {
  if (can.hasRealProcesses !== true) return
  describe('real processes', () => {
    test('a log is complete when its command is gone, however long it is', async () => {
      const { bench, it, run } = stage()
      const lines = 20_000
      const source = `for (let i = 0; i < ${lines}; i++) console.log('line', i); console.error('last'); process.exitCode = 7`
      await run({ command: script(source) })
      expect(await untilGone(bench.engine, it.attemptId)).toMatchObject({ exitCode: 7 })
      const log = await readLog(bench.engine, it.attemptId)
      expect(log.split('\n').length).toBe(lines + 2)
      expect(log).toContain('last\n')
    })

    test('a command that ends by a signal keeps the signal', async () => {
      const { bench, it, run } = stage()
      await run({ command: script(`process.kill(process.pid, 'SIGKILL')`) })
      const want = { exitCode: null, exitSignal: 'SIGKILL' }
      expect(await untilGone(bench.engine, it.attemptId)).toMatchObject(want)
    })

    test('the command learns its lease and slots, and the environment the lease asked for', async () => {
      const { bench, it, run } = stage()
      const source = `const e = process.env; console.log(e.SPILLWAY_LEASE_ID, e.SPILLWAY_SLOTS, e.WANTED)`
      await run({
        command: script(source),
        placements: [{ node: bench.nodes[0], slots: [0, 1] }],
        environment: { WANTED: 'yes' },
      })
      await untilGone(bench.engine, it.attemptId)
      const slots = bench.picksSlots === true ? String.raw`\d+,\d+` : '0,1'
      const want = new RegExp(`^${it.leaseId} ${slots} yes\n$`)
      expect(await readLog(bench.engine, it.attemptId)).toMatch(want)
    })

    test('a command that does not exist says what to do', async () => {
      const { bench, it, run } = stage()
      await run({ command: ['no-such-command'] })
      const text = 'no-such-command: command not found; is it installed and on PATH?'
      expect(await untilGone(bench.engine, it.attemptId)).toMatchObject({ text })
    })

    test('what a command leaves behind ends with it, even in a session of its own', async () => {
      const { bench, it, run } = stage()
      const orphan = `trap '' TERM HUP; echo orphan of ${it.attemptId}; while :; do sleep 0.05; done`
      const source = `setsid sh -c "$0" & sleep 0.3; (trap '' TERM; sleep 600) & exit 4`
      await run({ command: ['sh', '-c', source, orphan] })
      const gone = await untilGone(bench.engine, it.attemptId)
      expect(gone).toMatchObject({ exitCode: 4, how: 'exited' })
      expect(await readLog(bench.engine, it.attemptId)).toContain('orphan of ')
      expect(commandLines().filter((line) => line.includes(`orphan of ${it.attemptId}`))).toEqual(
        [],
      )
    })

    test('the notice is readable before its signal comes, in the shape of AWS', async () => {
      const { bench, it, run } = stage()
      const source = `${FETCH_NOTICE} process.on('SIGUSR1', async () => { await read('after'); process.exit(0) });
        read('before'); ${WAIT_FOREVER}`
      await run({ command: script(source) })
      await untilLogged(bench.engine, 'before', it.attemptId)
      await bench.engine.notify(it.attemptId, NOTICE)
      await untilGone(bench.engine, it.attemptId)
      const want = 'before 404 \nafter 200 {"action":"terminate","time":"2026-11-20T20:00:00Z"}\n'
      expect(await readLog(bench.engine, it.attemptId)).toBe(want)
    })
  })
}
