/** Slots and utilisation over HTTP. Whose claim it is shows only to its owner and the operator. */
import { Fault } from '#kernel/fault.ts'
import { findPool, getNode, listNodes, type Node } from '#modules/fleet/index.ts'
import type { Caller, Routes } from '#platform/http/handler.ts'
import type { SlotTime } from './conservation.ts'
import { createFleetMap, type Names as NameSources } from './fleet-map-service.ts'
import { accountNode, accountPool } from './service.ts'
import { type Claim, listOpenClaims } from './store.ts'

const HOUR_MS = 3_600_000

interface Place {
  readonly node: Node
  readonly index: number
  readonly claim: Claim | undefined
  readonly organization: string | null
}

function renderSlot({ node, index, claim, organization }: Place, principal: Caller) {
  const isVisible =
    principal.role === 'operator' || claim?.organizationId === principal.organizationId
  const isDraining = (claim?.drainingFrom ?? null) !== null
  return {
    node: node.name,
    nodeId: node.id,
    index,
    kind: claim ? (isDraining ? ('draining' as const) : claim.kind) : null,
    drainingKind: claim && isDraining ? claim.kind : null,
    since: claim ? (claim.drainingFrom ?? claim.startsAt).toISOString() : null,
    leaseId: isVisible ? (claim?.leaseId ?? null) : null,
    organization: isVisible ? organization : null,
  }
}

interface Window {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly buckets: number
}

/** The future is not part of any use. */
function windowOf(query: Window, now: Date): { from: Date; to: Date; count: number } {
  const to = query.to && new Date(query.to) < now ? new Date(query.to) : now
  const from = query.from ? new Date(query.from) : new Date(to.getTime() - HOUR_MS)
  if (from >= to) throw new Fault('request.invalid', 'query.from: must lie before `to`.')
  return { from, to, count: query.buckets }
}

function renderBucket({ fromMs, toMs, ...rest }: SlotTime) {
  return {
    ...rest,
    byKindMs: { ...rest.byKindMs },
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
  }
}

type Names = 'listSlots' | 'getUtilisation' | 'getNodeUtilisation' | 'getFleetMap'

interface BookRouteDeps {
  readonly names: NameSources
  /** Another one for each process. */
  readonly instance: string
}

export function bookRoutes({ names, instance }: BookRouteDeps): Pick<Routes, Names> {
  const askMap = createFleetMap(names, instance)
  return {
    getFleetMap: ({ db, query }) => askMap(db, query.since),
    listSlots: async ({ db, params, principal }) => {
      const pool = await findPool(db, params.pool)
      if (!pool) throw new Fault('pool.not_found', `There is no pool ${params.pool}.`)
      const [claims, organizations] = await Promise.all([
        listOpenClaims(db),
        names.organizations(db),
      ])
      const claimOf = new Map(
        claims.flatMap((claim) => claim.slots.map((slot) => [`${claim.nodeId}:${slot}`, claim])),
      )
      const nodes = (await listNodes(db)).filter((node) => node.pool === pool.name)
      const items = nodes.flatMap((node) =>
        Array.from({ length: node.slotCount }, (_, index) => {
          const claim = claimOf.get(`${node.id}:${index}`)
          const organization = organizations.get(claim?.organizationId ?? '') ?? null
          return renderSlot({ node, index, claim, organization }, principal)
        }),
      )
      return { items, nextCursor: null }
    },
    getUtilisation: async ({ db, params, query, now }) => {
      const pool = await findPool(db, params.pool)
      if (!pool) throw new Fault('pool.not_found', `There is no pool ${params.pool}.`)
      const buckets = await accountPool(db, pool.name, windowOf(query, now))
      return { pool: pool.name, buckets: buckets.map(renderBucket) }
    },
    getNodeUtilisation: async ({ db, params, query, now }) => {
      const node = await getNode(db, params.id)
      const buckets = await accountNode(db, node, windowOf(query, now))
      return { node: node.id, buckets: buckets.map(renderBucket) }
    },
  }
}
