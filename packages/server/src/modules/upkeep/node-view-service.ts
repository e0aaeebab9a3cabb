/** Nodes as the API shows them, with what the book and the leases know of them. */
import type { NodeDetail, NodeLine } from '@spillway/contract'
import { type Claim, listOpenClaims } from '#modules/book/index.ts'
import {
  getNode,
  listFaults,
  listNodeFacts,
  listNodes,
  type Node,
  type SlotFault,
} from '#modules/fleet/index.ts'
import { listOrganizations } from '#modules/identity/index.ts'
import { findLeases, type Lease } from '#modules/lease/index.ts'
import type { Db } from '#platform/db/database.ts'
import { NODE_FACTS_SHOWN } from '../../limits.ts'

function slotsByKind(node: Node, claims: readonly Claim[]): Record<string, number> {
  const counts: Record<string, number> = {}
  let taken = 0
  for (const claim of claims) {
    const kind = claim.drainingFrom === null ? claim.kind : 'draining'
    counts[kind] = (counts[kind] ?? 0) + claim.slots.length
    taken += claim.slots.length
  }
  return { ...counts, free: node.slotCount - taken }
}

interface NodeView {
  readonly node: Node
  readonly claims: readonly Claim[]
  readonly faults: readonly SlotFault[]
}

function renderLine({ node, claims, faults }: NodeView): NodeLine {
  return {
    ...{ id: node.id, name: node.name, slotCount: node.slotCount, hardware: node.hardware },
    ...{ state: node.state, reason: node.reason, since: node.activeFrom.toISOString() },
    ...{ pool: node.pool, rack: node.rack, fabric: node.fabric },
    slotsByKind: slotsByKind(node, claims),
    faultCount: new Set(faults.map(({ slot }) => slot)).size,
  }
}

export interface NodeFilter {
  readonly pool?: string | undefined
  readonly state?: Node['state'] | undefined
  readonly rack?: string | undefined
  /** The last node of the page before. */
  readonly cursor?: string | undefined
  readonly limit: number
}

/** A page of nodes in order of pool and name, and where the next one begins. */
export async function listNodeLines(
  db: Db,
  filter: NodeFilter,
): Promise<{ items: NodeLine[]; nextCursor: string | null }> {
  const [all, claims, faults] = await Promise.all([
    listNodes(db),
    listOpenClaims(db),
    listFaults(db),
  ])
  const nodes = all.filter(
    (node) =>
      (filter.pool === undefined || node.pool === filter.pool) &&
      (filter.state === undefined || node.state === filter.state) &&
      (filter.rack === undefined || node.rack === filter.rack),
  )
  const from = filter.cursor ? nodes.findIndex((node) => node.id === filter.cursor) + 1 : 0
  const page = nodes.slice(from, from + filter.limit)
  const claimsOf = Map.groupBy(claims, (claim) => claim.nodeId)
  const faultsOf = Map.groupBy(faults, (fault) => fault.nodeId)
  const items = page.map((node) =>
    renderLine({
      node,
      claims: claimsOf.get(node.id) ?? [],
      faults: faultsOf.get(node.id) ?? [],
    }),
  )
  const isMore = from + page.length < nodes.length
  return { items, nextCursor: isMore ? (page.at(-1)?.id ?? null) : null }
}

function renderSlots({ node, claims }: NodeView, organizations: ReadonlyMap<string, string>) {
  const byIndex = new Map(claims.flatMap((claim) => claim.slots.map((slot) => [slot, claim])))
  return Array.from({ length: node.slotCount }, (_, index) => {
    const claim = byIndex.get(index)
    const isDraining = (claim?.drainingFrom ?? null) !== null
    return {
      ...{ node: node.name, nodeId: node.id, index },
      kind: claim ? (isDraining ? ('draining' as const) : claim.kind) : null,
      drainingKind: claim && isDraining ? claim.kind : null,
      since: claim ? (claim.drainingFrom ?? claim.startsAt).toISOString() : null,
      leaseId: claim?.leaseId ?? null,
      organization: organizations.get(claim?.organizationId ?? '') ?? null,
    }
  })
}

function renderLease(lease: Lease, nodeId: string, organizations: ReadonlyMap<string, string>) {
  const own = lease.placements.filter((each) => each.nodeId === nodeId)
  return {
    ...{ id: lease.id, name: lease.name, kind: lease.kind, state: lease.state },
    ...{ nodes: lease.nodes, noticeMs: lease.noticeMs, requeue: lease.requeue !== 'never' },
    organization: organizations.get(lease.organizationId) ?? '',
    slots: own.flatMap(({ slots }) => [...slots]),
    isForeign: lease.engineRun !== null,
  }
}

/** Throws `node.not_found`. */
export async function renderNode(db: Db, id: string): Promise<NodeDetail> {
  const node = await getNode(db, id)
  const claims = (await listOpenClaims(db)).filter((claim) => claim.nodeId === id)
  const faults = await listFaults(db, id)
  const organizations = new Map((await listOrganizations(db)).map((each) => [each.id, each.name]))
  const leases = await findLeases(db, [...new Set(claims.flatMap((claim) => claim.leaseId ?? []))])
  const facts = await listNodeFacts(db, id, NODE_FACTS_SHOWN)
  return {
    ...renderLine({ node, claims, faults }),
    slots: renderSlots({ node, claims, faults }, organizations),
    leases: leases.map((lease) => renderLease(lease, id, organizations)),
    faults: faults.map(({ slot, reason, reading, isLost, since, lastGoodAt }) => ({
      ...{ slot, reason, reading, isLost, since: since.toISOString() },
      lastGoodAt: lastGoodAt?.toISOString() ?? null,
    })),
    facts: facts.map(({ at, type, text, actor }) => ({
      ...{ at: at.toISOString(), type, text, actor },
    })),
  }
}
