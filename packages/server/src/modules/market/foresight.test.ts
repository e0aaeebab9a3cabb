import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { growthWithin, sampleDemand, trendOf } from './outlook.ts'
import { decide } from './plan.ts'
import type {
  Holder,
  HolderTerms,
  Snapshot,
  SnapshotDemand,
  SnapshotNode,
  SnapshotPool,
  Want,
} from './snapshot.ts'

const NOW_MS = 10_000_000
const STEP_MS = 60_000

function samples(...slots: readonly number[]) {
  return slots.map((count, index) => ({
    atMs: NOW_MS - (slots.length - 1 - index) * STEP_MS,
    slots: count,
  }))
}

/** One slot a minute, looked at a minute ahead, and three minutes ahead for the risk. */
const RISING = samples(0, 1, 2, 3, 4)
const LEVEL = samples(4, 4, 4, 4, 4)

function demand(parts: Partial<SnapshotDemand> = {}): SnapshotDemand {
  return { samples: LEVEL, pendingSlots: 0, soonMs: STEP_MS, laterMs: 3 * STEP_MS, ...parts }
}

function pool(parts: Partial<SnapshotPool> = {}): SnapshotPool {
  const evictionBatch = { leasesMax: null, slotsPercentMax: 100 }
  return { name: 'p', evictionBatch, anchorHeadroom: 0, demand: demand(), ...parts }
}

function terms(parts: Partial<HolderTerms> = {}): HolderTerms {
  return { by: ['anchor'], minimumRunMs: 0, isCapReached: false, ...parts }
}

function holder(parts: Partial<Holder> & Pick<Holder, 'leaseId' | 'slots'>): Holder {
  return {
    ...{ kind: 'spot', nodeId: 'n1', startedMs: 0, priceUsd: money('1') },
    ...{ isDraining: false, reclaimFor: null, terms: terms() },
    ...parts,
  }
}

/** A lease on each slot of the node, the first the oldest. */
function full(count = 4, parts: Partial<Holder> = {}): readonly Holder[] {
  return Array.from({ length: count }, (_, index) =>
    holder({ leaseId: `h${index}`, slots: [index], startedMs: index * 1000, ...parts }),
  )
}

function want(parts: Partial<Want> & Pick<Want, 'leaseId'>): Want {
  return {
    ...{ kind: 'spot', pool: 'p', gpus: 1, nodes: 1, createdMs: 0 },
    ...{ maxPriceUsd: null, priceUsd: null },
    ...parts,
  }
}

const NODE: SnapshotNode = { id: 'n1', pool: 'p', slotCount: 4, isReady: true, fabric: null }

function snapshot(parts: Partial<Snapshot>): Snapshot {
  return { nowMs: NOW_MS, pools: [pool()], nodes: [NODE], holders: [], wants: [], ...parts }
}

function shrunk(parts: Partial<Snapshot>): readonly string[] {
  return decide(snapshot(parts)).shrinks.map(({ leaseId }) => leaseId)
}

describe('the outlook', () => {
  test('is read from the demand at each step, ended work included', () => {
    const spans = [
      { slots: 2, startsMs: NOW_MS - 3 * STEP_MS, endsMs: NOW_MS - STEP_MS },
      { slots: 1, startsMs: NOW_MS - STEP_MS, endsMs: null },
    ]
    const read = sampleDemand(spans, { nowMs: NOW_MS, stepMs: STEP_MS, steps: 3 })
    expect(read.map(({ slots }) => slots)).toEqual([2, 2, 1, 1])
  })

  test('follows demand that rises again and again', () => {
    expect(growthWithin(RISING, 3 * STEP_MS)).toBe(3)
    expect(growthWithin(samples(0, 0, 2, 2, 4, 4), STEP_MS)).toBe(1)
  })

  test('says nothing of one jump, of level demand, of falling demand, nor of none', () => {
    for (const silent of [samples(0, 0, 0, 4, 4), LEVEL, samples(4, 3, 2, 1), samples(3), []])
      expect(trendOf(silent)).toBeNull()
  })

  test('never forecasts less than nothing, nor without a rise', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { maxLength: 12 }), fc.nat(10 ** 7), (slots, withinMs) => {
        const growth = growthWithin(samples(...slots), withinMs)
        expect(growth).toBeGreaterThanOrEqual(0)
        if ((slots.at(-1) ?? 0) <= (slots[0] ?? 0)) expect(growth).toBe(0)
      }),
    )
  })
})

