/** A terminal of an attempt: the command's own, reached by who knows its token, and alive whoever comes and goes. */
import { expect, test } from 'vitest'
import { present } from '#kernel/assert.ts'
import type { Address } from '#platform/engines/engine.ts'
import { readLog, type Stage, type Suite, untilGone, where } from './bench.ts'
import { attach, type Attached, type } from './terminal-line.ts'
import { until } from './until.ts'

const TERMINAL = { port: 0, basePath: '/', terminal: { idleLimitMs: null } }

async function open({ bench, it, run }: Stage, command: readonly string[]): Promise<Address> {
  await run({ command, service: TERMINAL })
  return until('it has an address', () => bench.engine.address(it.attemptId))
}

async function sitDown(address: Address, offset = 0): Promise<Attached> {
  return present(await attach(address, address.token, offset), 'a terminal that takes its token')
}

export const terminalConformance: Suite = (stage, can) => {
  where(can.hasDoors, () => {
    test('a terminal is the command’s own, opens to its token alone, and tells of its end', async () => {
      const { bench, it } = stage()
      const address = await open(stage(), ['sh'])
      expect(await attach(address, undefined)).toBeNull()
      expect(await attach(address, 'f'.repeat(32))).toBeNull()
      const attached = await sitDown(address)
      type(attached, 'tty; stty size; echo "port $SPILLWAY_PORT."')
      await until('it has answered', () => attached.text().includes('24 80'))
      await until('it knows no port', () => attached.text().includes('port .'))
      expect(attached.text()).toMatch(/\/dev\/pts\/\d+/)
      type(attached, 'exit 9')
      expect(await untilGone(bench.engine, it.attemptId)).toMatchObject({
        exitCode: 9,
        how: 'exited',
      })
      expect(attached.frames.at(-1)).toEqual({ kind: 'exit', code: 9 })
      expect(await readLog(bench.engine, it.attemptId)).toMatch(/the terminal is open[^]*is closed/)
    })

    test('a terminal outlives whoever is attached and every engine, and shows what was shown', async () => {
      const { bench, it } = stage()
      const first = await sitDown(await open(stage(), ['sh']))
      type(first, 'kept=here-$((20+1)); echo $kept')
      await until('it has answered', () => first.text().includes('here-21'))
      first.leave()
      const engine = bench.another()
      const address = await until('it has an address', () => engine.address(it.attemptId))
      const second = await sitDown(address)
      await until('it shows what was shown', () => second.text().includes('here-21'))
      type(second, 'echo again-$kept')
      await until('it is the same shell', () => second.text().includes('again-here-21'))
    })

    test('whoever is attached reads of a notice, and the terminal hangs up when it is stopped', async () => {
      const { bench, it } = stage()
      const attached = await sitDown(await open(stage(), ['sh']))
      type(attached, 'echo up-$((1+1))')
      await until('it runs', () => attached.text().includes('up-2'))
      const time = new Date(Date.now() + 600_000).toISOString()
      await bench.engine.warn(it.attemptId, { time })
      const told = (text: string) =>
        attached.frames.some((each) => each.kind === 'notice' && each.text.includes(text))
      await until('the risk is shown', () => told('has become likely'))
      await bench.engine.notify(it.attemptId, {
        action: 'terminate',
        time: '2026-03-04T12:00:00Z',
        signal: null,
      })
      await until('the notice is shown', () => told('is being stopped'))
      await bench.engine.stop(it.attemptId, 30_000)
      expect((await untilGone(bench.engine, it.attemptId)).how).toBe('exited')
      expect(attached.frames.at(-1)).toMatchObject({ kind: 'exit', code: 129 })
    })

    test('a terminal that cannot run its command says why', async () => {
      const { bench, it, run } = stage()
      await run({ command: bench.commands.missing(), service: TERMINAL })
      expect(await untilGone(bench.engine, it.attemptId)).toMatchObject({ exitCode: 127 })
      expect(await readLog(bench.engine, it.attemptId)).toContain('command not found')
    })
  })
}
