/** Guardrails are set by the organization that they are of, and only where they can be used. */
import type { GuardrailCheck } from '@spillway/contract'
import { expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { inTransaction } from '#platform/db/database.ts'
import { addCustomer, addModel } from '../../../test/gateway/installation.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import { deleteGuardrail, type GuardrailSetting, setGuardrail } from './service.ts'
import { selectGuardrails } from './store.ts'

const { db } = await cloneDatabase()
const ids = idSource(Date.now)
const { organizationId, projectId } = await addCustomer(db, { name: 'Ada', usd: '0' })
const other = await addCustomer(db, { name: 'Bob', usd: '0' })
await addModel(db, { name: 'small', urls: [] })

const SIZE: GuardrailCheck = { kind: 'size', charactersMax: 10 }
const WORDS: GuardrailCheck = { kind: 'words', words: ['secret'], except: [] }

function set(setting: Partial<GuardrailSetting>) {
  const whole: GuardrailSetting = {
    ...{ organizationId, name: 'rule', position: 100, side: 'input', mode: 'block', check: SIZE },
    ...setting,
  }
  return inTransaction(db, (tx) => setGuardrail(tx, whole, { ids, now: new Date() }))
}

test('one of the same name and project is replaced, and keeps its id', async () => {
  const first = await set({})
  const second = await set({ check: WORDS, mode: 'redact', side: 'both' })
  expect(second).toMatchObject({ id: first.id, check: WORDS, mode: 'redact' })
  const ofProject = await set({ projectId })
  expect(ofProject.id).not.toBe(first.id)
  const all = await selectGuardrails(db, organizationId)
  expect(all.map(({ id }) => id).toSorted()).toEqual([first.id, ofProject.id].toSorted())
})

const SCHEMA = { kind: 'json_schema', schema: { type: 'object' } } as const

test.each<readonly [string, Partial<GuardrailSetting>, string]>([
  [
    'a pattern of no expression',
    { check: { kind: 'pattern', pattern: '(a', lengthMax: 9, except: [] } },
    'check.pattern',
  ],
  [
    'a look-ahead',
    { check: { kind: 'pattern', pattern: 'a(?=b)', lengthMax: 9, except: [] } },
    'check.pattern',
  ],
  [
    'no schema',
    { side: 'output', check: { kind: 'json_schema', schema: { type: 'no' } } },
    'check.schema',
  ],
  ['a schema for requests', { check: SCHEMA }, 'side'],
  ['a size that is redacted', { mode: 'redact' }, 'mode'],
  ['a route of answers', { mode: 'route', side: 'output', toModel: 'small', check: WORDS }, 'mode'],
  ['a route to nowhere', { mode: 'route' }, 'toModel'],
  ['a model without a route', { toModel: 'small' }, 'toModel'],
  [
    'a judge of answers',
    { side: 'both', check: { kind: 'model', model: 'small', unsafe: 'x' } },
    'side',
  ],
])('%s is refused at its field', async (_, setting, field) => {
  await expect(set({ name: 'wrong', ...setting })).rejects.toMatchObject({
    code: 'guardrail.wrong',
    fields: [{ field: `body.${field}` }],
  })
})

test('models and projects must be there, and the project one’s own', async () => {
  await expect(set({ mode: 'route', toModel: 'none' })).rejects.toMatchObject({
    code: 'model.not_found',
  })
  await expect(set({ projectId: other.projectId })).rejects.toMatchObject({
    code: 'request.invalid',
  })
})

test('fifty are enough, and one is deleted by nobody else', async () => {
  const { length } = await selectGuardrails(db, organizationId)
  for (let index = length; index < 50; index++) await set({ name: `rule-${index}` })
  await expect(set({ name: 'one-more' })).rejects.toMatchObject({ code: 'guardrail.too_many' })
  const { id } = await set({ name: 'rule-49', check: WORDS })
  const remove = (whose: string) =>
    inTransaction(db, (tx) => deleteGuardrail(tx, { id, organizationId: whose }))
  await expect(remove(other.organizationId)).rejects.toMatchObject({ code: 'guardrail.not_found' })
  await remove(organizationId)
  expect(await selectGuardrails(db, organizationId)).toHaveLength(49)
})
