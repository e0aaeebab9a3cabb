/** The catalog in OpenAI's shape, with what OpenAI has no place for under `x_spillway`. */
import { renderMoney, type Price } from '#kernel/money.ts'
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

function renderModel(route: Route) {
  return {
    id: route.model,
    object: 'model',
    // The catalog keeps no date of birth; clients want a number here.
    created: 0,
    owned_by: OWNED_BY,
    x_spillway: {
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
    },
  }
}

export function renderModelList(routes: readonly Route[]): string {
  return JSON.stringify({ object: 'list', data: routes.map(renderModel) })
}

export function renderModelCard(route: Route): string {
  return JSON.stringify(renderModel(route))
}
