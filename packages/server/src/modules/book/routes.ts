/** Slots and utilisation over HTTP. Whose claim it is shows only to its owner and the operator. */
import { Fault } from '#kernel/fault.ts'
import { findPool, listNodes, type Node } from '#modules/fleet/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Caller, Routes } from '#platform/http/handler.ts'
import { accountPool } from './service.ts'
import { type Claim, listOpenClaims } from './store.ts'

const HOUR_MS = 3_600_000

/** Names of organizations by id; identity knows them, and the composition root passes them in. */
export type OrganizationNames = (db: Db) => Promise<ReadonlyMap<string, string>>

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

export function bookRoutes(
  namesOf: OrganizationNames,
): Pick<Routes, 'listSlots' | 'getUtilisation'> {
  return {
    listSlots: async ({ db, params, principal }) => {
      const pool = await findPool(db, params.pool)
      if (!pool) throw new Fault('pool.not_found', `There is no pool ${params.pool}.`)
      const [claims, names] = await Promise.all([listOpenClaims(db), namesOf(db)])
      const nodes = (await listNodes(db)).filter((node) => node.pool === pool.name)
      const items = nodes.flatMap((node) =>
        Array.from({ length: node.slotCount }, (_, index) => {
          const claim = claims.find((each) => each.nodeId === node.id && each.slots.includes(index))
          const organization = names.get(claim?.organizationId ?? '') ?? null
          return renderSlot({ node, index, claim, organization }, principal)
        }),
      )
      return { items, nextCursor: null }
    },
    getUtilisation: async ({ db, params, query, now }) => {
      const pool = await findPool(db, params.pool)
      if (!pool) throw new Fault('pool.not_found', `There is no pool ${params.pool}.`)
      const to = query.to && new Date(query.to) < now ? new Date(query.to) : now
      const from = query.from ? new Date(query.from) : new Date(to.getTime() - HOUR_MS)
      if (from >= to) throw new Fault('request.invalid', 'query.from: must lie before `to`.')
      const buckets = await accountPool(db, pool.name, { from, to, count: query.buckets })
      return {
        pool: pool.name,
        buckets: buckets.map(({ fromMs, toMs, ...rest }) => ({
          ...rest,
          byKindMs: { ...rest.byKindMs },
          from: new Date(fromMs).toISOString(),
          to: new Date(toMs).toISOString(),
        })),
      }
    },
  }
}
