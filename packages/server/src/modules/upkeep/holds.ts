/**
 * Which free slots are held, because their node takes no work or they are broken, so that what the book calls free can
 * be sold. Slots that a lease has are left alone until it is gone. Pure.
 */
import type { Claim, Hold } from '#modules/book/index.ts'
import type { Node, SlotFault } from '#modules/fleet/index.ts'
import { isCheckClaim } from './check.ts'

export interface HoldChanges {
  readonly open: readonly Hold[]
  /** Claims to end. */
  readonly close: readonly string[]
}

type Ground = Pick<Hold, 'kind' | 'reason'>

function groundOfNode(node: Node): Ground | null {
  if (node.state === 'ready') return null
  const reason = node.reason ?? node.state
  return { kind: node.state === 'draining' ? 'maintenance' : 'faulty', reason }
}

function groundKey({ kind, reason }: Ground): string {
  return `${kind} ${reason}`
}

interface NodeView {
  readonly node: Node
  readonly claims: readonly Claim[]
  readonly faults: readonly SlotFault[]
}

/** What should be held on a node, by ground. */
function wantedHolds({ node, claims, faults }: NodeView): ReadonlyMap<string, Hold> {
  const ofNode = groundOfNode(node)
  const reasons = new Map(faults.map((fault) => [fault.slot, fault.reason]))
  const taken = new Set(claims.flatMap((claim) => (isHold(claim) ? [] : claim.slots)))
  const wanted = new Map<string, Hold & { slots: number[] }>()
  for (let slot = 0; slot < node.slotCount; slot++) {
    const fault = reasons.get(slot)
    const ground = fault === undefined ? ofNode : { kind: 'faulty' as const, reason: fault }
    if (!ground || taken.has(slot)) continue
    const key = groundKey(ground)
    const hold = wanted.get(key) ?? { nodeId: node.id, slots: [], ...ground }
    hold.slots.push(slot)
    wanted.set(key, hold)
  }
  return wanted
}

/** A claim of ours for a reason, which nobody's work stands behind. */
export function isHold(claim: Claim): boolean {
  return claim.leaseId === null && claim.reason !== null && !isCheckClaim(claim)
}

function decideNode(view: NodeView): HoldChanges {
  const wanted = new Map(wantedHolds(view))
  const close: string[] = []
  for (const claim of view.claims.filter(isHold)) {
    const key = groundKey({ kind: claim.kind as Hold['kind'], reason: claim.reason ?? '' })
    const same = wanted.get(key)
    if (same && same.slots.join() === claim.slots.join()) wanted.delete(key)
    else close.push(claim.id)
  }
  return { open: [...wanted.values()], close }
}

/** `claims` are the open ones. Holds on nodes that are no more are closed. */
export function decideHolds(
  nodes: readonly Node[],
  claims: readonly Claim[],
  faults: readonly SlotFault[],
): HoldChanges {
  const claimsOf = Map.groupBy(claims, (claim) => claim.nodeId)
  const faultsOf = Map.groupBy(faults, (fault) => fault.nodeId)
  const known = new Set(nodes.map((node) => node.id))
  const left = claims.filter((claim) => claim.leaseId === null && !known.has(claim.nodeId))
  const open: Hold[] = []
  const close = left.map((claim) => claim.id)
  for (const node of nodes) {
    const own = claimsOf.get(node.id) ?? []
    const broken = faultsOf.get(node.id) ?? []
    if (node.state === 'ready' && broken.length === 0 && !own.some(isHold)) continue
    const changes = decideNode({ node, claims: own, faults: broken })
    open.push(...changes.open)
    close.push(...changes.close)
  }
  return { open, close }
}
