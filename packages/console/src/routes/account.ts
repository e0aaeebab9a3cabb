/** `/usage?range=24h` and `/keys`: what an organization spends, and who may spend it. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import { apiQuery } from '../api/queries.ts'
import { appRoute } from './app.tsx'
import { chartSearch, tableSearch } from './search.ts'

export const usageRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/usage',
  validateSearch: z.object({
    ...chartSearch,
    ...tableSearch,
    range: z.enum(['24h', '7d', 'month']).optional().catch(undefined),
  }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('getBalance'))
  },
  component: lazyRouteComponent(() => import('../features/usage/usage-page.tsx'), 'UsagePage'),
})

export const keysRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/keys',
  validateSearch: z.object({
    ...tableSearch,
    show: z.enum(['revoked']).optional().catch(undefined),
  }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listApiKeys'))
  },
  component: lazyRouteComponent(() => import('../features/keys/keys-page.tsx'), 'KeysPage'),
})
