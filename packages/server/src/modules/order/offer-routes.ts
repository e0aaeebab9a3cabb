/** Offers and quotes over HTTP. */
import { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import type { Routes } from '#platform/http/handler.ts'
import { answerOffers } from './offer-service.ts'
import { createQuote, renderQuote } from './quote-service.ts'
import { findQuote, listQuotes } from './quote-store.ts'

type Names = 'listOffers' | 'createQuote' | 'listQuotes' | 'getQuote'

export function offerRoutes({ ids }: { readonly ids: IdSource }): Pick<Routes, Names> {
  return {
    listOffers: ({ db, principal, query, now }) => {
      const { maxPriceUsdPerGpuHour: most, from, limit, ...wish } = query
      const { organizationId, projectId } = principal
      const { nodes, pool, accelerator, site, region, jurisdiction, tier, durationMs } = wish
      const place = { pool, accelerator, site, region, jurisdiction }
      const asked = {
        organizationId,
        projectId,
        gpus: wish.gpus,
        nodes,
        ...place,
        tier,
        durationMs,
      }
      const when = from === undefined ? null : new Date(from)
      const limitUsd = most === undefined ? null : money(most)
      return answerOffers(db, { ...asked, from: when, limit: limitUsd, most: limit }, now)
    },
    createQuote: async ({ db, principal, body, now, setTarget }) => {
      const { organizationId, projectId } = principal
      const quote = await createQuote(db, { organizationId, projectId, ...body }, { now, ids })
      setTarget(quote.id)
      return renderQuote(quote, now)
    },
    listQuotes: async ({ db, principal, query, now }) => {
      const organizationId = principal.role === 'operator' ? null : principal.organizationId
      const quotes = await listQuotes(db, { organizationId, limit: query.limit })
      return { items: quotes.map((quote) => renderQuote(quote, now)), nextCursor: null }
    },
    getQuote: async ({ db, principal, params, now }) => {
      const quote = await findQuote(db, params.id)
      const isVisible =
        principal.role === 'operator' || quote?.organizationId === principal.organizationId
      if (quote === null || !isVisible)
        throw new Fault('quote.not_found', `You have no quote ${params.id}.`)
      return renderQuote(quote, now)
    },
  }
}
