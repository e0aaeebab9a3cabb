/** `/models` and `/models/$modelId`: the catalog, and a card with its playground. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import { apiQuery } from '../api/queries.ts'
import { appRoute } from './app.tsx'
import { optionalText, tableSearch } from './search.ts'

export const modelsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/models',
  validateSearch: z.object(tableSearch),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listModels'))
  },
  component: lazyRouteComponent(() => import('../features/models/models-page.tsx'), 'ModelsPage'),
})

export const modelRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/models/$modelId',
  validateSearch: z.object({ use: optionalText }),
  loader: ({ context, params }) => {
    void context.queryClient.prefetchQuery(apiQuery('getModel', { params: { id: params.modelId } }))
  },
  component: lazyRouteComponent(() => import('../features/models/model-page.tsx'), 'ModelPage'),
})
