/** Cards, aliases, access and retirements on a real database: versions, what is refused, and what is told when. */
import { describe, expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { createOrganization } from '#modules/identity/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { addModel, PEPPER } from '../../../test/gateway/installation.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { projectOf, readAccess, removeAccess, setAccess, type Setter } from './access-service.ts'
import { listAliases } from './alias-store.ts'
import { listCardVersions } from './card-store.ts'
import {
  announceRetirement,
  getAliasVersions,
  removeAlias,
  setAlias,
  setCard,
  withdrawRetirement,
} from './name-service.ts'
import { type Retirement, tellingOf } from './retirement.ts'

const { db } = await cloneDatabase()
const DAY_MS = 86_400_000
const at = (days: number) => new Date(Date.UTC(2026, 2, 1) + days * DAY_MS)
const deps = { pepper: PEPPER, ids: idSource(Date.now) }
for (const name of ['old', 'new', 'other']) await addModel(db, { name, urls: [] })
const organize = (name: string) =>
  inTransaction(db, (tx) => createOrganization(tx, { name, kind: 'customer', now: at(0) }, deps))
const [ada, bea] = [await organize('Ada'), await organize('Bea')]

const refusedAs = async (work: Promise<unknown>) =>
  work.then(
    () => 'not refused',
    (fault: { code?: string }) => fault.code,
  )

describe('cards', () => {
  test('keep every version, and nobody overwrites what they have not seen', async () => {
    const set = (description: string, replaces?: number) =>
      inTransaction(db, (tx) =>
        setCard(
          tx,
          { model: 'old', document: { description, documentation: {} }, replaces },
          at(0),
        ),
      )
    await set('first', 0)
    await set('second', 1)
    expect(await refusedAs(set('third', 1))).toBe('model.changed_meanwhile')
    const both = await Promise.all([3, 4].map((n) => refusedAs(set(`at once ${n}`, 2))))
    expect(new Set(both)).toEqual(new Set(['model.changed_meanwhile', 'not refused']))
    const versions = await listCardVersions(db, 'old')
    expect(versions.map(({ version }) => version)).toEqual([3, 2, 1])
    const missing = setCard(db, { model: 'none', document: { documentation: {} } }, at(0))
    expect(await refusedAs(missing)).toBe('model.not_found')
  })
})

describe('aliases', () => {
  test('stand for a model, version by version, and never for what has a model’s name', async () => {
    const set = (model: string, replaces?: number, alias = 'fast') =>
      inTransaction(db, (tx) => setAlias(tx, { alias, model, replaces }, at(1)))
    expect(await set('old', 0)).toMatchObject({ version: 1, model: 'old' })
    expect(await set('old')).toMatchObject({ version: 1 })
    expect(await set('new', 1)).toMatchObject({ version: 2 })
    expect(await refusedAs(set('old', 1))).toBe('model.changed_meanwhile')
    expect(await refusedAs(set('old', undefined, 'other'))).toBe('model_alias.name_taken')
    expect(await refusedAs(set('fast', undefined, 'faster'))).toBe('model.not_found')
    await inTransaction(db, (tx) => removeAlias(tx, 'fast', at(2)))
    expect(await listAliases(db)).toEqual([])
    expect(await refusedAs(removeAlias(db, 'fast', at(2)))).toBe('model_alias.not_found')
    const versions = await getAliasVersions(db, 'fast')
    expect(versions.map(({ model }) => model)).toEqual([null, 'new', 'old'])
    expect(await refusedAs(getAliasVersions(db, 'nothing'))).toBe('model_alias.not_found')
  })
})

describe('access', () => {
  const own: Setter = { isOperator: false, organizationId: ada.id, now: at(0) }
  const operator: Setter = { isOperator: true, organizationId: bea.id, now: at(0) }
  const { projectId } = ada
  const set = (setter: Setter, change: Parameters<typeof setAccess>[1]) =>
    inTransaction(db, (tx) => setAccess(tx, change, setter))

  test('of the operator and of the organization hold both, and only the first hides', async () => {
    await set(own, { projectId, rule: 'except', models: ['new'] })
    await set(operator, { projectId, rule: 'only', models: ['old', 'new'] })
    const member = await readAccess(db, { role: 'member', projectId })
    const of = (judge: (model: string) => boolean) => ['old', 'new', 'other'].filter(judge)
    expect(of(member.isAllowed)).toEqual(['old'])
    expect(of(member.isKnown)).toEqual(['old', 'new'])
    const all = await readAccess(db, { role: 'operator', projectId })
    expect(of(all.isKnown)).toEqual(['old', 'new', 'other'])
    const change = { projectId, rule: 'only', models: [], replaces: 0 } as const
    expect(await refusedAs(set(own, change))).toBe('model.changed_meanwhile')
    await removeAccess(db, projectId, own)
    expect(await refusedAs(removeAccess(db, projectId, own))).toBe('model_access.not_found')
  })

  test('of another organization’s project is nobody’s but the operator’s to set', async () => {
    const change = { projectId: bea.projectId, rule: 'only', models: ['old'] } as const
    expect(await refusedAs(set(own, change))).toBe('project.not_found')
    expect(await refusedAs(set(operator, { ...change, models: ['none'] }))).toBe('model.not_found')
    expect(await projectOf(db, bea.id)).toBe(bea.projectId)
    expect(await refusedAs(projectOf(db, 'org_none'))).toBe('project.not_found')
  })
})

describe('a retirement', () => {
  const announce = (wish: object, now = at(0)) =>
    inTransaction(db, (tx) =>
      announceRetirement(tx, { model: 'old', retiresAt: at(40), successor: 'new', ...wish }, now),
    )

  test('lies ahead, and what succeeds it stays longer', async () => {
    expect(await announce({ replaces: 0 })).toMatchObject({ version: 1, told: 0 })
    expect(await refusedAs(announce({ replaces: 0 }))).toBe('model.changed_meanwhile')
    expect(await announce({ replaces: 1, retiresAt: at(50) })).toMatchObject({ version: 2 })
    for (const wish of [
      { retiresAt: at(0) },
      { successor: 'old' },
      { model: 'other', successor: 'old', retiresAt: at(60) },
    ])
      expect(await refusedAs(announce(wish))).toBe('model_retirement.wrong')
    await withdrawRetirement(db, 'old')
    expect(await refusedAs(withdrawRetirement(db, 'old'))).toBe('model_retirement.not_found')
  })

  test('is told when it is announced, a month, a week and a day ahead, and when it happened', () => {
    const retirement: Retirement = {
      ...{ model: 'old', version: 1, successor: null, told: 0 },
      ...{ announcedAt: at(0), retiresAt: at(40) },
    }
    let told = 0
    const heard: unknown[] = []
    for (let hour = 0; hour <= 41 * 24; hour++) {
      const telling = tellingOf({ ...retirement, told }, at(hour / 24))
      if (telling.due !== null) heard.push([hour / 24, telling.due])
      told = telling.told
    }
    expect(heard).toEqual([
      [0, 'announced'],
      [10, 'near'],
      [33, 'near'],
      [39, 'near'],
      [40, 'retired'],
    ])
  })

  test('that nobody told of for long is told of once, as it is by then', () => {
    const late: Retirement = {
      ...{ model: 'old', version: 1, successor: null, told: 1 },
      ...{ announcedAt: at(0), retiresAt: at(3) },
    }
    expect(tellingOf(late, at(9))).toEqual({ due: 'retired', told: 3, nextAt: null })
    expect(tellingOf({ ...late, told: 3 }, at(9))).toMatchObject({ due: null })
  })
})