describe('shrinking', () => {
  test('nobody goes while the forecast has nothing to say, whatever the headroom', () => {
    expect(shrunk({ holders: full(), pools: [pool({ anchorHeadroom: 3 })] })).toEqual([])
  })

  test('while demand rises, what it will want soon is freed beforehand, the least work lost first', () => {
    const pools = [pool({ demand: demand({ samples: RISING }) })]
    expect(shrunk({ holders: full(), pools })).toEqual(['h3'])
    const more = [pool({ demand: demand({ samples: RISING }), anchorHeadroom: 2 })]
    expect(shrunk({ holders: full(), pools: more })).toEqual(['h3', 'h2', 'h1'])
  })

  test('what is free or on its way out already counts, so that a second look takes nobody else', () => {
    const pools = [pool({ demand: demand({ samples: RISING }) })]
    expect(shrunk({ holders: full(3), pools })).toEqual([])
    const going = full().map((each, index) =>
      index === 3 ? { ...each, isDraining: true, isTakenBack: true } : each,
    )
    expect(shrunk({ holders: going, pools })).toEqual([])
  })

  test('flex goes before spot, and neither replicas nor on demand go for a forecast', () => {
    const pools = [pool({ demand: demand({ samples: RISING }), anchorHeadroom: 8 })]
    const holders = [
      holder({ leaseId: 'replica', slots: [0], kind: 'serving' }),
      holder({ leaseId: 'firm', slots: [1], kind: 'on_demand' }),
      holder({ leaseId: 'spot', slots: [2], startedMs: NOW_MS }),
      holder({ leaseId: 'flex', slots: [3], kind: 'flex' }),
    ]
    expect(shrunk({ holders, pools })).toEqual(['flex', 'spot'])
  })

  test('the terms of a lease hold as they do otherwise, and so does the batch', () => {
    const forecast = { demand: demand({ samples: RISING }), anchorHeadroom: 3 }
    const young = full(4, { terms: terms({ minimumRunMs: NOW_MS + 1 }) })
    expect(shrunk({ holders: young, pools: [pool(forecast)] })).toEqual([])
    const evictionBatch = { leasesMax: 2, slotsPercentMax: null }
    expect(shrunk({ holders: full(), pools: [pool({ ...forecast, evictionBatch })] }).length).toBe(
      2,
    )
  })

  test('work that waits in the engine is made room for, unless all of it would not have room anyway', () => {
    const waiting = (pendingSlots: number) => [pool({ demand: demand({ pendingSlots }) })]
    expect(shrunk({ holders: full(), pools: waiting(2) }).length).toBe(2)
    expect(shrunk({ holders: full(), pools: waiting(9) })).toEqual([])
  })

  test('what was freed is not sold again before the work arrives', () => {
    const pools = [pool({ demand: demand({ samples: RISING }) })]
    const { decisions } = decide(
      snapshot({ holders: full(3), pools, wants: [want({ leaseId: 'w' })] }),
    )
    expect(decisions).toMatchObject([{ kind: 'wait', why: expect.stringContaining('will want') }])
    const anchor = want({ leaseId: 'a', kind: 'anchor' })
    const served = decide(snapshot({ holders: full(3), pools, wants: [anchor] }))
    expect(served.decisions).toMatchObject([{ kind: 'place', leaseId: 'a' }])
  })

  test('for every book, shrinking once is enough: a second look with those gone takes nobody', () => {
    const books = fc.record({
      slots: fc.array(fc.constantFrom('spot', 'flex', 'on_demand', 'anchor', null), {
        minLength: 1,
        maxLength: 16,
      }),
      headroom: fc.nat(6),
      pendingSlots: fc.nat(6),
      isRising: fc.boolean(),
    })
    fc.assert(
      fc.property(books, ({ slots, headroom, pendingSlots, isRising }) => {
        const nodes = [{ ...NODE, slotCount: slots.length }]
        const pools = [
          pool({
            anchorHeadroom: headroom,
            demand: demand({ pendingSlots, samples: isRising ? RISING : LEVEL }),
          }),
        ]
        const holders = slots.flatMap((kind, index) =>
          kind === null
            ? []
            : [holder({ leaseId: `h${index}`, kind, slots: [index], startedMs: index })],
        )
        const first = shrunk({ nodes, pools, holders })
        if (!isRising && pendingSlots === 0) expect(first).toEqual([])
        const after = holders.map((each) =>
          first.includes(each.leaseId ?? '')
            ? { ...each, isDraining: true, isTakenBack: true }
            : each,
        )
        expect(shrunk({ nodes, pools, holders: after })).toEqual([])
        const kinds = first.map((id) => holders.find(({ leaseId }) => leaseId === id)?.kind)
        for (const kind of kinds) expect(['spot', 'flex']).toContain(kind)
      }),
    )
  })
})

