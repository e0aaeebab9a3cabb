import fc from 'fast-check'
import { expect, test } from 'vitest'
import { money } from '#kernel/money.ts'
import { decide, decideByRoom } from './plan.ts'
import type { Holder, LeaseKind, Snapshot, SnapshotPool, Want } from './snapshot.ts'

const KINDS = ['anchor', 'on_demand', 'serving', 'spot', 'flex'] as const
const NODES = ['n0', 'n1', 'n2', 'n3']
const NOW_MS = 10_000_000

const holding = fc.record({
  lease: fc.nat(5),
  nodes: fc.uniqueArray(fc.constantFrom(...NODES), { minLength: 1, maxLength: 2 }),
  from: fc.nat(3),
  count: fc.integer({ min: 1, max: 4 }),
  kind: fc.constantFrom(...KINDS, 'maintenance'),
  isDraining: fc.boolean(),
  reclaimFor: fc.option(fc.constantFrom('w0', 'w1', 'l1')),
  by: fc.option(fc.subarray([...KINDS])),
  isTakenBack: fc.boolean(),
  startedMs: fc.option(fc.nat(NOW_MS)),
})

type Holding = ReturnType<typeof holding.generate>['value']

/** A holder and the same without what its lease says. Nobody has a slot that another has. */
function holdersOf(holdings: readonly Holding[]): { whole: Holder[]; bare: Holder[] } {
  const taken = new Set<string>()
  const [whole, bare]: [Holder[], Holder[]] = [[], []]
  for (const each of holdings)
    for (const nodeId of each.nodes) {
      const slots = Array.from({ length: each.count }, (_, at) => each.from + at).filter(
        (slot) => slot < 4 && !taken.has(`${nodeId}/${slot}`),
      )
      for (const slot of slots) taken.add(`${nodeId}/${slot}`)
      if (slots.length === 0) continue
      const { kind, isDraining, reclaimFor, isTakenBack, startedMs, by } = each
      const leaseId = kind === 'maintenance' ? null : `l${each.lease}-${kind}-${isDraining}`
      const known = { leaseId, kind, nodeId, slots, isDraining }
      const terms = by === null ? {} : { terms: { by, minimumRunMs: 1000, isCapReached: false } }
      whole.push({
        ...{ ...known, startedMs, reclaimFor, isTakenBack, priceUsd: money('1'), ...terms },
      })
      bare.push({ ...known, startedMs: null, reclaimFor: null, priceUsd: null })
    }
  return { whole, bare }
}

const wanting = fc.record({
  kind: fc.constantFrom<LeaseKind>(...KINDS),
  perNode: fc.integer({ min: 1, max: 4 }),
  nodes: fc.integer({ min: 1, max: 2 }),
  isOneFabric: fc.boolean(),
  bid: fc.constantFrom('1', '2', '3'),
  waitsFor: fc.constant(null),
})

function wantsOf(wantings: readonly ReturnType<typeof wanting.generate>['value'][]): Want[] {
  return wantings.map(({ kind, perNode, nodes, isOneFabric, bid }, index) => ({
    ...{ leaseId: `w${index}`, kind, pool: 'p', gpus: perNode * nodes, nodes, isOneFabric },
    ...{ createdMs: index, maxPriceUsd: money(bid), priceUsd: money('2') },
  }))
}

const poolOf = fc.record({
  headroom: fc.constantFrom(0, 0, 0, 2),
  pendingSlots: fc.constantFrom(0, 0, 0, 3),
  slots: fc.constantFrom([0, 0, 0], [0, 0, 0], [1, 2, 3]),
})

function settingsOf({
  headroom: anchorHeadroom,
  pendingSlots,
  slots,
}: ReturnType<typeof poolOf.generate>['value']): SnapshotPool {
  const samples = slots.map((count, index) => ({ atMs: index * 1000, slots: count }))
  const demand = { samples, pendingSlots, soonMs: 1000, laterMs: 2000 }
  return {
    ...{ name: 'p', evictionBatch: { leasesMax: 2, slotsPercentMax: null } },
    ...{ anchorHeadroom, demand },
  }
}

test('what is decided by room alone is what is decided with all that leases say', () => {
  let settled = 0
  fc.assert(
    fc.property(
      fc.array(holding, { maxLength: 6 }),
      fc.array(wanting, { maxLength: 4 }),
      poolOf,
      (holdings, wantings, pool) => {
        const { whole, bare } = holdersOf(holdings)
        const nodes = NODES.map((id, index) => {
          const fabric = ['a', 'a', 'b', null][index] ?? null
          return { id, pool: 'p', slotCount: 4, isReady: index !== 1, fabric }
        })
        const wants = wantsOf(wantings)
        const rest = { nowMs: NOW_MS, pools: [settingsOf(pool)], nodes, wants }
        const snapshot: Snapshot = { ...rest, holders: whole }
        const byRoom = decideByRoom({ ...rest, holders: bare })
        if (byRoom === null) return
        settled++
        expect(byRoom).toEqual(decide(snapshot))
      },
    ),
    { numRuns: 2000 },
  )
  expect(settled).toBeGreaterThan(100)
})
