/** The request log over HTTP. A member sees the requests of the project of its key; the operator sees all. */
import type { RequestFilters } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import type { Database } from '#platform/db/database.ts'
import type { Caller, Routes } from '#platform/http/handler.ts'
import { toStream } from '#platform/http/text-stream.ts'
import { REQUEST_LISTED_MS } from '../../limits.ts'
import { renderTotals } from './exposition.ts'
import {
  countOmitted,
  isPosition,
  type LogPage,
  type Scope,
  selectLines,
  selectTotals,
} from './store.ts'
import { tailRequests } from './tail-service.ts'
import { renderRequest } from './view.ts'

const CURSOR = /^(\d{1,15})-([A-Za-z0-9_-]{1,100})$/

function scopeOf({ role, projectId }: Caller): Scope {
  return { projectId: role === 'operator' ? null : projectId }
}

/** Another organization has no requests that a member could see, and neither has one that is not there. */
function filtersOf(caller: Caller, filters: RequestFilters): RequestFilters {
  const { organizationId } = filters
  if (organizationId === undefined || caller.role === 'operator') return filters
  if (organizationId === caller.organizationId) return filters
  throw new Fault('organization.not_found', `There is no organization ${organizationId}.`)
}

function parseCursor(text: string | undefined): LogPage['before'] {
  if (text === undefined) return null
  const [, ms, id] = CURSOR.exec(text) ?? []
  if (ms === undefined || id === undefined)
    throw new Fault('request.invalid', 'query.cursor: must be a cursor that this list gave before.')
  return { at: new Date(Number(ms)), id }
}

export function requestRoutes(
  database: Database,
): Pick<Routes, 'listRequests' | 'tailRequests' | 'getRequestMetrics'> {
  return {
    listRequests: async ({ db, principal, query, now }) => {
      const { cursor, limit, id, from: first, to: last, ...filters } = query
      const to = last === undefined ? now : new Date(last)
      const spanMs = REQUEST_LISTED_MS
      const from = first === undefined ? new Date(to.getTime() - spanMs) : new Date(first)
      if (from > to) throw new Fault('request.invalid', 'query.from: must lie before `to`.')
      const scope = scopeOf(principal)
      const page = { scope, filters: filtersOf(principal, filters), id, from, to, limit }
      const lines = await selectLines(db, { ...page, before: parseCursor(cursor) })
      const oldest = lines.at(-1)
      const isMore = lines.length === limit && oldest !== undefined
      return {
        items: lines.map(renderRequest),
        nextCursor: isMore ? `${oldest.at.getTime()}-${oldest.id}` : null,
        omitted: await countOmitted(db, scope, page),
      }
    },
    getRequestMetrics: async ({ db, principal }) => {
      const { projectId } = principal
      return new Blob([renderTotals(await selectTotals(db, projectId), projectId)]).stream()
    },
    tailRequests: async ({ principal, query, lastEventId, signal }) => {
      const { after: asked, ...filters } = query
      const after = lastEventId ?? asked
      if (after !== undefined && !isPosition(after))
        throw new Fault(
          'request.invalid',
          'query.after: must be a position that this stream gave before.',
        )
      const wanted = {
        scope: scopeOf(principal),
        filters: filtersOf(principal, filters),
        after,
        signal,
      }
      return toStream(tailRequests(database, wanted))
    },
  }
}
