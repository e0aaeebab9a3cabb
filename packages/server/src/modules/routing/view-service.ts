/** Routes as the API shows them: the document in force, and every server with why the route asks it or not. */
import { Fault } from '#kernel/fault.ts'
import { picos, type Price, renderMoney } from '#kernel/money.ts'
import {
  type Candidate,
  exclusionOf,
  type Route,
  type RoutingTable,
  serversOf,
} from '#modules/gateway/index.ts'
import type { Db } from '#platform/db/database.ts'
import { type BreakerStanding, standingOfBreakers } from './breaker-service.ts'
import { requireModel } from './service.ts'
import * as store from './store.ts'
import { loadRouting } from './table-service.ts'

const perMillion = ({ amount, per }: Price) => renderMoney(picos((amount * 1_000_000n) / per))

/** Every server that the document names, and the model's own that it does not. */
function candidatesOf(route: Route, { routes }: RoutingTable) {
  const find = (model: string) => routes.find((each) => each.model === model) ?? null
  const groups = route.policy?.document.groups ?? []
  const named = groups.flatMap((group) =>
    serversOf(group, route, find).map((candidate) => ({ candidate, group: group.name })),
  )
  const own = route.targets.map((target): Candidate => ({ target, route, weight: 1 }))
  const all = new Map<string, Candidate>()
  for (const candidate of [...named.map((each) => each.candidate), ...own])
    if (!all.has(candidate.target.id)) all.set(candidate.target.id, candidate)
  return [...all.values()].map((candidate) => {
    const { id } = candidate.target
    const by = named.filter((each) => each.candidate.target.id === id).map(({ group }) => group)
    return { candidate, groups: [...new Set(by)] }
  })
}

function renderServers(
  route: Route,
  table: RoutingTable,
  breakers: ReadonlyMap<string, BreakerStanding>,
) {
  const { policy } = route
  return candidatesOf(route, table).map(({ candidate, groups }) => {
    const { target, route: served } = candidate
    const isNamed = policy === null || groups.length > 0
    const why = policy ? exclusionOf(candidate, [policy.document.constraints]) : null
    return {
      id: target.id,
      model: served.model,
      kind: target.kind,
      provider: target.providerName,
      pool: target.pool,
      region: target.region,
      dataPolicy: target.dataPolicy,
      inputUsd: perMillion(served.inputPrice),
      outputUsd: perMillion(served.outputPrice),
      groups,
      excludedBy: isNamed ? why : ('not_named' as const),
      breaker: breakers.get(target.id) ?? null,
    }
  })
}

export async function renderRoutes(db: Db, now: Date) {
  const table = await loadRouting(db, now)
  const current = new Map((await store.listCurrent(db)).map((each) => [each.model, each]))
  const breakers = await standingOfBreakers(db, now)
  return table.routes.map((route) => {
    const { version = 0, document = null, setAt } = current.get(route.model) ?? {}
    const setText = setAt?.toISOString() ?? null
    const servers = renderServers(route, table, breakers)
    return { model: route.model, version, document, setAt: setText, servers }
  })
}

export async function renderRoute(db: Db, model: string, now: Date) {
  await requireModel(db, model)
  const found = (await renderRoutes(db, now)).find((each) => each.model === model)
  if (!found) throw new Fault('model.not_found', `Nobody answers for a model ${model}.`)
  return found
}

export function renderVersion({ setAt, ...version }: store.RouteVersion) {
  return { ...version, setAt: setAt.toISOString() }
}

export function renderConstraint({ setAt, ...constraint }: store.ProjectConstraint) {
  return { ...constraint, setAt: setAt.toISOString() }
}
