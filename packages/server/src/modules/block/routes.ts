/** Blocks over HTTP. A buyer sees its organization's blocks; another's and a missing one are the same 404. */
import { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { Caller, Routes } from '#platform/http/handler.ts'
import { listBookable } from './calendar-service.ts'
import { cancelBlock, publishTerms, readTerms } from './cancel-service.ts'
import { renderTerms } from './cancel.ts'
import { listOfferings } from './offering-service.ts'
import { sellBack, withdraw } from './sell-back-service.ts'
import { createBlock } from './service.ts'
import { findBlock, listBlocks, listFacts } from './store.ts'
import { renderBlocks, renderSellBacks } from './view-service.ts'

type Names =
  | 'listBlockOfferings'
  | 'createBlock'
  | 'listBlocks'
  | 'getBlock'
  | 'sellBlockBack'
  | 'withdrawSellBacks'
  | 'cancelBlock'
  | 'getBlockCalendar'
  | 'getBlockPolicy'
  | 'setBlockPolicy'

/** Null: sees every organization. */
function scopeOf(principal: Caller): string | null {
  return principal.role === 'operator' ? null : principal.organizationId
}

async function renderVisible(
  db: Db,
  id: string,
  { principal, now }: { principal: Caller; now: Date },
) {
  const block = await findBlock(db, id)
  const scope = scopeOf(principal)
  const isVisible = block !== null && (scope === null || block.organizationId === scope)
  const [rendered] = isVisible ? await renderBlocks(db, [block], now) : []
  if (!rendered) throw new Fault('block.not_found', `You have no block ${id}.`)
  return rendered
}

async function renderWhole(db: Db, id: string, context: { principal: Caller; now: Date }) {
  const block = await renderVisible(db, id, context)
  const facts = (await listFacts(db, id)).map(({ at, type, text }) => ({
    ...{ at: at.toISOString(), type, text },
  }))
  return { ...block, facts, sellBacks: await renderSellBacks(db, id) }
}

async function renderPolicy(db: Db) {
  const { freeHours, feePercent, setAt } = await readTerms(db)
  const text = renderTerms({ freeHours, feePercent })
  return { freeHours, feePercent, text, setAt: setAt?.toISOString() ?? null }
}

export function blockRoutes({ ids }: { readonly ids: IdSource }): Pick<Routes, Names> {
  return {
    listBlockOfferings: ({ db, principal, query, now }) => {
      const { organizationId } = principal
      const startsAt = query.startsAt === undefined ? null : new Date(query.startsAt)
      return listOfferings(db, { ...query, organizationId, startsAt }, now)
    },
    createBlock: async ({ db, principal, body, now, setTarget }) => {
      const { organizationId, projectId } = principal
      const { maxPriceUsdPerGpuHour: most, startsAt, endsAt, ...asked } = body
      const interval = { startsAt: new Date(startsAt), endsAt: new Date(endsAt) }
      const maxPriceUsd = most === undefined ? null : money(most)
      const block = await createBlock(
        db,
        { organizationId, projectId, maxPriceUsd, ...asked, ...interval },
        { now, ids },
      )
      setTarget(block.id)
      return renderVisible(db, block.id, { principal, now })
    },
    listBlocks: async ({ db, principal, query, now }) => {
      const blocks = await listBlocks(db, { organizationId: scopeOf(principal), ...query })
      const nextCursor = blocks.length === query.limit ? (blocks.at(-1)?.id ?? null) : null
      return { items: await renderBlocks(db, blocks, now), nextCursor }
    },
    getBlock: ({ db, principal, params, now }) => renderWhole(db, params.id, { principal, now }),
    sellBlockBack: async ({ db, principal, params, body, now }) => {
      const whose = { id: params.id, organizationId: scopeOf(principal), nodes: body.nodes }
      await sellBack(db, whose, { now, ids })
      return renderWhole(db, params.id, { principal, now })
    },
    cancelBlock: async ({ db, principal, params, body, now }) => {
      const feeMax = body.maxFeeUsd === undefined ? null : money(body.maxFeeUsd)
      const whose = { id: params.id, organizationId: scopeOf(principal), feeMax }
      await cancelBlock(db, whose, { now, ids })
      return renderWhole(db, params.id, { principal, now })
    },
    getBlockCalendar: async ({ db, principal, query, now }) => {
      const { organizationId } = principal
      return {
        pool: query.pool,
        hours: [...(await listBookable(db, { organizationId, ...query }, now))],
      }
    },
    getBlockPolicy: ({ db }) => renderPolicy(db),
    setBlockPolicy: async ({ db, body, now }) => {
      await publishTerms(db, body, now)
      return renderPolicy(db)
    },
    withdrawSellBacks: async ({ db, principal, params, now }) => {
      await withdraw(db, { id: params.id, organizationId: scopeOf(principal) }, { now, ids })
      return renderWhole(db, params.id, { principal, now })
    },
  }
}
