/** `/models` and below, and `/playground?models=a,b`: the catalog, cards, their documentation, models side by side. */
import { ModelCapability, ModelOrigin } from '@spillway/contract'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import { apiQuery } from '../api/queries.ts'
import { appRoute } from './app.tsx'
import { optionalText, searchWord, tableSearch } from './search.ts'

export const modelsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/models',
  validateSearch: z.object({
    ...tableSearch,
    find: searchWord,
    can: ModelCapability.optional().catch(undefined),
    origin: ModelOrigin.optional().catch(undefined),
  }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listModels'))
    void context.queryClient.prefetchQuery(apiQuery('listModelCards'))
  },
  component: lazyRouteComponent(() => import('../features/models/models-page.tsx'), 'ModelsPage'),
})

export const compareRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/models/compare',
  validateSearch: z.object({ of: searchWord }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listModelCards'))
  },
  component: lazyRouteComponent(
    () => import('../features/catalog/compare-page.tsx'),
    'ComparePage',
  ),
})

export const documentationRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/models/$modelId/documentation',
  component: lazyRouteComponent(
    () => import('../features/catalog/documentation-page.tsx'),
    'DocumentationPage',
  ),
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
