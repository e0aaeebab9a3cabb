/** The catalog in Anthropic's shape. It is one page: a catalog that fits into a route table fits into an answer. */
import type { ListedModel } from '../../frame/dialect.ts'

function renderModel({ id }: ListedModel) {
  // The catalog keeps no date of birth; Anthropic writes the epoch for one that is not known.
  return { type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z' }
}

export function renderModelList(models: readonly ListedModel[]): string {
  const data = models.map(renderModel)
  const [first, last] = [data[0]?.id ?? null, data.at(-1)?.id ?? null]
  return JSON.stringify({ data, has_more: false, first_id: first, last_id: last })
}

export function renderModelCard(model: ListedModel): string {
  return JSON.stringify(renderModel(model))
}
