/** The work that Spillway did not start, against the claims on the slots where it runs. Pure. */
import type { Claim } from '#modules/book/index.ts'
import type { Node } from '#modules/fleet/index.ts'
import type { Lease } from '#modules/lease/index.ts'
import type { ForeignReport, ForeignWork } from '#platform/engines/engine.ts'
import type { FoundCase } from './cases.ts'

export interface ForeignView {
  readonly foreign: ForeignReport
}

interface ForeignBook {
  readonly nodes: readonly Node[]
  readonly claims: readonly Claim[]
  readonly leases: ReadonlyMap<string, Lease>
}

/** Who has each slot, in the book. */
function holders(claims: readonly Claim[]): ReadonlyMap<string, Claim> {
  return new Map(
    claims.flatMap((claim) =>
      claim.slots.map((slot) => [`${claim.nodeId}/${slot}`, claim] as const),
    ),
  )
}

/** Slots of foreign work that the book has given to a lease of somebody else. */
export function compareForeign(
  { nodes, claims, leases }: ForeignBook,
  { foreign }: ForeignView,
): readonly FoundCase[] {
  if (foreign.work.length === 0) return []
  const ids = new Map(nodes.map((node) => [node.name, node.id]))
  const held = holders(claims)
  const conflictOf = (work: ForeignWork): FoundCase[] => {
    const taken = work.placements.flatMap(({ node, slots }) =>
      slots.flatMap((slot) => {
        const claim = held.get(`${ids.get(node) ?? ''}/${slot}`)
        const leaseId = claim?.leaseId ?? null
        if (leaseId === null || leases.get(leaseId)?.engineRun === work.runId) return []
        return [{ node, slot, leaseId }]
      }),
    )
    const [first] = taken
    if (!first) return []
    const others = [...new Set(taken.map(({ leaseId }) => leaseId))].join(', ')
    const text = `${work.runId} of ${work.user} runs on ${first.node}, slot ${first.slot}${taken.length > 1 ? ' and more' : ''}, and the book has given that to ${others}.`
    return [{ kind: 'foreign_conflict', subject: work.runId, text, data: { taken } }]
  }
  return foreign.work.filter((work) => work.state !== 'pending').flatMap(conflictOf)
}
