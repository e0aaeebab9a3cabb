/** Aliases, access of projects, and models that go, through a real gateway: nothing may be used by a side door. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { beforeAll, describe, expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { setGuardrail } from '#modules/guardrail/index.ts'
import { inTransaction } from '#platform/db/database.ts'
import { allowModels, nameModel, retire } from '../../../test/gateway/catalog.ts'
import { addCustomer, addModel, type Customer } from '../../../test/gateway/installation.ts'
import { chargedOf, postJournals } from '../../../test/gateway/posting.ts'
import { addRoute } from '../../../test/gateway/routing.ts'
import { ask, makeStand, told, untilTrue } from '../../../test/gateway/stand.ts'

const stand = await makeStand()
const { db } = stand.database

beforeAll(async () => {
  for (const name of ['small', 'large', 'secret', 'old', 'older', 'gone'])
    await addModel(db, { name, urls: [stand.simulator.url] })
  await addModel(db, { name: 'empty', urls: [] })
  await addRoute(db, 'empty', {
    groups: [{ name: 'stand-in', targets: [{ kind: 'model', model: 'secret' }] }],
  })
})

const send = (model: string, { key }: Pick<Customer, 'key'> = stand.customer, more: object = {}) =>
  ask({ url: stand.gateway.url, key, body: { ...told({ tokens: 2 }), model, ...more } })

const codeOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string } }
  return [response.status, error.code]
}

const openai = ({ key }: Pick<Customer, 'key'>) =>
  new OpenAI({ baseURL: `${stand.gateway.url}/v1`, apiKey: key, maxRetries: 0 })
const anthropic = ({ key }: Pick<Customer, 'key'>) =>
  new Anthropic({ baseURL: stand.gateway.url, apiKey: key, maxRetries: 0 })

const listed = async (customer: Pick<Customer, 'key'>) =>
  (await openai(customer).models.list()).data.map(({ id }) => id)

describe('an alias', () => {
  test('is answered by its model, which is named, charged and followed when it moves', async () => {
    const customer = await addCustomer(db, { name: 'alias', usd: '10' })
    await nameModel(db, 'fast', 'small')
    await untilTrue(async () => (await send('fast', customer)).status === 200)
    const whole = await send('fast', customer)
    expect(whole.headers.get('x-spillway-alias')).toBe('fast')
    expect(whole.headers.get('x-spillway-model')).toBe('small')
    expect(await whole.json()).toMatchObject({ model: 'small' })
    const stream = await send('fast', customer, { stream: true })
    expect(stream.headers.get('x-spillway-model')).toBe('small')
    expect(await stream.text()).toContain('"model":"small"')
    const card = await openai(customer).models.retrieve('fast')
    expect(card).toMatchObject({ id: 'fast', x_spillway: { alias_of: 'small' } })
    expect(await listed(customer)).toContain('fast')
    await nameModel(db, 'fast', 'large')
    await untilTrue(
      async () => (await send('fast', customer)).headers.get('x-spillway-model') === 'large',
    )
    await untilTrue(async () => {
      await postJournals({ db, folders: stand.folders, isWriterAlive: () => true })
      return (await chargedOf(db, customer.organizationId)).events > 2
    })
    const rows = await db
      .selectFrom('usage_event')
      .distinct()
      .select('resource')
      .where('organization_id', '=', customer.organizationId)
      .execute()
    expect(rows.map(({ resource }) => resource).toSorted()).toEqual(['large', 'small'])
  })

  test('does not take the place of a model of its name', async () => {
    const response = await send('small')
    expect(response.headers.get('x-spillway-alias')).toBeNull()
  })
})

describe('a model that a project may not use', () => {
  let kept: Customer

  beforeAll(async () => {
    kept = await addCustomer(db, { name: 'kept', usd: '10' })
    await nameModel(db, 'side-door', 'secret')
    await untilTrue(async () => (await send('side-door')).status === 200)
    await allowModels(db, kept, { rule: 'except', models: ['secret'] })
    await untilTrue(async () => (await send('secret', kept)).status === 404)
  })

  test('is answered as an unknown one, in both dialects, by its name and by another', async () => {
    const unknown = await (await send('nonsense', kept)).text()
    for (const name of ['secret', 'side-door']) {
      const response = await send(name, kept)
      expect(response.status).toBe(404)
      expect(await response.text()).toBe(unknown.replace('nonsense', name))
    }
    const asking = { max_tokens: 9, messages: [{ role: 'user' as const, content: 'x' }] }
    await expect(
      anthropic(kept).messages.create({ ...asking, model: 'secret' }),
    ).rejects.toMatchObject({ status: 404, error: { error: { type: 'not_found_error' } } })
    await expect(
      anthropic(kept).messages.countTokens({ ...asking, model: 'secret' }),
    ).rejects.toMatchObject({ status: 404 })
    expect((await send('secret')).status).toBe(200)
  })

  test('is in no list, neither by its name nor by another', async () => {
    const ids = await listed(kept)
    expect(ids).toContain('small')
    expect(ids).not.toContain('secret')
    expect(ids).not.toContain('side-door')
    const { data } = await anthropic(kept).models.list()
    expect(data.map(({ id }) => id)).not.toContain('secret')
    await expect(openai(kept).models.retrieve('side-door')).rejects.toMatchObject({ status: 404 })
  })

  test('does not stand in for another', async () => {
    const response = await send('empty')
    expect(response.headers.get('x-spillway-model')).toBe('secret')
    const before = stand.simulator.state.requests
    const refused = await send('empty', kept)
    expect(refused.status).not.toBe(200)
    expect(await refused.text()).not.toContain('secret')
    expect(stand.simulator.state.requests).toBe(before)
  })

  test('judges nothing for a guardrail either: what cannot be judged is not answered', async () => {
    const { organizationId } = kept
    const check = { kind: 'model' as const, model: 'secret', unsafe: 'unsafe' }
    const setting = { organizationId, name: 'judge', position: 1, check }
    await inTransaction(db, (tx) =>
      setGuardrail(
        tx,
        { ...setting, side: 'input', mode: 'block' },
        { ids: idSource(Date.now), now: new Date() },
      ),
    )
    const answer = await untilTrue(async () => {
      const response = await send('small', kept)
      return response.status === 200 ? null : codeOf(response)
    })
    expect(answer).toEqual([503, 'guardrail_unavailable'])
  })
})

describe('a model that goes', () => {
  test('says so with every answer until then', async () => {
    const retiresAt = await retire(db, 'old', { inMs: 3_600_000, successor: 'large' })
    const response = await untilTrue(async () => {
      const answer = await send('old')
      return answer.headers.has('sunset') && answer
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-spillway-model-retires')).toBe(retiresAt.toISOString())
    expect(response.headers.get('x-spillway-model-successor')).toBe('large')
    expect(response.headers.get('sunset')).toBe(retiresAt.toUTCString())
    expect(response.headers.get('deprecation')).toMatch(/^@\d+$/)
    const card = await openai(stand.customer).models.retrieve('old')
    expect(card).toMatchObject({
      x_spillway: { retires_at: retiresAt.toISOString(), successor: 'large' },
    })
  })

  test('is refused afterwards with what to ask instead, while its other names follow', async () => {
    await nameModel(db, 'trusty', 'older')
    await untilTrue(async () => (await send('trusty')).status === 200)
    await retire(db, 'older', { inMs: -500, successor: 'large' })
    const refused = await untilTrue(async () => {
      const response = await send('older')
      return response.status === 404 && response
    })
    expect(refused.headers.get('x-spillway-model-successor')).toBe('large')
    expect(await codeOf(refused)).toEqual([404, 'model_retired'])
    const followed = await send('trusty')
    expect(followed.headers.get('x-spillway-model')).toBe('large')
    expect(await followed.json()).toMatchObject({ model: 'large' })
    const ids = await listed(stand.customer)
    expect(ids).not.toContain('older')
    expect(ids).toContain('trusty')
  })

  test('without a successor is refused by every name', async () => {
    await nameModel(db, 'lost', 'gone')
    await retire(db, 'gone', { inMs: -500 })
    await untilTrue(async () => (await send('gone')).status === 404)
    expect(await codeOf(await send('lost'))).toEqual([404, 'model_retired'])
  })
})

test('how a model answered is told to the database, in classes that add up', async () => {
  const rows = await untilTrue(async () => {
    const found = await db
      .selectFrom('model_measure')
      .selectAll()
      .where('model_name', '=', 'small')
      .execute()
    return found.length > 0 && found
  })
  const [row] = rows
  const sum = (counts: readonly number[] = []) => counts.reduce((all, each) => all + each, 0)
  expect(sum(row?.answer_counts)).toBeGreaterThan(0)
  expect(sum(row?.first_output_counts)).toBeLessThanOrEqual(sum(row?.answer_counts))
  expect(Number(row?.output_tokens)).toBeGreaterThan(0)
})
