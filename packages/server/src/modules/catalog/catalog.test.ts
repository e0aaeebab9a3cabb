/** The catalog on a real database: prices have one history and never change. */
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { idSource } from '#kernel/ids.ts'
import { money, type Price } from '#kernel/money.ts'
import { inTransaction } from '#platform/db/database.ts'
import { cloneDatabase } from '../../../test/harness/index.ts'
import {
  defineModel,
  defineSku,
  findModel,
  getPriceInForce,
  listModels,
  listPrices,
  listPricesInForce,
  listSkus,
  retireModel,
  setPrice,
  type Model,
} from './index.ts'

const { db } = await cloneDatabase()
const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute))
const ids = idSource(() => at(0).getTime())
const perMillion = (amount: string): Price => ({
  amount: money(amount),
  per: 1_000_000n,
  unit: 'token',
})

async function sku(name: string): Promise<string> {
  await defineSku(db, { name, unit: 'token', description: `tokens of ${name}` })
  return name
}

function set(name: string, amount: string, now: Date): Promise<string> {
  return inTransaction(db, (tx) => setPrice(tx, { sku: name, price: perMillion(amount), now, ids }))
}

describe('prices', () => {
  test('a price counts from its instant until the next one', async () => {
    const name = await sku('tokens.a.input')
    const first = await set(name, '0.10', at(0))
    const second = await set(name, '0.20', at(10))
    expect(await getPriceInForce(db, name, at(0))).toEqual({ id: first, price: perMillion('0.10') })
    expect((await getPriceInForce(db, name, at(9))).id).toBe(first)
    expect((await getPriceInForce(db, name, at(10))).id).toBe(second)
  })

  test('setting the price that is in force does nothing', async () => {
    const name = await sku('tokens.b.input')
    const first = await set(name, '0.1', at(0))
    expect(await set(name, '0.10', at(5))).toBe(first)
    expect((await listPrices(db, [first])).size).toBe(1)
  })

  test('prices set at one instant, or with a clock set back, still follow one another', async () => {
    const name = await sku('tokens.c.input')
    await set(name, '0.1', at(10))
    await set(name, '0.2', at(10))
    const last = await set(name, '0.3', at(2))
    expect((await getPriceInForce(db, name, at(11))).id).toBe(last)
  })

  test('of many concurrent settings of one price, one is kept', async () => {
    const name = await sku('tokens.d.input')
    const set10 = Array.from({ length: 10 }, () => set(name, '0.5', at(0)))
    expect(new Set(await Promise.all(set10)).size).toBe(1)
  })

  test('a SKU without a price in force is absent from the list, and a defect to ask for', async () => {
    const name = await sku('tokens.e.input')
    await set(name, '0.5', at(10))
    expect(await listPricesInForce(db, [name, 'tokens.none.input'], at(9))).toEqual(new Map())
    await expect(getPriceInForce(db, name, at(9))).rejects.toThrow('is missing')
  })

  test('a price cannot be changed or deleted', async () => {
    await set(await sku('tokens.f.input'), '0.5', at(0))
    await expect(sql`UPDATE price SET per = 1`.execute(db)).rejects.toThrow('append-only')
    await expect(sql`DELETE FROM price`.execute(db)).rejects.toThrow('append-only')
  })

  test('a SKU keeps its unit, and takes prices of no other', async () => {
    const name = await sku('tokens.g.input')
    const gpu = { name, unit: 'gpu_ms', description: '' } as const
    await expect(inTransaction(db, (tx) => defineSku(tx, gpu))).rejects.toThrow('for ever')
    const price: Price = { ...perMillion('1'), unit: 'gpu_ms' }
    await expect(setPrice(db, { sku: name, price, now: at(0), ids })).rejects.toThrow(
      'counts in token',
    )
    expect((await listSkus(db)).find((each) => each.name === name)?.unit).toBe('token')
  })

  test('a price of a SKU that nobody defined is a defect', async () => {
    await expect(set('tokens.unknown.input', '1', at(0))).rejects.toThrow('is missing')
  })
})

describe('models', () => {
  const card = (name: string): Model => ({
    name,
    displayName: 'A model',
    description: 'Says things.',
    publisher: 'Somebody',
    licence: 'Apache-2.0',
    isToy: true,
    isEmbedding: false,
    contextTokens: 2048,
    inputSku: `tokens.${name}.input`,
    outputSku: `tokens.${name}.output`,
  })

  async function define(model: Model): Promise<void> {
    await sku(model.inputSku)
    await sku(model.outputSku)
    await defineModel(db, model)
  }

  test('a card is kept as defined, and rewritten when defined again', async () => {
    await define(card('m1'))
    expect(await findModel(db, 'm1')).toEqual(card('m1'))
    await define({ ...card('m1'), contextTokens: 4096 })
    expect((await findModel(db, 'm1'))?.contextTokens).toBe(4096)
  })

  test('a retired model leaves the catalog and comes back when defined again', async () => {
    await define(card('m2'))
    await retireModel(db, 'm2', at(0))
    await retireModel(db, 'm2', at(1))
    expect(await findModel(db, 'm2')).toBeNull()
    expect((await listModels(db)).map(({ name }) => name)).not.toContain('m2')
    await define(card('m2'))
    expect((await listModels(db)).map(({ name }) => name)).toContain('m2')
  })
})
