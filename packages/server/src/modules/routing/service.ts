/** Sets routes and what projects allow, and says which servers a route sees. */
import type { RouteDocument, RouteTarget } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { findModel, listModels } from '#modules/catalog/index.ts'
import { listPools } from '#modules/fleet/index.ts'
import { hasProject } from '#modules/identity/index.ts'
import { listUpstreams } from '#modules/serving/index.ts'
import type { Db } from '#platform/db/database.ts'
import * as store from './store.ts'

export async function requireModel(db: Db, model: string): Promise<void> {
  if ((await findModel(db, model)) === null)
    throw new Fault('model.not_found', `There is no model ${model}.`)
}

interface Known {
  readonly model: string
  readonly models: readonly string[]
  readonly pools: readonly string[]
  readonly upstreams: readonly { readonly id: string; readonly model: string }[]
}

/** What a target names that there is not; null where it names what there is. */
function unknownIn(target: RouteTarget, { model, models, pools, upstreams }: Known): string | null {
  if (target.kind === 'model') {
    if (target.model === model) return `a model does not stand in for itself (${model})`
    return models.includes(target.model) ? null : `there is no model ${target.model}`
  }
  if (target.kind === 'replicas')
    return target.pool === undefined || pools.includes(target.pool)
      ? null
      : `there is no pool ${target.pool}`
  if (target.kind === 'upstreams') return null
  return upstreams.some((each) => each.id === target.upstream && each.model === model)
    ? null
    : `${model} has no upstream ${target.upstream}`
}

/** Throws `route.target_unknown` with everything that is unknown, and `model.not_found`. */
export async function requireTargets(
  db: Db,
  model: string,
  { groups }: Pick<RouteDocument, 'groups'>,
): Promise<void> {
  await requireModel(db, model)
  const known = {
    model,
    models: (await listModels(db)).map(({ name }) => name),
    pools: (await listPools(db)).map(({ name }) => name),
    upstreams: await listUpstreams(db),
  }
  const unknown = groups.flatMap(({ targets }) => targets.map((each) => unknownIn(each, known)))
  const said = [...new Set(unknown.filter((text) => text !== null))]
  if (said.length > 0)
    throw new Fault('route.target_unknown', `The route cannot be set: ${said.join('; ')}.`)
}

export interface RouteChange {
  readonly model: string
  /** Null: no route any more. */
  readonly document: RouteDocument | null
  /** The version that was seen. */
  readonly replaces?: number | undefined
}

/** Throws `model.not_found`, `route.target_unknown` and `route.changed_meanwhile`. */
export async function setRoute(tx: Db, change: RouteChange, now: Date): Promise<void> {
  const { model, document, replaces } = change
  await (document === null ? requireModel(tx, model) : requireTargets(tx, model, document))
  await store.lockRoute(tx, model)
  const version = (await store.listVersions(tx, model))[0]?.version ?? 0
  if (replaces !== undefined && replaces !== version)
    throw new Fault(
      'route.changed_meanwhile',
      `The route of ${model} is at version ${version}, not at ${replaces}.`,
    )
  if (document === null && version === 0) return
  await store.insertVersion(tx, { model, version: version + 1, document, setAt: now })
}

const noProject = (id: string) => new Fault('project.not_found', `There is no project ${id}.`)

/** Throws `project.not_found`: another organization's and a missing one are the same. */
export async function setConstraint(
  tx: Db,
  { projectId, organizationId, constraints }: Omit<store.ProjectConstraint, 'setAt'>,
  now: Date,
): Promise<store.ProjectConstraint> {
  if (!(await hasProject(tx, { id: projectId, organizationId }))) throw noProject(projectId)
  const constraint = { projectId, organizationId, constraints, setAt: now }
  await store.upsertConstraint(tx, constraint)
  return constraint
}

export async function removeConstraint(
  tx: Db,
  projectId: string,
  organizationId: string,
): Promise<void> {
  if (!(await hasProject(tx, { id: projectId, organizationId }))) throw noProject(projectId)
  if (!(await store.deleteConstraint(tx, projectId)))
    throw new Fault('route_constraint.not_found', `The project ${projectId} has no constraint.`)
}
