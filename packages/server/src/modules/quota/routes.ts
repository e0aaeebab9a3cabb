/** Quotas over HTTP. A buyer sees what holds for it and asks for more; the operator sets and decides. */
import { present } from '#kernel/assert.ts'
import type { IdSource } from '#kernel/ids.ts'
import type { Db } from '#platform/db/database.ts'
import type { Routes } from '#platform/http/handler.ts'
import {
  decideRequest,
  deleteQuota,
  noOrganization,
  requestQuota,
  requireOrganization,
  setQuota,
} from './change-service.ts'
import { type QuotaRequest, selectRequests } from './request-store.ts'
import { listInForce, listSet, renderQuota, renderRequests } from './view-service.ts'

type Names =
  | 'listQuotas'
  | 'setQuota'
  | 'deleteQuota'
  | 'listQuotaRequests'
  | 'createQuotaRequest'
  | 'decideQuotaRequest'

async function renderRequest(db: Db, request: QuotaRequest) {
  const [rendered] = await renderRequests(db, [request])
  return present(rendered, 'the request that was rendered')
}

export function quotaRoutes({ ids }: { readonly ids: IdSource }): Pick<Routes, Names> {
  return {
    listQuotas: async ({ db, principal, query: { organization }, now }) => {
      const { role, organizationId } = principal
      if (role === 'operator' && organization === undefined)
        return { items: await listSet(db, now), nextCursor: null }
      const id = organization ?? organizationId
      // Another organization and a missing one are the same to a buyer.
      if (role !== 'operator' && id !== organizationId) throw noOrganization(id)
      await requireOrganization(db, id)
      return { items: await listInForce(db, id, now), nextCursor: null }
    },
    setQuota: async ({ db, body, now, setTarget }) => {
      const quota = await setQuota(db, body, { now, ids })
      setTarget(quota.id)
      return renderQuota(db, quota, now)
    },
    deleteQuota: async ({ db, params, now }) => {
      await deleteQuota(db, params.id, now)
      return { ok: true as const }
    },
    listQuotaRequests: async ({ db, principal, query }) => {
      const organizationId = principal.role === 'operator' ? null : principal.organizationId
      const requests = await selectRequests(db, { organizationId, ...query })
      return { items: await renderRequests(db, requests), nextCursor: null }
    },
    createQuotaRequest: async ({ db, principal, body, now, setTarget }) => {
      const { organizationId } = principal
      const request = await requestQuota(db, { organizationId, ...body }, { now, ids })
      setTarget(request.id)
      return renderRequest(db, request)
    },
    decideQuotaRequest: async ({ db, params, body, now }) =>
      renderRequest(db, await decideRequest(db, { ...params, ...body }, { now, ids })),
  }
}
