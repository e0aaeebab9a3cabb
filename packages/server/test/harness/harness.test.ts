/** The small parts of the harness: waiting, the clock, requirements, the last line. */
import { expect, test } from 'vitest'
import { makeClock, requirement, untilTrue } from './index.ts'
import { renderCounts } from './reporter.ts'

test('waiting resolves with the first truthy answer', async () => {
  let asked = 0
  const answer = await untilTrue(() => (++asked === 3 ? 'third' : ''))
  expect(answer).toBe('third')
})

test('a condition that throws counts as not yet', async () => {
  let asked = 0
  const answer = await untilTrue(() => {
    if (++asked < 3) throw new Error('not yet')
    return asked
  })
  expect(answer).toBe(3)
})

test('what never comes true fails with what was waited for', async () => {
  const waiting = untilTrue(() => false, { timeoutMs: 30, what: 'the lease runs' })
  await expect(waiting).rejects.toThrow('not true within 30 ms: the lease runs')
})

test('a fake clock moves only when it is told to', () => {
  // given
  const clock = makeClock('2026-03-01T00:00:00Z')
  // when
  clock.advance(1500)
  // then
  expect(clock.now().toISOString()).toBe('2026-03-01T00:00:01.500Z')
  expect(clock.atMonotonic(clock.monotonicMs())).toEqual(clock.now())
  expect(() => clock.advance(-1)).toThrow('never goes back')
})

test('a missing requirement leaves tests out, unless it was asked for', () => {
  expect(requirement('slurm', true, 'slurm')).toBe(true)
  expect(requirement('slurm', false, 'chromium')).toBe(false)
  expect(() => requirement('slurm', false, 'chromium, slurm')).toThrow('names slurm')
})

test('the last line of a run is for programs', () => {
  expect(renderCounts({ passed: 12, failed: 0, skipped: 3 })).toBe('12 passed, 0 failed, 3 skipped')
})
