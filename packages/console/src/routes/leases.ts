/** `/leases?state=&kind=&pool=`, `/leases/new?tier=spot` and `/leases/$leaseId`. */
import { LeaseKind, LeaseState } from '@spillway/contract'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import { apiQuery } from '../api/queries.ts'
import { appRoute } from './app.tsx'
import { optionalText, tableSearch } from './search.ts'

export const leasesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/leases',
  validateSearch: z.object({
    ...tableSearch,
    state: LeaseState.optional().catch(undefined),
    kind: LeaseKind.optional().catch(undefined),
    pool: optionalText,
  }),
  component: lazyRouteComponent(() => import('../features/leases/leases-page.tsx'), 'LeasesPage'),
})

export const newLeaseRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/leases/new',
  validateSearch: z.object({
    kind: LeaseKind.optional().catch(undefined),
    pool: optionalText,
  }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listPools'))
  },
  component: lazyRouteComponent(
    () => import('../features/leases/new-lease-page.tsx'),
    'NewLeasePage',
  ),
})

export const leaseRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/leases/$leaseId',
  loader: ({ context, params }) => {
    void context.queryClient.prefetchQuery(apiQuery('getLease', { params: { id: params.leaseId } }))
  },
  component: lazyRouteComponent(() => import('../features/leases/lease-page.tsx'), 'LeasePage'),
})
