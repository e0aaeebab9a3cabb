/** Puts models into the catalog: their cards, and a SKU with a price for each class of tokens that has one. */
import type { IdSource } from '#kernel/ids.ts'
import type { Money } from '#kernel/money.ts'
import { defineModel, defineSku, listPricesInForce, setPrice } from '#modules/catalog/index.ts'
import type { Db } from '#platform/db/database.ts'
import {
  cachedResponseSku,
  CLASSES,
  classSku,
  defaultCachedResponse,
  TOKEN_CLASSES,
  type TokenClass,
} from './token-class.ts'

export interface Context {
  readonly now: Date
  readonly ids: IdSource
}

export interface ModelDeclaration {
  readonly name: string
  readonly displayName: string
  readonly description: string
  readonly publisher: string
  readonly licence: string
  readonly isToy: boolean
  /** It makes embeddings, and answers nothing else. Absent: it does not. */
  readonly isEmbedding?: boolean
  readonly contextTokens: number
  readonly inputUsdPerMillionTokens: Money
  readonly outputUsdPerMillionTokens: Money
  /** Of the classes that have a price of their own. */
  readonly classUsdPerMillionTokens?: Partial<Readonly<Record<TokenClass, Money>>>
  /** Of answers given from a cache. Absent: a tenth of input. */
  readonly cachedResponseUsdPerMillionTokens?: Money | undefined
}

const TOKENS_PER_PRICE = 1_000_000n

/**
 * A class that no longer has a price of its own, but once had one, costs what its whole costs: a price stays in force
 * until the next.
 */
async function setClassPrices(
  tx: Db,
  { name, ...model }: ModelDeclaration,
  { now, ids }: Context,
): Promise<void> {
  const known = await listPricesInForce(
    tx,
    TOKEN_CLASSES.map((each) => classSku(name, each)),
    now,
  )
  for (const each of TOKEN_CLASSES) {
    const sku = classSku(name, each)
    const own = model.classUsdPerMillionTokens?.[each]
    if (own === undefined && !known.has(sku)) continue
    const total =
      each === 'reasoning' ? model.outputUsdPerMillionTokens : model.inputUsdPerMillionTokens
    await defineSku(tx, { name: sku, unit: 'token', description: `${CLASSES[each].words} ${name}` })
    const price = { amount: own ?? total, per: TOKENS_PER_PRICE, unit: 'token' as const }
    await setPrice(tx, { sku, price, now, ids })
  }
}

async function setCachedResponsePrice(
  tx: Db,
  model: ModelDeclaration,
  { now, ids }: Context,
): Promise<void> {
  const sku = cachedResponseSku(model.name)
  const description = `tokens of answers from a cache, of ${model.name}`
  await defineSku(tx, { name: sku, unit: 'token', description })
  const amount = model.cachedResponseUsdPerMillionTokens ?? defaultCachedResponse(model)
  await setPrice(tx, { sku, price: { amount, per: TOKENS_PER_PRICE, unit: 'token' }, now, ids })
}

/** Puts a model with its SKUs and prices into the catalog, or brings it up to date. */
export async function declareModel(
  tx: Db,
  model: ModelDeclaration,
  { now, ids }: Context,
): Promise<void> {
  const skus = { input: `tokens.${model.name}.input`, output: `tokens.${model.name}.output` }
  for (const direction of ['input', 'output'] as const) {
    const amount =
      direction === 'input' ? model.inputUsdPerMillionTokens : model.outputUsdPerMillionTokens
    const sku = skus[direction]
    await defineSku(tx, {
      name: sku,
      unit: 'token',
      description: `${direction} tokens of ${model.name}`,
    })
    await setPrice(tx, { sku, price: { amount, per: TOKENS_PER_PRICE, unit: 'token' }, now, ids })
  }
  await setClassPrices(tx, model, { now, ids })
  await setCachedResponsePrice(tx, model, { now, ids })
  const { name, displayName, description, publisher, licence, isToy, contextTokens } = model
  const { isEmbedding = false } = model
  await defineModel(tx, {
    name,
    displayName,
    description,
    publisher,
    licence,
    isToy,
    isEmbedding,
    contextTokens,
    inputSku: skus.input,
    outputSku: skus.output,
  })
}
