/** The running clock: its file, and this machine's real readings. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startClock } from './index.ts'
import { thisMachine } from './machine.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'spillway-clock-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
const file = join(dataDir, 'clock.json')

test('the first start takes the wall and writes a private file', () => {
  const before = Date.now()
  const clock = startClock({ dataDir })
  expect(clock.now().getTime()).toBeGreaterThanOrEqual(before)
  expect(clock.now().getTime()).toBeLessThanOrEqual(Date.now())
  expect(statSync(file).mode & 0o777).toBe(0o600)
  clock.stop()
})

test('a start on this machine continues from the file and not from a wall that was set back', () => {
  // given
  const first = startClock({ dataDir })
  const last = first.now().getTime()
  first.stop()
  // when
  const machine = { ...thisMachine(), wallMs: () => Date.now() - 3_600_000 }
  const second = startClock({ dataDir, machine })
  // then
  expect(second.now().getTime()).toBeGreaterThanOrEqual(last)
  second.stop()
})

test('a counter reading of this process is an instant near now', () => {
  const clock = startClock({ dataDir })
  const at = clock.atMonotonic(Number(process.hrtime.bigint()) / 1e6)
  expect(at.getTime()).toBeLessThanOrEqual(clock.now().getTime())
  expect(at.getTime()).toBeGreaterThanOrEqual(clock.now().getTime() - 60_000)
  clock.stop()
})

test('a file that was cut short is as good as none', () => {
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 20))
  const clock = startClock({ dataDir })
  expect(Math.abs(clock.now().getTime() - Date.now())).toBeLessThan(60_000)
  clock.stop()
})

test('a folder that cannot be written is told once and stops no time', () => {
  // given
  const failures: unknown[] = []
  const clock = startClock({
    dataDir: join(dataDir, 'missing'),
    onSaveFailed: (e) => failures.push(e),
  })
  // when
  clock.stop()
  // then
  expect(failures).toHaveLength(1)
  expect(clock.now().getTime()).toBeGreaterThan(0)
})
