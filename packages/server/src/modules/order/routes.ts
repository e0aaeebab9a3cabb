/** Orders, clearings and prices over HTTP. Orders are their organization's; clearings and prices are everybody's. */
import { GuaranteeHours } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { money, renderMoney } from '#kernel/money.ts'
import { findPool } from '#modules/fleet/index.ts'
import { hideWork } from '#modules/lease/index.ts'
import { verifyClearing } from '#modules/market/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Caller, Routes } from '#platform/http/handler.ts'
import { CLEARING_WINDOW_MS } from '../../limits.ts'
import { findClearing, listClearings } from './clearing-store.ts'
import { parseLog, renderRule } from './log-text.ts'
import { windowEndAfter } from './order.ts'
import { listPoints } from './price-history-service.ts'
import { readReserve } from './rule-service.ts'
import { cancelOrder, createOrder } from './service.ts'
import { expectedFill, expectedFillOfNew, expectedFills } from './start-service.ts'
import { findOrder, listOrders } from './store.ts'
import { readForSpot, readSupply, type Supply } from './supply-service.ts'
import { renderClearing, renderOrders } from './view-service.ts'

type Names =
  | 'createOrder'
  | 'listOrders'
  | 'getOrder'
  | 'cancelOrder'
  | 'listClearings'
  | 'getClearing'
  | 'listPrices'
  | 'getReservePrice'

/** Null: sees every organization. */
function scopeOf(principal: Caller): string | null {
  return principal.role === 'operator' ? null : principal.organizationId
}

async function renderVisible(db: Db, id: string, principal: Caller) {
  const order = await findOrder(db, id)
  const scope = scopeOf(principal)
  const isVisible = order !== null && (scope === null || order.organizationId === scope)
  const [rendered] = isVisible ? await renderOrders(db, [order]) : []
  if (!rendered) throw new Fault('order.not_found', `You have no order ${id}.`)
  return rendered
}

async function requirePool(db: Db, pool: string): Promise<void> {
  if ((await findPool(db, pool)) === null)
    throw new Fault('pool.not_found', `There is no pool ${pool}.`)
}

/** What spot with a guarantee costs at least, and how much of it the next window may sell. */
async function renderGuarantees(
  db: Db,
  pool: string,
  {
    supply,
    now,
    forSpot,
  }: {
    readonly supply: Supply
    readonly now: Date
    readonly forSpot: (promisedMs: number) => number
  },
) {
  const guarantees = []
  for (const hours of GuaranteeHours.values) {
    const { reserve } = await readReserve(db, pool, { supply, at: now, guaranteeHours: hours })
    const gpusFree = forSpot(hours * 3_600_000)
    guarantees.push({ hours, reserveUsdPerGpuHour: renderMoney(reserve), gpusFree })
  }
  return guarantees
}

async function renderReserve(db: Db, pool: string, now: Date) {
  await requirePool(db, pool)
  const supply = await readSupply(db, pool)
  const { rule, utilisationPpm, previous, reserve } = await readReserve(db, pool, {
    supply,
    at: now,
  })
  const forSpot = await readForSpot(db, pool, { supply, now })
  const windowEndsMs = windowEndAfter(now.getTime(), CLEARING_WINDOW_MS)
  return {
    pool,
    rule: renderRule(rule),
    utilisationPpm,
    previousUsdPerGpuHour: previous === null ? null : renderMoney(previous),
    reserveUsdPerGpuHour: renderMoney(reserve),
    gpusFree: forSpot(0),
    guarantees: await renderGuarantees(db, pool, { supply, now, forSpot }),
    windowMs: CLEARING_WINDOW_MS,
    windowEndsAt: new Date(windowEndsMs).toISOString(),
  }
}

export function orderRoutes({
  ids,
  pepper,
}: {
  readonly ids: IdSource
  /** Under which what leases hide is sealed. */
  readonly pepper: string
}): Pick<Routes, Names> {
  return {
    createOrder: async ({ db, principal, body, now, setTarget }) => {
      const { organizationId, projectId } = principal
      const {
        tier,
        maxPriceUsdPerGpuHour: most,
        expiresAt,
        quote,
        start,
        guaranteeHours,
        ...asked
      } = body
      const limit = most === undefined ? null : money(most)
      const work = hideWork(pepper, asked)
      const lease = { organizationId, projectId, kind: tier, maxPriceUsd: limit, ...work }
      const until = expiresAt === undefined ? null : new Date(expiresAt)
      const request = { lease, limit, expiresAt: until, quote, start, guaranteeHours }
      // Before anything is locked: it takes a while.
      const expectedStart = await expectedFillOfNew(db, request, { now, ids })
      const order = await createOrder(db, request, { now, ids })
      setTarget(order.id)
      return { ...(await renderVisible(db, order.id, principal)), expectedStart }
    },
    listOrders: async ({ db, principal, query, now }) => {
      const orders = await listOrders(db, { organizationId: scopeOf(principal), ...query })
      const nextCursor = orders.length === query.limit ? (orders.at(-1)?.id ?? null) : null
      const starts = await expectedFills(db, orders, now)
      const items = (await renderOrders(db, orders)).map((order) => ({
        ...order,
        expectedStart: starts.get(order.id) ?? null,
      }))
      return { items, nextCursor }
    },
    getOrder: async ({ db, principal, params, now }) => {
      const order = await renderVisible(db, params.id, principal)
      const found = await findOrder(db, order.id)
      return { ...order, expectedStart: found && (await expectedFill(db, found, now)) }
    },
    cancelOrder: async ({ db, principal, params, now }) => {
      await cancelOrder(db, { id: params.id, organizationId: scopeOf(principal), now })
      return renderVisible(db, params.id, principal)
    },
    listClearings: async ({ db, query }) => {
      if (query.pool !== undefined) await requirePool(db, query.pool)
      const records = await listClearings(db, query)
      const nextCursor = records.length === query.limit ? (records.at(-1)?.id ?? null) : null
      return { items: records.map(renderClearing), nextCursor }
    },
    getClearing: async ({ db, params }) => {
      const found = await findClearing(db, params.id)
      if (found === null) throw new Fault('clearing.not_found', `There is no ${params.id}.`)
      const differences = verifyClearing(parseLog(found.log))
      return { ...renderClearing(found.record), log: found.log, differences: [...differences] }
    },
    listPrices: async ({ db, params: { pool }, query, now }) => {
      await requirePool(db, pool)
      const { tier, per } = query
      const from = query.from === undefined ? null : new Date(query.from)
      const to = query.to === undefined ? now : new Date(query.to)
      return { pool, tier, points: await listPoints(db, { pool, tier, per, from, to }) }
    },
    getReservePrice: ({ db, params, now }) => renderReserve(db, params.pool, now),
  }
}
