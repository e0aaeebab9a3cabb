/** Rate limits over HTTP. An organization sets its own under those that the operator set. */
import type { RateLimit as RateAnswer } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { listOrganizations } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Routes } from '#platform/http/handler.ts'
import type { RateLimit } from './rate.ts'
import { deleteRateLimit, setRateLimit } from './service.ts'
import { selectLimits } from './store.ts'

type Names = 'listRateLimits' | 'setRateLimit' | 'deleteRateLimit'

async function namesOf(db: Db): Promise<ReadonlyMap<string, string>> {
  return new Map((await listOrganizations(db)).map(({ id, name }) => [id, name]))
}

function render(limit: RateLimit, names: ReadonlyMap<string, string>): RateAnswer {
  const { organizationId, setAt, ...rest } = limit
  const organization = organizationId === null ? null : (names.get(organizationId) ?? '')
  return { ...rest, organizationId, organization, setAt: setAt.toISOString() }
}

export function rateRoutes({ ids }: { readonly ids: IdSource }): Pick<Routes, Names> {
  return {
    listRateLimits: async ({ db, principal }) => {
      const { role, organizationId, organizationKind } = principal
      const isSeen = (limit: RateLimit) =>
        role === 'operator' ||
        limit.organizationId === organizationId ||
        (limit.organizationId === null && organizationKind === 'customer')
      const [limits, names] = [await selectLimits(db), await namesOf(db)]
      const items = limits.filter(isSeen).map((limit) => render(limit, names))
      return { items, nextCursor: null }
    },
    setRateLimit: async ({ db, principal, body, now, setTarget }) => {
      const isOperator = principal.role === 'operator'
      const own = principal.organizationId
      if (!isOperator && (body.organizationId ?? own) !== own)
        throw new Fault(
          'organization.not_found',
          `There is no organization ${body.organizationId}.`,
        )
      const setting = {
        organizationId: isOperator ? (body.organizationId ?? null) : own,
        setBy: isOperator ? ('operator' as const) : ('organization' as const),
        ...{ projectId: body.projectId ?? null, apiKeyId: body.apiKeyId ?? null },
        model: body.model ?? null,
        requestsPerMinute: body.requestsPerMinute ?? null,
        tokensPerMinute: body.tokensPerMinute ?? null,
        concurrency: body.concurrency ?? null,
      }
      const limit = await setRateLimit(db, setting, { now, ids })
      setTarget(limit.id)
      return render(limit, await namesOf(db))
    },
    deleteRateLimit: async ({ db, principal, params, now }) => {
      const setBy = principal.role === 'operator' ? 'operator' : 'organization'
      const { organizationId } = principal
      await deleteRateLimit(db, { id: params.id, organizationId, setBy }, now)
      return { ok: true as const }
    },
  }
}
