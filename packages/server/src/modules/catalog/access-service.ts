/** Which models projects may use. What the operator keeps from a project is not there for it. */
import type { ModelAccessRule } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { firstProject, listOrganizations, organizationOf } from '#modules/identity/index.ts'
import type { Db } from '#platform/db/database.ts'
import * as access from './access-store.ts'
import { mayUse } from './access.ts'
import { lockCatalog } from './card-store.ts'
import { noModel, requireSeen } from './name-service.ts'
import { listModels } from './store.ts'

export interface AccessChange {
  readonly projectId: string
  readonly rule: ModelAccessRule
  readonly models: readonly string[]
  readonly replaces?: number | undefined
}

/** Who sets a rule: the operator for any project, everybody else for those of the own organization. */
export interface Setter {
  readonly isOperator: boolean
  readonly organizationId: string
  readonly now: Date
}

const noProject = (id: string) => new Fault('project.not_found', `There is no project ${id}.`)

/** Another organization's project and a missing one are the same. */
async function organizationFor(tx: Db, projectId: string, setter: Setter): Promise<string> {
  const organizationId = await organizationOf(tx, projectId)
  const isReachable = setter.isOperator || organizationId === setter.organizationId
  if (organizationId === null || !isReachable) throw noProject(projectId)
  return organizationId
}

/** Throws `project.not_found`, `model.not_found` and `model.changed_meanwhile`. */
export async function setAccess(
  tx: Db,
  { projectId, rule, models, replaces }: AccessChange,
  setter: Setter,
): Promise<access.AccessRule> {
  const organizationId = await organizationFor(tx, projectId, setter)
  const known = new Set((await listModels(tx)).map(({ name }) => name))
  const unknown = models.find((each) => !known.has(each))
  if (unknown !== undefined) throw noModel(unknown)
  const setBy = setter.isOperator ? 'operator' : 'organization'
  await lockCatalog(tx, `access/${projectId}`)
  const before = (await access.listAccessOf(tx, projectId)).find((each) => each.setBy === setBy)
  requireSeen(`The rule of ${projectId}`, before?.version ?? 0, replaces)
  const version = (before?.version ?? 0) + 1
  const set = {
    projectId,
    organizationId,
    setBy,
    version,
    rule,
    models,
    setAt: setter.now,
  } as const
  await access.upsertAccess(tx, set)
  return set
}

/** Throws `project.not_found` and `model_access.not_found`. */
export async function removeAccess(tx: Db, projectId: string, setter: Setter): Promise<void> {
  await organizationFor(tx, projectId, setter)
  const setBy = setter.isOperator ? 'operator' : 'organization'
  if (!(await access.deleteAccess(tx, { projectId, setBy })))
    throw new Fault('model_access.not_found', `You set no rule for the project ${projectId}.`)
}

/** The project that is meant where an organization is named. Throws `project.not_found`. */
export async function projectOf(db: Db, organizationId: string): Promise<string> {
  const isKnown = (await listOrganizations(db)).some(({ id }) => id === organizationId)
  if (!isKnown) throw new Fault('project.not_found', `There is no organization ${organizationId}.`)
  return (await firstProject(db, organizationId)).id
}

export interface Reader {
  readonly role: 'operator' | 'member' | 'inference'
  readonly projectId: string
}

/** Whether a model is known to whoever asks, and whether it may be used in the project. */
export async function readAccess(
  db: Db,
  { role, projectId }: Reader,
): Promise<Record<'isKnown' | 'isAllowed', (model: string) => boolean>> {
  const rules = await access.listAccessOf(db, projectId)
  const hiding = role === 'operator' ? [] : rules.filter(({ setBy }) => setBy === 'operator')
  return {
    isKnown: (model) => mayUse(hiding, model),
    isAllowed: (model) => mayUse(rules, model),
  }
}
