/** All that gateways route by: servers with region and owner, documents of operators, constraints of projects. */
import type { RouteConstraints } from '@spillway/contract'
import { ZERO } from '#kernel/money.ts'
import {
  listAccessRules,
  listAliases,
  listCurrentCards,
  listRetirements,
} from '#modules/catalog/index.ts'
import { listPools, listSites } from '#modules/fleet/index.ts'
import {
  type ProjectAccess,
  renderRetirementHeaders,
  type Route,
  type RoutingTable,
  type Target,
} from '#modules/gateway/index.ts'
import { listRoutes, type ServedRoute } from '#modules/serving/index.ts'
import type { Db } from '#platform/db/database.ts'
import { providerNameOf } from './provider-name.ts'
import * as store from './store.ts'

type Regions = ReadonlyMap<string, string>

async function regionsOfPools(db: Db): Promise<Regions> {
  const sites = new Map((await listSites(db)).map(({ name, region }) => [name, region]))
  const pools = await listPools(db)
  return new Map(
    pools.flatMap(({ name, site }) => {
      const region = sites.get(site)
      return region === undefined ? [] : [[name, region] as const]
    }),
  )
}

/** A replica of ours is where its pool is, keeps no prompts, and costs nothing more for another request. */
function ofOurs(pool: string | null, regions: Regions) {
  return {
    providerName: 'own',
    region: regions.get(pool ?? '') ?? null,
    dataPolicy: 'not_kept' as const,
    cost: { input: ZERO, output: ZERO },
  }
}

function toTarget(
  { inputCostUsd, outputCostUsd, ...target }: ServedRoute['targets'][number],
  regions: Regions,
): Target {
  if (target.kind === 'replica') return { ...target, ...ofOurs(target.pool, regions) }
  const isKnown = inputCostUsd !== null && outputCostUsd !== null
  return {
    ...target,
    providerName: providerNameOf(target),
    cost: isKnown ? { input: inputCostUsd, output: outputCostUsd } : null,
  }
}

/** What is asked of a replica that does not run yet. */
function oursOf({ model, pool }: ServedRoute, regions: Regions): Target | null {
  if (pool === null) return null
  const server = { id: `${model}/asleep`, url: '', upstreamModel: model, kind: 'replica' as const }
  const own = ofOurs(pool, regions)
  return { ...server, ...own, provider: 'openai', sealedCredential: null, pool }
}

/** What is declared and announced of each model; of most nothing is. */
async function sayingsOf(db: Db): Promise<(model: string) => Pick<Route, 'card' | 'retirement'>> {
  const cards = new Map(
    (await listCurrentCards(db)).map(({ model, document }) => [model, document]),
  )
  const retirements = new Map(
    (await listRetirements(db)).map((each) => [
      each.model,
      {
        atMs: each.retiresAt.getTime(),
        successor: each.successor,
        headers: renderRetirementHeaders(each),
      },
    ]),
  )
  return (model) => {
    const [card, retirement] = [cards.get(model), retirements.get(model)]
    return { ...(card && { card }), ...(retirement && { retirement }) }
  }
}

async function namesOf(db: Db): Promise<Pick<RoutingTable, 'access' | 'aliases'>> {
  const aliases = (await listAliases(db)).flatMap(({ alias, model }) =>
    model === null ? [] : [[alias, model] as const],
  )
  const access = new Map<string, ProjectAccess>()
  for (const { projectId, rule, models } of await listAccessRules(db))
    access.set(projectId, [
      ...(access.get(projectId) ?? []),
      { isOnly: rule === 'only', models: new Set(models) },
    ])
  return { aliases: new Map(aliases), access }
}

export async function loadRouting(db: Db, now: Date): Promise<RoutingTable> {
  const regions = await regionsOfPools(db)
  const current = new Map((await store.listCurrent(db)).map((each) => [each.model, each]))
  const sayings = await sayingsOf(db)
  const routes = (await listRoutes(db, now)).map((served): Route => {
    const { pool: _, targets, ...route } = served
    const { version = 0, document = null } = current.get(served.model) ?? {}
    return {
      ...route,
      targets: targets.map((target) => toTarget(target, regions)),
      ours: oursOf(served, regions),
      policy: document === null ? null : { version, document },
      ...sayings(served.model),
    }
  })
  const projects = new Map<string, RouteConstraints>(
    (await store.listConstraints(db)).map(({ projectId, constraints }) => [projectId, constraints]),
  )
  return { routes, projects, ...(await namesOf(db)) }
}
