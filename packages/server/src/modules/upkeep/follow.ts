/**
 * What changes in the book when an engine tells which slots its work really has: its own runs, and the attempts of ours
 * for which it picks the slots. Pure; what is not on a node that the engine speaks of is not touched.
 */
import { attemptId } from '#kernel/attempt.ts'
import type { Claim } from '#modules/book/index.ts'
import type { Node } from '#modules/fleet/index.ts'
import type { Lease, SlotsOfNode } from '#modules/lease/index.ts'
import type { ForeignWork, Observation, Placement } from '#platform/engines/engine.ts'
import { isHold } from './holds.ts'
import { type HeldSlots, type Owner, settleSlots, type SlotConflict } from './settle-slots.ts'

export interface FollowView {
  readonly nodes: readonly Node[]
  /** Open claims on these nodes. */
  readonly claims: readonly Claim[]
  /** Open leases of the pool. */
  readonly leases: readonly Lease[]
  readonly attempts: ReadonlyMap<string, Observation>
  readonly work: readonly ForeignWork[]
}

export interface NodeChange {
  readonly nodeId: string
  readonly owner: Owner
  readonly slots: readonly number[]
}

export interface FollowPlan {
  readonly changes: readonly NodeChange[]
  readonly conflicts: readonly (SlotConflict & { readonly nodeId: string })[]
}

/** What stands for a run that is not a lease yet. */
export function runOwner(runId: string): Owner {
  return `run:${runId}`
}

export function ownerOf(claim: Claim): Owner {
  return claim.leaseId ?? `claim:${claim.id}`
}

type Said = Map<string, Map<Owner, readonly number[]>>

function standingOf(claim: Claim, leases: ReadonlyMap<string, Lease>): HeldSlots['standing'] {
  if (claim.leaseId === null) {
    // Nothing runs on what a block has idle: it may have other slots of the node.
    if (claim.blockId !== null) return 'meant'
    return isHold(claim) ? 'held' : 'confirmed'
  }
  const lease = leases.get(claim.leaseId)
  return lease?.state === 'starting' && lease.startedAt === null ? 'meant' : 'confirmed'
}

/** What is looked up for each owner. */
interface Index {
  /** Of nodes, by name. */
  readonly ids: ReadonlyMap<string, string>
  readonly claimsOf: ReadonlyMap<Owner, readonly Claim[]>
}

/** Everything of an owner: also the nodes on which it is not any more. */
function say(
  said: Said,
  { owner, placements }: { readonly owner: Owner; readonly placements: readonly Placement[] },
  { ids, claimsOf }: Index,
): void {
  for (const { nodeId } of claimsOf.get(owner) ?? []) setSlots(said, { nodeId, owner, slots: [] })
  for (const { node, slots } of placements) {
    const nodeId = ids.get(node)
    if (nodeId !== undefined) setSlots(said, { nodeId, owner, slots })
  }
}

function setSlots(said: Said, { nodeId, owner, slots }: NodeChange): void {
  const ofNode = said.get(nodeId) ?? new Map<Owner, readonly number[]>()
  ofNode.set(owner, slots)
  said.set(nodeId, ofNode)
}

/** Work that has slots, or had some until just now. */
export function isThere(work: ForeignWork): boolean {
  return work.state !== 'pending' && work.placements.length > 0
}

function placementsKey(placements: readonly SlotsOfNode[]): string {
  return placements
    .flatMap(({ nodeId, slots }) => slots.map((slot) => `${nodeId}/${slot}`))
    .toSorted()
    .join()
}

/** Only what differs is said, so that a fleet in which all is as it should be costs nothing. */
function gather(view: FollowView): Said {
  const said: Said = new Map()
  const ids = new Map(view.nodes.map((node) => [node.name, node.id]))
  const index = { ids, claimsOf: Map.groupBy(view.claims, ownerOf) }
  const differs = (lease: Lease, placements: readonly Placement[]) =>
    placementsKey(lease.placements) !==
    placementsKey(placements.map(({ node, slots }) => ({ nodeId: ids.get(node) ?? node, slots })))
  const byRun = new Map(view.leases.map((lease) => [lease.engineRun, lease]))
  for (const lease of view.leases) {
    const seen = view.attempts.get(attemptId(lease))
    if (lease.engineRun !== null || seen?.state !== 'running' || !seen.placements) continue
    if (differs(lease, seen.placements))
      say(said, { owner: lease.id, placements: seen.placements }, index)
  }
  for (const work of view.work.filter(isThere)) {
    const lease = byRun.get(work.runId)
    const { placements } = work
    if (!lease) say(said, { owner: runOwner(work.runId), placements }, index)
    else if (differs(lease, placements)) say(said, { owner: lease.id, placements }, index)
  }
  return said
}

function settleNodes(
  view: FollowView,
  said: Said,
  pinned: ReadonlySet<Owner>,
): FollowPlan & { readonly short: ReadonlySet<Owner> } {
  const leases = new Map(view.leases.map((lease) => [lease.id, lease]))
  const claimsOf = Map.groupBy(view.claims, (claim) => claim.nodeId)
  const changes: NodeChange[] = []
  const conflicts: (SlotConflict & { nodeId: string })[] = []
  const short = new Set<Owner>()
  for (const { id: nodeId, slotCount } of view.nodes) {
    const saidHere = said.get(nodeId)
    if (!saidHere) continue
    const held = (claimsOf.get(nodeId) ?? []).map((claim): HeldSlots => {
      const owner = ownerOf(claim)
      const standing = pinned.has(owner) ? 'confirmed' : standingOf(claim, leases)
      return { owner, slots: claim.slots, standing }
    })
    const settled = settleSlots({ slotCount, held, said: saidHere })
    for (const [owner, slots] of settled.changed) changes.push({ nodeId, owner, slots })
    conflicts.push(...settled.conflicts.map((each) => ({ ...each, nodeId })))
    for (const { owner, slots, standing } of held)
      if (
        standing === 'meant' &&
        (settled.changed.get(owner)?.length ?? slots.length) < slots.length
      )
        short.add(owner)
  }
  return { changes, conflicts, short }
}

/**
 * Decides for every node on which something differs. A lease that has not started and finds no other room keeps its
 * slots: whoever else is said to have them waits, and that is a conflict.
 */
export function planFollow(view: FollowView): FollowPlan {
  const said = gather(view)
  const pinned = new Set<Owner>()
  for (;;) {
    const { short, ...plan } = settleNodes(view, said, pinned)
    if ([...short].every((owner) => pinned.has(owner))) return plan
    for (const owner of short) pinned.add(owner)
  }
}
