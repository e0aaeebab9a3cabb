/** A simulated fleet that lives: the owner's demand comes and goes, and machines break and are repaired. */
import { expect, test } from 'vitest'
import { Chance } from './chance.ts'
import { Cluster } from './cluster.ts'
import { shareWanted } from './demand.ts'
import type { ClusterLayout } from './event.ts'
import { SMALL_LAYOUT } from './testing/simulated-bench.ts'
import { listForeign, listInventory } from './view.ts'

const BOOT = { at: 0, type: 'booted', bootId: 'b1', monotonicMs: 0, wallMs: 0 } as const
const HOUR_MS = 3_600_000
const ANCHOR = { lowShare: 0.1, peakShare: 0.8, peakHourUtc: 14, jobMinutes: 20, jobNodesMax: 3 }
const LIVING: ClusterLayout = { ...SMALL_LAYOUT, nodes: 32, slotsPerNode: 8, anchor: ANCHOR }

function clusterOf(layout: ClusterLayout): Cluster {
  const cluster = new Cluster()
  cluster.apply(BOOT)
  cluster.apply({ at: 0, type: 'declared', layout })
  return cluster
}

function gpusOfOwner(cluster: Cluster): number {
  const { work } = listForeign(cluster, BOOT)
  return work.filter(({ state }) => state === 'running').reduce((sum, { gpus }) => sum + gpus, 0)
}

test('the owner wants most at the peak hour and least twelve hours away, every day', () => {
  for (const day of [0, 1, 40]) {
    const at = (hour: number) => shareWanted(ANCHOR, (day * 24 + hour) * HOUR_MS)
    expect(at(14)).toBeCloseTo(0.8)
    expect(at(2)).toBeCloseTo(0.1)
    expect(at(8)).toBeCloseTo(0.45)
  }
})

test('the owner\u2019s jobs rise to the peak and make room again', () => {
  const cluster = clusterOf(LIVING)
  const meanOver = (fromHour: number, toHour: number) => {
    const seen: number[] = []
    for (let ms = fromHour * HOUR_MS; ms < toHour * HOUR_MS; ms += 300_000) {
      cluster.advance(ms)
      seen.push(gpusOfOwner(cluster))
    }
    return seen.reduce((sum, gpus) => sum + gpus, 0) / seen.length
  }
  const [night, peak, nextNight] = [meanOver(1, 3), meanOver(13, 15), meanOver(25, 27)]
  expect(peak).toBeGreaterThan(256 * 0.65)
  expect(night).toBeLessThan(256 * 0.25)
  expect(nextNight).toBeLessThan(256 * 0.25)
})

test('the same seed lives the same life, another one another', () => {
  const lifeOf = (layout: ClusterLayout) => {
    const cluster = clusterOf(layout)
    cluster.advance(6 * HOUR_MS)
    return listForeign(cluster, BOOT).work
  }
  expect(lifeOf(LIVING)).toEqual(lifeOf(LIVING))
  expect(lifeOf({ ...LIVING, seed: 2 })).not.toEqual(lifeOf(LIVING))
})

test('machines break at their rate, and come back', () => {
  const faults = { nodeDownsPerNodeYear: 50, slotFaultsPerSlotYear: 50, repairMinutes: 60 }
  const cluster = clusterOf({ ...LIVING, anchor: null, faults })
  const broken = { nodes: 0, slots: 0 }
  for (let hour = 1; hour <= 24 * 30; hour++) {
    cluster.advance(hour * HOUR_MS)
    for (const { health, faults: slots } of listInventory(cluster)) {
      broken.nodes += Number(health.state === 'down')
      broken.slots += slots.length
    }
  }
  // Each lasts an hour in the mean, so it is seen once; 32 nodes and 256 slots for a month.
  expect(broken.nodes).toBeGreaterThan(131 * 0.6)
  expect(broken.nodes).toBeLessThan(131 * 1.4)
  expect(broken.slots).toBeGreaterThan(1052 * 0.8)
  expect(broken.slots).toBeLessThan(1052 * 1.2)
})

test('chance is even, and the same again', () => {
  const draws = (instant: number) => {
    const chance = new Chance(1, 1, instant)
    return Array.from({ length: 1000 }, () => chance.next())
  }
  expect(draws(5)).toEqual(draws(5))
  const mean = draws(6).reduce((sum, each) => sum + each, 0) / 1000
  expect(mean).toBeCloseTo(0.5, 1)
})
