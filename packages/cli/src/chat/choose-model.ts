/** Which model answers when none is named: one that is ready before one that sleeps, a real one before a toy. Pure. */
import type { Model } from '@spillway/contract'

export type Choice =
  | { readonly kind: 'chosen'; readonly model: Model }
  | { readonly kind: 'none'; readonly text: string }

export function chooseModel(models: readonly Model[]): Choice {
  const of = (state: Model['state']) =>
    models.filter((each) => each.state === state && !each.isEmbedding)
  // One that sleeps is woken by being asked.
  const ready = of('ready')
  const able = ready.length > 0 ? ready : of('asleep')
  const model = able.find((each) => !each.isToy) ?? able[0]
  if (model !== undefined) return { kind: 'chosen', model }
  const [first] = models
  if (first === undefined) return { kind: 'none', text: 'There is no model in the catalog.' }
  return {
    kind: 'none',
    text: `No model is ready. ${first.id} is ${first.state}: ${first.stateText}`,
  }
}
