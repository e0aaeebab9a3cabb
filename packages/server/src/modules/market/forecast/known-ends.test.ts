/** Tests of what known ends do to a forecast, on work whose ends are known. */
import { describe, expect, test } from 'vitest'
import { type Distribution, LEVELS, quantileOf } from './distribution.ts'
import { prepare } from './features.ts'
import { forecastAt, withKnownEnds } from './forecast.ts'
import { seeded } from './forest.ts'
import { hourlyPeaks } from './hourly.ts'
import { knownEndsOf } from './known-ends.ts'
import { learn, LEARNER } from './learner.ts'
import { HOUR_MS, peakAfter } from './series.ts'

interface Job {
  readonly gpus: number
  readonly startsMs: number
  readonly endsMs: number
  readonly endsByMs: number
}

const HOURS = 40 * 24
const LEARNED = 28 * 24

/** Jobs that come at random and mostly run to their limit. */
function jobs(seed: number): readonly Job[] {
  const random = seeded(seed)
  const pick = (of: readonly number[]) => of[Math.floor(random() * of.length)] ?? 1
  const all: Job[] = []
  for (let atMs = 0; atMs < HOURS * HOUR_MS; atMs += -Math.log(1 - random()) * 0.8 * HOUR_MS) {
    const limitMs = pick([1, 2, 4, 6, 12]) * HOUR_MS
    const ranMs = random() < 0.75 ? limitMs : limitMs * random()
    all.push({
      ...{ gpus: pick([1, 2, 4, 8, 16, 32]), startsMs: atMs },
      ...{ endsMs: atMs + ranMs, endsByMs: atMs + limitMs },
    })
  }
  return all
}

function pinball(peak: Distribution, came: number, level: number): number {
  const miss = came - quantileOf(peak, level)
  return miss >= 0 ? level * miss : (level - 1) * miss
}

function measure(seed: number, horizon: number) {
  const all = jobs(seed)
  const demand = hourlyPeaks(all, { fromMs: 0, hours: HOURS })
  const series = { name: 'p', capacity: 400, startMs: 0, demand }
  const prepared = prepare([series], horizon)
  const [own] = prepared
  if (!own) throw new Error('nothing is prepared')
  const learned = learn(prepared, { hour: LEARNED, settings: { ...LEARNER, trees: 20 } })
  const runningAt = (ms: number) => all.filter((job) => job.startsMs <= ms && job.endsMs > ms)
  const levelAt = (ms: number) => runningAt(ms).reduce((sum, { gpus }) => sum + gpus, 0)
  const atEnds = Array.from(demand, (peak, hour) => ({
    peak,
    atEnd: levelAt((hour + 1) * HOUR_MS),
  }))
  const sums = { plain: 0, known: 0, covered: 0, plainCovered: 0, hours: 0 }
  for (let hour = LEARNED; hour + horizon < HOURS; hour++) {
    const { peak } = forecastAt(own, { hour, learned, covered: [] })
    const nowMs = (hour + 1) * HOUR_MS
    const since = nowMs - 168 * HOUR_MS
    const ends = knownEndsOf({
      ...{ nowMs, horizonHours: horizon, lastHour: demand[hour] ?? 0, now: levelAt(nowMs), peak },
      running: runningAt(nowMs),
      past: atEnds.slice(hour - 167, hour + 1),
      ended: all.filter(({ endsMs }) => endsMs > since && endsMs <= nowMs),
    })
    const came = peakAfter(series, hour, horizon)
    const known = withKnownEnds(peak, ends)
    for (const level of [0.5, 0.9, 0.99]) {
      sums.plain += pinball(peak, came, level)
      sums.known += pinball(known, came, level)
    }
    sums.covered += came <= quantileOf(known, 0.9) ? 1 : 0
    sums.plainCovered += came <= quantileOf(peak, 0.9) ? 1 : 0
    sums.hours++
  }
  return sums
}

describe('known ends', () => {
  test.each([1, 2, 4])('make a forecast of the next %i hours better, and no bolder', (horizon) => {
    const measured = [1, 2, 3].map((seed) => measure(seed, horizon))
    const total = (name: 'plain' | 'known') => measured.reduce((sum, each) => sum + each[name], 0)
    const covered = (name: 'covered' | 'plainCovered') =>
      measured.reduce((sum, each) => sum + each[name] / each.hours, 0) / measured.length
    expect(covered('covered')).toBeGreaterThan(covered('plainCovered') - 0.01)
    expect(total('known')).toBeLessThan(0.97 * total('plain'))
  })

  test('what runs now is wanted in the hours to come, whatever was forecast', () => {
    const peak = Float64Array.from(LEVELS, () => 10)
    const ends = knownEndsOf({
      ...{ nowMs: 0, horizonHours: 4, lastHour: 30, now: 30, running: [], past: [], ended: [] },
      peak,
    })
    expect(Math.min(...withKnownEnds(peak, ends))).toBe(30)
  })
})
