/** A model's card, put together from what is declared, priced, served and measured. Pure. */
import {
  type ModelCard,
  type ModelCardDocument,
  type ModelMeasure,
  TokenClass,
} from '@spillway/contract'
import { type Price, renderMoney } from '#kernel/money.ts'

/** A price of the price book with its SKU's name. */
export interface SkuPrice {
  readonly sku: string
  readonly price: Price
}

const CLASS = TokenClass.options.join('|')
/** `tokens.NAME.input`, or `tokens.NAME.input@flex` with the tier that it is the price of. */
const SKU = new RegExp(`^(${CLASS})(?:@([a-z]+))?$`)
const STANDARD = 'standard'
const ORDER: readonly string[] = TokenClass.options

/** Whose tokens a SKU counts: the longest name that it begins with, since names may contain dots. */
function ownerOf(sku: string, models: readonly string[]): string | null {
  const owners = models.filter((model) => sku.startsWith(`tokens.${model}.`))
  return owners.toSorted((a, b) => b.length - a.length)[0] ?? null
}

/** What a model's tokens cost by class and tier, as the price book has it. */
export function pricesOf(
  model: string,
  { book, models }: { readonly book: readonly SkuPrice[]; readonly models: readonly string[] },
): ModelCard['prices'] {
  const prices = book.flatMap(({ sku, price: { amount, per, unit } }) => {
    if (ownerOf(sku, models) !== model) return []
    const found = SKU.exec(sku.slice(`tokens.${model}.`.length))
    if (found === null) return []
    const [, tokenClass, tier = STANDARD] = found
    const price = { amountUsd: renderMoney(amount), per: per.toString(), unit }
    return [{ tokenClass: tokenClass as TokenClass, tier, price }]
  })
  const rank = ({ tier, tokenClass }: ModelCard['prices'][number]) =>
    `${tier === STANDARD ? '' : tier} ${ORDER.indexOf(tokenClass)}`
  return prices.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
}

export interface CardParts {
  readonly model: Pick<ModelCard, 'model' | 'contextTokens' | 'isToy' | 'isEmbedding'> & {
    readonly displayName: string
    readonly description: string
    readonly publisher: string
    readonly licence: string
  }
  readonly declared: {
    readonly version: number
    readonly setAt: Date | null
    readonly document: ModelCardDocument
  }
  readonly servers: ModelCard['servers']
  readonly prices: ModelCard['prices']
  readonly measured: ModelMeasure | null
  readonly retirement: ModelCard['retirement']
  readonly aliases: readonly string[]
  readonly isAllowed: boolean
}

const orNull = (text: string) => (text === 'unknown' || text === '' ? null : text)

/** Servers that read alike are one line. */
function distinct(servers: ModelCard['servers']): ModelCard['servers'] {
  return [...new Map(servers.map((each) => [JSON.stringify(each), each])).values()]
}

export function assembleCard(parts: CardParts): ModelCard {
  const { model, declared, servers, measured } = parts
  const { document, version, setAt } = declared
  return {
    ...{ model: model.model, version, setAt: setAt?.toISOString() ?? null },
    displayName: document.displayName ?? model.displayName,
    description: document.description ?? model.description,
    publisher: document.publisher ?? orNull(model.publisher),
    origin: document.origin ?? null,
    licence: document.licence ?? orNull(model.licence),
    ...{ contextTokens: model.contextTokens, isToy: model.isToy, isEmbedding: model.isEmbedding },
    ...{ declared: document, servers: distinct(servers), prices: parts.prices, measured },
    ...{ retirement: parts.retirement, aliases: [...parts.aliases], isAllowed: parts.isAllowed },
  }
}
