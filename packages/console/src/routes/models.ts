/** `/models`, `/models/$modelId` and `/playground?models=a,b`: the catalog, a card, and several models side by side. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import { apiQuery } from '../api/queries.ts'
import { appRoute } from './app.tsx'
import { optionalText, searchWord, tableSearch } from './search.ts'

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

export const playgroundRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/playground',
  validateSearch: z.object({ models: searchWord }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listModels'))
  },
  component: lazyRouteComponent(
    () => import('../features/playground/playground-page.tsx'),
    'PlaygroundPage',
  ),
})
