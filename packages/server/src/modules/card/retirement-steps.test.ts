/** What is told of models that go: to whom, once each, with aliases that move; on a real database. */
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { listAliases } from '#modules/catalog/index.ts'
import { nameModel, retire } from '../../../test/gateway/catalog.ts'
import { addCustomer, addModel } from '../../../test/gateway/installation.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { addMeasures, listMeasures } from './measure-store.ts'
import { stepRetirements } from './retirement-steps.ts'

const { db } = await cloneDatabase()
const DAY_MS = 86_400_000
for (const name of ['old', 'new']) await addModel(db, { name, urls: [] })
const user = await addCustomer(db, { name: 'user', usd: '0' })
await addCustomer(db, { name: 'bystander', usd: '0' })

async function toldSince(types: readonly string[]) {
  const rows = await db
    .selectFrom('event')
    .selectAll()
    .where('type', 'in', types)
    .orderBy('id')
    .execute()
  return rows.map(({ type, organization_id, subject, data }) => {
    return { type, organizationId: organization_id, subject, data }
  })
}

test('those who used it are told each stage once, however often it is looked, and aliases move', async () => {
  await sql`
    INSERT INTO usage_hour (organization_id, project_id, sku, price_id, resource, hour, quantity, amount)
    SELECT ${user.organizationId}, ${user.projectId}, 'tokens.old.input', p.id, 'old', date_trunc('hour', now()), 1, 0
    FROM price p WHERE p.sku = 'tokens.old.input'`.execute(db)
  await nameModel(db, 'fast', 'old')
  const retiresAt = await retire(db, 'old', { inMs: 10 * DAY_MS, successor: 'new' })
  const types = ['model.retirement_announced', 'model.retirement_near', 'model.retired']
  const step = (daysBefore: number) => {
    const now = () => new Date(retiresAt.getTime() - daysBefore * DAY_MS)
    return stepRetirements({ database: db, now })
  }
  for (const days of [9, 9, 7, 6.5, 1, 1]) await step(days)
  expect(await listAliases(db)).toMatchObject([{ alias: 'fast', model: 'old' }])
  await Promise.all([step(0), step(0)])
  await step(-1)
  const told = await toldSince(types)
  expect(told.map(({ type }) => type)).toEqual([types[0], types[1], types[1], types[2]])
  expect(new Set(told.map(({ organizationId }) => organizationId))).toEqual(
    new Set([user.organizationId]),
  )
  expect(told[0]).toMatchObject({
    subject: 'old',
    data: { retiresAt: retiresAt.toISOString(), successor: 'new' },
  })
  expect(await listAliases(db)).toMatchObject([{ alias: 'fast', model: 'new', version: 2 }])
})

test('what gateways measured adds up, whoever says it and at once', async () => {
  const measured = {
    ...{ model: 'old', firstOutputCounts: [1, 0], answerCounts: [1, 2] },
    ...{ answerS: 0.5, outputTokens: 7 },
  }
  const at = new Date('2026-11-27T10:20:00.000Z')
  await Promise.all(Array.from({ length: 4 }, () => addMeasures(db, [measured], at)))
  const from = new Date('2026-11-27T10:00:00.000Z')
  expect(await listMeasures(db, from, 'old')).toEqual([
    {
      ...{ model: 'old', hour: from, firstOutputCounts: [4, 0], answerCounts: [4, 8] },
      ...{ answerS: 2, outputTokens: 28 },
    },
  ])
})
