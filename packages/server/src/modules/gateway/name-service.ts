/** Finds the model that a name stands for, for whoever asks. Where no rule and no retirement is in the way it is one look. */
import { mayStandIn, passGate } from './model-gate.ts'
import { databaseAway, type Refusal, unknownModel } from './refusal.ts'
import type { RouteTable } from './route-table.ts'
import type { Route } from './route.ts'

interface Naming {
  readonly routes: RouteTable
  readonly projectId: string
  readonly nowMs: () => number
}

/** What a project may not use is answered as what there is not. */
export function findNamed({ routes, projectId, nowMs }: Naming, model: string): Route | Refusal {
  const route = routes.find(model)
  if (route === null) return routes.isLoaded ? unknownModel(model) : databaseAway()
  const access = routes.accessOf(projectId)
  if (access === undefined && !route.retirement) return route
  return passGate(route, model, { find: (name) => routes.find(name), access, nowMs })
}

/** The route, where it may answer in the place of another one. */
export function usable({ routes, projectId, nowMs }: Naming, route: Route | null): Route | null {
  const gate = { find: (name: string) => routes.find(name), nowMs }
  const access = routes.accessOf(projectId)
  return route !== null && mayStandIn(route, { ...gate, access }) ? route : null
}
