/** What an answer used and cost, as one line. Pure. */
import type { Model } from '@spillway/contract'
import { cost, group, renderPicos } from '../output/amount.ts'
import { renderDuration } from '../output/time.ts'
import type { TokenUsage } from './completion.ts'

export interface Answered {
  readonly model: Pick<Model, 'id' | 'price'> | null
  readonly usage: TokenUsage | null
  readonly elapsedMs: number
}

export function renderBill({ model, usage, elapsedMs }: Answered): string {
  const parts = [
    model?.id ?? null,
    usage === null ? 'the server did not say how many tokens' : renderTokens(usage),
    usage === null || model === null ? null : renderCost(model, usage),
    renderDuration(elapsedMs),
  ]
  return parts.filter((part) => part !== null).join(', ')
}

function renderTokens({ input, output }: TokenUsage): string {
  return `${group(input)} tokens in, ${group(output)} out`
}

/** At the catalog's price; the ledger has the last word. */
function renderCost({ price }: Pick<Model, 'price'>, { input, output }: TokenUsage): string | null {
  const inputCost = cost(price.input, BigInt(input))
  const outputCost = cost(price.output, BigInt(output))
  if (inputCost === null || outputCost === null) return null
  return `${renderPicos(inputCost + outputCost)} USD`
}
