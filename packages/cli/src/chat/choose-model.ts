/** Which model answers when none is named: the first that is ready, and a real one before a toy. Pure. */
import type { Model } from '@spillway/contract'

export type Choice =
  | { readonly kind: 'chosen'; readonly model: Model }
  | { readonly kind: 'none'; readonly text: string }

export function chooseModel(models: readonly Model[]): Choice {
  const ready = models.filter((model) => model.state === 'ready')
  const model = ready.find((each) => !each.isToy) ?? ready[0]
  if (model !== undefined) return { kind: 'chosen', model }
  const [first] = models
  if (first === undefined) return { kind: 'none', text: 'There is no model in the catalog.' }
  return {
    kind: 'none',
    text: `No model is ready. ${first.id} is ${first.state}: ${first.stateText}`,
  }
}
