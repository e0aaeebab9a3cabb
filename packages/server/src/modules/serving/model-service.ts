/** Puts models into the catalog: their cards, and a SKU with a price for each class of tokens that has one. */
import type { IdSource } from '#kernel/ids.ts'
import type { Money } from '#kernel/money.ts'
import { defineModel, defineSku, listPricesInForce, setPrice } from '#modules/catalog/index.ts'
import type { Db } from '#platform/db/database.ts'
import {
  cachedResponseSku,
  CLASSES,
  defaultCachedResponse,
  tierSku,
  TOKEN_CLASSES,
  type TokenClass,
} from './token-class.ts'

export interface Context {
  readonly now: Date
  readonly ids: IdSource
}

export interface TierUsd {
  readonly input: Money
  readonly output: Money
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
  /** Of the tiers that have prices of their own; a class costs there what its whole costs. */
  readonly tierUsdPerMillionTokens?: Partial<Readonly<Record<'flex' | 'priority', TierUsd>>>
}

const TOKENS_PER_PRICE = 1_000_000n
/** A batch costs half: the same amount for twice as many tokens, so that nothing is divided. */
const BATCH_TOKENS_PER_PRICE = 2n * TOKENS_PER_PRICE

interface PriceList {
  readonly skuOf: (kind: string) => string
  readonly per: bigint
  /** Ends each description. */
  readonly words: string
}

interface Offer {
  readonly sku: string
  readonly amount: Money
  readonly description: string
}

async function offer(
  tx: Db,
  { sku, amount, description }: Offer,
  { per, now, ids }: Context & { readonly per: bigint },
): Promise<void> {
  await defineSku(tx, { name: sku, unit: 'token', description })
  await setPrice(tx, { sku, price: { amount, per, unit: 'token' }, now, ids })
}

/**
 * A class that no longer has a price of its own, but once had one, costs what its whole costs: a price stays in force
 * until the next.
 */
async function classesOf(
  tx: Db,
  model: ModelDeclaration,
  { list, now }: { readonly list: PriceList; readonly now: Date },
): Promise<readonly Offer[]> {
  const skuOf = (each: TokenClass) => list.skuOf(CLASSES[each].suffix)
  const known = await listPricesInForce(tx, TOKEN_CLASSES.map(skuOf), now)
  return TOKEN_CLASSES.flatMap((each) => {
    const own = model.classUsdPerMillionTokens?.[each]
    const sku = skuOf(each)
    if (own === undefined && !known.has(sku)) return []
    const whole =
      each === 'reasoning' ? model.outputUsdPerMillionTokens : model.inputUsdPerMillionTokens
    return [{ sku, amount: own ?? whole, description: `${CLASSES[each].words} ${list.words}` }]
  })
}

async function setPrices(
  tx: Db,
  model: ModelDeclaration,
  { list, now, ids }: Context & { readonly list: PriceList },
): Promise<void> {
  const amounts = {
    input: model.inputUsdPerMillionTokens,
    output: model.outputUsdPerMillionTokens,
  }
  const totals = (['input', 'output'] as const).map((direction) => ({
    sku: list.skuOf(direction),
    amount: amounts[direction],
    description: `${direction} tokens of ${list.words}`,
  }))
  for (const each of [...totals, ...(await classesOf(tx, model, { list, now }))])
    await offer(tx, each, { per: list.per, now, ids })
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

/** A tier that no longer has prices of its own, but once had them, costs what the default one costs. */
async function setTier(
  tx: Db,
  model: ModelDeclaration,
  { tier, now, ids }: Context & { readonly tier: 'flex' | 'priority' },
): Promise<void> {
  const { name } = model
  const own = model.tierUsdPerMillionTokens?.[tier]
  const skuOf = (kind: string) => tierSku(name, tier, kind)
  if (
    own === undefined &&
    !(await listPricesInForce(tx, [skuOf('input')], now)).has(skuOf('input'))
  )
    return
  const { inputUsdPerMillionTokens, outputUsdPerMillionTokens } = model
  const { input, output } = own ?? {
    ...{ input: inputUsdPerMillionTokens, output: outputUsdPerMillionTokens },
  }
  for (const [kind, amount] of [
    ['input', input],
    ['output', output],
  ] as const) {
    const description = `${kind} tokens of ${name} in the tier ${tier}`
    await offer(tx, { sku: skuOf(kind), amount, description }, { per: TOKENS_PER_PRICE, now, ids })
  }
}

/** Puts a model with its SKUs and prices into the catalog, or brings it up to date. */
export async function declareModel(
  tx: Db,
  model: ModelDeclaration,
  context: Context,
): Promise<void> {
  const { name, displayName, description, publisher, licence, isToy, contextTokens } = model
  const skuOf = (kind: string) => `tokens.${name}.${kind}`
  const list = { skuOf, per: TOKENS_PER_PRICE, words: name }
  await setPrices(tx, model, { list, ...context })
  const inBatches = {
    skuOf: (kind: string) => tierSku(name, 'batch', kind),
    per: BATCH_TOKENS_PER_PRICE,
    words: `${name} in batches`,
  }
  await setPrices(tx, model, { list: inBatches, ...context })
  await setCachedResponsePrice(tx, model, context)
  for (const tier of ['flex', 'priority'] as const) await setTier(tx, model, { tier, ...context })
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
    inputSku: skuOf('input'),
    outputSku: skuOf('output'),
  })
}
