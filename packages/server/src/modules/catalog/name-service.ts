/** Declares what models are, by which other names they are known, and when they go. */
import type { ModelCardDocument } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import type { Db } from '#platform/db/database.ts'
import * as aliases from './alias-store.ts'
import * as cards from './card-store.ts'
import * as retirements from './retirement-store.ts'
import { type Retirement, whyNotRetire } from './retirement.ts'
import { findModel } from './store.ts'

export const noModel = (name: string) => new Fault('model.not_found', `There is no model ${name}.`)

export async function requireModel(db: Db, name: string): Promise<void> {
  if ((await findModel(db, name)) === null) throw noModel(name)
}

/** Refuses a change that was made without having seen the newest version. */
export function requireSeen(what: string, version: number, replaces: number | undefined): void {
  if (replaces === undefined || replaces === version) return
  throw new Fault(
    'model.changed_meanwhile',
    `${what} is at version ${version}, not at ${replaces}.`,
  )
}

export interface CardChange {
  readonly model: string
  readonly document: ModelCardDocument
  readonly replaces?: number | undefined
}

/** Throws `model.not_found` and `model.changed_meanwhile`. */
export async function setCard(tx: Db, change: CardChange, now: Date): Promise<void> {
  const { model, document, replaces } = change
  await requireModel(tx, model)
  await cards.lockCatalog(tx, `card/${model}`)
  const version = (await cards.listCardVersions(tx, model))[0]?.version ?? 0
  requireSeen(`The card of ${model}`, version, replaces)
  await cards.insertCard(tx, { model, document, version: version + 1, setAt: now })
}

export interface AliasChange {
  readonly alias: string
  readonly model: string
  readonly replaces?: number | undefined
}

/** Throws `model.not_found`, `model_alias.name_taken` and `model.changed_meanwhile`. */
export async function setAlias(
  tx: Db,
  { alias, model, replaces }: AliasChange,
  now: Date,
): Promise<aliases.AliasVersion> {
  await requireModel(tx, model)
  if ((await findModel(tx, alias)) !== null)
    throw new Fault('model_alias.name_taken', `There is a model named ${alias}.`)
  await cards.lockCatalog(tx, `alias/${alias}`)
  const [newest] = await aliases.listAliasVersions(tx, alias)
  requireSeen(`The alias ${alias}`, newest?.version ?? 0, replaces)
  if (newest?.model === model) return newest
  const set = { alias, model, version: (newest?.version ?? 0) + 1, setAt: now }
  await aliases.insertAlias(tx, set)
  return set
}

const noAlias = (alias: string) => new Fault('model_alias.not_found', `There is no alias ${alias}.`)

export async function removeAlias(tx: Db, alias: string, now: Date): Promise<void> {
  await cards.lockCatalog(tx, `alias/${alias}`)
  const [newest] = await aliases.listAliasVersions(tx, alias)
  if (newest === undefined || newest.model === null) throw noAlias(alias)
  await aliases.insertAlias(tx, { alias, model: null, version: newest.version + 1, setAt: now })
}

/** Throws `model_alias.not_found`. */
export async function getAliasVersions(
  db: Db,
  alias: string,
): Promise<readonly aliases.AliasVersion[]> {
  const versions = await aliases.listAliasVersions(db, alias)
  if (versions.length === 0) throw noAlias(alias)
  return versions
}

/** Aliases of a model that went stand for what succeeds it. */
export async function moveAliases(
  tx: Db,
  { model, successor }: { readonly model: string; readonly successor: string },
  now: Date,
): Promise<readonly string[]> {
  const moved: string[] = []
  for (const each of await aliases.listAliases(tx)) {
    if (each.model !== model) continue
    await setAlias(tx, { alias: each.alias, model: successor }, now)
    moved.push(each.alias)
  }
  return moved
}

export interface RetirementWish {
  readonly model: string
  readonly retiresAt: Date
  readonly successor: string | null
  readonly replaces?: number | undefined
}

/** Throws `model.not_found`, `model.changed_meanwhile` and `model_retirement.wrong`. */
export async function announceRetirement(
  tx: Db,
  { replaces, ...wanted }: RetirementWish,
  now: Date,
): Promise<Retirement> {
  const { model, successor } = wanted
  await requireModel(tx, model)
  if (successor !== null) await requireModel(tx, successor)
  // One after another: whether a successor stays depends on what is announced of it.
  await cards.lockCatalog(tx, 'retirement')
  const known = await retirements.listRetirements(tx)
  const before = known.find((each) => each.model === model)
  requireSeen(`The retirement of ${model}`, before?.version ?? 0, replaces)
  const why = whyNotRetire(wanted, known, now)
  if (why !== null) throw new Fault('model_retirement.wrong', `${model} cannot be retired: ${why}.`)
  const version = (before?.version ?? 0) + 1
  const retirement = { ...wanted, version, announcedAt: now, told: 0 }
  await retirements.upsertRetirement(tx, retirement)
  return retirement
}

/** Throws `model.not_found` and `model_retirement.not_found`. */
export async function withdrawRetirement(tx: Db, model: string): Promise<void> {
  await requireModel(tx, model)
  if (!(await retirements.deleteRetirement(tx, model)))
    throw new Fault('model_retirement.not_found', `${model} is not being retired.`)
}
