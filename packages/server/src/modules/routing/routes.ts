/** Routes over HTTP: the operator's alone; and what a project allows, which is its organization's. */
import type { Routes } from '#platform/http/handler.ts'
import { removeConstraint, requireModel, setConstraint, setRoute } from './service.ts'
import { simulateRoute } from './simulate-service.ts'
import * as store from './store.ts'
import { renderConstraint, renderRoute, renderRoutes, renderVersion } from './view-service.ts'

type Names =
  | 'listRoutes'
  | 'getRoute'
  | 'listRouteVersions'
  | 'setRoute'
  | 'simulateRoute'
  | 'deleteRoute'
  | 'listRouteConstraints'
  | 'setRouteConstraint'
  | 'deleteRouteConstraint'

export function routingRoutes(): Pick<Routes, Names> {
  return {
    listRoutes: async ({ db, now }) => ({ items: await renderRoutes(db, now), nextCursor: null }),
    getRoute: ({ db, params, now }) => renderRoute(db, params.model, now),
    listRouteVersions: async ({ db, params }) => {
      await requireModel(db, params.model)
      const items = (await store.listVersions(db, params.model)).map(renderVersion)
      return { items, nextCursor: null }
    },
    setRoute: async ({ db, params, body, now, setTarget }) => {
      await setRoute(db, { ...params, ...body }, now)
      setTarget(params.model)
      return renderRoute(db, params.model, now)
    },
    simulateRoute: ({ db, params, body, now, setTarget }) => {
      setTarget(params.model)
      return simulateRoute(db, { ...params, ...body }, now)
    },
    deleteRoute: async ({ db, params, now, setTarget }) => {
      await setRoute(db, { model: params.model, document: null }, now)
      setTarget(params.model)
      return { ok: true as const }
    },
    listRouteConstraints: async ({ db, principal: { role, organizationId } }) => {
      const all = await store.listConstraints(db)
      const own = all.filter(
        (each) => role === 'operator' || each.organizationId === organizationId,
      )
      return { items: own.map(renderConstraint), nextCursor: null }
    },
    setRouteConstraint: async ({ db, principal, body, now, setTarget }) => {
      const { organizationId, projectId: own } = principal
      const { projectId = own, constraints } = body
      setTarget(projectId)
      const wanted = { projectId, organizationId, constraints }
      return renderConstraint(await setConstraint(db, wanted, now))
    },
    deleteRouteConstraint: async ({ db, principal, params: { projectId }, setTarget }) => {
      await removeConstraint(db, projectId, principal.organizationId)
      setTarget(projectId)
      return { ok: true as const }
    },
  }
}