describe('headroom', () => {
  const pools = [pool({ anchorHeadroom: 3 })]
  const firm = want({ leaseId: 'w', kind: 'on_demand', gpus: 2 })

  test('is never sold to what cannot be taken back', () => {
    expect(decide(snapshot({ pools, wants: [firm] })).decisions).toMatchObject([{ kind: 'wait' }])
    const one = { ...firm, gpus: 1 }
    expect(decide(snapshot({ pools, wants: [one] })).decisions).toMatchObject([{ kind: 'place' }])
  })

  test('may be used by what gives way to the owner’s work, by contract too', () => {
    const loose = want({ leaseId: 'w', gpus: 4 })
    expect(decide(snapshot({ pools, wants: [loose] })).decisions).toMatchObject([{ kind: 'place' }])
    const contract = { ...firm, isFirm: false }
    expect(decide(snapshot({ pools, wants: [contract] })).decisions).toMatchObject([
      { kind: 'place' },
    ])
  })

  test('counts spot as reachable, which on demand may take over only as far as enough is left', () => {
    const holders = full(4)
    const two = decide(snapshot({ pools, holders, wants: [firm] })).decisions
    expect(two).toMatchObject([{ kind: 'wait', why: expect.stringContaining('kept') }])
  })
})

describe('the risk', () => {
  test('is told to those who would go within the longer stretch, and to nobody without a forecast', () => {
    const holders = full()
    expect(decide(snapshot({ holders })).atRisk).toEqual([])
    const pools = [pool({ demand: demand({ samples: RISING }) })]
    const { shrinks, atRisk } = decide(snapshot({ holders, pools }))
    expect(shrinks.map(({ leaseId }) => leaseId)).toEqual(['h3'])
    expect(atRisk).toEqual(['h2', 'h1'])
  })

  test('counts those whose minimum run ends within that stretch, and not those it protects longer', () => {
    const pools = [pool({ demand: demand({ samples: RISING }) })]
    const until = (ms: number) => ({ terms: terms({ minimumRunMs: NOW_MS + ms }), startedMs: 0 })
    expect(decide(snapshot({ holders: full(4, until(STEP_MS)), pools })).atRisk.length).toBe(3)
    expect(decide(snapshot({ holders: full(4, until(9 * STEP_MS)), pools })).atRisk).toEqual([])
  })

  test('is told to those who go in a later batch', () => {
    const evictionBatch = { leasesMax: 1, slotsPercentMax: null }
    const wants = [want({ leaseId: 'a', kind: 'anchor', gpus: 3 })]
    const { decisions, atRisk } = decide(
      snapshot({ holders: full(), wants, pools: [pool({ evictionBatch })] }),
    )
    expect(decisions.filter(({ kind }) => kind === 'reclaim').length).toBe(1)
    expect(atRisk.length).toBe(2)
  })
})

describe('the forecast of the peak', () => {
  const foreseen = { likely: 4, far: 4 }
  const firm = want({ leaseId: 'w', kind: 'on_demand', isFirm: true })

  test('keeps its far end from what cannot be taken back, and from nothing else', () => {
    const empty = { pools: [pool({ demand: demand({ samples: samples(0, 0, 0), foreseen }) })] }
    const outcome = decide(snapshot({ ...empty, wants: [firm] }))
    expect(outcome.decisions[0]).toMatchObject({ kind: 'wait' })
    const spot = decide(snapshot({ ...empty, wants: [want({ leaseId: 's' })] }))
    expect(spot.decisions[0]).toMatchObject({ kind: 'place' })
  })

  test('warns who may have to go, and sends nobody by itself', () => {
    const pools = [pool({ demand: demand({ samples: samples(0, 0, 0), foreseen }) })]
    const outcome = decide(snapshot({ pools, holders: full() }))
    expect(outcome.shrinks).toEqual([])
    expect(outcome.atRisk).toHaveLength(4)
  })

  test('counts what the owner has and waits for as a part of it', () => {
    const pools = [
      pool({ demand: demand({ samples: samples(3, 3, 3), pendingSlots: 1, foreseen }) }),
    ]
    expect(decide(snapshot({ pools, wants: [firm] })).decisions[0]).toMatchObject({ kind: 'place' })
  })
})
