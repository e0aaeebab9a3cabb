/** The catalog in Anthropic's shape. It is one page: a catalog that fits into a route table fits into an answer. */
import type { Route } from '../../route.ts'

function renderModel({ model }: Route) {
  // The catalog keeps no date of birth; Anthropic writes the epoch for one that is not known.
  return { type: 'model', id: model, display_name: model, created_at: '1970-01-01T00:00:00Z' }
}

export function renderModelList(routes: readonly Route[]): string {
  const data = routes.map(renderModel)
  const [first, last] = [data[0]?.id ?? null, data.at(-1)?.id ?? null]
  return JSON.stringify({ data, has_more: false, first_id: first, last_id: last })
}

export function renderModelCard(route: Route): string {
  return JSON.stringify(renderModel(route))
}
