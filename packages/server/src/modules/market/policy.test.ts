import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { money, picos } from '#kernel/money.ts'
import { plan } from './plan.ts'
import { reclaimOrder } from './reclaim-order.ts'
import type { Decision, Holder, HolderTerms, Snapshot, SnapshotNode, Want } from './snapshot.ts'

const NOW_MS = 10_000_000

function want(parts: Partial<Want> & Pick<Want, 'leaseId'>): Want {
  return {
    ...{ kind: 'anchor', pool: 'p', gpus: 1, nodes: 1, createdMs: 0 },
    ...{ maxPriceUsd: null, priceUsd: null },
    ...parts,
  }
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

function node(id: string, slotCount = 4): SnapshotNode {
  return { id, pool: 'p', slotCount, isReady: true, fabric: null }
}

function snapshot(parts: Partial<Snapshot>): Snapshot {
  return { nowMs: NOW_MS, nodes: [node('n1')], holders: [], wants: [], ...parts }
}

function reclaimed(decisions: readonly Decision[]): string[] {
  return decisions.flatMap((decision) => (decision.kind === 'reclaim' ? [decision.leaseId] : []))
}

describe('the terms of a lease', () => {
  const full = (parts: Partial<Holder>) =>
    reclaimed(
      plan(
        snapshot({
          holders: [holder({ leaseId: 'a', slots: [0, 1, 2, 3], ...parts })],
          wants: [want({ leaseId: 'w' })],
        }),
      ),
    )

  test('a lease is not taken back before its minimum run, and is from that instant on', () => {
    const minimumRunMs = 600_000
    expect(full({ startedMs: NOW_MS - minimumRunMs + 1, terms: terms({ minimumRunMs }) })).toEqual(
      [],
    )
    expect(full({ startedMs: NOW_MS - minimumRunMs, terms: terms({ minimumRunMs }) })).toEqual([
      'a',
    ])
  })

  test('a lease that still starts has all of its minimum run before it', () => {
    expect(full({ startedMs: null, terms: terms({ minimumRunMs: 1 }) })).toEqual([])
  })

  test('a lease that was taken back as often as its terms allow this month is protected', () => {
    expect(full({ terms: terms({ isCapReached: true }) })).toEqual([])
  })

  test('nobody takes a lease back whom its terms do not name', () => {
    expect(full({ terms: terms({ by: ['on_demand'] }) })).toEqual([])
  })

  test('on demand gives way to anchor where its contract says so, after everything else, and never otherwise', () => {
    expect(full({ kind: 'on_demand', terms: terms({ by: [] }) })).toEqual([])
    expect(full({ kind: 'on_demand' })).toEqual(['a'])
    const holders = [
      holder({ leaseId: 'firm', slots: [0, 1], kind: 'on_demand', startedMs: NOW_MS }),
      holder({ leaseId: 'loose', slots: [2, 3] }),
    ]
    const wants = [want({ leaseId: 'w', gpus: 2 })]
    expect(reclaimed(plan(snapshot({ holders, wants })))).toEqual(['loose'])
  })

  test('a protected lease sends the plan to others, or nobody goes at all (kueue#5243)', () => {
    const holders = [
      holder({
        leaseId: 'young',
        slots: [0, 1],
        startedMs: NOW_MS - 1,
        terms: terms({ minimumRunMs: 60_000 }),
      }),
      holder({ leaseId: 'old', slots: [2, 3] }),
    ]
    const goes = (gpus: number) =>
      reclaimed(plan(snapshot({ holders, wants: [want({ leaseId: 'w', gpus })] })))
    expect(goes(2)).toEqual(['old'])
    expect(goes(4)).toEqual([])
  })

  test('whatever was borrowed can be had back: at any price, age or share, by one or by many (kueue#4333, kueue#3948)', () => {
    const borrowed = fc.record({
      kind: fc.constantFrom('spot', 'flex'),
      startedMs: fc.option(fc.nat(NOW_MS), { nil: null }),
      price: fc.bigInt({ min: 0n, max: 10n ** 15n }),
    })
    fc.assert(
      fc.property(
        fc.array(borrowed, { minLength: 4, maxLength: 4 }),
        fc.boolean(),
        (all, isOne) => {
          const holders = all.map(({ price, ...each }, index) => {
            const leaseId = isOne ? 'all' : `h${index}`
            const kind = isOne ? 'spot' : each.kind
            return holder({ ...each, leaseId, kind, slots: [index], priceUsd: picos(price) })
          })
          const wants = [want({ leaseId: 'owner', gpus: 4 })]
          expect(new Set(reclaimed(plan(snapshot({ holders, wants }))))).toEqual(
            new Set(holders.map(({ leaseId }) => leaseId)),
          )
        },
      ),
    )
  })
})

describe('the order', () => {
  test('work that was saved at a checkpoint does not count as lost', () => {
    const holders = [
      holder({ leaseId: 'saved', slots: [0, 1], startedMs: 0, checkpointMs: NOW_MS - 1000 }),
      holder({ leaseId: 'unsaved', slots: [2, 3], startedMs: NOW_MS - 5000 }),
    ]
    const decisions = plan(snapshot({ holders, wants: [want({ leaseId: 'w', gpus: 2 })] }))
    expect(reclaimed(decisions)).toEqual(['saved'])
    expect(reclaimOrder(holders, NOW_MS).map(({ leaseId }) => leaseId)).toEqual([
      'saved',
      'unsaved',
    ])
  })

  test('a checkpoint of an earlier attempt saves nothing of this one', () => {
    const [place] = reclaimOrder(
      [holder({ leaseId: 'a', slots: [0], startedMs: NOW_MS - 1000, checkpointMs: 5 })],
      NOW_MS,
    )
    expect(place?.slotMsLost).toBe(1000n)
  })

  test('who is protected stands at the end, with the reason', () => {
    const minimumRunMs = 60_000
    const holders = [
      holder({
        leaseId: 'young',
        slots: [0],
        kind: 'flex',
        startedMs: NOW_MS,
        terms: terms({ minimumRunMs }),
      }),
      holder({ leaseId: 'old', slots: [1] }),
    ]
    expect(reclaimOrder(holders, NOW_MS)).toMatchObject([
      { leaseId: 'old', class: 2, protection: null },
      { leaseId: 'young', class: 1, protection: { untilMs: NOW_MS + minimumRunMs } },
    ])
  })

  test('the order in which leases were asked for decides nothing (kueue#6814, kueue#16049)', () => {
    const holderOf = fc.record({
      startedMs: fc.integer({ min: 0, max: NOW_MS }),
      kind: fc.constantFrom('spot', 'flex', 'serving'),
    })
    fc.assert(
      fc.property(
        fc.array(holderOf, { minLength: 1, maxLength: 8 }),
        fc.array(fc.record({ gpus: fc.integer({ min: 1, max: 4 }), createdMs: fc.nat(5) }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.nat(),
        (parts, asked, seed) => {
          const holders = parts.map((each, index) =>
            holder({ leaseId: `h${index}`, slots: [index % 4], nodeId: `n${index >> 2}`, ...each }),
          )
          const wants = asked.map((each, index) => want({ leaseId: `w${index}`, ...each }))
          const nodes = [node('n0'), node('n1')]
          const turned = <T>(list: readonly T[]) => {
            const at = seed % list.length
            return [...list.slice(at), ...list.slice(0, at)]
          }
          const decide = (h: readonly Holder[], w: readonly Want[]) =>
            plan(snapshot({ nodes, holders: h, wants: w }))
          expect(new Set(reclaimed(decide(turned(holders), turned(wants))))).toEqual(
            new Set(reclaimed(decide(holders, wants))),
          )
        },
      ),
    )
  })

  test('the owner is served before anybody who borrowed, however much later it asked (kueue#3405, kueue PR#4813)', () => {
    const wants = [
      want({ leaseId: 'borrower', kind: 'spot', gpus: 4, createdMs: 0 }),
      want({ leaseId: 'owner', gpus: 4, createdMs: 1000 }),
    ]
    expect(plan(snapshot({ wants }))).toMatchObject([
      { kind: 'place', leaseId: 'owner' },
      { kind: 'wait', leaseId: 'borrower' },
    ])
  })

  test('a gang that its nodes could never hold blocks nobody (kueue#4329, volcano#665, volcano#4617)', () => {
    const wants = [
      want({ leaseId: 'never', gpus: 10, nodes: 2 }),
      want({ leaseId: 'small', gpus: 1, createdMs: 1 }),
    ]
    expect(plan(snapshot({ nodes: [node('n1'), node('n2')], wants }))).toMatchObject([
      { kind: 'wait', leaseId: 'never' },
      { kind: 'place', leaseId: 'small' },
    ])
  })
})

describe('eviction batches', () => {
  const limited = (leasesMax: number | null, slotsPercentMax: number | null = null) => [
    { name: 'p', evictionBatch: { leasesMax, slotsPercentMax } },
  ]
  const singles = (count: number, parts: (index: number) => Partial<Holder> = () => ({})) =>
    Array.from({ length: count }, (_, index) =>
      holder({ leaseId: `h${index}`, slots: [index], ...parts(index) }),
    )

  test('no more leases go at once than the batch says, the cheapest first', () => {
    const holders = singles(4, (index) => ({ startedMs: index * 1000 }))
    const wants = [want({ leaseId: 'w', gpus: 4 })]
    const decisions = plan(snapshot({ pools: limited(2), holders, wants }))
    expect(reclaimed(decisions)).toEqual(['h3', 'h2'])
    expect(decisions.at(-1)).toMatchObject({ why: expect.stringContaining('in batches') })
  })

  test('the next batch goes when the first is gone, for the same lease, until the whole has room', () => {
    const wants = [
      want({ leaseId: 'w', gpus: 4 }),
      want({ leaseId: 'late', gpus: 1, createdMs: 9 }),
    ]
    const going = { isDraining: true, isTakenBack: true, reclaimFor: 'w' }
    const during = singles(4, (index) => (index < 2 ? going : {}))
    expect(reclaimed(plan(snapshot({ pools: limited(2), holders: during, wants })))).toEqual([])
    const after = singles(4).slice(2)
    expect(reclaimed(plan(snapshot({ pools: limited(2), holders: after, wants })))).toEqual([
      'h2',
      'h3',
    ])
  })

  test('a part of the slots is the limit as well', () => {
    const wants = [want({ leaseId: 'w', gpus: 4 })]
    const decisions = plan(snapshot({ pools: limited(null, 25), holders: singles(4), wants }))
    expect(reclaimed(decisions).length).toBe(1)
  })

  test('a lease larger than the batch goes when nobody else does', () => {
    const holders = [holder({ leaseId: 'whole', slots: [0, 1, 2, 3] })]
    const wants = [want({ leaseId: 'w', gpus: 4 })]
    expect(reclaimed(plan(snapshot({ pools: limited(null, 25), holders, wants })))).toEqual([
      'whole',
    ])
  })

  test('whoever leaves by its own will takes nothing of the batch', () => {
    const holders = singles(4, (index) => (index === 0 ? { isDraining: true } : {}))
    const wants = [want({ leaseId: 'w', gpus: 4 })]
    expect(reclaimed(plan(snapshot({ pools: limited(3), holders, wants }))).length).toBe(3)
  })

  test('for every book and batch, never more than the batch is on its way out, unless it is one lease alone', () => {
    const book = fc.record({
      drains: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      leasesMax: fc.integer({ min: 1, max: 5 }),
      gpus: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
    })
    fc.assert(
      fc.property(book, ({ drains, leasesMax, gpus }) => {
        const holders = drains.map((isDraining, index) =>
          holder({
            leaseId: `h${index}`,
            slots: [index % 4],
            nodeId: `n${index >> 2}`,
            startedMs: index,
            isDraining,
            isTakenBack: isDraining,
          }),
        )
        const nodes = [node('n0'), node('n1'), node('n2')]
        const wants = gpus.map((count, index) => want({ leaseId: `w${index}`, gpus: count }))
        const pools = limited(leasesMax)
        const before = drains.filter(Boolean).length
        const goes = reclaimed(plan(snapshot({ nodes, holders, wants, pools })))
        expect(before + goes.length).toBeLessThanOrEqual(Math.max(leasesMax, before, 1))
      }),
    )
  })
})
