/**
 * Compares what the book has of a pool with what its engine has, both ways. Every difference is a case with a name;
 * none says that a slot is free. Pure, and linear in what there is.
 */
import { attemptId, leaseOfAttempt } from '#kernel/attempt.ts'
import type { Claim } from '#modules/book/index.ts'
import type { Node } from '#modules/fleet/index.ts'
import type { Lease } from '#modules/lease/index.ts'
import type { NodeInventory, Observation, Placement } from '#platform/engines/engine.ts'
import type { FoundCase } from './cases.ts'
import { compareForeign, type ForeignView } from './compare-foreign.ts'
import { compareNodes } from './compare-nodes.ts'
import { compareUsage, type UsageView } from './compare-usage.ts'

export interface BookSide {
  readonly pool: string
  readonly nodes: readonly Node[]
  /** Open claims on these nodes. */
  readonly claims: readonly Claim[]
  /** Leases of the pool that have not ended, and ended ones that the engine still speaks of. */
  readonly leases: ReadonlyMap<string, Lease>
  /** Attempts that are ours though no lease has them. */
  readonly ownAttempts: ReadonlySet<string>
}

export interface EngineSide extends ForeignView, UsageView {
  readonly attempts: ReadonlyMap<string, Observation>
  readonly inventory: readonly NodeInventory[]
}

export interface Comparison {
  readonly cases: readonly FoundCase[]
  /** Attempts that are gone, whose leases are over or unknown: the engine need not remember them. */
  readonly forgettable: readonly string[]
}

/** Whether a lease has slots, so that there ought to be an attempt and claims. */
export function isHolding(lease: Lease): boolean {
  return lease.state === 'starting' || lease.state === 'running' || lease.state === 'reclaiming'
}

/** Slots as one text a slot, so that two sets can be compared. */
export function slotKeys(
  placements: readonly { readonly nodeId: string; readonly slots: readonly number[] }[],
): Set<string> {
  return new Set(
    placements.flatMap(({ nodeId, slots }) => slots.map((slot) => `${nodeId}/${slot}`)),
  )
}

function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each))
}

function byNodeId(placements: readonly Placement[], ids: ReadonlyMap<string, string>) {
  return placements.map(({ node, slots }) => ({ nodeId: ids.get(node) ?? node, slots }))
}

interface Seen {
  readonly attempt: string
  readonly observation: Observation
}

/** An attempt of the lease's own, as the engine sees it. */
function compareCurrent(
  lease: Lease,
  { attempt, observation }: Seen,
  nodeIds: ReadonlyMap<string, string>,
): FoundCase[] {
  const subject = lease.id
  if (observation.state === 'gone') {
    const text = `The engine says that ${attempt} is gone (${observation.how}), and the lease is ${lease.state}.`
    return [{ kind: 'gone_not_closed', subject, text, data: { attempt } }]
  }
  if (observation.state === 'unknown') {
    const text = `The engine cannot tell about ${attempt}: ${observation.text}.`
    return [{ kind: 'attempt_unknown', subject, text, data: { attempt } }]
  }
  if (observation.state !== 'running' || observation.placements === undefined) return []
  const real = byNodeId(observation.placements, nodeIds)
  if (isSameSet(slotKeys(real), slotKeys(lease.placements))) return []
  const text = `The engine gave ${attempt} other slots than the book has for it.`
  const data = { attempt, engine: observation.placements, book: lease.placements }
  return [{ kind: 'placements_differ', subject, text, data }]
}

/** An attempt that no lease has now and that is not known to be gone. */
function compareOther(lease: Lease | undefined, { attempt, observation }: Seen): FoundCase {
  const data = { attempt, observation }
  const sort = { subject: attempt, data }
  if (!lease)
    return {
      ...sort,
      kind: 'stray_attempt',
      text: `The engine runs ${attempt}, and the book has no such lease.`,
    }
  if (lease.state === 'ended')
    return {
      ...sort,
      kind: 'ended_lease_runs',
      text: `The engine runs ${attempt}, and its lease has ended.`,
    }
  const text = `The engine runs ${attempt}, and its lease is at attempt ${lease.attempt} (${lease.state}).`
  return { ...sort, kind: 'old_attempt_runs', text }
}

function compareAttempts(book: BookSide, { attempts }: EngineSide): Comparison {
  const nodeIds = new Map(book.nodes.map((node) => [node.name, node.id]))
  const cases: FoundCase[] = []
  const forgettable: string[] = []
  for (const [attempt, observation] of attempts) {
    if (observation.state === 'absent' || book.ownAttempts.has(attempt)) continue
    const lease = book.leases.get(leaseOfAttempt(attempt))
    const seen = { attempt, observation }
    if (lease && isHolding(lease) && attemptId(lease) === attempt)
      cases.push(...compareCurrent(lease, seen, nodeIds))
    else if (observation.state === 'gone') forgettable.push(attempt)
    else cases.push(compareOther(lease, seen))
  }
  for (const lease of book.leases.values()) {
    const isExpected = isHolding(lease) && lease.startedAt !== null && lease.engineRun === null
    if (isExpected && (attempts.get(attemptId(lease))?.state ?? 'absent') === 'absent')
      cases.push(attemptLost(lease))
  }
  return { cases, forgettable }
}

function attemptLost(lease: Lease): FoundCase {
  const attempt = attemptId(lease)
  const text = `The book has ${attempt} running, and the engine has no record of it.`
  return { kind: 'attempt_lost', subject: lease.id, text, data: { attempt } }
}

/** Every lease with slots has exactly the claims for them, and every claim of a lease has a lease with slots. */
function compareClaims({ claims, leases }: BookSide): FoundCase[] {
  const byLease = Map.groupBy(
    claims.filter((claim) => claim.leaseId !== null),
    (claim) => claim.leaseId ?? '',
  )
  const orphans = [...byLease].flatMap(([leaseId, own]): FoundCase[] => {
    const lease = leases.get(leaseId)
    if (lease && isHolding(lease)) return []
    const how = lease ? `is ${lease.state}` : 'is not known'
    const text = `The book still claims slots for ${leaseId}, which ${how}.`
    const data = { claimIds: own.map((claim) => claim.id) }
    return [{ kind: 'claim_without_lease', subject: leaseId, text, data }]
  })
  const bare = [...leases.values()].filter(isHolding).flatMap((lease): FoundCase[] => {
    const claimed = slotKeys(byLease.get(lease.id) ?? [])
    if (isSameSet(claimed, slotKeys(lease.placements))) return []
    const text = `${lease.id} is ${lease.state}, and the book does not claim exactly its slots.`
    const data = { placements: lease.placements, claimed: [...claimed] }
    return [{ kind: 'lease_without_claim', subject: lease.id, text, data }]
  })
  return [...orphans, ...bare]
}

export function compare(book: BookSide, engine: EngineSide): Comparison {
  const { cases, forgettable } = compareAttempts(book, engine)
  return {
    cases: [
      ...cases,
      ...compareClaims(book),
      ...compareNodes(book.nodes, engine.inventory),
      ...compareForeign(book, engine),
      ...compareUsage(book.leases, engine),
    ],
    forgettable,
  }
}
