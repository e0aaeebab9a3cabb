/** `/market?pool=&tier=&range=`, `/offers?gpus=&tier=&max=&hours=`, `/market/clearings/$clearingId`, `/orders?state=&pool=&order=` and `/orders/new?pool=`. */
import { OrderState, Tier } from '@spillway/contract'
import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { z } from 'zod'
import { apiQuery } from '../api/queries.ts'
import { appRoute, requirePermission } from './app.tsx'
import { optionalText, searchWord, tableSearch } from './search.ts'

export const marketRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/market',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'price.read'),
  validateSearch: z.object({
    ...tableSearch,
    pool: optionalText,
    tier: Tier.optional().catch(undefined),
    range: z.enum(['24h', '7d', '30d']).optional().catch(undefined),
    view: z.enum(['table']).optional().catch(undefined),
  }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listPools'))
  },
  component: lazyRouteComponent(() => import('../features/market/market-page.tsx'), 'MarketPage'),
})

export const offersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/offers',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'price.read'),
  validateSearch: z.object({
    gpus: searchWord,
    tier: Tier.optional().catch(undefined),
    max: searchWord,
    hours: searchWord,
  }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listQuotes'))
  },
  component: lazyRouteComponent(() => import('../features/offers/offers-page.tsx'), 'OffersPage'),
})

export const clearingRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/market/clearings/$clearingId',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'price.read'),
  validateSearch: z.object(tableSearch),
  component: lazyRouteComponent(
    () => import('../features/market/clearing-page.tsx'),
    'ClearingPage',
  ),
})

export const ordersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/orders',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'order.list'),
  validateSearch: z.object({
    ...tableSearch,
    state: OrderState.optional().catch(undefined),
    pool: optionalText,
    /** The order that is open beside the list. */
    order: optionalText,
  }),
  component: lazyRouteComponent(() => import('../features/orders/orders-page.tsx'), 'OrdersPage'),
})

export const newOrderRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/orders/new',
  beforeLoad: ({ context }) => requirePermission(context.session.role, 'order.create'),
  validateSearch: z.object({
    pool: optionalText,
    /** Until when it should stand. */
    until: z.iso.datetime().optional().catch(undefined),
  }),
  loader: ({ context }) => {
    void context.queryClient.prefetchQuery(apiQuery('listPools'))
  },
  component: lazyRouteComponent(
    () => import('../features/orders/new-order-page.tsx'),
    'NewOrderPage',
  ),
})
