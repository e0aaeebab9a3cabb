/** `/?pool=&range=6h&kinds=spot,flex&view=table`: the pool now and lately. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import { apiQuery } from '../api/queries.ts'
import { appRoute } from './app.tsx'
import { chartSearch, optionalText, tableSearch } from './search.ts'

export const overviewRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/',
  validateSearch: z.object({
    ...chartSearch,
    ...tableSearch,
    pool: optionalText,
    range: z.enum(['1h', '6h', '24h']).optional().catch(undefined),
    kinds: optionalText,
  }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listPools'))
  },
  component: lazyRouteComponent(
    () => import('../features/overview/overview-page.tsx'),
    'OverviewPage',
  ),
})
