/** The catalog in OpenAI's shape, with what OpenAI has no place for under `x_spillway`. */
import { renderMoney, type Price } from '#kernel/money.ts'
import type { ListedModel } from '../../frame/dialect.ts'
import type { ClassPrice, Route } from '../../route.ts'

const OWNED_BY = 'spillway'

function renderPrice({ amount, per, unit }: Price) {
  return { amount_usd: renderMoney(amount), per: per.toString(), unit }
}

const CLASS_NAMES = {
  cachedInput: 'cached_input',
  cacheWrite: 'cache_write',
  reasoning: 'reasoning',
} as const

/** What is not here costs what it is part of. */
function renderClasses(classes: Route['classPrices']) {
  const priced = Object.entries(classes ?? {}) as [keyof typeof CLASS_NAMES, ClassPrice][]
  return Object.fromEntries(
    priced.map(([name, { price }]) => [CLASS_NAMES[name], renderPrice(price)]),
  )
}

/** What is declared and announced of it; what is not is left out. */
function renderCard({ card, retirement }: Route) {
  return {
    ...(card?.publisher === undefined ? null : { publisher: card.publisher }),
    ...(card?.licence === undefined ? null : { licence: card.licence }),
    ...(card?.outputTokensMax === undefined ? null : { output_tokens_max: card.outputTokensMax }),
    ...(card?.inputModalities && { input_modalities: card.inputModalities }),
    ...(card?.outputModalities && { output_modalities: card.outputModalities }),
    ...(card?.capabilities && { capabilities: card.capabilities }),
    ...(retirement && {
      retires_at: new Date(retirement.atMs).toISOString(),
      successor: retirement.successor,
    }),
  }
}

function renderModel({ id, route }: ListedModel) {
  return {
    id,
    object: 'model',
    // The catalog keeps no date of birth; clients want a number here.
    created: 0,
    owned_by: OWNED_BY,
    x_spillway: {
      ...(id === route.model ? null : { alias_of: route.model }),
      is_toy: route.isToy,
      is_embedding: route.isEmbedding === true,
      context_tokens: route.contextTokens,
      is_ready: route.targets.length > 0,
      state: route.stateText,
      price: {
        input: renderPrice(route.inputPrice),
        output: renderPrice(route.outputPrice),
        ...renderClasses(route.classPrices),
        // Of each token of an answer that a project's cache gives.
        ...(route.cachedResponse && {
          cached_response: renderPrice(route.cachedResponse.price),
        }),
      },
      ...renderCard(route),
    },
  }
}

export function renderModelList(models: readonly ListedModel[]): string {
  return JSON.stringify({ object: 'list', data: models.map(renderModel) })
}

export function renderModelCard(model: ListedModel): string {
  return JSON.stringify(renderModel(model))
}
